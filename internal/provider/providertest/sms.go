package providertest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/creditpocket/creditpocket/internal/provider"
)

// SMSHarness is a sender under test, new, with an empty inbox behind it.
type SMSHarness struct {
	Sender provider.SMS
	// Inbox returns the texts that reached a phone ("+234..."), oldest first.
	Inbox func(t *testing.T, to string) []string
	// Trouble arranges for the next message to fail, with a class of package provider; nil if the sender has no wire.
	Trouble func(t *testing.T, class error)
}

// SMS runs the suite of provider.SMS. newHarness is called once per test.
func SMS(t *testing.T, newHarness func(t *testing.T) SMSHarness) {
	for _, part := range []struct {
		name string
		run  func(*testing.T, SMSHarness)
	}{
		{"delivers", testSMSDelivers},
		{"refuses", testSMSRefuses},
		{"at once", testSMSAtOnce},
		{"cancelled", testSMSCancelled},
		{"troubles", testSMSTroubles},
	} {
		t.Run(part.name, func(t *testing.T) {
			t.Parallel()
			part.run(t, newHarness(t))
		})
	}
}

const phone, otherPhone = "+2347000000003", "+2347000000004"

func testSMSDelivers(t *testing.T, h SMSHarness) {
	texts := []string{"Your code is 123456", "Zażółć gęślą — ₦5,000.00 due", "line one\nline two"}
	ids := map[string]bool{}
	for _, text := range texts {
		receipt, err := h.Sender.Send(t.Context(), provider.SMSMessage{To: phone, Text: text, Purpose: "otp"})
		if err != nil || receipt.MessageID == "" || ids[receipt.MessageID] {
			t.Fatalf("sent as %+v, %v; each receipt has its own number", receipt, err)
		}
		ids[receipt.MessageID] = true
	}
	if got := h.Inbox(t, phone); !slices.Equal(got, texts) {
		t.Errorf("inbox has %q, want %q", got, texts)
	}
	if got := h.Inbox(t, otherPhone); len(got) != 0 {
		t.Errorf("another phone got %q", got)
	}
}

func testSMSRefuses(t *testing.T, h SMSHarness) {
	for _, msg := range []provider.SMSMessage{
		{To: "", Text: "x"}, {To: "07000000003", Text: "x"}, {To: "+0700000000", Text: "x"}, {To: "+234700000000a", Text: "x"},
		{To: "+23470000000031234", Text: "x"}, {To: phone, Text: ""},
	} {
		_, err := h.Sender.Send(t.Context(), msg)
		wantRejected(t, err)
		if provider.IsRetryable(err) {
			t.Errorf("%+v: a refusal is not to be retried", msg)
		}
		if msg.To != "" && strings.Contains(err.Error(), msg.To) {
			t.Errorf("error %q quotes the number", err)
		}
	}
	if got := h.Inbox(t, phone); len(got) != 0 {
		t.Errorf("refused messages arrived: %q", got)
	}
}

func testSMSAtOnce(t *testing.T, h SMSHarness) {
	const senders = 20
	var wg sync.WaitGroup
	for i := range senders {
		wg.Go(func() {
			if _, err := h.Sender.Send(t.Context(), provider.SMSMessage{To: phone, Text: fmt.Sprint("text ", i)}); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	got := h.Inbox(t, phone)
	slices.Sort(got)
	if len(slices.Compact(got)) != senders {
		t.Errorf("%d different texts arrived, want %d", len(got), senders)
	}
}

func testSMSCancelled(t *testing.T, h SMSHarness) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := h.Sender.Send(ctx, provider.SMSMessage{To: phone, Text: "too late"})
	wantIs(t, err, provider.ErrInconclusive)
	wantIs(t, err, context.Canceled)
}

func testSMSTroubles(t *testing.T, h SMSHarness) {
	if h.Trouble == nil {
		return
	}
	for _, class := range []error{
		provider.ErrInconclusive, provider.ErrUnauthorized, provider.ErrInsufficientBalance,
		&provider.RateLimitedError{}, &provider.RejectedError{},
	} {
		h.Trouble(t, class)
		_, err := h.Sender.Send(t.Context(), provider.SMSMessage{To: phone, Text: "code 424242"})
		var limited *provider.RateLimitedError
		var rejected *provider.RejectedError
		switch class.(type) {
		case *provider.RateLimitedError:
			if !errors.As(err, &limited) || limited.RetryAfter <= 0 {
				t.Errorf("error is %v, want a rate limit", err)
			}
		case *provider.RejectedError:
			if !errors.As(err, &rejected) || provider.IsRetryable(err) {
				t.Errorf("error is %v, want a refusal for good", err)
			}
		default:
			wantIs(t, err, class)
		}
		if err == nil || strings.Contains(err.Error(), "424242") || strings.Contains(err.Error(), phone[1:]) {
			t.Errorf("error %v must not quote text or number", err)
		}
		if _, err := h.Sender.Send(t.Context(), provider.SMSMessage{To: phone, Text: "afterwards"}); err != nil {
			t.Errorf("after the trouble: %v", err)
		}
	}
}
