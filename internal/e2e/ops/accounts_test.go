package ops

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/creditpocket/creditpocket/internal/backoffice"
	"github.com/creditpocket/creditpocket/internal/lending"
	"github.com/creditpocket/creditpocket/internal/store"
	"github.com/creditpocket/creditpocket/internal/testkit"
)

// login opens a session of a borrower at the borrowers' API, and returns the status and the reason.
func (w *world) login(p *person) (status int, reason string) {
	w.Helper()
	a := w.post(w.app.BaseURL+"/user/login", `{"mobile":"0`+p.mobile+`","password":"blue-mango-7421"}`)
	return a.Status, a.Reason
}

// blocking keeps borrowers out, and lets them in again.
func (w *world) blocking() {
	p := w.active()
	waiting := w.apply(w.person("11"), 301, lending.Approved)
	if status, why := w.login(p); status != http.StatusOK {
		w.Fatalf("the log-in before: %d %s", status, why)
	}
	block := func(operation string, p *person) call {
		return w.request("reviewer", operation, map[string]any{"id": p.id, "reason": reason})
	}
	w.unchanged("acts that are refused", func() {
		w.want(block("unblockBorrower", p), conflict, "STATE_CONFLICT")
		w.want(block("blockBorrower", &person{id: 7}), notFound, "BORROWER_NOT_FOUND")
		w.want(block("unblockBorrower", &person{id: 7}), notFound, "BORROWER_NOT_FOUND")
	})
	var b struct {
		ID, Brand string
		Blocked   bool
	}
	act := block("blockBorrower", p)
	a := w.ok(act, &b)
	if !b.Blocked || b.ID != fmt.Sprint(p.id) || b.Brand != brand {
		w.Errorf("the block: %+v", b)
	}
	if e := w.traced(subject("borrower", p.id), "reviewer", "blockBorrower", a); fmt.Sprint(e.Changes) != "[{account open blocked}]" {
		w.Errorf("the trail: %+v", e)
	}
	w.unchanged("a repeat, and a second block", func() {
		if !w.ok(act).Replayed {
			w.Error("the repeat is not told as one")
		}
		w.want(block("blockBorrower", p), conflict, "STATE_CONFLICT")
		w.want(block("blockBorrower", waiting).key(act.Header.Get("Idempotency-Key")), conflict, "IDEMPOTENCY_KEY_REUSED")
	})
	if status, why := w.login(p); status != http.StatusForbidden || why != "ACCOUNT_BLOCKED" {
		w.Errorf("a log-in of somebody blocked: %d %s", status, why)
	}
	var file struct {
		Borrower      struct{ Blocked bool }
		BlockedReason string
	}
	w.ok(w.request("viewer", "getBorrower", map[string]any{"id": p.id}), &file)
	if !file.Borrower.Blocked || file.BlockedReason != reason {
		w.Errorf("the file: %+v", file)
	}
	// What is owed can still be paid.
	w.pay(p)
	w.until(p, lending.SettledEarly)
	// An approved loan of somebody blocked is not paid out.
	w.ok(block("blockBorrower", waiting))
	w.ok(w.request("finance", "releasePayout", map[string]any{"loanId": waiting.loan, "reason": reason}))
	w.until(waiting, lending.DisbursementRejected)

	unblock := block("unblockBorrower", p)
	if e := w.traced(subject("borrower", p.id), "reviewer", "unblockBorrower", w.ok(unblock)); fmt.Sprint(e.Changes) != "[{account blocked open}]" {
		w.Errorf("the trail: %+v", e)
	}
	w.want(block("unblockBorrower", waiting).key(unblock.Header.Get("Idempotency-Key")), conflict, "IDEMPOTENCY_KEY_REUSED")
	if status, why := w.login(p); status != http.StatusOK {
		w.Errorf("a log-in after the block: %d %s", status, why)
	}
}

// coupons are given, and taken back while nobody has them.
func (w *world) coupons() {
	p := w.person("11")
	ends := w.clock.Now().Add(30 * 24 * time.Hour).UTC().Format("2006-01-02T15:04:05Z")
	grant := func(id int64, more map[string]any) call {
		values := map[string]any{"id": id, "amount": "50000", "minPrincipal": "600000", "expiresAt": ends, "reason": reason}
		for name, value := range more {
			values[name] = value
		}
		return w.request("collections", "grantCoupon", values)
	}
	type coupon struct{ ID, Brand, BorrowerID, Amount, MinPrincipal, State, LoanID, Discount, GrantedBy, ExpiresAt string }
	var c coupon
	w.unchanged("coupons that are refused", func() {
		w.want(grant(7, nil), notFound, "BORROWER_NOT_FOUND")
		for _, at := range []string{"2020-01-01T00:00:00Z", "2099-01-01T00:00:00Z"} {
			if a := w.want(grant(p.id, map[string]any{"expiresAt": at}), badRequest, "VALIDATION_FAILED"); fmt.Sprint(a.Fields) != "[expiresAt]" {
				w.Errorf("the refusal names %v", a.Fields)
			}
		}
		w.want(grant(p.id, map[string]any{"amount": "0"}), badRequest, "VALIDATION_FAILED")
	})
	act := grant(p.id, nil)
	a := w.ok(act, &c)
	if c.State != "AVAILABLE" || c.BorrowerID != fmt.Sprint(p.id) || c.Amount != "50000" || c.MinPrincipal != "600000" || !strings.HasPrefix(c.GrantedBy, "operator:") || c.ExpiresAt != ends {
		w.Errorf("the coupon: %+v", c)
	}
	if e := w.traced(subject("borrower", p.id), "collections", "grantCoupon", a); fmt.Sprint(e.Changes) != "[{coupon."+c.ID+"  50000}]" {
		w.Errorf("the trail: %+v", e)
	}
	w.unchanged("a repeat", func() {
		if !w.ok(act).Replayed {
			w.Error("the repeat is not told as one")
		}
		w.want(grant(p.id, map[string]any{"amount": "50001"}).key(act.Header.Get("Idempotency-Key")), conflict, "IDEMPOTENCY_KEY_REUSED")
	})
	withdraw := func(id string) call {
		return w.request("collections", "withdrawCoupon", map[string]any{"id": id, "reason": reason})
	}
	var spare coupon
	w.ok(grant(p.id, map[string]any{"minPrincipal": nil}), &spare)
	taken := withdraw(spare.ID)
	var back coupon
	a = w.ok(taken, &back)
	if back.State != "WITHDRAWN" || back.ID != spare.ID || spare.MinPrincipal != "0" {
		w.Errorf("the withdrawn coupon: %+v", back)
	}
	w.traced(subject("borrower", p.id), "collections", "withdrawCoupon", a)

	// One that an application has stays with it, and pays for the loan.
	own, err := w.app.Origination.Coupons(w.Context(), p.id)
	w.must(err)
	if len(own.Coupons) != 1 || fmt.Sprint(own.Coupons[0].ID) != c.ID {
		w.Errorf("the borrower sees %+v", own.Coupons)
	}
	w.applyWith(p, 301, own.Coupons[0].ID, lending.Approved)
	w.unchanged("withdrawals that are refused", func() {
		w.want(withdraw(c.ID), conflict, "COUPON_IN_USE")
		w.want(withdraw(spare.ID), conflict, "STATE_CONFLICT")
		w.want(withdraw("7"), notFound, "RECORD_NOT_FOUND")
		w.want(withdraw(c.ID).key(taken.Header.Get("Idempotency-Key")), conflict, "IDEMPOTENCY_KEY_REUSED")
	})
	w.ok(w.request("finance", "releasePayout", map[string]any{"loanId": p.loan, "reason": reason}))
	w.until(p, lending.Active)
	var list struct {
		List []coupon
		Next string
	}
	w.ok(w.request("viewer", "listCoupons", map[string]any{"id": p.id, "?limit": 1}), &list)
	if len(list.List) != 1 || list.List[0].State != "WITHDRAWN" || list.Next != spare.ID {
		w.Errorf("the first page: %+v", list)
	}
	w.ok(w.request("viewer", "listCoupons", map[string]any{"id": p.id, "?cursor": list.Next}), &list)
	if len(list.List) != 1 || list.List[0].State != "REDEEMED" || list.List[0].Discount != "50000" || list.List[0].LoanID != fmt.Sprint(p.loan) {
		w.Errorf("the second page: %+v", list)
	}
	w.want(w.request("viewer", "listCoupons", map[string]any{"id": 7}), notFound, "BORROWER_NOT_FOUND")
	if l := w.loan(p); l.Coupon.Total() != 50_000 {
		w.Errorf("the coupon paid for %d", l.Coupon.Total())
	}
	w.want(withdraw(c.ID), conflict, "COUPON_IN_USE")
	other := w.person("11")
	w.ok(grant(other.id, nil))
	w.later(31 * 24 * time.Hour)
	w.ok(w.request("viewer", "listCoupons", map[string]any{"id": other.id}), &list)
	if len(list.List) != 1 || list.List[0].State != "EXPIRED" {
		w.Errorf("after its end: %+v", list)
	}
}

// budgets bound what rules and people approve a day.
func (w *world) budgets() {
	set := func(values map[string]any) call {
		all := map[string]any{"brand": brand, "limited": true, "dailyBudget": "1200000", "reason": reason}
		for name, value := range values {
			all[name] = value
		}
		return w.request("finance", "setBudget", all)
	}
	type budget struct {
		Brand, DailyBudget, Spent, Left string
		Limited                         bool
	}
	var list struct{ List []budget }
	read := func() budget {
		w.ok(w.request("viewer", "listBudgets", map[string]any{"?brand": brand}), &list)
		if len(list.List) != 1 {
			w.Fatalf("the budgets: %+v", list)
		}
		return list.List[0]
	}
	if b := read(); b.Limited || b.DailyBudget != "" || b.Left != "" || b.Spent != "0" {
		w.Errorf("before: %+v", b)
	}
	w.unchanged("budgets that are refused", func() {
		w.want(set(map[string]any{"dailyBudget": nil}), badRequest, "VALIDATION_FAILED")
		w.want(set(map[string]any{"limited": false}), badRequest, "VALIDATION_FAILED")
		w.want(set(map[string]any{"brand": "NoSuchBrand"}), badRequest, "VALIDATION_FAILED")
		w.want(set(map[string]any{"dailyBudget": "-1"}), badRequest, "VALIDATION_FAILED")
	})
	act := set(nil)
	if e := w.traced("brand:"+brand, "finance", "setBudget", w.ok(act)); fmt.Sprint(e.Changes) != "[{dailyBudget no limit 1200000}]" || e.Brand != brand {
		w.Errorf("the trail: %+v", e)
	}
	w.unchanged("a repeat", func() {
		if !w.ok(act).Replayed {
			w.Error("the repeat is not told as one")
		}
		w.want(set(map[string]any{"dailyBudget": "1"}).key(act.Header.Get("Idempotency-Key")), conflict, "IDEMPOTENCY_KEY_REUSED")
	})
	w.apply(w.person("11"), 301, lending.Approved)
	w.apply(w.person("11"), 301, lending.Approved)
	if b := read(); !b.Limited || b.Spent != "1200000" || b.Left != "0" {
		w.Errorf("spent: %+v", b)
	}
	third := w.apply(w.person("11"), 301, lending.InReview)
	w.ok(w.request("reviewer", "claimReview", map[string]any{"loanId": third.loan}))
	approve := func() call {
		return w.request("reviewer", "approveReview", map[string]any{"loanId": third.loan, "reason": reason})
	}
	w.unchanged("approving beyond the budget", func() { w.want(approve(), conflict, "BUDGET_EXHAUSTED") })
	w.ok(set(map[string]any{"dailyBudget": "1800000"}))
	w.ok(approve())
	w.ok(set(map[string]any{"limited": false, "dailyBudget": nil}))
	if b := read(); b.Limited || b.Spent != "1800000" {
		w.Errorf("without a limit: %+v", b)
	}
	w.apply(w.person("11"), 301, lending.Approved)
}

// erased borrowers are shown by placeholders, and their money goes on.
func (w *world) erased() {
	p := w.active()
	reviewed := w.person("11")
	w.rules("REVIEW")
	w.apply(reviewed, 301, lending.InReview)
	w.rules("APPROVE")
	for _, e := range []*person{p, reviewed} {
		testkit.Exec(w.T, w.app.DatabaseURL, `UPDATE borrower_keys SET wrapped = NULL WHERE borrower_id = $1`, e.id)
	}
	var file struct {
		Loan    briefLoan
		Rulings []struct{ Outcome string }
	}
	w.ok(w.request("viewer", "getLoan", map[string]any{"loanId": p.loan}), &file)
	if file.Loan.State != "active" || len(file.Rulings) != 1 || file.Rulings[0].Outcome != "APPROVE" {
		w.Errorf("the loan's file: %+v", file)
	}
	var borrower struct {
		Borrower struct{ Mobile, Name string }
		BVN      string
		Accounts []any
		Loans    []briefLoan
	}
	w.ok(w.request("viewer", "getBorrower", map[string]any{"id": p.id}), &borrower)
	if borrower.Borrower.Mobile != "***" || borrower.Borrower.Name != "" || borrower.BVN != "" || len(borrower.Accounts) != 0 || len(borrower.Loans) != 1 {
		w.Errorf("the file: %+v", borrower)
	}
	for _, field := range []string{"MOBILE", "NAME", "BVN", "ACCOUNT"} {
		w.want(w.request("collections", "unmaskBorrower", map[string]any{"id": p.id, "field": field, "accountId": nil, "reason": reason}), notFound, "RECORD_NOT_FOUND")
	}
	w.want(w.request("reviewer", "replayDecision", map[string]any{"loanId": p.loan}), notFound, "RECORD_NOT_FOUND")
	for _, operation := range []string{"listReviews", "listPayouts", "listReceipts", "listCredits"} {
		w.ok(w.request("viewer", operation, nil))
	}
	w.want(w.request("reviewer", "addListing", map[string]any{"brand": brand, "list": "BLACK", "kind": "BVN", "subject": nil, "borrowerId": fmt.Sprint(p.id), "reason": reason}),
		notFound, "RECORD_NOT_FOUND")
	w.ok(w.request("admin", "claimReview", map[string]any{"loanId": reviewed.loan}))
	w.ok(w.request("admin", "rejectReview", map[string]any{"loanId": reviewed.loan, "rejection": "BLACKLIST", "reason": reason}))
	w.ok(w.waive("collections", p, map[string]any{"amount": "1000"}))
	s := w.stranger(900_000)
	w.ok(w.request("finance", "assignReceipt", map[string]any{"id": s.ID, "loanId": fmt.Sprint(p.loan), "reason": reason}))
	if l := w.loan(p); l.State != lending.SettledEarly {
		w.Errorf("the loan is %s", l.State)
	}
	w.ok(w.request("reviewer", "blockBorrower", map[string]any{"id": p.id, "reason": reason}))
}

// alertsOfBrands are for the brand's operators; those of the deployment are for operators of all brands.
func (w *world) alertsOfBrands() {
	testkit.Exec(w.T, w.app.DatabaseURL, `INSERT INTO brands (code, name, indent_prefix) VALUES ($1, $1, 'SB')`, second)
	for name, of := range map[string]string{"ours": brand, "theirs": second} {
		w.hire(name, backoffice.Finance, of, time.Hour)
	}
	w.must(w.app.Store.InTx(w.Context(), func(ctx context.Context, tx *store.Tx) error {
		for subject, of := range map[string]string{"ours": brand, "theirs": second, "everybody's": ""} {
			if err := tx.RaiseBrandAlert(ctx, of, "test_alert", subject, "look"); err != nil {
				return err
			}
		}
		return nil
	}))
	type alert struct{ ID, Subject, Brand string }
	list := func(by string, values map[string]any) map[string]alert {
		var page struct{ List []alert }
		w.ok(w.request(by, "listAlerts", values), &page)
		found := map[string]alert{}
		for _, a := range page.List {
			found[a.Subject] = a
		}
		return found
	}
	all := list("finance", map[string]any{"?kind": "test_alert"})
	if len(all) != 3 || all["ours"].Brand != brand || all["everybody's"].Brand != "" {
		w.Errorf("all alerts: %+v", all)
	}
	for by, of := range map[string]string{"ours": brand, "theirs": second} {
		if found := list(by, nil); len(found) != 1 || found[by].Brand != of {
			w.Errorf("alerts of %s: %+v", by, found)
		}
		if found := list("finance", map[string]any{"?brand": of}); len(found) != 1 || found[by].Brand != of {
			w.Errorf("alerts of %s for an operator of all brands: %+v", by, found)
		}
	}
	resolve := func(by, subject string) call {
		return w.request(by, "resolveAlert", map[string]any{"id": all[subject].ID, "reason": reason})
	}
	w.unchanged("resolving what is not ours", func() {
		w.want(resolve("ours", "theirs"), notFound, "RECORD_NOT_FOUND")
		w.want(resolve("ours", "everybody's"), notFound, "RECORD_NOT_FOUND")
	})
	a := w.ok(resolve("ours", "ours"))
	if e := w.traced("alert:"+all["ours"].ID, "ours", "resolveAlert", a); e.Brand != brand {
		w.Errorf("the trail: %+v", e)
	}
	// A payment that is not the one we asked for is told to its brand.
	p := w.active()
	w.quarantined(p)
	if found := list("ours", map[string]any{"?kind": "payment_mismatch"}); len(found) != 1 {
		w.Errorf("the brand does not hear of a payment mismatch: %+v", found)
	}
	if found := list("theirs", map[string]any{"?kind": "payment_mismatch"}); len(found) != 0 {
		w.Errorf("another brand hears of it: %+v", found)
	}
}
