package ops

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/creditpocket/creditpocket/internal/ledger"
	"github.com/creditpocket/creditpocket/internal/lending"
	"github.com/creditpocket/creditpocket/internal/provider"
	"github.com/creditpocket/creditpocket/internal/provider/simulator"
	"github.com/creditpocket/creditpocket/internal/store"
	"github.com/creditpocket/creditpocket/internal/testkit"
	"github.com/creditpocket/creditpocket/internal/testkit/testapp"
)

// cleared compares what our account at the gateway has moved by with what the gateway's balance has, and the receipts with their account.
func (w *world) cleared(unassigned int64) {
	w.Helper()
	totals, err := w.app.Store.AccountTotals(w.Context())
	w.must(err)
	if moved := w.app.Simulator.Balance() - w.app.Simulator.Ledger()[0].Difference; totals[ledger.GatewayClearing] != moved {
		w.Errorf("our account at the gateway has moved by %d kobo, by its books %d", totals[ledger.GatewayClearing], moved)
	}
	if int64(-totals[ledger.Unassigned]) != unassigned {
		w.Errorf("%d kobo are unassigned, want %d", -totals[ledger.Unassigned], unassigned)
	}
	w.balanced()
}

// TestMoneyOfALateReferenceIsCountedOnce: a payment is booked as one that nobody has, because its reference is not known, and then it is
// known after all. Whoever learns of it, an event, the reconciliation or the sweep, the money is in the books once.
func TestMoneyOfALateReferenceIsCountedOnce(t *testing.T) {
	w := newWorld(t, nil, testapp.Options{})
	w.must(w.app.Simulator.Inject(simulator.Fault{Kind: simulator.FaultWebhookDrop, Match: "charge.success", Times: -1}))
	reclaimed := 0
	for _, by := range []string{"event", "reconciliation", "sweep"} {
		t.Run(by, func(t *testing.T) {
			w := w.in(t)
			p := w.active()
			reference, url, known := w.pageNotYet(p)
			w.press(url)
			if by == "event" {
				w.tell("charge.success", reference)
				w.later(11 * time.Minute)
				w.eventually("the event to be parked", func() bool { return w.eventIs(reference, store.EventParked) })
				w.must(w.app.Backoffice.CollectReceipts(t.Context()))
			} else {
				w.later(11 * time.Minute)
				if _, open := w.reconcile(); len(open) != 0 {
					t.Errorf("open breaks: %v", open)
				}
			}
			found := w.receipts("UNMATCHED")
			if len(found) != 1 || found[0].Reference != reference || found[0].Amount != "850000" {
				t.Fatalf("the receipts: %+v", found)
			}
			w.cleared(850_000)

			known()
			// It belongs to the charge's loan now, and to no other.
			other := w.active()
			w.want(w.request("finance", "assignReceipt", map[string]any{"id": found[0].ID, "loanId": fmt.Sprint(other.loan), "reason": reason}), conflict, "ALREADY_ASSIGNED")
			switch by {
			case "event":
				w.must(w.app.Servicing.Sweep(t.Context()))
			case "reconciliation":
				if r, open := w.reconcile(); r.Applied != 1 || len(open) != 0 {
					t.Errorf("%+v, %v", r, open)
				}
			case "sweep":
				testkit.Exec(t, w.app.DatabaseURL, `UPDATE payment_intents SET next_check_at = created_at WHERE reference = $1`, reference)
				w.must(w.app.Servicing.Sweep(t.Context()))
			}
			w.until(p, lending.SettledEarly)
			reclaimed++
			w.cleared(0)
			if left := w.receipts("UNMATCHED"); len(left) != 0 {
				t.Errorf("receipts that are left: %+v", left)
			}
			// Nobody counts it again.
			w.must(w.app.Backoffice.CollectReceipts(t.Context()))
			w.must(w.app.Backoffice.CollectReceipt(t.Context(), reference))
			w.must(w.app.Servicing.ApplyCharge(t.Context(), reference))
			if _, open := w.reconcile(); len(open) != 0 {
				t.Errorf("open breaks afterwards: %v", open)
			}
			w.cleared(0)
			audit, err := w.app.Servicing.Verify(t.Context(), nil)
			w.must(err)
			if len(audit.Differences) != 0 {
				t.Errorf("the books differ: %v", audit.Differences)
			}
			if alerts := w.alertsOf(reference, "UNRESOLVED"); len(alerts) != 0 {
				t.Errorf("alerts that are left: %v", alerts)
			}
		})
	}
	batches := testkit.Texts(t, w.app.DatabaseURL, `SELECT kind FROM ledger_batches WHERE kind = 'receipt_reclaimed'`)
	if len(batches) != reclaimed || reclaimed != 3 {
		t.Errorf("%d receipts were taken back, the ledger has %d batches of it", reclaimed, len(batches))
	}
}

// TestReceiptAndChargeAtOnce settles charges while the same payments are collected as receipts, many times at once: each payment is in the
// books once, whoever is faster.
func TestReceiptAndChargeAtOnce(t *testing.T) {
	w := newWorld(t, nil, testapp.Options{Env: []string{"CP_DB_MAX_CONNS=24"}})
	w.must(w.app.Simulator.Inject(simulator.Fault{Kind: simulator.FaultWebhookDrop, Match: "charge.success", Times: -1}))
	const rounds = 6
	for range rounds {
		p := w.active()
		reference, url, known := w.pageNotYet(p)
		w.press(url)
		errs := make(chan error, 8)
		start := make(chan struct{})
		for range 4 {
			go func() { <-start; errs <- w.app.Backoffice.CollectReceipt(t.Context(), reference) }()
			go func() {
				<-start
				for {
					if err := w.app.Servicing.ApplyCharge(t.Context(), reference); err == nil || t.Context().Err() != nil {
						errs <- err
						return
					}
				}
			}()
		}
		close(start)
		known()
		for range cap(errs) {
			w.must(<-errs)
		}
		w.until(p, lending.SettledEarly)
	}
	w.cleared(0)
	if kinds := testkit.Texts(t, w.app.DatabaseURL, `SELECT kind FROM ledger_batches WHERE kind = 'payment'`); len(kinds) != rounds {
		t.Errorf("%d payments are booked, %d were made", len(kinds), rounds)
	}
	taken := testkit.Texts(t, w.app.DatabaseURL, `SELECT kind FROM ledger_batches WHERE kind IN ('unassigned_receipt', 'receipt_reclaimed') ORDER BY kind`)
	if slices.Sort(taken); len(taken)%2 != 0 || (len(taken) > 0 && taken[len(taken)/2-1] == taken[len(taken)/2]) {
		t.Errorf("not each receipt was taken back: %v", taken)
	}
	t.Logf("%d of %d payments were a receipt first", len(taken)/2, rounds)
}

// TestVoidReceiptFindsItsMoney: the gateway knew nothing of a payment when it was asked, and knows it later.
func TestVoidReceiptFindsItsMoney(t *testing.T) {
	w := newWorld(t, nil, testapp.Options{})
	gateway := w.adapter()
	reference := "invoice-" + digits(16)
	w.tell("charge.success", reference)
	w.eventually("the event to be parked", func() bool { return w.eventIs(reference, store.EventParked) })
	w.must(w.app.Backoffice.CollectReceipts(t.Context()))
	if got := testkit.Texts(t, w.app.DatabaseURL, `SELECT state::text FROM unmatched_receipts WHERE reference = $1`, reference); !slices.Equal(got, []string{"2"}) {
		t.Fatalf("the receipt of no money is in state %v", got)
	}
	page, err := gateway.InitializeCheckout(t.Context(), provider.CheckoutRequest{Email: "somebody@example.com", Amount: 66_600, Reference: reference})
	w.must(err)
	w.press(page.AuthorizationURL)
	for range 2 {
		if _, open := w.reconcile(); len(open) != 0 {
			t.Errorf("open breaks: %v", open)
		}
		w.cleared(66_600)
	}
	found := w.receipts("UNMATCHED")
	if len(found) != 1 || found[0].Reference != reference || found[0].Amount != "66600" {
		t.Fatalf("the receipts: %+v", found)
	}
	p := w.active()
	w.ok(w.request("finance", "assignReceipt", map[string]any{"id": found[0].ID, "loanId": fmt.Sprint(p.loan), "reason": reason}))
	w.cleared(0)
}
