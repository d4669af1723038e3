package servicing_test

import (
	"slices"
	"testing"
	"time"

	"github.com/creditpocket/creditpocket/gen/catalog"
	"github.com/creditpocket/creditpocket/internal/lending"
	"github.com/creditpocket/creditpocket/internal/money"
	"github.com/creditpocket/creditpocket/internal/provider/simulator"
	"github.com/creditpocket/creditpocket/internal/servicing"
	"github.com/creditpocket/creditpocket/internal/store"
	"github.com/creditpocket/creditpocket/internal/testkit"
)

// A card charge is repeated with its key on books that were restored to a point before it: the gateway has the reference, nothing is charged
// again, and what it charged then is booked. Without a key it would be a new charge.
func TestChargeRepeatedAfterARestore(t *testing.T) {
	for _, part := range []money.Kobo{0, 250_000} {
		w := newWorld(t)
		b := w.cardholder("4084")
		restore := testkit.PointInTime(t, w.url)
		r := servicing.CardRepayment{Borrower: b.id, Amount: part, Key: anyKey}
		first, _, err := w.RepayByCard(t.Context(), r)
		w.must(err)
		charged := len(w.repayments())
		restore()
		if again := w.loan(b.loan); again.State != lending.Active || again.Paid != (money.Components{}) {
			t.Fatalf("the books were not restored: %+v", again)
		}
		second, replayed, err := w.RepayByCard(t.Context(), r)
		if err != nil || replayed || second.Status != servicing.Paid || second.Reference != first.Reference || second.Amount != first.Amount {
			t.Errorf("the repeat: %+v, replayed %v, %v; the first was %+v", second, replayed, err, first)
		}
		if n := len(w.repayments()); n != charged {
			t.Errorf("%d charges at the gateway, %d before the repeat", n, charged)
		}
		third, replayed, err := w.RepayByCard(t.Context(), r)
		if err != nil || !replayed || third != second {
			t.Errorf("once more: %+v, replayed %v, %v", third, replayed, err)
		}
		if got := w.scalar(`SELECT sum(amount) FROM payments`); got != int64(first.Amount) {
			t.Errorf("%d kobo are booked, %d were paid", got, int64(first.Amount))
		}
	}
}

// The gateway does not say what became of the charge that it knows: the repeat is not decided, and the sweep books it.
func TestChargeRepeatedAfterARestoreIsFoundLater(t *testing.T) {
	w := newWorld(t)
	b := w.cardholder("4084")
	restore := testkit.PointInTime(t, w.url)
	r := servicing.CardRepayment{Borrower: b.id, Key: anyKey}
	_, _, err := w.RepayByCard(t.Context(), r)
	w.must(err)
	charged := len(w.repayments())
	restore()
	w.fault(simulator.FaultErrorBefore, "GET /transaction/verify")
	second, _, err := w.RepayByCard(t.Context(), r)
	if err != nil || second.Status != servicing.PayOpen {
		t.Errorf("the repeat: %+v, %v", second, err)
	}
	w.clk.Advance(time.Minute)
	w.must(w.Sweep(t.Context()))
	if in := w.intent(second.Reference); in.State != store.IntentPaid || len(w.repayments()) != charged {
		t.Errorf("%+v, %d charges, %d before", in, len(w.repayments()), charged)
	}
}

// After the restore the same key asks for another amount: nothing is charged again, and what was charged waits for a person.
func TestChargeOfAnotherAmountAfterARestore(t *testing.T) {
	w := newWorld(t)
	b := w.cardholder("4084")
	restore := testkit.PointInTime(t, w.url)
	_, _, err := w.RepayByCard(t.Context(), servicing.CardRepayment{Borrower: b.id, Amount: 200_000, Key: anyKey})
	w.must(err)
	charged := len(w.repayments())
	restore()
	second, _, err := w.RepayByCard(t.Context(), servicing.CardRepayment{Borrower: b.id, Amount: 300_000, Key: anyKey})
	if err != nil || second.Status == servicing.Paid {
		t.Errorf("the repeat: %+v, %v", second, err)
	}
	if in := w.intent(second.Reference); in.State != store.IntentQuarantined || in.PaidAmount != 200_000 || len(w.repayments()) != charged {
		t.Errorf("%+v, %d charges, %d before", in, len(w.repayments()), charged)
	}
	if got := w.alerts(); !slices.Equal(got, []string{"payment_mismatch"}) {
		t.Errorf("alerts %q", got)
	}
	w.astray[second.Reference] = true
}

// A charge that the gateway never had is tried again under its key and its reference, also for another amount; no row is lost.
func TestKeyThatIsFreeAgainKeepsItsReference(t *testing.T) {
	w := newWorld(t)
	b := w.cardholder("4084")
	r := servicing.CardRepayment{Borrower: b.id, Amount: 200_000, Key: anyKey}
	w.fault(simulator.FaultRateLimit, "charge_authorization")
	_, _, err := w.RepayByCard(t.Context(), r)
	wantFault(t, "429", err, catalog.GatewayUnavailable)
	failed := w.latest(b)
	if failed.State != store.IntentFailed || failed.OperationID != 0 {
		t.Fatalf("%+v", failed)
	}
	r.Amount = 300_000
	paid, replayed, err := w.RepayByCard(t.Context(), r)
	if err != nil || replayed || paid.Status != servicing.Paid || paid.Reference != failed.Reference || paid.Amount != 300_000 {
		t.Errorf("%+v, replayed %v, %v; the first try was %+v", paid, replayed, err, failed)
	}
	if n := w.scalar(`SELECT count(*) FROM payment_intents WHERE kind = 2`); n != 1 {
		t.Errorf("%d rows of card charges", n)
	}
	other, _, err := w.RepayByCard(t.Context(), servicing.CardRepayment{Borrower: b.id, Amount: 100_000, Key: anyKey + "-2"})
	if err != nil || other.Reference == paid.Reference {
		t.Errorf("another key: %+v, %v", other, err)
	}
}

// An overpayment goes back; the books are restored to a point before it was paid, and become due to refund it again, under another number.
// The gateway has given it back once already, and that is what is booked.
func TestRefundAfterARestoreIsNotGivenTwice(t *testing.T) {
	for _, done := range []bool{false, true} {
		w := newWorld(t)
		b := w.cardholder("4084")
		page := w.page(b)
		_, _, err := w.RepayByCard(t.Context(), servicing.CardRepayment{Borrower: b.id, Amount: surplus})
		w.must(err)
		w.pay(page.AuthorizationURL)
		restore := testkit.PointInTime(t, w.url)
		w.apply(page.Reference)
		lost := w.refundOf(page.Reference)
		w.must(w.RefundCharge(t.Context(), lost.ID))
		if done {
			w.until("the gateway gives the money back", func() bool { return w.atGateway(page.Reference)[0].Status == "processed" })
			w.must(w.RefundCharge(t.Context(), lost.ID))
		}
		restore()
		w.clk.Advance(time.Minute)
		w.apply(page.Reference)
		again := w.refundOf(page.Reference)
		if again.ID == lost.ID || again.State != store.RefundCreated {
			t.Fatalf("the refund after the restore: %+v, before %+v", again, lost)
		}
		w.must(w.RefundCharge(t.Context(), again.ID))
		w.until("the refund to be booked", func() bool {
			w.must(w.RefundCharge(t.Context(), again.ID))
			return w.refundOf(page.Reference).State == store.RefundDone
		})
		if all := w.atGateway(page.Reference); len(all) != 1 || all[0].Amount != surplus {
			t.Errorf("done %v: at the gateway: %+v", done, all)
		}
	}
}
