package servicing_test

import (
	"context"
	"errors"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/creditpocket/creditpocket/gen/catalog"
	"github.com/creditpocket/creditpocket/internal/fault"
	"github.com/creditpocket/creditpocket/internal/lending"
	"github.com/creditpocket/creditpocket/internal/provider/simulator"
	"github.com/creditpocket/creditpocket/internal/servicing"
	"github.com/creditpocket/creditpocket/internal/store"
	"github.com/creditpocket/creditpocket/internal/testkit"
)

// jobsOf counts the jobs of an event that are not over.
func (w *world) jobsOf() int64 {
	w.t.Helper()
	return w.scalar(`SELECT count(*) FROM river_job WHERE kind = 'gateway.event' AND state = 'available'`)
}

// Money may be behind an event about a reference that is not ours: it is kept for a person.
func TestEventAboutAStranger(t *testing.T) {
	w := newWorld(t)
	b := w.cardholder("4084")
	binding := w.scalar(`SELECT id FROM payment_intents WHERE kind = 3`)
	in, err := w.st.IntentByID(t.Context(), binding)
	w.must(err)
	appliers := w.appliers()
	appliers["cpb-"] = func(context.Context, string) error { return fault.New(catalog.BindNotFound) }
	for event, reference := range map[string]string{
		"charge.success":                     "somebody-elses-reference",
		"transfer.success":                   "cpx-00000000000000000001",
		"refund.processed":                   "T0000000000000001",
		"charge.dispute":                     servicing.CheckoutPrefix + "00000000000000000000000000000001",
		"charge.failed":                      "cpb-00000000000000000001",
		"customeridentification.success":     "",
		"refund.pending":                     w.page(b).Reference, // ours, but nobody of us gave anything back
		"charge.something-that-is-a-binding": in.Reference[:4] + "9",
	} {
		id := w.receive(event, reference)
		w.must(w.ApplyEvent(t.Context(), id, appliers))
		if state := w.eventState(id); state != store.EventParked {
			t.Errorf("%s %s is in state %d", event, reference, state)
		}
	}
	if err := w.ApplyCharge(t.Context(), in.Reference); !errors.Is(err, servicing.ErrUnknownReference) {
		t.Errorf("a card check as a repayment: %v", err)
	}
	got := w.alerts()
	if slices.ContainsFunc(got, func(kind string) bool { return kind != "event_parked" }) || len(got) != 8 {
		t.Errorf("alerts %q", got)
	}
}

// A dispute has a time limit at the gateway: a person is told, and the loan stays as it is until the money is seen to have gone.
func TestDisputeTellsAPerson(t *testing.T) {
	w := newWorld(t)
	b := w.borrower()
	page := w.page(b)
	w.pay(page.AuthorizationURL)
	w.apply(page.Reference)
	settled := w.loan(b.loan)
	for _, step := range []struct {
		event string
		open  int
	}{{"charge.dispute.create", 1}, {"charge.dispute.remind", 1}, {"charge.dispute.resolve", 0}} {
		id := w.receive(step.event, page.Reference)
		w.must(w.ApplyEvent(t.Context(), id, w.appliers()))
		open, err := w.st.OpenAlerts(t.Context(), "charge_disputed", 10)
		if err != nil || len(open) != step.open || w.eventState(id) != store.EventApplied {
			t.Errorf("after %s: %+v, %v", step.event, open, err)
		}
		if step.open == 1 && (open[0].Subject != page.Reference || open[0].Brand != brand) {
			t.Errorf("the alert: %+v", open[0])
		}
	}
	if after := w.loan(b.loan); after != settled {
		t.Errorf("the loan was changed to %+v", after)
	}
}

func TestEventIsKeptOnce(t *testing.T) {
	w := newWorld(t)
	b := w.borrower()
	page := w.page(b)
	w.pay(page.AuthorizationURL)
	id := w.receive("charge.success", page.Reference)
	var wg sync.WaitGroup
	for range 20 {
		wg.Go(func() {
			if err := w.ReceiveEvent(t.Context(), servicing.Event{Provider: "paystack", Name: "charge.success", Reference: page.Reference, Digest: "charge.success" + page.Reference}); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if n := w.scalar(`SELECT count(*) FROM gateway_events`); n != 1 {
		t.Errorf("kept %d times", n)
	}
	if n := w.jobsOf(); n != 1 {
		t.Errorf("%d jobs", n)
	}
	w.fault(simulator.FaultErrorBefore, "/transaction/verify")
	if err := w.ApplyEvent(t.Context(), id, w.appliers()); err == nil {
		t.Error("a failure of the gateway was not told")
	}
	if state := w.eventState(id); state != store.EventWaiting {
		t.Errorf("state %d", state)
	}
	w.must(w.ApplyEvent(t.Context(), id, w.appliers()))
	w.must(w.ApplyEvent(t.Context(), id, w.appliers()))
	if state := w.eventState(id); state != store.EventApplied {
		t.Errorf("state %d", state)
	}
	w.wantState(b.loan, lending.SettledEarly)
}

// An event whose attempts are used up gets new ones by its repeat, and by the sweep where the gateway does not repeat it.
func TestEventWhoseAttemptsAreUsedUp(t *testing.T) {
	w := newWorld(t)
	b := w.borrower()
	page := w.page(b)
	id := w.receive("charge.success", page.Reference)
	discard := func() {
		t.Helper()
		testkit.Exec(t, w.url, `UPDATE river_job SET state = 'discarded', finalized_at = now() WHERE kind = 'gateway.event'`)
	}
	discard()
	w.receive("charge.success", page.Reference)
	if n := w.jobsOf(); n != 1 {
		t.Errorf("after the repeat: %d jobs", n)
	}
	discard()
	w.must(w.Sweep(t.Context()))
	if n := w.jobsOf(); n != 0 {
		t.Errorf("at once: %d jobs", n)
	}
	w.clk.Advance(20 * time.Minute)
	w.must(w.Sweep(t.Context()))
	w.must(w.Sweep(t.Context()))
	if n := w.jobsOf(); n != 1 {
		t.Errorf("after the sweep: %d jobs", n)
	}
	w.must(w.ApplyEvent(t.Context(), id, w.appliers()))
	discard()
	w.clk.Advance(20 * time.Minute)
	w.must(w.Sweep(t.Context()))
	w.receive("charge.success", page.Reference)
	if n := w.jobsOf(); n != 0 {
		t.Errorf("of an event that is applied: %d jobs", n)
	}
}

// The gateway's events about a refund name the charge; each moves the refund a step.
func TestRefundToldByEvents(t *testing.T) {
	w := newWorld(t)
	_, reference := w.overpaid()
	refund := w.refundOf(reference)
	w.must(w.RefundCharge(t.Context(), refund.ID))
	w.until("the gateway gives the money back", func() bool { return w.atGateway(reference)[0].Status == "processed" })
	w.must(w.ApplyEvent(t.Context(), w.receive("refund.processed", reference), w.appliers()))
	w.must(w.ApplyEvent(t.Context(), w.receive("refund.pending", reference), w.appliers())) // out of order
	if r := w.refundOf(reference); r.State != store.RefundDone {
		t.Errorf("%+v", r)
	}
	// The card check's refund goes the same way.
	in, err := w.st.IntentByID(t.Context(), w.scalar(`SELECT id FROM payment_intents WHERE kind = 3`))
	w.must(err)
	w.must(w.ApplyEvent(t.Context(), w.receive("refund.pending", in.Reference), w.appliers()))
	w.until("the gateway gives the check back", func() bool { return w.atGateway(in.Reference)[0].Status == "processed" })
	w.must(w.ApplyEvent(t.Context(), w.receive("refund.processed", in.Reference), w.appliers()))
	if r, err := w.st.RefundOfIntent(t.Context(), in.ID, store.RefundBinding); err != nil || r.State != store.RefundDone {
		t.Errorf("%+v, %v", r, err)
	}
}
