package ops

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/creditpocket/creditpocket/internal/backoffice"
	"github.com/creditpocket/creditpocket/internal/ledger"
	"github.com/creditpocket/creditpocket/internal/lending"
	"github.com/creditpocket/creditpocket/internal/provider"
	"github.com/creditpocket/creditpocket/internal/provider/paystack"
	"github.com/creditpocket/creditpocket/internal/provider/simulator"
	"github.com/creditpocket/creditpocket/internal/reconcile"
	"github.com/creditpocket/creditpocket/internal/store"
	"github.com/creditpocket/creditpocket/internal/testkit"
	"github.com/creditpocket/creditpocket/internal/testkit/testapp"
)

// brokenThing is a break as the operators see it.
type brokenThing struct {
	ID, Kind, Object, Reference, Ours, Theirs, Detail, State, ResolvedBy, Reason string
	AgeHours                                                                     int
}

// reconcile runs once and returns the breaks that are open then, by "kind object reference".
func (w *world) reconcile() (reconcile.Report, []string) {
	w.Helper()
	var r reconcile.Report
	w.eventually("the run of the night to end", func() bool { // at three o'clock the server makes one itself
		var err error
		if r, err = w.app.Reconcile.Run(w.Context(), time.Time{}); errors.Is(err, reconcile.ErrUnderWay) {
			return false
		}
		w.must(err)
		return true
	})
	return r, w.breaks("OPEN")
}

func (w *world) breaks(scope string) (names []string) {
	w.Helper()
	for _, b := range w.broken(scope) {
		names = append(names, b.Kind+" "+b.Object+" "+b.Reference)
	}
	slices.Sort(names)
	return names
}

func (w *world) broken(scope string) []brokenThing {
	w.Helper()
	var list struct{ List []brokenThing }
	w.ok(w.request("viewer", "listBreaks", map[string]any{"?scope": scope, "?limit": 200}), &list)
	return list.List
}

func (w *world) tamper(t simulator.Tampering) {
	w.Helper()
	w.must(w.app.Simulator.Tamper(t))
}

// client is an adapter to the simulator.
func (w *world) adapter() *paystack.Client {
	w.Helper()
	gateway, err := paystack.New(paystack.Config{BaseURL: w.gateway(), SecretKey: w.app.Config.PaystackSecret.Reveal()})
	w.must(err)
	w.Cleanup(gateway.CloseIdle)
	return gateway
}

// settledLoan is a borrower whose loan is paid out and paid back; the references are the payout's and the payment's.
func (w *world) settledLoan() (p *person, payout, payment string) {
	w.Helper()
	p = w.active()
	payment = w.pay(p)
	w.until(p, lending.SettledEarly)
	latest, err := w.app.Store.LatestPayout(w.Context(), p.loan)
	w.must(err)
	return p, latest.Reference, payment
}

// TestReconcile plants each kind of break in the gateway's books or in ours, finds it named, and sees it close when it is put right.
func TestReconcile(t *testing.T) {
	w := newWorld(t, nil, testapp.Options{})
	gateway := w.adapter() // pays out once
	var payouts, payments []string
	for range 6 {
		_, payout, payment := w.settledLoan()
		payouts, payments = append(payouts, payout), append(payments, payment)
	}
	// A refund: an overpayment that an operator put on a loan.
	_, _, _ = w.settledLoan()
	s := w.stranger(40_000)
	other := w.active()
	w.ok(w.request("finance", "assignReceipt", map[string]any{"id": s.ID, "loanId": fmt.Sprint(other.loan), "reason": reason}))
	w.later(time.Hour)
	r, open := w.reconcile()
	if len(open) != 0 || r.Matched < 15 || r.Records < 15 {
		t.Fatalf("books that agree: %+v, %v", r, open)
	}
	if again, open := w.reconcile(); len(open) != 0 || again.Movements != 0 {
		t.Errorf("again: %+v, %v", again, open)
	}

	// What is planted, and what it is called.
	recipient := w.app.Simulator.Recipients()[0].Code
	stray := "cpp-77-1-notoursatall00"
	above := map[string]string{} // the entry of the gateway's ledger that follows a thing's
	for _, reference := range []string{payments[0], payouts[5]} {
		above[reference] = w.followed(reference)
	}
	_, err := gateway.Transfer(t.Context(), provider.TransferRequest{Amount: 12_300, RecipientCode: recipient, Reference: stray, Reason: "Stolen"})
	w.must(err)
	w.tamper(simulator.Tampering{Kind: simulator.TamperForget, Reference: payouts[0]})
	w.tamper(simulator.Tampering{Kind: simulator.TamperForget, Reference: payments[0]})
	w.tamper(simulator.Tampering{Kind: simulator.TamperAmount, Reference: payouts[1], Amount: 100})
	w.tamper(simulator.Tampering{Kind: simulator.TamperAmount, Reference: payments[1], Amount: -100})
	w.must(w.app.Simulator.Inject(simulator.Fault{Kind: simulator.FaultWrongCurrency, Times: -1, Match: payments[2]}))
	w.tamper(simulator.Tampering{Kind: simulator.TamperStatus, Reference: payouts[3], Status: "failed"})
	w.tamper(simulator.Tampering{Kind: simulator.TamperStatus, Reference: payments[3], Status: "failed"})
	w.tamper(simulator.Tampering{Kind: simulator.TamperRepeat, Reference: payouts[4]})
	w.tamper(simulator.Tampering{Kind: simulator.TamperTwice, Reference: payments[4]})
	w.tamper(simulator.Tampering{Kind: simulator.TamperBalance, Reference: payouts[5], Amount: 7})
	testkit.Exec(t, w.app.DatabaseURL, `INSERT INTO gateway_movements (id, kind, gateway_id, difference, balance_after, currency, happened_at)
		VALUES ('m-1', 'other', '0', -500, 1, 'NGN', now())`)
	want := []string{"missing_ours transfer " + stray, "missing_theirs transfer " + payouts[0], "missing_theirs charge " + payments[0], "amount transfer " + payouts[1],
		"amount charge " + payments[1], "currency charge " + payments[2], "status transfer " + payouts[3], "status charge " + payments[3],
		"duplicate transfer " + payouts[4], "duplicate charge " + payments[4], "missing_ours movement m-1",
		"balance movement " + above[payments[0]], // both entries below it were struck out
		"balance movement " + w.moved(payouts[5]), "balance movement " + above[payouts[5]]}
	slices.Sort(want)
	r, open = w.reconcile()
	if !slices.Equal(open, want) {
		t.Errorf("the breaks are\n%s\nplanted were\n%s", strings.Join(open, "\n"), strings.Join(want, "\n"))
	}
	for _, b := range w.broken("OPEN") {
		if b.State != "OPEN" || b.Detail == "" || b.ResolvedBy != "" || (b.Reference == payouts[1] && b.AgeHours < 1) {
			t.Errorf("a break: %+v", b)
		}
		if b.Reference == payments[1] && (b.Ours != "850000" || b.Theirs != "849900") {
			t.Errorf("the figures of a wrong amount: %+v", b)
		}
	}
	alerts, err := w.app.Store.OpenAlerts(t.Context(), "reconcile_break", 100)
	w.must(err)
	if len(alerts) != len(want) {
		t.Errorf("%d alerts for %d breaks", len(alerts), len(want))
	}

	// A run changes nothing but the breaks; the loans are what they were.
	audit, err := w.app.Servicing.Verify(t.Context(), nil)
	w.must(err)
	if len(audit.Differences) != 0 {
		t.Errorf("the books differ after a run: %v", audit.Differences)
	}

	// A person explains one: it stays resolved while it is the same, and opens again with other figures.
	var resolved brokenThing
	id := ""
	for _, b := range w.broken("OPEN") {
		if b.Reference == payouts[1] {
			id = b.ID
		}
	}
	resolve := w.request("finance", "resolveBreak", map[string]any{"id": id, "reason": reason})
	a := w.ok(resolve, &resolved)
	if resolved.State != "RESOLVED" || resolved.Reason != reason || resolved.ResolvedBy == "" {
		t.Errorf("the resolution: %+v", resolved)
	}
	w.traced("break:"+id, "finance", "resolveBreak", a)
	if !w.ok(resolve).Replayed {
		t.Error("the repeat is not told as one")
	}
	if _, open = w.reconcile(); slices.Contains(open, "amount transfer "+payouts[1]) {
		t.Error("a break that was explained is open again with the same figures")
	}
	w.tamper(simulator.Tampering{Kind: simulator.TamperAmount, Reference: payouts[1], Amount: 100})
	if _, open = w.reconcile(); !slices.Contains(open, "amount transfer "+payouts[1]) {
		t.Error("a break that was explained is not open again with other figures")
	}

	// What is put right at the gateway closes by itself, with its alert.
	w.tamper(simulator.Tampering{Kind: simulator.TamperAmount, Reference: payouts[1], Amount: -200})
	w.tamper(simulator.Tampering{Kind: simulator.TamperAmount, Reference: payments[1], Amount: 100})
	w.tamper(simulator.Tampering{Kind: simulator.TamperStatus, Reference: payouts[3], Status: "success"})
	w.tamper(simulator.Tampering{Kind: simulator.TamperStatus, Reference: payments[3], Status: "success"})
	w.tamper(simulator.Tampering{Kind: simulator.TamperBalance, Reference: payouts[5], Amount: -7})
	w.app.Simulator.ClearFaults()
	r, open = w.reconcile()
	if r.Closed != 7 || len(open) != len(want)-7 {
		t.Errorf("%d closed, open are %v", r.Closed, open)
	}
	if alerts, err = w.app.Store.OpenAlerts(t.Context(), "reconcile_break", 100); err != nil || len(alerts) != len(open) {
		t.Errorf("%d alerts for %d breaks, %v", len(alerts), len(open), err)
	}
}

// moved is the number of the last entry of the gateway's ledger about a payout or a charge.
func (w *world) moved(reference string) string { return w.entry(reference, 0) }

// followed is the number of the entry after that one.
func (w *world) followed(reference string) string { return w.entry(reference, 1) }

func (w *world) entry(reference string, after int) string {
	w.Helper()
	var id int64
	for _, transfer := range w.app.Simulator.Transfers() {
		if transfer.Reference == reference {
			id = transfer.ID
		}
	}
	for _, charge := range w.app.Simulator.Charges() {
		if charge.Reference == reference {
			id = charge.ID
		}
	}
	entries := w.app.Simulator.Ledger()
	for i := len(entries) - 1 - after; i >= 0; i-- {
		if entries[i].ModelID == id && id != 0 {
			return fmt.Sprint(entries[i+after].ID)
		}
	}
	w.Fatalf("nothing moved for %s, or nothing after it", reference)
	return ""
}

// TestReconcileMatchesWhatIsSafe lets every event and every sweep about money be lost: the run learns of it from the gateway's books, asks
// about each reference, and applies the answers; a payment that nobody of ours knows becomes one that an operator can assign. It books the
// gateway's fees.
func TestReconcileMatchesWhatIsSafe(t *testing.T) {
	w := newWorld(t, nil, testapp.Options{Env: []string{"CP_SIMULATOR_TRANSFER_FEE=1000", "CP_SIMULATOR_CHARGE_FEE_BPS=150"}})
	gateway := w.adapter()
	paid := w.active()
	w.must(w.app.Simulator.Inject(simulator.Fault{Kind: simulator.FaultWebhookDrop, Times: -1}))
	p := w.apply(w.person("01"), 301, lending.Approved) // pending at the gateway
	w.ok(w.request("finance", "releasePayout", map[string]any{"loanId": p.loan, "reason": reason}))
	w.until(p, lending.Disbursing)
	r, err := w.app.Servicing.Repayment(t.Context(), paid.id, paid.loan)
	w.must(err)
	w.press(r.AuthorizationURL)
	page, err := gateway.InitializeCheckout(t.Context(), provider.CheckoutRequest{Email: "somebody@example.com", Amount: 77_700, Reference: "invoice-nobody-knows-1"})
	w.must(err)
	w.press(page.AuthorizationURL)
	w.eventually("the transfer to succeed at the gateway", func() bool {
		for _, transfer := range w.app.Simulator.Transfers() {
			if transfer.Status != "success" {
				return false
			}
		}
		return true
	})
	report, open := w.reconcile()
	if len(open) != 0 || report.Applied < 2 {
		t.Errorf("%+v, %v", report, open)
	}
	if w.loan(p).State != lending.Active || w.loan(paid).State != lending.SettledEarly {
		t.Errorf("the loans are %s and %s", w.loan(p).State, w.loan(paid).State)
	}
	found := w.receipts("UNMATCHED")
	if len(found) != 1 || found[0].Reference != "invoice-nobody-knows-1" || found[0].Amount != "77700" {
		t.Errorf("the receipts: %+v", found)
	}
	// The fees are in the ledger, and with them our account at the gateway is what the gateway says it is.
	if _, open := w.reconcile(); len(open) != 0 {
		t.Errorf("again: %v", open)
	}
	totals, err := w.app.Store.AccountTotals(t.Context())
	w.must(err)
	moved := w.app.Simulator.Balance() - w.app.Simulator.Ledger()[0].Difference
	if totals[ledger.GatewayClearing] != moved || totals[ledger.GatewayFees] <= 3_000 {
		t.Errorf("our account at the gateway has moved by %d, by its books %d; fees are %d", totals[ledger.GatewayClearing], moved, totals[ledger.GatewayFees])
	}
	w.balanced()
	var fees int
	for _, text := range testkit.Texts(t, w.app.DatabaseURL, `SELECT key FROM ledger_batches WHERE kind = 'gateway_fee'`) {
		if text != "" {
			fees++
		}
	}
	if fees < 5 {
		t.Errorf("%d fees are booked", fees)
	}
}

// disagreements are a break's answers that no other part produces.
func (w *world) disagreements() {
	w.must(w.app.Store.InTx(w.Context(), func(ctx context.Context, tx *store.Tx) error {
		for _, reference := range []string{"cpr-one", "cpr-two"} {
			if _, err := tx.PutBreak(ctx, store.Break{Kind: reconcile.Amount, Object: "charge", Reference: reference, Ours: 2, Theirs: 1, Detail: "test", At: w.clock.Now()}); err != nil {
				return err
			}
		}
		return nil
	}))
	all := w.broken("ALL")
	if len(all) != 2 || len(w.broken("MATCHED"))+len(w.broken("RESOLVED")) != 0 {
		w.Fatalf("the breaks: %+v", all)
	}
	resolve := func(id any) call {
		return w.request("finance", "resolveBreak", map[string]any{"id": id, "reason": reason})
	}
	first := resolve(all[0].ID)
	w.ok(first)
	w.hire("of one brand", backoffice.Admin, brand, time.Hour)
	w.unchanged("a second resolution, and those of others", func() {
		w.want(resolve(all[1].ID).key(first.Header.Get("Idempotency-Key")), conflict, "IDEMPOTENCY_KEY_REUSED")
		w.want(w.request("of one brand", "listBreaks", nil), forbidden, "BRAND_FORBIDDEN")
		w.want(w.request("of one brand", "resolveBreak", map[string]any{"id": all[1].ID}), forbidden, "BRAND_FORBIDDEN")
		w.want(resolve(all[0].ID), conflict, "STATE_CONFLICT")
		w.want(resolve(7), notFound, "RECORD_NOT_FOUND")
	})
}

// TestReconcileKnowsARefundByTheGatewaysNumber: the note of a refund at the gateway has our number of one that a restore has lost; ours of the
// same money has another.
func TestReconcileKnowsARefundByTheGatewaysNumber(t *testing.T) {
	w := newWorld(t, nil, testapp.Options{})
	s := w.stranger(900_000) // more than the loan's debt
	p := w.active()
	w.ok(w.request("finance", "assignReceipt", map[string]any{"id": s.ID, "loanId": fmt.Sprint(p.loan), "reason": reason}))
	w.eventually("the overpayment to go back", func() bool {
		return len(testkit.Texts(t, w.app.DatabaseURL, `SELECT id::text FROM refunds WHERE state = 2 AND purpose = 2`)) == 1
	})
	id := testkit.Texts(t, w.app.DatabaseURL, `SELECT id::text FROM refunds WHERE purpose = 2`)[0]
	w.later(time.Hour)
	testkit.Exec(t, w.app.DatabaseURL, `UPDATE refunds SET id = id + 1 WHERE id = $1`, id)
	if _, open := w.reconcile(); len(open) != 0 {
		t.Errorf("open breaks: %v", open)
	}
	testkit.Exec(t, w.app.DatabaseURL, `UPDATE refunds SET gateway_ref = 'nobody' WHERE id = $1::bigint + 1`, id)
	_, open := w.reconcile()
	if len(open) != 2 || open[0] != "missing_ours refund creditpocket-refund-"+id || !strings.HasPrefix(open[1], "missing_theirs refund creditpocket-refund-") {
		t.Errorf("without the gateway's number the breaks are %v", open)
	}
}
