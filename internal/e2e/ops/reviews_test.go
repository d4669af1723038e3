package ops

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/creditpocket/creditpocket/internal/backoffice"
	"github.com/creditpocket/creditpocket/internal/lending"
	"github.com/creditpocket/creditpocket/internal/money"
	"github.com/creditpocket/creditpocket/internal/onboarding"
	"github.com/creditpocket/creditpocket/internal/provider/simulator"
	"github.com/creditpocket/creditpocket/internal/store"
)

// reviews are claimed by one person at a time and decided by that one.
func (w *world) reviews() {
	w.hire("other reviewer", backoffice.Reviewer, "", time.Hour*24*366)
	w.rules("REVIEW")
	yes, coolDown, again, black := w.person("11"), w.person("11"), w.person("11"), w.person("11")
	for _, p := range []*person{yes, coolDown, again, black} {
		w.apply(p, 301, lending.InReview)
	}
	act := func(by, operation string, p *person, more map[string]any) call {
		values := map[string]any{"loanId": p.loan}
		if operation != "claimReview" {
			values["reason"] = reason
		}
		for name, value := range more {
			values[name] = value
		}
		return w.request(by, operation, values)
	}
	var queue struct {
		List []struct {
			Loan      briefLoan
			ClaimedBy string
			Mobile    string
		}
		Next string
	}
	w.ok(w.request("viewer", "listReviews", map[string]any{"?limit": 3}), &queue)
	if len(queue.List) != 3 || queue.Next != queue.List[2].Loan.ID || queue.List[0].Loan.ID != fmt.Sprint(yes.loan) {
		w.Errorf("the queue's first page: %+v", queue)
	}
	if m := queue.List[0].Mobile; m != yes.mobile[:3]+"****"+yes.mobile[7:] {
		w.Errorf("the mobile number is shown as %s", m)
	}
	w.ok(w.request("viewer", "listReviews", map[string]any{"?limit": 3, "?cursor": queue.Next}), &queue)
	if len(queue.List) != 1 || queue.Next != "" {
		w.Errorf("the queue's second page: %+v", queue)
	}

	w.unchanged("approving without a claim", func() {
		w.want(act("reviewer", "approveReview", yes, nil), conflict, "NOT_CLAIMED")
		w.want(act("reviewer", "rejectReview", yes, nil), conflict, "NOT_CLAIMED")
	})
	claimed := w.ok(act("reviewer", "claimReview", yes, nil))
	if all := w.trail(subject("loan", yes.loan)); all[0].Act != "claimReview" || all[0].RequestID != claimed.Header.Get("X-Request-Id") {
		w.Errorf("the claim's trail: %+v", all[0])
	}
	w.unchanged("a second claim", func() {
		w.want(act("other reviewer", "claimReview", yes, nil), conflict, "ALREADY_CLAIMED")
		w.want(act("other reviewer", "approveReview", yes, nil), conflict, "NOT_CLAIMED")
	})
	w.ok(w.request("reviewer", "listReviews", map[string]any{"?claim": "MINE"}), &queue)
	if len(queue.List) != 1 || queue.List[0].Loan.ID != fmt.Sprint(yes.loan) || queue.List[0].ClaimedBy == "" {
		w.Errorf("the reviewer's own: %+v", queue)
	}
	w.ok(w.request("reviewer", "listReviews", map[string]any{"?claim": "UNCLAIMED"}), &queue)
	if len(queue.List) != 3 {
		w.Errorf("nobody's: %+v", queue)
	}

	// The day's budget bounds people too.
	budget := func(k *money.Kobo) {
		w.must(w.app.Store.InTx(w.Context(), func(ctx context.Context, tx *store.Tx) error { return tx.SetDailyBudget(ctx, brand, k) }))
	}
	little := money.Kobo(599_999)
	budget(&little)
	w.unchanged("approving beyond the budget", func() { w.want(act("reviewer", "approveReview", yes, nil), conflict, "BUDGET_EXHAUSTED") })
	budget(nil)

	// A repeat of the act answers the same and does nothing; the same key for something else is refused.
	approve := act("reviewer", "approveReview", yes, nil)
	var loan briefLoan
	first := w.ok(approve, &loan)
	if loan.Status != 3 || loan.State != "approved" {
		w.Errorf("after the approval: %+v", loan)
	}
	e := w.traced(subject("loan", yes.loan), "reviewer", "approveReview", first)
	if fmt.Sprint(e.Changes) != "[{status in_review approved}]" || e.Brand != brand {
		w.Errorf("the approval's trail: %+v", e)
	}
	w.unchanged("a repeat", func() {
		again := w.ok(approve)
		if !again.Replayed || first.Replayed || string(again.Data) != string(first.Data) {
			w.Errorf("the repeat: %s", again)
		}
		w.want(act("reviewer", "approveReview", coolDown, nil).key(approve.Header.Get("Idempotency-Key")), conflict, "IDEMPOTENCY_KEY_REUSED")
	})
	l := w.loan(yes)
	if l.ReviewerID == 0 || l.ReviewReason != reason || l.RiskStatus != 2 || l.ApprovedAt.IsZero() {
		w.Errorf("the approved loan: %+v", l)
	}
	w.unchanged("a decision on what is decided", func() {
		w.want(act("reviewer", "claimReview", yes, nil), conflict, "STATE_CONFLICT")
		w.want(act("reviewer", "approveReview", yes, nil), conflict, "STATE_CONFLICT")
		w.want(act("reviewer", "rejectReview", yes, nil), conflict, "STATE_CONFLICT")
	})

	for p, c := range map[*person]struct {
		rejection string
		status    int
	}{coolDown: {"COOL_DOWN", 32}, again: {"MAY_REAPPLY", 33}, black: {"BLACKLIST", 34}} {
		w.ok(act("reviewer", "claimReview", p, nil))
		a := w.ok(act("reviewer", "rejectReview", p, map[string]any{"rejection": c.rejection, "explanation": "We could not confirm your employer."}), &loan)
		if l := w.loan(p); loan.Status != c.status || l.RiskDetail != "We could not confirm your employer." || l.RiskStatus != -1 {
			w.Errorf("%s gave %+v, %+v", c.rejection, loan, l)
		}
		w.traced(subject("loan", p.loan), "reviewer", "rejectReview", a)
	}
	hits, err := w.app.Store.ListHits(w.Context(), brand, black.id, black.account)
	w.must(err)
	if !hits.BlackBVN || hits.BlackOther != 2 {
		w.Errorf("the black list has %+v", hits)
	}

	// A claim ends by itself.
	late := w.apply(w.person("11"), 301, lending.InReview)
	w.ok(act("reviewer", "claimReview", late, nil))
	w.later(31 * time.Minute)
	w.want(act("reviewer", "approveReview", late, nil), conflict, "NOT_CLAIMED")
	w.ok(act("other reviewer", "claimReview", late, nil))
	w.ok(act("other reviewer", "rejectReview", late, map[string]any{"rejection": "MAY_REAPPLY"}))
	w.rules("APPROVE")
}

// payouts are held, released, refused, and given up on the gateway's word alone.
func (w *world) payouts() {
	held := w.apply(w.person("11"), 301, lending.Approved)
	refusedOne := w.apply(w.person("11"), 301, lending.Approved)
	act := func(by, operation string, p *person) call {
		return w.request(by, operation, map[string]any{"loanId": p.loan, "reason": reason})
	}
	inQueue := func(queue string, p *person) bool {
		var list struct{ List []struct{ Loan briefLoan } }
		w.ok(w.request("viewer", "listPayouts", map[string]any{"?queue": queue, "?limit": 200}), &list)
		for _, row := range list.List {
			if row.Loan.ID == fmt.Sprint(p.loan) {
				return true
			}
		}
		return false
	}
	if !inQueue("HELD", held) || inQueue("STUCK", held) || inQueue("FAILED", held) {
		w.Error("an approved loan is not in the queue of held payouts, or in another")
	}
	var loan briefLoan
	w.traced(subject("loan", refusedOne.loan), "finance", "refusePayout", w.ok(act("finance", "refusePayout", refusedOne), &loan))
	if loan.Status != 42 || !inQueue("FAILED", refusedOne) {
		w.Errorf("after the refusal: %+v", loan)
	}
	w.unchanged("acts on an ended loan", func() {
		w.want(act("finance", "refusePayout", refusedOne), conflict, "STATE_CONFLICT")
		w.want(act("finance", "releasePayout", refusedOne), conflict, "STATE_CONFLICT")
	})
	release := act("finance", "releasePayout", held)
	w.traced(subject("loan", held.loan), "finance", "releasePayout", w.ok(release))
	w.until(held, lending.Active)
	if l := w.loan(held); l.PayerID == 0 {
		w.Error("nobody is named as who released the payout")
	}
	if !w.ok(release).Replayed {
		w.Error("the repeat is not told as one")
	}
	w.want(act("finance", "refusePayout", held), conflict, "STATE_CONFLICT")

	// The gateway never hears of the transfer: 500 before it is accepted, each time.
	fault := func(kind simulator.FaultKind, match string) {
		w.must(w.app.Simulator.Inject(simulator.Fault{Kind: kind, Times: -1, Match: match}))
	}
	stuck := w.apply(w.person("11"), 301, lending.Approved)
	_, err := w.app.Onboarding.EnsureRecipient(w.Context(), onboarding.Subject{Borrower: stuck.id, Brand: brand}, stuck.account, "") // so that the fault is of the transfer alone
	w.must(err)
	fault(simulator.FaultErrorBefore, "POST /transfer")
	w.ok(act("finance", "releasePayout", stuck))
	w.until(stuck, lending.Disbursing)
	w.eventually("the transfer to be sent", func() bool {
		p, err := w.app.Store.LatestPayout(w.Context(), stuck.loan)
		w.must(err)
		return p.Sends > 0
	})
	a := w.want(act("finance", "releasePayout", stuck), conflict, "PAYOUT_UNDECIDED")
	if a.Header.Get("Retry-After") == "" {
		w.Error("PAYOUT_UNDECIDED without Retry-After")
	}
	w.want(act("finance", "refusePayout", stuck), conflict, "STATE_CONFLICT")
	w.later(16 * time.Minute)
	// A sweep may send once more at any moment, which begins the wait anew.
	w.eventually("the gateway's word to be old enough", func() bool {
		a := w.send(act("finance", "releasePayout", stuck))
		switch a.Reason {
		case "":
			return true
		case "PAYOUT_UNDECIDED", "STATE_CONFLICT":
			if !inQueue("STUCK", stuck) && w.loan(stuck).State == lending.Disbursing {
				w.later(16 * time.Minute)
			}
			w.later(11 * time.Minute)
			return false
		}
		w.Fatalf("release: %s", a)
		return false
	})
	w.app.Simulator.ClearFaults()
	w.eventually("the second attempt to be paid", func() bool {
		w.later(2 * time.Minute)
		time.Sleep(100 * time.Millisecond)
		return w.loan(stuck).State == lending.Active
	})
	attempts, err := w.app.Store.PayoutsOfLoan(w.Context(), stuck.loan)
	w.must(err)
	if len(attempts) < 2 || attempts[0].State != store.PayoutFailed || attempts[len(attempts)-1].State != store.PayoutSucceeded || attempts[0].Reference == attempts[1].Reference {
		w.Errorf("the attempts: %+v", attempts)
	}
	paid := 0
	for _, transfer := range w.app.Simulator.Transfers() {
		if strings.Contains(transfer.Reference, fmt.Sprint(stuck.loan)) && transfer.Status == "success" {
			paid++
		}
	}
	if paid != 1 {
		w.Errorf("the gateway paid %d times", paid)
	}
	events, err := w.app.Store.LoanEvents(w.Context(), stuck.loan)
	w.must(err)
	returned := false
	for _, e := range events {
		returned = returned || (e.Trigger == "payout_return" && strings.HasPrefix(e.Actor, "operator:"))
	}
	if !returned {
		w.Errorf("the loan's trace does not show the return: %+v", events)
	}

	// The transfer was accepted and its answer lost: the money has moved, whatever the operator wants.
	fault(simulator.FaultWebhookDrop, "transfer.")
	moved := w.apply(w.person("06"), 301, lending.Approved)
	w.ok(act("finance", "releasePayout", moved))
	w.until(moved, lending.Disbursing)
	w.eventually("the gateway to have paid", func() bool {
		for _, transfer := range w.app.Simulator.Transfers() {
			if strings.Contains(transfer.Reference, fmt.Sprint(moved.loan)) {
				return transfer.Status == "success"
			}
		}
		return false
	})
	if a := w.send(act("finance", "releasePayout", moved)); a.Reason != "PAYOUT_MADE" && a.Reason != "STATE_CONFLICT" {
		w.Errorf("releasing what was paid: %s", a)
	}
	w.until(moved, lending.Active)

	// The transfer is under way: nothing is decided.
	waiting := w.apply(w.person("07"), 301, lending.Approved)
	w.ok(act("finance", "releasePayout", waiting))
	w.until(waiting, lending.Disbursing)
	w.app.Simulator.ClearFaults()

	// The gateway is away.
	fault(simulator.FaultRateLimit, "")
	w.unchanged("a release without the gateway", func() { w.want(act("finance", "releasePayout", waiting), away, "GATEWAY_UNAVAILABLE") })
	w.app.Simulator.ClearFaults()
	w.want(act("finance", "releasePayout", waiting), conflict, "PAYOUT_UNDECIDED")
}
