package servicing_test

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/creditpocket/creditpocket/internal/ledger"
	"github.com/creditpocket/creditpocket/internal/money"
	"github.com/creditpocket/creditpocket/internal/store"
	"github.com/creditpocket/creditpocket/internal/testkit"
)

// reconcile ends a test: every order to the gateway is carried out, then its books and ours must agree to the kobo, and Verify must
// find nothing.
func (w *world) reconcile() {
	w.t.Helper()
	if w.t.Failed() {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), 60*time.Second)
	defer cancel()
	w.sim.ClearFaults()
	if err := w.drain(ctx); err != nil {
		w.t.Error(err)
	}
	if err := w.sim.Audit(); err != nil {
		w.t.Errorf("the gateway's books: %v", err)
	}
	audit, err := w.Verify(ctx, nil)
	if err != nil {
		w.t.Error(err)
	}
	for _, d := range audit.Differences {
		w.t.Errorf("verify: %s", d)
	}
	w.compareCharges()
	w.compareRefunds()
	w.compareBalance(ctx)
	if running := w.scalar(`SELECT count(*) FROM operations WHERE state = 0`); running != 0 {
		w.t.Errorf("%d operations were never finished", running)
	}
}

// drain lets the sweep do what is left until nothing is under way.
func (w *world) drain(ctx context.Context) error {
	const open = `SELECT (SELECT count(*) FROM refunds WHERE state IN (0, 1)) + (SELECT count(*) FROM operations WHERE state = 0)
		+ (SELECT count(*) FROM payment_intents WHERE kind = 2 AND state IN (0, 1))`
	var failed error
	for n := range 40 {
		if w.scalar(open) == 0 {
			return nil
		}
		w.clk.Advance(2 * time.Minute)
		failed = w.Sweep(ctx)
		// The gateway carries a refund out on real time, which on a busy machine may be long.
		time.Sleep(time.Duration(5+n*n) * time.Millisecond)
	}
	return fmt.Errorf("money is still under way: %w", errors.Join(failed, ctx.Err()))
}

// compareCharges: every charge that is paid at the gateway is paid with us, once and in its amount, and the other way round.
func (w *world) compareCharges() {
	ours := w.sums(`SELECT reference, paid_amount FROM payment_intents WHERE state = 2`)
	for _, c := range w.sim.Charges() {
		if c.Status != "success" && c.Status != "reversed" || w.astray[c.Reference] {
			continue
		}
		if got, ok := ours[c.Reference]; !ok || got != c.Amount {
			w.t.Errorf("the gateway was paid %d under %s, our record says %d (%v)", c.Amount, c.Reference, got, ok)
		}
		delete(ours, c.Reference)
	}
	for reference, amount := range ours {
		w.t.Errorf("we count %d under %s, the gateway does not", amount, reference)
	}
}

// compareRefunds: every refund at the gateway is one of ours, and none was given twice.
func (w *world) compareRefunds() {
	ours := w.sums(`SELECT gateway_ref, amount FROM refunds WHERE state = 2`)
	for _, r := range w.sim.Refunds() {
		if r.Status == "failed" || r.MerchantNote == handNote {
			continue
		}
		id := fmt.Sprint(r.ID)
		if got, ok := ours[id]; !ok || got != r.Amount {
			w.t.Errorf("the gateway gave %d of %s back as refund %s, our record says %d (%v)", r.Amount, r.Charge, id, got, ok)
		}
		delete(ours, id)
	}
	for id, amount := range ours {
		w.t.Errorf("we count refund %s of %d, the gateway does not", id, amount)
	}
}

// compareBalance: what our ledger says the gateway holds for us is what it holds.
func (w *world) compareBalance(ctx context.Context) {
	totals, err := w.st.AccountTotals(ctx)
	if err != nil {
		w.t.Error(err)
	}
	var sum, stray money.Kobo
	for _, total := range totals {
		sum += total
	}
	for _, c := range w.sim.Charges() {
		if w.astray[c.Reference] && (c.Status == "success" || c.Status == "reversed") {
			stray += c.Amount
		}
	}
	for _, r := range w.sim.Refunds() {
		if r.MerchantNote == handNote {
			stray -= r.Amount
		}
	}
	if got, want := totals[ledger.GatewayClearing], w.sim.Balance()+w.house-opening-stray; got != want || sum != 0 {
		w.t.Errorf("our ledger says that the gateway holds %d, it holds %d; the ledger sums to %d", got, want, sum)
	}
}

// wantAccounts compares balances of the whole ledger.
func (w *world) wantAccounts(t *testing.T, want map[ledger.Account]money.Kobo) {
	t.Helper()
	totals, err := w.st.AccountTotals(t.Context())
	w.must(err)
	for account, amount := range want {
		if totals[account] != amount {
			t.Errorf("%s holds %d, want %d", account, totals[account], amount)
		}
	}
}

// scalar is the one number that a query finds.
func (w *world) scalar(query string, args ...any) int64 {
	w.t.Helper()
	found := testkit.Texts(w.t, w.url, "SELECT n::text FROM ("+query+") one (n)", args...)
	if len(found) != 1 {
		w.t.Fatalf("%s finds %q", query, found)
	}
	n, err := strconv.ParseInt(found[0], 10, 64)
	w.must(err)
	return n
}

// sums are amounts by name, each name once.
func (w *world) sums(query string) map[string]money.Kobo {
	w.t.Helper()
	out := map[string]money.Kobo{}
	for _, line := range testkit.Texts(w.t, w.url, "SELECT name || ' ' || amount FROM ("+query+") each (name, amount)") {
		name, amount, _ := strings.Cut(line, " ")
		if _, twice := out[name]; twice {
			w.t.Errorf("%s is there twice", name)
		}
		kobo, err := money.Parse(amount)
		w.must(err)
		out[name] = kobo
	}
	return out
}

// refundOf is our refund of a charge.
func (w *world) refundOf(reference string) store.Refund {
	w.t.Helper()
	r, err := w.st.RefundOfIntent(w.t.Context(), w.intent(reference).ID, store.RefundOverpayment)
	w.must(err)
	return r
}
