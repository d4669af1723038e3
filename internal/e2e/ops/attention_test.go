package ops

import (
	"fmt"
	"testing"

	"github.com/creditpocket/creditpocket/internal/lending"
	"github.com/creditpocket/creditpocket/internal/money"
	"github.com/creditpocket/creditpocket/internal/provider/simulator"
	"github.com/creditpocket/creditpocket/internal/store"
	"github.com/creditpocket/creditpocket/internal/testkit/testapp"
)

// TestRefundNeedsAttention: the gateway cannot give an overpayment back without a person. The credit stays the borrower's, an operator sees the
// alert, nothing can be given back twice, and the refund is booked once when the person has acted.
func TestRefundNeedsAttention(t *testing.T) {
	w := newWorld(t, nil, testapp.Options{})
	p := w.active()
	w.pay(p)
	w.until(p, lending.SettledEarly)
	s := w.stranger(40_000)
	w.must(w.app.Simulator.Inject(simulator.Fault{Kind: simulator.FaultRefundAttention, Match: s.Reference}))
	w.ok(w.request("finance", "assignReceipt", map[string]any{"id": s.ID, "loanId": fmt.Sprint(p.loan), "reason": reason}))

	intent, err := w.app.Store.Intent(t.Context(), s.Reference)
	w.must(err)
	refund := func() store.Refund {
		f, err := w.app.Store.RefundOfIntent(t.Context(), intent.ID, store.RefundOverpayment)
		w.must(err)
		return f
	}
	w.eventually("the gateway to want a person", func() bool { return refund().State == store.RefundAttention })
	subject := fmt.Sprint(refund().ID)
	if got := w.alertsOf(subject, "UNRESOLVED"); len(got) != 1 || got[0] != "refund_attention" {
		t.Errorf("the alerts that an operator sees: %v", got)
	}
	credit := func() store.Credit {
		c, err := w.app.Store.Credit(t.Context(), p.id)
		w.must(err)
		return c
	}
	if c := credit(); c.Booked != 40_000 || c.Refunding != 40_000 {
		t.Errorf("the credit while the refund waits: %+v", c)
	}
	var credits struct {
		List []struct{ BorrowerID, Credit, Refunding, Available string }
	}
	w.ok(w.request("viewer", "listCredits", map[string]any{"?limit": 200}), &credits)
	if len(credits.List) != 1 || credits.List[0].BorrowerID != fmt.Sprint(p.id) || credits.List[0].Credit != "40000" || credits.List[0].Available != "0" {
		t.Errorf("the credits that an operator sees: %+v", credits.List)
	}
	w.want(w.request("finance", "refundCredit", map[string]any{"id": p.id, "amount": "1", "reason": reason}), refused, "CREDIT_TOO_SMALL")
	if _, open := w.reconcile(); len(open) != 0 {
		t.Errorf("breaks while the refund waits: %v", open)
	}
	w.balanced()

	for _, r := range w.app.Simulator.Refunds() {
		if r.Charge == s.Reference {
			w.must(w.app.Simulator.AttendRefund(r.ID))
			if err := w.app.Simulator.AttendRefund(r.ID); err == nil {
				t.Error("a refund that is processed could be attended to")
			}
		}
	}
	w.eventually("the refund to be booked", func() bool { return refund().State == store.RefundDone })
	if c := credit(); c.Booked != 0 || c.Refunding != 0 {
		t.Errorf("the credit after the refund: %+v", c)
	}
	if got := w.alertsOf(subject, "UNRESOLVED"); len(got) != 0 {
		t.Errorf("alerts after the refund: %v", got)
	}
	back := money.Kobo(0)
	for _, r := range w.app.Simulator.Refunds() {
		if r.Charge == s.Reference && r.Status == "processed" {
			back += r.Amount
		}
	}
	if back != 40_000 {
		t.Errorf("the gateway gave %d back", back)
	}
	if _, open := w.reconcile(); len(open) != 0 {
		t.Errorf("breaks after the refund: %v", open)
	}
	w.balanced()
}
