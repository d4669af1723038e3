package providertest

import (
	"fmt"
	"testing"

	"github.com/creditpocket/creditpocket/internal/money"
	"github.com/creditpocket/creditpocket/internal/provider"
)

const payer = "ada@example.com"

func (h Harness) checkout(t *testing.T, reference string) provider.Checkout {
	t.Helper()
	page, err := h.Gateway.InitializeCheckout(t.Context(), provider.CheckoutRequest{
		Email: payer, Amount: 50_00, Reference: reference, CardOnly: true, Metadata: map[string]string{"purpose": "bind"},
	})
	if err != nil {
		t.Fatal(err)
	}
	if page.AuthorizationURL == "" || page.AccessCode == "" || page.Reference != reference {
		t.Fatalf("checkout is %+v", page)
	}
	return page
}

func (h Harness) charge(t *testing.T, reference string, want provider.Outcome) provider.ChargeResult {
	t.Helper()
	got, err := h.Gateway.VerifyCharge(t.Context(), reference)
	if err != nil || got.Outcome != want || got.Reference != reference {
		t.Fatalf("charge %s is %+v, %v; want outcome %s", reference, got, err, want)
	}
	return got
}

// bind pays a checkout with a card and returns what the gateway bound.
func (h Harness) bind(t *testing.T, reference, card string) provider.ChargeResult {
	t.Helper()
	h.Pay(t, h.checkout(t, reference).AuthorizationURL, card)
	return h.charge(t, reference, provider.OutcomeSucceeded)
}

func testCheckout(t *testing.T, h Harness) {
	page := h.checkout(t, "bind-1")
	if got := h.charge(t, "bind-1", provider.OutcomePending); !got.PaidAt.IsZero() || got.Authorization != nil {
		t.Errorf("an unpaid checkout says %+v", got)
	}
	_, err := h.Gateway.InitializeCheckout(t.Context(), provider.CheckoutRequest{Email: payer, Amount: 50_00, Reference: "bind-1"})
	wantIs(t, err, provider.ErrDuplicateReference)

	h.Pay(t, page.AuthorizationURL, "4084")
	got := h.charge(t, "bind-1", provider.OutcomeSucceeded)
	if got.Amount != 50_00 || got.Currency != "NGN" || got.Email != payer || got.PaidAt.IsZero() || got.ID == "" || got.Paused {
		t.Errorf("paid charge is %+v", got)
	}
	if got.Metadata["purpose"] != "bind" {
		t.Errorf("metadata came back as %v", got.Metadata)
	}
	a := got.Authorization
	if a == nil || a.Code == "" || a.Signature == "" || a.Last4 != "4084" || !a.Reusable || a.Brand == "" || a.BIN == "" || a.ExpYear == "" {
		t.Errorf("authorization is %+v", a)
	}

	h.Pay(t, h.checkout(t, "bind-2").AuthorizationURL, "4081")
	if got := h.charge(t, "bind-2", provider.OutcomeFailed); got.Authorization != nil || !got.PaidAt.IsZero() {
		t.Errorf("a declined card says %+v", got)
	}
	_, err = h.Gateway.VerifyCharge(t.Context(), "bind-unheard-of")
	wantIs(t, err, provider.ErrNotFound)
	for _, bad := range []string{"", "with_underscore", "with space", "..", "a/b"} {
		_, err := h.Gateway.InitializeCheckout(t.Context(), provider.CheckoutRequest{Email: payer, Amount: 50_00, Reference: bad})
		wantRejected(t, err)
	}
}

func testSecondFactor(t *testing.T, h Harness) {
	for _, approve := range []bool{true, false} {
		reference, want := fmt.Sprintf("factor-%v", approve), provider.OutcomeFailed
		if approve {
			want = provider.OutcomeSucceeded
		}
		h.Pay(t, h.checkout(t, reference).AuthorizationURL, "4080")
		paused := h.charge(t, reference, provider.OutcomePaused)
		if !paused.Paused || paused.AuthorizationURL == "" || paused.Authorization != nil || paused.Outcome.Conclusive() {
			t.Errorf("a paused charge says %+v", paused)
		}
		h.Answer(t, paused.AuthorizationURL, approve)
		h.charge(t, reference, want)
	}
}

func testBoundCard(t *testing.T, h Harness) {
	bound := h.bind(t, "bind-1", "4084").Authorization
	again := h.bind(t, "bind-2", "4084").Authorization
	other := h.bind(t, "bind-3", "5395").Authorization
	if again.Signature != bound.Signature || other.Signature == bound.Signature {
		t.Errorf("signatures: same card %q and %q, other card %q", bound.Signature, again.Signature, other.Signature)
	}
	request := provider.ChargeRequest{Email: payer, Amount: 12_345_67, AuthorizationCode: bound.Code, Reference: "collect-1"}
	got, err := h.Gateway.ChargeAuthorization(t.Context(), request)
	if err != nil || got.Outcome != provider.OutcomeSucceeded || got.Amount != 12_345_67 || got.Reference != "collect-1" {
		t.Fatalf("charged %+v, %v", got, err)
	}
	h.charge(t, "collect-1", provider.OutcomeSucceeded)
	_, err = h.Gateway.ChargeAuthorization(t.Context(), request)
	wantIs(t, err, provider.ErrDuplicateReference)

	request.Reference, request.Email = "collect-2", "eve@example.com"
	_, err = h.Gateway.ChargeAuthorization(t.Context(), request)
	wantRejected(t, err)
	request.Reference, request.Email, request.AuthorizationCode = "collect-3", payer, "AUTH_unheardof"
	_, err = h.Gateway.ChargeAuthorization(t.Context(), request)
	wantRejected(t, err)
	for _, reference := range []string{"collect-2", "collect-3"} {
		_, err := h.Gateway.VerifyCharge(t.Context(), reference)
		wantIs(t, err, provider.ErrNotFound)
	}

	h.Pay(t, h.checkout(t, "bind-4").AuthorizationURL, "4080")
	h.Answer(t, h.charge(t, "bind-4", provider.OutcomePaused).AuthorizationURL, true)
	asking := h.charge(t, "bind-4", provider.OutcomeSucceeded).Authorization
	paused, err := h.Gateway.ChargeAuthorization(t.Context(), provider.ChargeRequest{
		Email: payer, Amount: 700_00, AuthorizationCode: asking.Code, Reference: "collect-4",
	})
	if err != nil || paused.Outcome != provider.OutcomePaused || !paused.Paused || paused.AuthorizationURL == "" {
		t.Fatalf("a card that asks for a second factor says %+v, %v", paused, err)
	}
	h.charge(t, "collect-4", provider.OutcomePaused)
	h.Answer(t, paused.AuthorizationURL, true)
	h.charge(t, "collect-4", provider.OutcomeSucceeded)
}

func testRefunds(t *testing.T, h Harness) {
	h.bind(t, "bind-1", "4084")
	none, err := h.Gateway.ListRefunds(t.Context(), "bind-1")
	if err != nil || len(none) != 0 {
		t.Fatalf("refunds of a charge without any: %v, %v", none, err)
	}
	part, err := h.Gateway.Refund(t.Context(), provider.RefundRequest{ChargeReference: "bind-1", Amount: 20_00, MerchantNote: "note-1"})
	if err != nil || part.ID == "" || part.Amount != 20_00 || part.ChargeReference != "bind-1" || part.Outcome != provider.OutcomePending {
		t.Fatalf("refunded %+v, %v", part, err)
	}
	rest, err := h.Gateway.Refund(t.Context(), provider.RefundRequest{ChargeReference: "bind-1", MerchantNote: "note-2"})
	if err != nil || rest.Amount != 30_00 {
		t.Fatalf("the rest is %+v, %v", rest, err)
	}
	_, err = h.Gateway.Refund(t.Context(), provider.RefundRequest{ChargeReference: "bind-1", MerchantNote: "note-3"})
	wantRejected(t, err)
	for _, r := range []provider.RefundResult{part, rest} {
		h.eventually(t, provider.OutcomeSucceeded, func() (provider.Outcome, error) {
			got, err := h.Gateway.VerifyRefund(t.Context(), r.ID)
			return got.Outcome, err
		})
	}
	list, err := h.Gateway.ListRefunds(t.Context(), "bind-1")
	if err != nil || len(list) != 2 || list[0].MerchantNote != "note-1" || list[1].MerchantNote != "note-2" || list[1].Amount != 30_00 {
		t.Fatalf("list is %+v, %v", list, err)
	}
	h.charge(t, "bind-1", provider.OutcomeReversed)

	_, err = h.Gateway.VerifyRefund(t.Context(), "1")
	wantIs(t, err, provider.ErrNotFound)
	_, err = h.Gateway.ListRefunds(t.Context(), "bind-unheard-of")
	wantIs(t, err, provider.ErrNotFound)
	h.checkout(t, "bind-2")
	_, err = h.Gateway.Refund(t.Context(), provider.RefundRequest{ChargeReference: "bind-2", MerchantNote: "note-4"})
	wantRejected(t, err)
}

// testLedger: the gateway's own ledger explains its balance.
func testLedger(t *testing.T, h Harness) {
	before, err := h.Gateway.Balance(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	h.bind(t, "bind-1", "4084")
	if _, err := h.transfer(t, "ledger-transfer-1", h.pays(t, "89")); err != nil {
		t.Fatal(err)
	}
	if _, err := h.transfer(t, "ledger-transfer-2", h.pays(t, "02")); err != nil {
		t.Fatal(err)
	}
	h.transferBecomes(t, "ledger-transfer-2", provider.OutcomeFailed)
	after, err := h.Gateway.Balance(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if want := before.Amount + 50_00 - 25_000_00; after.Amount != want || after.Currency != "NGN" {
		t.Errorf("balance is %+v, want %d", after, want)
	}
	page, err := h.Gateway.BalanceLedger(t.Context(), 1)
	if err != nil || page.Page != 1 || page.Pages != 1 || len(page.Entries) == 0 {
		t.Fatalf("page is %+v, %v", page, err)
	}
	sum := money.Kobo(0)
	for i, e := range page.Entries {
		if i == 0 && e.BalanceAfter != after.Amount {
			t.Errorf("the newest entry leaves %d, the balance is %d", e.BalanceAfter, after.Amount)
		}
		if i > 0 && page.Entries[i-1].BalanceAfter-page.Entries[i-1].Difference != e.BalanceAfter {
			t.Errorf("entry %s does not follow from entry %s", page.Entries[i-1].ID, e.ID)
		}
		sum += e.Difference
	}
	if sum != after.Amount {
		t.Errorf("movements sum to %d, the balance is %d", sum, after.Amount)
	}
}
