package servicing_test

import (
	"slices"
	"testing"
	"time"

	"github.com/creditpocket/creditpocket/gen/catalog"
	"github.com/creditpocket/creditpocket/internal/lending"
	"github.com/creditpocket/creditpocket/internal/provider/simulator"
	"github.com/creditpocket/creditpocket/internal/servicing"
	"github.com/creditpocket/creditpocket/internal/store"
)

// A gateway that names another amount or currency than we asked for does not touch the loan: a person looks first.
func TestPaymentThatIsNotTheOneWeAskedFor(t *testing.T) {
	for _, kind := range []simulator.FaultKind{simulator.FaultWrongAmount, simulator.FaultWrongCurrency} {
		t.Run(string(kind), func(t *testing.T) {
			w := newWorld(t)
			b := w.borrower()
			page := w.page(b)
			w.pay(page.AuthorizationURL)
			w.astray[page.Reference] = true
			w.fault(kind, page.Reference)
			before := w.loan(b.loan)
			w.apply(page.Reference)
			w.apply(page.Reference) // the gateway tells the truth now; the person still decides
			if after := w.loan(b.loan); after != before {
				t.Errorf("the loan was changed to %+v", after)
			}
			i := w.intent(page.Reference)
			if i.State != store.IntentQuarantined || i.PaidAmount == 0 || i.PaidAt.IsZero() || i.Failure != "amount_mismatch" {
				t.Errorf("%+v", i)
			}
			if got := w.alerts(); !slices.Equal(got, []string{"payment_mismatch"}) {
				t.Errorf("alerts %q", got)
			}
			if n := w.scalar(`SELECT count(*) FROM payments`); n != 0 {
				t.Errorf("%d payments", n)
			}
			w.clk.Advance(time.Hour)
			w.must(w.Sweep(t.Context()))
			w.wantState(b.loan, lending.Active)
			if again := w.page(b); again.Reference == page.Reference || again.Amount != owed {
				t.Errorf("the next page is %+v", again)
			}
		})
	}
}

// The same for a card charge whose answer was lost: its operation is answered, as undecided, and does not run for ever.
func TestCardChargeThatIsNotTheOneWeAskedFor(t *testing.T) {
	w := newWorld(t)
	b := w.cardholder("4084")
	w.fault(simulator.FaultCutAfter, "charge_authorization")
	r := servicing.CardRepayment{Borrower: b.id, Key: "key-number-1"}
	first, _, err := w.RepayByCard(t.Context(), r)
	w.must(err)
	w.astray[first.Reference] = true
	w.fault(simulator.FaultWrongAmount, first.Reference)
	w.apply(first.Reference)
	if i := w.intent(first.Reference); i.State != store.IntentQuarantined {
		t.Errorf("%+v", i)
	}
	again, replayed, err := w.RepayByCard(t.Context(), r)
	if err != nil || !replayed || again != first || again.Status != servicing.PayOpen {
		t.Errorf("%+v, replayed %v, %v", again, replayed, err)
	}
	w.wantState(b.loan, lending.Active)
}

// A bank that grants less than was asked for: the answer to the charge itself says so.
func TestCardChargeThatTookAnotherAmount(t *testing.T) {
	w := newWorld(t)
	b := w.cardholder("4084")
	r := servicing.CardRepayment{Borrower: b.id, Key: "key-number-1"}
	first, _, err := w.rewriting(`"amount":850000`, `"amount":400000`).RepayByCard(t.Context(), r)
	w.must(err)
	if first.Status != servicing.PayOpen || first.LoanID != b.loan || first.Reference == "" || first.Remaining != owed {
		t.Errorf("%+v", first)
	}
	w.astray[first.Reference] = true
	if i := w.intent(first.Reference); i.State != store.IntentQuarantined || i.PaidAmount != 400_000 {
		t.Errorf("%+v", i)
	}
	if again, replayed, err := w.RepayByCard(t.Context(), r); err != nil || !replayed || again != first {
		t.Errorf("%+v, replayed %v, %v", again, replayed, err)
	}
	w.wantState(b.loan, lending.Active)
}

// A card charge that the gateway does not decide is never given up, and never repeated; a person is told after a day.
func TestCardChargeThatIsNotDecided(t *testing.T) {
	w := newWorld(t)
	b := w.cardholder("4084")
	undecided := w.rewriting(`"status":"success"`, `"status":"processing"`)
	first, _, err := undecided.RepayByCard(t.Context(), servicing.CardRepayment{Borrower: b.id})
	w.must(err)
	if first.Status != servicing.PayOpen {
		t.Errorf("%+v", first)
	}
	for range 20 {
		w.clk.Advance(7 * time.Hour)
		w.must(undecided.ApplyCharge(t.Context(), first.Reference))
	}
	if i := w.intent(first.Reference); !i.State.Unsettled() || !i.NextCheckAt.After(w.clk.Now()) {
		t.Errorf("%+v", i)
	}
	if got := w.alerts(); !slices.Equal(got, []string{"charge_undecided"}) {
		t.Errorf("alerts %q", got)
	}
	_, _, err = w.RepayByCard(t.Context(), servicing.CardRepayment{Borrower: b.id})
	wantFault(t, "another charge meanwhile", err, catalog.PaymentInProgress)
	w.apply(first.Reference)
	w.wantPaid(t, first.Reference, store.Payment{Amount: owed, Parts: sold, PaidAt: w.intent(first.Reference).PaidAt})
	w.wantState(b.loan, lending.SettledEarly)
}

// A charge that the gateway gave back before we had heard of it is no payment.
func TestChargeGivenBackBeforeWeKnew(t *testing.T) {
	w := newWorld(t)
	b := w.borrower()
	page := w.page(b)
	w.pay(page.AuthorizationURL)
	w.astray[page.Reference] = true
	w.refundAtGateway(page.Reference, owed)
	w.apply(page.Reference)
	w.apply(page.Reference)
	if i := w.intent(page.Reference); i.State != store.IntentFailed || i.Failure != "reversed" {
		t.Errorf("%+v", i)
	}
	if got := w.alerts(); !slices.Equal(got, []string{"charge_reversed"}) {
		t.Errorf("alerts %q", got)
	}
	w.wantState(b.loan, lending.Active)
}
