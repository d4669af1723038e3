package providertest

import (
	"errors"
	"testing"

	"github.com/creditpocket/creditpocket/internal/provider"
)

// testTroubles: whatever goes wrong on the way, a call that moves money is unknown until it is verified, and verifying
// gives the truth.
func testTroubles(t *testing.T, h Harness) {
	to := h.pays(t, "89")
	card := h.bind(t, "bind-1", "4084").Authorization
	for i, trouble := range []struct {
		kind  Trouble
		acted bool
	}{
		{Silent, false}, {ErrorBefore, false}, {CutBefore, false},
		{ErrorAfter, true}, {CutAfter, true}, {Garbage, true},
	} {
		reference := "trouble-number-" + string(rune('0'+i))
		h.Trouble(t, trouble.kind)
		_, err := h.transfer(t, reference, to)
		if !errors.Is(err, provider.ErrInconclusive) || provider.IsConclusive(err) || !provider.IsRetryable(err) {
			t.Errorf("transfer, %s: error is %v, want inconclusive", trouble.kind, err)
		}
		got, err := h.Gateway.VerifyTransfer(t.Context(), reference)
		if trouble.acted && (err != nil || got.Outcome != provider.OutcomeSucceeded) {
			t.Errorf("transfer, %s: verify says %+v, %v", trouble.kind, got, err)
		}
		if !trouble.acted && !errors.Is(err, provider.ErrNotFound) {
			t.Errorf("transfer, %s: verify says %+v, %v; want not found", trouble.kind, got, err)
		}

		h.Trouble(t, trouble.kind)
		_, err = h.Gateway.ChargeAuthorization(t.Context(), provider.ChargeRequest{
			Email: payer, Amount: 100_00, AuthorizationCode: card.Code, Reference: reference,
		})
		wantIs(t, err, provider.ErrInconclusive)
		paid, err := h.Gateway.VerifyCharge(t.Context(), reference)
		if trouble.acted && (err != nil || paid.Outcome != provider.OutcomeSucceeded) {
			t.Errorf("charge, %s: verify says %+v, %v", trouble.kind, paid, err)
		}
		if !trouble.acted && !errors.Is(err, provider.ErrNotFound) {
			t.Errorf("charge, %s: verify says %+v, %v; want not found", trouble.kind, paid, err)
		}

		h.Trouble(t, trouble.kind)
		_, err = h.Gateway.VerifyTransfer(t.Context(), "reference-nobody-used")
		// A transport may ask a question again by itself when a used connection is cut: then this is the truth.
		if !errors.Is(err, provider.ErrInconclusive) && !errors.Is(err, provider.ErrNotFound) {
			t.Errorf("verify, %s: error is %v", trouble.kind, err)
		}
	}

	h.Trouble(t, RateLimit)
	_, err := h.transfer(t, "rate-limited-transfer", to)
	var limited *provider.RateLimitedError
	if !errors.As(err, &limited) || limited.RetryAfter <= 0 || !provider.IsConclusive(err) || !provider.IsRetryable(err) {
		t.Errorf("rate limit: error is %v", err)
	}
	_, err = h.Gateway.VerifyTransfer(t.Context(), "rate-limited-transfer")
	wantIs(t, err, provider.ErrNotFound)

	h.Trouble(t, ErrorAfter)
	if _, err := h.Gateway.Refund(t.Context(), provider.RefundRequest{ChargeReference: "bind-1", MerchantNote: "lost"}); !errors.Is(err, provider.ErrInconclusive) {
		t.Errorf("refund with a lost answer: %v", err)
	}
	if list, err := h.Gateway.ListRefunds(t.Context(), "bind-1"); err != nil || len(list) != 1 || list[0].MerchantNote != "lost" {
		t.Errorf("the refund with a lost answer is found as %+v, %v", list, err)
	}
}

// testLies: what verify says of amount and currency reaches the caller as it was said, so that he can disbelieve it.
func testLies(t *testing.T, h Harness) {
	if _, err := h.transfer(t, "an-honest-transfer", h.pays(t, "89")); err != nil {
		t.Fatal(err)
	}
	h.bind(t, "bind-1", "4084")
	h.Trouble(t, WrongAmount)
	if got, err := h.Gateway.VerifyTransfer(t.Context(), "an-honest-transfer"); err != nil || got.Amount == 25_000_00 {
		t.Errorf("transfer with a wrong amount: %+v, %v", got, err)
	}
	h.Trouble(t, WrongMoney)
	if got, err := h.Gateway.VerifyCharge(t.Context(), "bind-1"); err != nil || got.Currency == "NGN" || got.Amount != 50_00 {
		t.Errorf("charge in a wrong currency: %+v, %v", got, err)
	}
	if got, err := h.Gateway.VerifyTransfer(t.Context(), "an-honest-transfer"); err != nil || got.Amount != 25_000_00 || got.Currency != "NGN" {
		t.Errorf("and the truth afterwards: %+v, %v", got, err)
	}
}
