// Package providertest holds one suite per port. Every adapter passes the suite of its port, over its real transport:
// the suite is what the rest of the program may rely on.
//
// It may import internal/provider and internal/money, and testing. Only tests import it.
package providertest

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/creditpocket/creditpocket/internal/provider"
)

// Trouble is a way for a gateway to fail that the suite asks its harness to arrange for the next call.
type Trouble string

// The troubles. After "before" the gateway has done nothing, after "after" all that was asked.
const (
	Silent      Trouble = "silent"
	ErrorBefore Trouble = "error before"
	ErrorAfter  Trouble = "error after"
	CutBefore   Trouble = "cut before"
	CutAfter    Trouble = "cut after"
	Garbage     Trouble = "garbage"
	RateLimit   Trouble = "rate limit"
	WrongAmount Trouble = "wrong amount" // verify only
	WrongMoney  Trouble = "wrong currency"
)

// Harness is a gateway under test, new and empty, with a balance of at least NGN 10,000,000. The endings of accounts and
// cards mean what the gateway's design says: account 00 missing, 01 pending then success, 02 pending then failed, 03
// success then reversed, 04 cut after accepting, 05 500 before accepting once, 06 500 after accepting, 07 OTP then
// abandoned; card 0 second factor, 1 declined; all others succeed.
type Harness struct {
	Gateway provider.Payments
	// Stranger is the same gateway with credentials it does not know.
	Stranger provider.Payments
	// Pay plays the payer on the page of a checkout, Answer the card holder on the page of a second factor.
	Pay    func(t *testing.T, page, card string)
	Answer func(t *testing.T, page string, approve bool)
	// Trouble arranges for one trouble at the next call.
	Trouble func(t *testing.T, trouble Trouble)
	// Patience is longer than pending things stay pending.
	Patience time.Duration
}

// Payments runs the suite of provider.Payments. newHarness is called once per test.
func Payments(t *testing.T, newHarness func(t *testing.T) Harness) {
	for _, part := range []struct {
		name string
		run  func(*testing.T, Harness)
	}{
		{"banks", testBanks},
		{"resolve", testResolve},
		{"recipients", testRecipients},
		{"transfer fates", testTransferFates},
		{"transfer lost answers", testTransferLostAnswers},
		{"transfer references", testTransferReferences},
		{"transfer balance", testTransferBalance},
		{"checkout", testCheckout},
		{"second factor", testSecondFactor},
		{"bound card", testBoundCard},
		{"refunds", testRefunds},
		{"ledger", testLedger},
		{"troubles", testTroubles},
		{"lies", testLies},
		{"cancelled call", testCancelled},
		{"wrong credentials", testStranger},
	} {
		t.Run(part.name, func(t *testing.T) {
			t.Parallel()
			part.run(t, newHarness(t))
		})
	}
}

// pays registers an account with the given ending.
func (h Harness) pays(t *testing.T, ending string) string {
	t.Helper()
	to, err := h.Gateway.CreateRecipient(t.Context(), provider.RecipientRequest{
		Name: "Ada Obi", AccountNumber: "01234567"[:10-len(ending)] + ending, BankCode: "058",
	})
	if err != nil {
		t.Fatalf("create recipient ending %s: %v", ending, err)
	}
	return to.Code
}

func (h Harness) transfer(t *testing.T, reference, recipient string) (provider.TransferResult, error) {
	t.Helper()
	return h.Gateway.Transfer(t.Context(), provider.TransferRequest{
		Amount: 25_000_00, RecipientCode: recipient, Reference: reference, Reason: "Loan payout",
	})
}

// eventually asks until the outcome is the wanted one.
func (h Harness) eventually(t *testing.T, want provider.Outcome, ask func() (provider.Outcome, error)) {
	t.Helper()
	deadline := time.Now().Add(h.Patience)
	for {
		got, err := ask()
		if err == nil && got == want {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("outcome is %q (%v), want %q within %s", got, err, want, h.Patience)
		}
		time.Sleep(10 * time.Millisecond)
	}
}

func (h Harness) transferBecomes(t *testing.T, reference string, want provider.Outcome) {
	t.Helper()
	h.eventually(t, want, func() (provider.Outcome, error) {
		r, err := h.Gateway.VerifyTransfer(t.Context(), reference)
		return r.Outcome, err
	})
}

func wantIs(t *testing.T, err, target error) {
	t.Helper()
	if !errors.Is(err, target) {
		t.Fatalf("error is %v, want %v", err, target)
	}
}

func wantRejected(t *testing.T, err error) *provider.RejectedError {
	t.Helper()
	var rejected *provider.RejectedError
	if !errors.As(err, &rejected) || !provider.IsConclusive(err) {
		t.Fatalf("error is %v, want a conclusive *RejectedError", err)
	}
	return rejected
}

func testBanks(t *testing.T, h Harness) {
	banks, err := h.Gateway.ListBanks(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	names := map[string]string{}
	for _, b := range banks {
		if names[b.Code] != "" {
			t.Errorf("code %s is there twice", b.Code)
		}
		names[b.Code] = b.Name
	}
	for code, part := range map[string]string{"058": "Guaranty", "044": "Access", "011": "First Bank", "50211": "Kuda", "999992": "OPay"} {
		if !strings.Contains(names[code], part) {
			t.Errorf("bank %s is %q, want one with %q", code, names[code], part)
		}
	}
}

func testResolve(t *testing.T, h Harness) {
	got, err := h.Gateway.ResolveAccount(t.Context(), "0123456789", "058")
	if err != nil || got.AccountName == "" || got.AccountNumber != "0123456789" || got.BankCode != "058" {
		t.Fatalf("resolved %+v, %v", got, err)
	}
	_, err = h.Gateway.ResolveAccount(t.Context(), "0123456700", "058")
	wantIs(t, err, provider.ErrNotFound)
	if !provider.IsConclusive(err) || strings.Contains(err.Error(), "0123456700") {
		t.Errorf("error %v must be conclusive and must not quote the account", err)
	}
	_, err = h.Gateway.ResolveAccount(t.Context(), "0123456789", "nobank")
	wantRejected(t, err)
	_, err = h.Gateway.ResolveAccount(t.Context(), "12345", "058")
	wantRejected(t, err)
}

func testRecipients(t *testing.T, h Harness) {
	first, again := h.pays(t, "89"), h.pays(t, "89")
	if first != again {
		t.Errorf("the same account gave %q and %q", first, again)
	}
	if other := h.pays(t, "88"); other == first {
		t.Errorf("another account gave the same %q", other)
	}
	_, err := h.Gateway.CreateRecipient(t.Context(), provider.RecipientRequest{Name: "A", AccountNumber: "0123456789", BankCode: "nobank"})
	wantRejected(t, err)
}

func testTransferFates(t *testing.T, h Harness) {
	for _, fate := range []struct {
		ending       string
		first, final provider.Outcome
	}{
		{"89", provider.OutcomeSucceeded, provider.OutcomeSucceeded},
		{"01", provider.OutcomePending, provider.OutcomeSucceeded},
		{"02", provider.OutcomePending, provider.OutcomeFailed},
		{"03", provider.OutcomeSucceeded, provider.OutcomeReversed},
		{"07", provider.OutcomePending, provider.OutcomeAbandoned},
	} {
		reference := "fate-of-account-" + fate.ending
		got, err := h.transfer(t, reference, h.pays(t, fate.ending))
		if err != nil {
			t.Fatalf("ending %s: %v", fate.ending, err)
		}
		if got.Outcome != fate.first || got.Reference != reference || got.Amount != 25_000_00 || got.Currency != "NGN" || got.Code == "" {
			t.Errorf("ending %s: answered %+v, want outcome %s", fate.ending, got, fate.first)
		}
		h.transferBecomes(t, reference, fate.final)
		if again, err := h.Gateway.VerifyTransfer(t.Context(), reference); err != nil || again.Amount != 25_000_00 || again.RecipientCode == "" {
			t.Errorf("ending %s: verified %+v, %v", fate.ending, again, err)
		}
	}
}

func testTransferLostAnswers(t *testing.T, h Harness) {
	for _, ending := range []string{"04", "06"} {
		to, reference := h.pays(t, ending), "lost-answer-of-"+ending
		_, err := h.transfer(t, reference, to)
		wantIs(t, err, provider.ErrInconclusive)
		if provider.IsConclusive(err) {
			t.Errorf("ending %s: a lost answer must not be conclusive", ending)
		}
		h.transferBecomes(t, reference, provider.OutcomeSucceeded)
		_, err = h.transfer(t, reference, to)
		wantIs(t, err, provider.ErrDuplicateReference)
	}
	to, reference := h.pays(t, "05"), "never-accepted-yet"
	_, err := h.transfer(t, reference, to)
	wantIs(t, err, provider.ErrInconclusive)
	_, err = h.Gateway.VerifyTransfer(t.Context(), reference)
	wantIs(t, err, provider.ErrNotFound)
	if _, err = h.transfer(t, reference, to); err != nil {
		t.Fatalf("the same reference again after not found: %v", err)
	}
	h.transferBecomes(t, reference, provider.OutcomeSucceeded)
}

func testTransferReferences(t *testing.T, h Harness) {
	to := h.pays(t, "89")
	if _, err := h.transfer(t, "a-used-reference", to); err != nil {
		t.Fatal(err)
	}
	_, err := h.Gateway.Transfer(t.Context(), provider.TransferRequest{Amount: 1_00, RecipientCode: to, Reference: "a-used-reference"})
	wantIs(t, err, provider.ErrDuplicateReference)
	if provider.IsConclusive(err) {
		t.Error("a duplicate says that an earlier call acted: it must not count as nothing happened")
	}
	if got, err := h.Gateway.VerifyTransfer(t.Context(), "a-used-reference"); err != nil || got.Amount != 25_000_00 {
		t.Errorf("after the duplicate verify says %+v, %v", got, err)
	}
	for _, bad := range []string{"", "too-short", "UPPER-CASE-LETTERS", "with spaces in the middle", "with/slash/in/the/middle", strings.Repeat("x", 51)} {
		_, err := h.transfer(t, bad, to)
		wantRejected(t, err)
	}
	_, err = h.transfer(t, "unknown-recipient", "RCP_nobody")
	wantRejected(t, err)
	_, err = h.Gateway.VerifyTransfer(t.Context(), "unknown-recipient")
	wantIs(t, err, provider.ErrNotFound)
}

func testTransferBalance(t *testing.T, h Harness) {
	balance, err := h.Gateway.Balance(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	_, err = h.Gateway.Transfer(t.Context(), provider.TransferRequest{
		Amount: balance.Amount + 1, RecipientCode: h.pays(t, "89"), Reference: "more-than-there-is",
	})
	wantRejected(t, err)
	wantIs(t, err, provider.ErrInsufficientBalance)
	_, err = h.Gateway.VerifyTransfer(t.Context(), "more-than-there-is")
	wantIs(t, err, provider.ErrNotFound)
}

// testCancelled: a caller who gives up knows nothing, and can tell that it was he who gave up.
func testCancelled(t *testing.T, h Harness) {
	h.Trouble(t, Silent)
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	_, err := h.Gateway.Balance(ctx)
	wantIs(t, err, provider.ErrInconclusive)
	wantIs(t, err, context.DeadlineExceeded)
}

func testStranger(t *testing.T, h Harness) {
	_, err := h.Stranger.Balance(t.Context())
	wantIs(t, err, provider.ErrUnauthorized)
	_, err = h.Stranger.Transfer(t.Context(), provider.TransferRequest{Amount: 1_00, RecipientCode: h.pays(t, "89"), Reference: "not-our-own-money"})
	wantIs(t, err, provider.ErrUnauthorized)
	_, err = h.Gateway.VerifyTransfer(t.Context(), "not-our-own-money")
	wantIs(t, err, provider.ErrNotFound)
}
