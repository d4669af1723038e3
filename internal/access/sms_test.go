package access_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/creditpocket/creditpocket/internal/access"
	"github.com/creditpocket/creditpocket/internal/provider"
	"github.com/creditpocket/creditpocket/internal/store"
)

// waiting sends a code and returns the id of its text.
func (f *fixture) waiting(t *testing.T) int64 {
	t.Helper()
	if _, err := f.SendCode(t.Context(), brand, ada, access.PurposeLogin); err != nil {
		t.Fatal(err)
	}
	ids := must[[]int64](t)(f.store.WaitingSMS(t.Context(), 10))
	if len(ids) != 1 {
		t.Fatalf("%d texts wait", len(ids))
	}
	return ids[0]
}

func TestTextIsSentOnceAndEmptied(t *testing.T) {
	f := setUp(t, unlimited)
	id := f.waiting(t)
	before := must[store.SMS](t)(f.store.SMS(t.Context(), id))
	if before.To != ada || !strings.Contains(before.Text, "Cycle Cash") || len(before.Text) > 160 {
		t.Errorf("%d characters to %s", len(before.Text), before.To)
	}
	for range 3 {
		if err := f.SendSMS(t.Context(), id); err != nil {
			t.Fatal(err)
		}
	}
	if f.phone.count() != 1 {
		t.Errorf("sent %d times", f.phone.count())
	}
	if after := must[store.SMS](t)(f.store.SMS(t.Context(), id)); after.State != store.SMSSent || after.To != "" || after.Text != "" {
		t.Errorf("state %d", after.State)
	}
	if err := f.SendSMS(t.Context(), id+1); err != nil {
		t.Errorf("a text that is gone: %v", err)
	}
}

func TestTextsThatDoNotGo(t *testing.T) {
	rejected := &provider.RejectedError{Status: 400, Code: "bad_number"}
	for name, c := range map[string]struct {
		err    error
		retry  bool
		state  store.SMSState
		alerts int
	}{
		"time-out":          {fmt.Errorf("%w: time-out", provider.ErrInconclusive), true, store.SMSWaiting, 0},
		"rate limited":      {&provider.RateLimitedError{RetryAfter: time.Second}, true, store.SMSWaiting, 0},
		"no credit":         {&provider.RejectedError{Status: 402, Cause: provider.ErrInsufficientBalance}, true, store.SMSWaiting, 0},
		"unknown error":     {errors.New("surprise"), true, store.SMSWaiting, 0},
		"rejected":          {rejected, false, store.SMSFailed, 0},
		"wrapped rejection": {fmt.Errorf("vendor: %w", rejected), false, store.SMSFailed, 0},
		"wrong credentials": {fmt.Errorf("vendor: %w", provider.ErrUnauthorized), false, store.SMSFailed, 1},
	} {
		t.Run(name, func(t *testing.T) {
			f := setUp(t, unlimited)
			id := f.waiting(t)
			f.phone.fail(c.err)
			if err := f.SendSMS(t.Context(), id); (err != nil) != c.retry {
				t.Errorf("got %v", err)
			}
			if got := must[store.SMS](t)(f.store.SMS(t.Context(), id)); got.State != c.state {
				t.Errorf("state %d, want %d", got.State, c.state)
			}
			if alerts := must[[]store.Alert](t)(f.store.OpenAlerts(t.Context(), "sms", 10)); len(alerts) != c.alerts {
				t.Errorf("%d alerts", len(alerts))
			}
			f.phone.fail(nil)
			if err := f.SendSMS(t.Context(), id); err != nil {
				t.Fatal(err)
			}
			if sent := f.phone.count() == 1; sent != c.retry {
				t.Errorf("sent by the next attempt: %v", sent)
			}
		})
	}
}

func TestTextIsNotSentAfterItsTime(t *testing.T) {
	f := setUp(t, unlimited)
	id := f.waiting(t)
	f.clock.Advance(5 * time.Minute)
	if err := f.SendSMS(t.Context(), id); err != nil {
		t.Fatal(err)
	}
	if got := must[store.SMS](t)(f.store.SMS(t.Context(), id)); got.State != store.SMSExpired || f.phone.count() != 0 {
		t.Errorf("state %d, %d sent", got.State, f.phone.count())
	}
}

func TestSweepClearsWhatIsOver(t *testing.T) {
	f := setUp(t, access.LimiterOptions{})
	id := f.waiting(t)
	f.clock.Advance(8 * day)
	fresh := func() (limits, codes int64) {
		f.write(t, func(ctx context.Context, tx *store.Tx) (err error) {
			if limits, err = tx.SweepLimits(ctx, tx.Now(), 100); err != nil {
				return err
			}
			codes, err = tx.SweepCodes(ctx, tx.Now(), 100)
			return err
		})
		return limits, codes
	}
	if err := f.Sweep(t.Context()); err != nil {
		t.Fatal(err)
	}
	if limits, codes := fresh(); limits != 0 || codes != 0 {
		t.Errorf("left over: %d limits, %d codes", limits, codes)
	}
	if got := must[store.SMS](t)(f.store.SMS(t.Context(), id)); got.State != store.SMSExpired {
		t.Errorf("state %d", got.State)
	}
	// What is not over stays: a code of an hour ago, and limits that owed something an hour ago.
	f.waiting(t)
	f.clock.Advance(time.Hour)
	if err := f.Sweep(t.Context()); err != nil {
		t.Fatal(err)
	}
	if limits, codes := fresh(); limits == 0 || codes != 1 {
		t.Errorf("kept: %d limits, %d codes", limits, codes)
	}
}
