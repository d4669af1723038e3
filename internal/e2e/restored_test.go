package e2e

import (
	"net/http"
	"strconv"
	"testing"
	"time"

	"github.com/creditpocket/creditpocket/internal/backoffice"
	"github.com/creditpocket/creditpocket/internal/ledger"
	"github.com/creditpocket/creditpocket/internal/store"
	"github.com/creditpocket/creditpocket/internal/testkit"
	"github.com/creditpocket/creditpocket/internal/testkit/testapp"
)

// TestChargeAcrossARestore restores the books to a point before a card charge that had a key, and lets the client repeat it: before anybody
// has looked, after the reconciliation has booked the money as one that nobody has, and after an operator has put that on the loan. The card
// is charged once, and the money is in the books once.
func TestChargeAcrossARestore(t *testing.T) {
	w := newWorld(t, testapp.Options{})
	admin, _, err := w.app.Backoffice.AddOperator(t.Context(), backoffice.NewOperator{Name: "Ada", Role: backoffice.Admin, Life: time.Hour})
	if err != nil {
		t.Fatal(err)
	}
	for _, since := range []string{"nothing", "reconciled", "assigned"} {
		t.Run(since, func(t *testing.T) {
			w := w.in(t)
			b := w.register().profile().account("09").bind().apply(5)
			charges := func() int { return len(w.app.Simulator.Charges()) }
			charge := b.call("repayLoan", map[string]any{"id": b.loan, "cardId": b.card, "amount": "300000"})
			w.eventually(20*time.Second, "the card's deposit to be given back", func() bool {
				return len(testkit.Texts(t, w.app.DatabaseURL, `SELECT id::text FROM refunds WHERE state <> 2`)) == 0
			})
			restore := testkit.PointInTime(t, w.app.DatabaseURL)
			var first, again repaid
			w.ok(charge).into(w, &first)
			restore()
			var now repaid
			w.ok(b.get("getRepayment", map[string]string{"id": b.loan})).into(w, &now)
			made := charges() // with the page that this opened
			if first.PayStatus != 1 || now.RemainingAmount != "850000" {
				t.Fatalf("the charge was %+v, after the restore %+v", first, now)
			}
			if since != "nothing" {
				if _, err := w.app.Reconcile.Run(t.Context(), time.Time{}); err != nil {
					t.Fatal(err)
				}
				found, err := w.app.Store.Receipts(t.Context(), store.ReceiptUnmatched, store.Page{Limit: 10})
				if err != nil || len(found) != 1 || found[0].Reference != first.Reference {
					t.Fatalf("the receipts: %+v, %v", found, err)
				}
				if since == "assigned" {
					loan, err := strconv.ParseInt(b.loan, 10, 64)
					if err != nil {
						t.Fatal(err)
					}
					if _, err := w.app.Backoffice.AssignReceipt(t.Context(), backoffice.Actor{ID: admin.ID, Name: admin.Name, Role: backoffice.Admin}, "restored-"+since, found[0].ID, loan, "after the restore"); err != nil {
						t.Fatal(err)
					}
				}
			}
			a := w.ok(charge)
			a.into(w, &again)
			if again.PayStatus != 1 || again.Method != 2 || again.Reference != first.Reference || again.Amount != "300000" || again.RemainingAmount != "550000" || a.Header.Get("Idempotency-Replayed") != "" {
				t.Errorf("the repeat: %+v, the first was %+v", again, first)
			}
			if n := charges(); n != made {
				t.Errorf("%d charges at the gateway, %d before the repeat", n, made)
			}
			if a := w.ok(charge); a.Header.Get("Idempotency-Replayed") == "" {
				t.Error("the second repeat is not told as one")
			}
			totals, err := w.app.Store.AccountTotals(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			if moved := w.app.Simulator.Balance() - w.app.Simulator.Ledger()[0].Difference; totals[ledger.GatewayClearing] != moved || totals[ledger.Unassigned] != 0 {
				t.Errorf("our account at the gateway has moved by %d kobo, by its books %d; %d are unassigned", totals[ledger.GatewayClearing], moved, totals[ledger.Unassigned])
			}
			noDifference(t, w.app)
			w.reconciles()
			w.want(b.call("repayLoan", map[string]any{"id": b.loan, "cardId": b.card, "amount": "600000"}), http.StatusUnprocessableEntity, "AMOUNT_OUT_OF_RANGE")
		})
	}
}
