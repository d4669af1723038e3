package ops

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/creditpocket/creditpocket/internal/backoffice"
	"github.com/creditpocket/creditpocket/internal/ledger"
	"github.com/creditpocket/creditpocket/internal/lending"
	"github.com/creditpocket/creditpocket/internal/money"
	"github.com/creditpocket/creditpocket/internal/provider"
	"github.com/creditpocket/creditpocket/internal/provider/paystack"
	"github.com/creditpocket/creditpocket/internal/provider/simulator"
	"github.com/creditpocket/creditpocket/internal/store"
	"github.com/creditpocket/creditpocket/internal/testkit"
)

// relief is what became of a waiver or a write-off.
type relief struct {
	Done       bool
	ApprovalID string
	Amount     string
	Parts      struct{ Principal, ServiceFee, Interest, Penalty string }
	Loan       briefLoan
}

// accounts sums the ledger of a loan.
func (w *world) accounts(loan int64) map[ledger.Account]money.Kobo {
	w.Helper()
	lines, err := w.app.Store.LoanLines(w.Context(), loan)
	w.must(err)
	sums := map[ledger.Account]money.Kobo{}
	for _, l := range lines {
		sums[l.Account] += l.Amount
	}
	return sums
}

func (w *world) account(loan int64, a ledger.Account, want money.Kobo) {
	w.Helper()
	if got := w.accounts(loan)[a]; got != want {
		w.Errorf("%s of loan %d is %d, expected %d", a, loan, got, want)
	}
}

func (w *world) waive(by string, p *person, values map[string]any) call {
	w.Helper()
	all := map[string]any{"loanId": p.loan, "reason": reason, "amount": nil, "parts": nil}
	for name, value := range values {
		all[name] = value
	}
	return w.request(by, "waiveLoan", all)
}

// waivers are booked up to the limit, never beyond the debt.
func (w *world) waivers() {
	p := w.active()
	var r relief
	waive := w.waive("collections", p, map[string]any{"amount": "100000"})
	a := w.ok(waive, &r)
	if !r.Done || r.Amount != "100000" || r.Parts.ServiceFee != "100000" || r.Loan.Remaining != "750000" {
		w.Errorf("a waiver of an amount: %+v", r)
	}
	w.traced(subject("loan", p.loan), "collections", "waiveLoan", a)
	w.account(p.loan, ledger.Waiver, 100_000)
	w.account(p.loan, ledger.ServiceFeeReceivable, 129_000)
	w.unchanged("a repeat, and refusals", func() {
		if !w.ok(waive).Replayed {
			w.Error("the repeat is not told as one")
		}
		w.want(w.waive("collections", p, map[string]any{"amount": "100001"}).key(waive.Header.Get("Idempotency-Key")), conflict, "IDEMPOTENCY_KEY_REUSED")
		w.want(w.waive("collections", p, map[string]any{"amount": "750001"}), refused, "WAIVER_TOO_LARGE")
		w.want(w.waive("collections", p, map[string]any{"parts": map[string]any{"serviceFee": "129001"}}), refused, "WAIVER_TOO_LARGE")
		w.want(w.waive("collections", p, map[string]any{"parts": map[string]any{}}), refused, "WAIVER_TOO_LARGE")
		w.want(w.waive("collections", p, map[string]any{"parts": map[string]any{"principal": "1"}, "amount": "1"}), badRequest, "VALIDATION_FAILED")
		w.want(w.waive("collections", p, nil), badRequest, "VALIDATION_FAILED")
		w.want(w.waive("collections", &person{loan: 7}, map[string]any{"amount": "1"}), notFound, "LOAN_NOT_FOUND")
	})
	w.ok(w.waive("collections", p, map[string]any{"parts": map[string]any{"serviceFee": "29000", "interest": "21000"}}), &r)
	if !r.Done || r.Parts.Interest != "21000" || r.Loan.Remaining != "700000" {
		w.Errorf("a waiver of parts: %+v", r)
	}
	w.account(p.loan, ledger.InterestReceivable, 0)

	// The rest is paid at the gateway; then nothing is owed that could be forgiven.
	w.pay(p)
	w.until(p, lending.SettledEarly)
	w.unchanged("a waiver on a settled loan", func() { w.want(w.waive("collections", p, map[string]any{"amount": "1"}), conflict, "LOAN_NOT_OWING") })
}

// secondPerson is the rule that an act above a limit needs two people.
func (w *world) secondPerson() {
	w.hire("finance two", backoffice.Finance, "", time.Hour*24*366)
	w.hire("finance three", backoffice.Finance, "", time.Hour*24*366)
	decide := func(by, operation, id string) call {
		return w.request(by, operation, map[string]any{"id": id, "reason": reason})
	}
	ask := func(p *person, amount string) string {
		var r relief
		w.ok(w.waive("finance", p, map[string]any{"amount": amount}), &r)
		if r.Done || r.ApprovalID == "" {
			w.Fatalf("a waiver of %s is done by one person: %+v", amount, r)
		}
		return r.ApprovalID
	}
	p := w.active()
	id := ask(p, "600000")
	w.account(p.loan, ledger.Waiver, 0)
	w.unchanged("a request while one waits, and deciding on one's own", func() {
		w.want(w.waive("collections", p, map[string]any{"amount": "600000"}), conflict, "APPROVAL_PENDING")
		w.want(decide("finance", "approveRequest", id), conflict, "SECOND_PERSON_REQUIRED")
		w.want(decide("finance", "declineRequest", id), conflict, "SECOND_PERSON_REQUIRED")
		w.want(decide("finance two", "approveRequest", "7"), notFound, "RECORD_NOT_FOUND")
	})
	var list struct {
		List []struct{ ID, State, Kind, Amount, RequestedByName string }
	}
	w.ok(w.request("viewer", "listApprovals", map[string]any{"?state": "PENDING"}), &list)
	if len(list.List) != 1 || list.List[0].ID != id || list.List[0].Kind != "WAIVER" || list.List[0].RequestedByName != "finance" {
		w.Errorf("the requests: %+v", list)
	}
	var ruling struct {
		Approval struct{ State, DecidedByName, Decision string }
		Loan     briefLoan
	}
	approve := decide("finance two", "approveRequest", id)
	a := w.ok(approve, &ruling)
	if ruling.Approval.State != "APPROVED" || ruling.Approval.DecidedByName != "finance two" || ruling.Loan.Remaining != "250000" {
		w.Errorf("the approval: %+v", ruling)
	}
	if e := w.traced("approval:"+id, "finance two", "approveRequest", a); !strings.Contains(fmt.Sprint(e.Changes), fmt.Sprint(p.loan)) {
		w.Errorf("the approval's trail does not name the loan: %+v", e)
	}
	w.account(p.loan, ledger.Waiver, 600_000)
	w.unchanged("a second decision", func() {
		if !w.ok(approve).Replayed {
			w.Error("the repeat is not told as one")
		}
		w.want(decide("finance three", "approveRequest", id), conflict, "ALREADY_DECIDED")
		w.want(decide("finance three", "declineRequest", id), conflict, "ALREADY_DECIDED")
		w.want(decide("finance three", "approveRequest", id).key(approve.Header.Get("Idempotency-Key")), conflict, "ALREADY_DECIDED") // keys belong to one person
		w.want(decide("finance two", "declineRequest", list.List[0].ID), conflict, "ALREADY_DECIDED")
	})

	// The limit counts all waivers of the loan: it cannot be passed in small steps.
	small := w.active()
	var r relief
	w.ok(w.waive("collections", small, map[string]any{"amount": "499999"}), &r)
	second := r
	w.ok(w.waive("collections", small, map[string]any{"amount": "2"}), &second)
	if !r.Done || second.Done {
		w.Errorf("two small waivers: %+v, %+v", r, second)
	}
	w.ok(decide("finance two", "declineRequest", second.ApprovalID), &ruling)
	if ruling.Approval.State != "DECLINED" {
		w.Errorf("the decline: %+v", ruling)
	}
	w.account(small.loan, ledger.Waiver, 499_999)

	// What was asked for is more than what is owed by now.
	paid := w.active()
	stale := ask(paid, "700000")
	w.ok(w.waive("collections", paid, map[string]any{"amount": "200000"}))
	w.unchanged("an approval of too much", func() { w.want(decide("finance two", "approveRequest", stale), refused, "WAIVER_TOO_LARGE") })
	w.pay(paid)
	w.until(paid, lending.SettledEarly)
	w.unchanged("an approval on a settled loan", func() { w.want(decide("finance two", "approveRequest", stale), conflict, "LOAN_NOT_OWING") })
	w.ok(decide("finance two", "declineRequest", stale))

	// Two who approve at once: one does it.
	raced := w.active()
	id = ask(raced, "850000")
	var wait sync.WaitGroup
	answers := make([]answer, 6)
	for i := range answers {
		wait.Go(func() {
			answers[i], _ = w.try(decide([]string{"finance two", "finance three"}[i%2], "approveRequest", id))
		})
	}
	wait.Wait()
	done := 0
	for _, a := range answers {
		switch {
		case a.Status == 200:
			done++
		case a.Reason != "ALREADY_DECIDED":
			w.Errorf("a racing approval: %s", a)
		}
	}
	if done != 1 {
		w.Errorf("%d of %d approvals at once were carried out", done, len(answers))
	}
	w.account(raced.loan, ledger.Waiver, 850_000)
	if l := w.loan(raced); l.State != lending.SettledEarly {
		w.Errorf("a loan of which all is forgiven is %s", l.State)
	}
	// The database itself refuses who decides on their own request.
	all, err := w.app.Store.Approvals(w.Context(), []store.ApprovalState{store.ApprovalPending}, store.Page{Limit: 10})
	w.must(err)
	if len(all) != 0 {
		w.Errorf("requests left over: %+v", all)
	}
	own := ask(w.active(), "600000")
	err = w.app.Store.InTx(w.Context(), func(ctx context.Context, tx *store.Tx) error {
		a, err := tx.Approval(ctx, number(own))
		if err != nil {
			return err
		}
		return tx.DecideApproval(ctx, a.ID, store.ApprovalApproved, a.RequestedBy, "my own")
	})
	if err == nil {
		w.Error("the database let somebody decide on their own request")
	}
	w.ok(decide("finance two", "declineRequest", own))
}

func number(s string) (n int64) {
	_, _ = fmt.Sscan(s, &n)
	return n
}

// writeOffs end what is past due; what comes back is a recovery.
func (w *world) writeOffs() {
	writeOff := func(by string, p *person) call {
		return w.request(by, "writeOffLoan", map[string]any{"loanId": p.loan, "reason": reason})
	}
	p := w.active()
	w.unchanged("a write-off before the due date", func() { w.want(writeOff("finance", p), conflict, "STATE_CONFLICT") })
	big := w.apply(w.person("11"), 402, lending.Approved)
	w.ok(w.request("finance", "releasePayout", map[string]any{"loanId": big.loan, "reason": reason}))
	w.until(big, lending.Active)

	w.clock.Advance(9 * 24 * time.Hour) // and the daily run has not seen it
	var r relief
	a := w.ok(writeOff("finance", p), &r)
	// Seven days, so two days late: 1 % of 600,000 a day.
	if !r.Done || r.Amount != "862000" || r.Parts.Penalty != "12000" || r.Loan.Status != 51 || r.Loan.Remaining != "862000" {
		w.Errorf("the write-off: %+v", r)
	}
	w.traced(subject("loan", p.loan), "finance", "writeOffLoan", a)
	w.account(p.loan, ledger.WriteOff, 862_000)
	w.account(p.loan, ledger.PrincipalReceivable, 0)
	events, err := w.app.Store.LoanEvents(w.Context(), p.loan)
	w.must(err)
	var moves []string
	for _, e := range events {
		moves = append(moves, fmt.Sprintf("%d>%d", e.From, e.To))
	}
	if got := strings.Join(moves, " "); !strings.HasSuffix(got, "5>21 21>51") {
		w.Errorf("the loan went %s", got)
	}
	w.unchanged("acts on what is given up", func() {
		w.want(writeOff("finance", p), conflict, "STATE_CONFLICT")
		w.want(w.waive("finance", p, map[string]any{"amount": "1"}), conflict, "LOAN_NOT_OWING")
	})

	// It comes back after all.
	w.pay(p)
	w.eventually("the recovery", func() bool { return w.loan(p).Recovered == 862_000 })
	var recoveries struct {
		List []struct {
			Loan                               briefLoan
			WrittenOff, Recovered, Unrecovered string
		}
	}
	w.ok(w.request("viewer", "listRecoveries", nil), &recoveries)
	if len(recoveries.List) != 1 || recoveries.List[0].Recovered != "862000" || recoveries.List[0].Unrecovered != "0" || recoveries.List[0].WrittenOff != "862000" {
		w.Errorf("the recoveries: %+v", recoveries)
	}
	w.account(p.loan, ledger.RecoveryIncome, -862_000)

	// A large debt needs a second person, who gives up what is owed on the day of the approval.
	w.later(90 * 24 * time.Hour)
	w.ok(writeOff("finance", big), &r)
	if r.Done || r.ApprovalID == "" {
		w.Errorf("a large write-off by one person: %+v", r)
	}
	w.want(writeOff("admin", big), conflict, "APPROVAL_PENDING")
	w.later(2 * 24 * time.Hour)
	var ruling struct{ Loan briefLoan }
	w.ok(w.request("admin", "approveRequest", map[string]any{"id": r.ApprovalID, "reason": reason}), &ruling)
	if ruling.Loan.Status != 51 || w.loan(big).WrittenOff.Total() <= money.Kobo(number(r.Amount)) {
		w.Errorf("the approved write-off: %+v of %s asked for, %d written off", ruling, r.Amount, w.loan(big).WrittenOff.Total())
	}
}

// receipt is a payment that no loan has.
type receipt struct{ ID, Reference, Origin, State, Amount, Asked, BorrowerID, LoanID string }

func (w *world) receipts(state string) []receipt {
	w.Helper()
	var list struct{ List []receipt }
	w.ok(w.request("viewer", "listReceipts", map[string]any{"?state": state, "?limit": 200}), &list)
	return list.List
}

// find waits for the receipt of a reference.
func (w *world) find(reference string) (found receipt) {
	w.Helper()
	w.eventually("the receipt of "+reference, func() bool {
		w.must(w.app.Backoffice.CollectReceipts(w.Context()))
		for _, r := range w.receipts("UNMATCHED") {
			if r.Reference == reference {
				found = r
				return true
			}
		}
		return false
	})
	return found
}

// quarantined pays a loan's page of which the gateway says another amount.
func (w *world) quarantined(p *person) receipt {
	w.Helper()
	r, err := w.app.Servicing.Repayment(w.Context(), p.id, p.loan)
	w.must(err)
	w.must(w.app.Simulator.Inject(simulator.Fault{Kind: simulator.FaultWrongAmount, Times: -1, Match: r.Reference}))
	w.press(r.AuthorizationURL)
	w.eventually("the quarantine", func() bool {
		i, err := w.app.Store.Intent(w.Context(), r.Reference)
		w.must(err)
		return i.State == store.IntentQuarantined
	})
	w.app.Simulator.ClearFaults()
	return w.find(r.Reference)
}

// stranger pays at the gateway under a reference that is not ours.
func (w *world) stranger(amount money.Kobo) receipt {
	w.Helper()
	gateway, err := paystack.New(paystack.Config{BaseURL: w.gateway(), SecretKey: w.app.Config.PaystackSecret.Reveal()})
	w.must(err)
	defer gateway.CloseIdle()
	reference := "invoice-" + digits(16)
	page, err := gateway.InitializeCheckout(w.Context(), provider.CheckoutRequest{Email: "somebody@example.com", Amount: amount, Reference: reference})
	w.must(err)
	w.press(page.AuthorizationURL)
	return w.find(reference)
}

// gateway is the simulator's address.
func (w *world) gateway() string {
	w.Helper()
	p := w.active()
	r, err := w.app.Servicing.Repayment(w.Context(), p.id, p.loan)
	w.must(err)
	at, _, _ := strings.Cut(r.AuthorizationURL, "/checkout/")
	return at
}

// unmatched are payments that no loan has: booked once as unassigned, assigned once.
func (w *world) unmatched() {
	assign := func(id string, p *person) call {
		return w.request("finance", "assignReceipt", map[string]any{"id": id, "loanId": fmt.Sprint(p.loan), "reason": reason})
	}
	unassigned := func() money.Kobo {
		totals, err := w.app.Store.AccountTotals(w.Context())
		w.must(err)
		return -totals[ledger.Unassigned]
	}
	p, other := w.active(), w.active()
	q := w.quarantined(p)
	// The gateway's books hold what was paid; the amount it misspoke is gone with the fault.
	if q.Origin != "QUARANTINED" || q.Asked != "850000" || q.LoanID != fmt.Sprint(p.loan) || q.BorrowerID != fmt.Sprint(p.id) || q.Amount != "850000" {
		w.Errorf("the receipt: %+v", q)
	}
	if got := unassigned(); got != 850_000 {
		w.Errorf("unassigned receipts are %d", got)
	}
	w.unchanged("collecting again", func() { w.must(w.app.Backoffice.CollectReceipts(w.Context())) })
	waiting := w.apply(w.person("11"), 301, lending.Approved)
	w.unchanged("assignments that are refused", func() {
		w.want(assign(q.ID, other), refused, "RECEIPT_OF_ANOTHER")
		w.want(assign("7", p), notFound, "RECORD_NOT_FOUND")
		w.want(assign(q.ID, &person{loan: 7}), notFound, "LOAN_NOT_FOUND")
	})
	var done struct {
		Receipt receipt
		Loan    briefLoan
		Parts   struct{ Principal string }
		Credit  string
	}
	act := assign(q.ID, p)
	a := w.ok(act, &done)
	if done.Receipt.State != "ASSIGNED" || done.Loan.Status != 8 || done.Parts.Principal != "600000" || done.Credit != "0" {
		w.Errorf("the assignment: %+v", done)
	}
	w.traced("receipt:"+q.ID, "finance", "assignReceipt", a)
	if unassigned() != 0 {
		w.Errorf("unassigned receipts are %d afterwards", unassigned())
	}
	w.unchanged("a second assignment", func() {
		if !w.ok(act).Replayed {
			w.Error("the repeat is not told as one")
		}
		w.want(assign(q.ID, p), conflict, "ALREADY_ASSIGNED")
	})
	alerts, err := w.app.Store.OpenAlerts(w.Context(), "payment_mismatch", 100)
	w.must(err)
	for _, alert := range alerts {
		if alert.Subject == q.Reference {
			w.Error("the alert about the payment is still open")
		}
	}

	// A payment under another reference, larger than the debt: what is beyond it goes back through the gateway.
	s := w.stranger(900_000)
	if s.Origin != "UNKNOWN_REFERENCE" || s.Asked != "" || s.Amount != "900000" || s.BorrowerID != "" {
		w.Errorf("the receipt: %+v", s)
	}
	w.unchanged("an assignment to a loan that was never paid out", func() { w.want(assign(s.ID, waiting), conflict, "LOAN_NOT_OWING") })
	// Five who assign at once: one does it.
	var wait sync.WaitGroup
	answers := make([]answer, 5)
	for i := range answers {
		wait.Go(func() { answers[i], _ = w.try(assign(s.ID, other)) })
	}
	wait.Wait()
	carriedOut := 0
	for _, a := range answers {
		switch {
		case a.Status == 200:
			carriedOut++
		case a.Reason != "ALREADY_ASSIGNED":
			w.Errorf("a racing assignment: %s", a)
		}
	}
	if carriedOut != 1 || w.loan(other).State != lending.SettledEarly {
		w.Errorf("%d assignments at once were carried out; the loan is %s", carriedOut, w.loan(other).State)
	}
	w.eventually("the refund of what was too much", func() bool {
		i, err := w.app.Store.Intent(w.Context(), s.Reference)
		w.must(err)
		f, err := w.app.Store.RefundOfIntent(w.Context(), i.ID, store.RefundOverpayment)
		w.must(err)
		return f.State == store.RefundDone && f.Amount == 50_000
	})
	if got := w.receipts("ASSIGNED"); len(got) != 2 {
		w.Errorf("the assigned receipts: %+v", got)
	}

	// An event about a charge that nobody paid is no receipt.
	testkit.Exec(w.T, w.app.DatabaseURL, `INSERT INTO gateway_events (id, provider, digest, event, reference, status, state, received_at)
		VALUES (1, 'paystack', 'x', 'charge.success', 'invoice-made-up-by-a-liar', 'success', 2, now())`)
	w.must(w.app.Backoffice.CollectReceipts(w.Context()))
	if got := w.receipts("UNMATCHED"); len(got) != 0 {
		w.Errorf("a made-up payment is a receipt: %+v", got)
	}
	w.ok(w.request("finance", "refusePayout", map[string]any{"loanId": waiting.loan, "reason": reason}))
}

// refundFails makes the gateway refuse the refund of a charge.
func refundFails(reference string) simulator.Fault {
	return simulator.Fault{Kind: simulator.FaultRefundFail, Match: reference}
}

// credits are money of a borrower that no loan takes.
func (w *world) credits() {
	p := w.active()
	// Money beyond a debt whose refund the gateway refused stays the borrower's credit.
	other := w.active()
	w.pay(other)
	w.until(other, lending.SettledEarly)
	s := w.stranger(40_000)
	w.must(w.app.Simulator.Inject(refundFails(s.Reference)))
	w.ok(w.request("finance", "assignReceipt", map[string]any{"id": s.ID, "loanId": fmt.Sprint(other.loan), "reason": reason}))
	w.eventually("the refund to fail", func() bool {
		c, err := w.app.Store.Credit(w.Context(), other.id)
		w.must(err)
		return c.Booked == 40_000 && c.Refunding == 0
	})
	var list struct {
		List []struct{ BorrowerID, Credit, Refunding, Available string }
	}
	w.ok(w.request("viewer", "listCredits", map[string]any{"?limit": 200}), &list)
	if len(list.List) != 1 || list.List[0].BorrowerID != fmt.Sprint(other.id) || list.List[0].Available != "40000" {
		w.Errorf("the credits: %+v", list)
	}
	refund := func(borrower int64, amount string) call {
		return w.request("finance", "refundCredit", map[string]any{"id": borrower, "amount": amount, "reason": reason})
	}
	w.unchanged("refunds that are refused", func() {
		w.want(refund(other.id, "40001"), refused, "CREDIT_TOO_SMALL")
		w.want(refund(p.id, "1"), refused, "CREDIT_TOO_SMALL")
		w.want(refund(7, "1"), notFound, "BORROWER_NOT_FOUND")
	})
	var order struct {
		Refunds []struct{ ID, Reference, Amount string }
		Credit  struct{ Available, Refunding string }
	}
	act := refund(other.id, "30000")
	a := w.ok(act, &order)
	if len(order.Refunds) != 1 || order.Refunds[0].Amount != "30000" || order.Credit.Available != "10000" {
		w.Errorf("the refund: %+v", order)
	}
	w.traced(subject("borrower", other.id), "finance", "refundCredit", a)
	w.eventually("the first refund to be booked", func() bool {
		c, err := w.app.Store.Credit(w.Context(), other.id)
		w.must(err)
		return c.Booked == 10_000 && c.Refunding == 0
	})
	w.unchanged("a repeat", func() {
		if !w.ok(act).Replayed {
			w.Error("the repeat is not told as one")
		}
		w.want(refund(other.id, "10001"), refused, "CREDIT_TOO_SMALL")
	})
	w.ok(refund(other.id, "10000"))
	w.eventually("the refunds to be booked", func() bool {
		c, err := w.app.Store.Credit(w.Context(), other.id)
		w.must(err)
		return c.Booked == 0 && c.Refunding == 0
	})
	back := money.Kobo(0)
	for _, f := range w.app.Simulator.Refunds() {
		if f.Status == "processed" && (f.Charge == order.Refunds[0].Reference || f.Charge == s.Reference) {
			back += f.Amount
		}
	}
	if back != 40_000 {
		w.Errorf("the gateway gave %d back", back)
	}

	// Credit without a charge that could be refunded: it must go another way.
	third := w.active()
	w.must(w.app.Store.InTx(w.Context(), func(ctx context.Context, tx *store.Tx) error {
		batch, err := ledger.UnassignedReceipt(ledger.Ref{At: tx.Now()}, "cash-1", 5_000)
		if err != nil {
			return err
		}
		move := ledger.Batch{Key: fmt.Sprintf("borrower:%d:credit_refund:cash-1", third.id), Kind: ledger.KindCreditRefund, BorrowerID: third.id, At: tx.Now(), Postings: []ledger.Posting{
			{Account: ledger.Unassigned, BorrowerID: third.id, Amount: 5_000}, {Account: ledger.BorrowerCredit, BorrowerID: third.id, Amount: -5_000}}}
		return tx.Post(ctx, brand, batch, move)
	}))
	w.unchanged("a refund without a charge", func() { w.want(refund(third.id, "5000"), refused, "NOT_REFUNDABLE") })
}
