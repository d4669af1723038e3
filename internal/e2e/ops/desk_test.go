package ops

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/creditpocket/creditpocket/internal/backoffice"
	"github.com/creditpocket/creditpocket/internal/lending"
	"github.com/creditpocket/creditpocket/internal/store"
	"github.com/creditpocket/creditpocket/internal/testkit"
)

// products are imported as versions; loans keep theirs.
func (w *world) products() {
	product := func(more map[string]any) map[string]any {
		p := map[string]any{"id": "901", "brand": brand, "name": "Steady 20,000", "principal": "2000000", "termDays": 91, "serviceFee": "60000",
			"interestDailyBps": 10, "penaltyDailyBps": 20, "penaltyCapBps": 2000, "effectiveFrom": "2026-01-01T00:00:00Z"}
		for name, value := range more {
			p[name] = value
		}
		return p
	}
	importing := func(p map[string]any, more map[string]any) call {
		values := map[string]any{"product": p, "overrideReason": nil, "checkOnly": nil}
		for name, value := range more {
			values[name] = value
		}
		return w.request("admin", "importProduct", values)
	}
	var v struct {
		Product struct {
			Version                  int
			GracePolicy, EffectiveTo string
			Allocation               []string
		}
		Compliant, Imported bool
		PolicyOverride      string
		Findings            []struct{ Rule, Severity string }
	}
	w.unchanged("checks and refusals", func() {
		w.ok(importing(product(nil), map[string]any{"checkOnly": true}), &v)
		if v.Imported || !v.Compliant || v.Product.Version != 1 {
			w.Errorf("a check: %+v", v)
		}
		short := product(map[string]any{"termDays": 7, "penaltyCapBps": 0})
		w.ok(importing(short, map[string]any{"checkOnly": true}), &v)
		if v.Compliant || len(v.Findings) < 2 {
			w.Errorf("a check of a breach: %+v", v)
		}
		if a := w.want(importing(short, nil), refused, "POLICY_BREACH"); len(a.Fields) != 2 {
			w.Errorf("the breach names %v", a.Fields)
		}
		if a := w.want(importing(product(map[string]any{"upfrontFee": "2000000"}), nil), refused, "PRODUCT_INVALID"); fmt.Sprint(a.Fields) != "[product.upfrontFee]" {
			w.Errorf("the refusal names %v", a.Fields)
		}
		for _, field := range []string{"serviceFee", "upfrontFee", "extensionFee", "principal"} {
			if a := w.want(importing(product(map[string]any{field: "-1"}), nil), refused, "PRODUCT_INVALID"); fmt.Sprint(a.Fields) != "[product."+field+"]" {
				w.Errorf("the refusal of a negative %s names %v", field, a.Fields)
			}
		}
		w.want(importing(product(map[string]any{"serviceFee": "-0"}), nil), badRequest, "VALIDATION_FAILED")
		w.want(importing(product(map[string]any{"brand": "NoSuchBrand"}), nil), badRequest, "VALIDATION_FAILED")
	})
	act := importing(product(nil), nil)
	a := w.ok(act, &v)
	if !v.Imported || v.Product.Version != 1 || strings.Join(v.Product.Allocation, " ") != "PENALTY SERVICE_FEE INTEREST PRINCIPAL" || v.Product.GracePolicy != "FORGIVING" {
		w.Errorf("the first version: %+v", v)
	}
	w.unchanged("a repeat", func() {
		if !w.ok(act).Replayed {
			w.Error("the repeat is not told as one")
		}
	})
	w.ok(importing(product(map[string]any{"termDays": 30, "effectiveFrom": "2026-02-01T00:00:00Z"}), map[string]any{"overrideReason": reason}), &v)
	if v.Product.Version != 2 || v.Compliant || v.PolicyOverride != reason {
		w.Errorf("the second version: %+v", v)
	}
	trail := w.trail("product:901")
	if len(trail) != 2 || trail[0].Reason != reason || trail[1].Reason != "" || trail[1].RequestID != a.Header.Get("X-Request-Id") {
		w.Errorf("the product's trail: %+v", trail)
	}
	var list struct {
		List []struct {
			Product struct {
				ID          string
				Version     int
				EffectiveTo string
			}
		}
		Next string
	}
	w.ok(w.request("viewer", "listProducts", map[string]any{"?limit": 200}), &list)
	found := map[int]string{}
	for _, row := range list.List {
		if row.Product.ID == "901" {
			found[row.Product.Version] = row.Product.EffectiveTo
		}
	}
	if len(found) != 2 || found[1] != "2026-02-01T00:00:00Z" || found[2] != "" {
		w.Errorf("the versions: %v", found)
	}
	w.ok(w.request("viewer", "listProducts", map[string]any{"?limit": 3}), &list)
	first := list
	w.ok(w.request("viewer", "listProducts", map[string]any{"?limit": 3, "?cursor": first.Next}), &list)
	if first.Next != "3" || len(list.List) != 3 || list.List[0] == first.List[2] {
		w.Errorf("pages: %+v, %+v", first, list)
	}
}

// decisions are made again from their snapshots.
func (w *world) decisions() {
	p := w.apply(w.person("11"), 301, lending.Approved)
	type ruling struct {
		Outcome        string
		RuleSetVersion int
		Hits           []struct{ Rule, Reason string }
	}
	var replay struct {
		Agrees             bool
		RuleSetVersion     int
		Recorded, Replayed ruling
		Facts              []struct{ Name, Fact string }
	}
	again := func(version any) call {
		return w.request("reviewer", "replayDecision", map[string]any{"loanId": p.loan, "?version": version})
	}
	w.ok(again(""), &replay)
	if !replay.Agrees || replay.Recorded.Outcome != "APPROVE" || replay.Replayed.Outcome != "APPROVE" || len(replay.Facts) < 20 {
		w.Errorf("the replay: %+v", replay)
	}
	w.rules("REJECT")
	w.ok(again(""), &replay)
	if !replay.Agrees {
		w.Errorf("new rules changed an old decision: %+v", replay)
	}
	w.ok(again(2), &replay)
	if replay.Agrees || replay.Replayed.Outcome != "REJECT" || replay.Recorded.Outcome != "APPROVE" {
		w.Errorf("the replay with the new rules: %+v", replay)
	}
	w.want(again(99), notFound, "RECORD_NOT_FOUND")
	w.want(w.request("reviewer", "replayDecision", map[string]any{"loanId": 7}), notFound, "LOAN_NOT_FOUND")
	w.apply(w.person("11"), 301, lending.RejectedRisk)

	importing := func(when string) call {
		return w.request("admin", "importRuleSet", map[string]any{"brand": brand, "name": "third", "reason": reason, "rules": []any{map[string]any{"name": "new_borrower",
			"condition": when, "outcome": "REVIEW", "reason": "NEW", "staffText": "first loan"}}, "fallback": map[string]any{"outcome": "APPROVE", "reason": "FINE", "staffText": "fine"}})
	}
	w.unchanged("rules that do not compile", func() {
		w.want(importing("prior == 0"), refused, "RULES_INVALID")
		w.want(importing("os.Exit(1)"), refused, "RULES_INVALID")
	})
	act := importing("priorLoans == 0")
	imported := w.ok(act)
	w.unchanged("a repeat", func() {
		if !w.ok(act).Replayed {
			w.Error("the repeat is not told as one")
		}
	})
	w.traced("ruleset:3", "admin", "importRuleSet", imported)
	var list struct {
		List []struct {
			Version int
			Name    string
			Rules   []struct{ Condition string }
		}
		Next string
	}
	w.ok(w.request("viewer", "listRuleSets", map[string]any{"?limit": 2}), &list)
	if len(list.List) != 2 || list.List[0].Version != 3 || list.List[0].Rules[0].Condition != "priorLoans == 0" || list.Next != "2" {
		w.Errorf("the versions: %+v", list)
	}
	w.ok(w.request("viewer", "listRuleSets", map[string]any{"?limit": 2, "?cursor": list.Next}), &list)
	if len(list.List) != 1 || list.List[0].Version != 1 {
		w.Errorf("the versions before: %+v", list)
	}
	w.apply(w.person("11"), 301, lending.InReview)
}

// listings put people on lists and take them off, and keep hashes only.
func (w *world) listings() {
	p := w.person("11")
	list := func(more map[string]any) call {
		values := map[string]any{"brand": brand, "list": "BLACK", "subject": nil, "borrowerId": nil, "reason": reason}
		for name, value := range more {
			values[name] = value
		}
		return w.request("reviewer", "addListing", values)
	}
	type listing struct{ ID, Kind, List, Fingerprint, AddedBy string }
	var added struct{ List []listing }
	act := list(map[string]any{"kind": "MOBILE", "subject": "0" + p.mobile})
	w.ok(act, &added)
	if len(added.List) != 1 || !strings.HasPrefix(added.List[0].AddedBy, "operator:") {
		w.Errorf("the listing: %+v", added)
	}
	one := added.List[0]
	w.unchanged("a repeat, and refusals", func() {
		if !w.ok(act).Replayed {
			w.Error("the repeat is not told as one")
		}
		for _, more := range []map[string]any{
			{"kind": "MOBILE", "subject": "12345678901"}, {"kind": "BVN", "subject": "1234567890"}, {"kind": "ACCOUNT", "subject": "0123456789"},
			{"kind": "DEVICE", "subject": "0123456789"}, {"kind": "MOBILE"}, {"kind": "MOBILE", "subject": "0" + p.mobile, "borrowerId": fmt.Sprint(p.id)},
			{"kind": "MOBILE", "subject": "0" + p.mobile, "brand": "NoSuchBrand"},
		} {
			w.want(list(more), badRequest, "VALIDATION_FAILED")
		}
		w.want(list(map[string]any{"kind": "DEVICE", "borrowerId": fmt.Sprint(p.id)}), notFound, "RECORD_NOT_FOUND")
		w.want(list(map[string]any{"kind": "BVN", "borrowerId": "7"}), notFound, "BORROWER_NOT_FOUND")
	})
	w.ok(list(map[string]any{"kind": "MOBILE", "borrowerId": fmt.Sprint(p.id)}), &added)
	if added.List[0].ID != one.ID {
		w.Error("the same number is on the list twice")
	}
	w.ok(list(map[string]any{"kind": "BVN", "borrowerId": fmt.Sprint(p.id)}))
	w.ok(list(map[string]any{"kind": "ACCOUNT", "borrowerId": fmt.Sprint(p.id), "list": "WHITE"}))
	w.ok(list(map[string]any{"kind": "ACCOUNT", "subject": "058-" + digits(10)}))
	hits, err := w.app.Store.ListHits(w.Context(), brand, p.id, p.account)
	w.must(err)
	if !hits.BlackBVN || hits.BlackOther != 1 || hits.White != 1 {
		w.Errorf("the lists have %+v", hits)
	}
	w.ok(w.request("viewer", "listListings", map[string]any{"?list": "BLACK", "?kind": "MOBILE"}), &added)
	if len(added.List) != 1 || added.List[0].ID != one.ID {
		w.Errorf("the black numbers: %+v", added)
	}
	remove := w.request("reviewer", "removeListing", map[string]any{"id": one.ID, "reason": reason})
	w.traced("listing:"+one.ID, "reviewer", "removeListing", w.ok(remove))
	w.unchanged("a second removal", func() {
		if !w.ok(remove).Replayed {
			w.Error("the repeat is not told as one")
		}
		w.want(w.request("reviewer", "removeListing", map[string]any{"id": one.ID, "reason": reason}), notFound, "RECORD_NOT_FOUND")
	})
	for _, text := range testkit.Texts(w.T, w.app.DatabaseURL, `SELECT l::text FROM listed_subjects l UNION ALL SELECT t::text FROM audit_trail t`) {
		if strings.Contains(text, p.mobile) {
			w.Errorf("the number stands in clear in %s", text)
		}
	}
}

// borrowers are masked; one field in clear is a matter of record.
func (w *world) borrowers() {
	p := w.active()
	var found struct {
		List []struct{ ID, Mobile, Name string }
	}
	w.ok(w.request("collections", "searchBorrower", map[string]any{"mobile": "+234" + p.mobile, "brand": nil}), &found)
	if len(found.List) != 1 || found.List[0].ID != fmt.Sprint(p.id) || found.List[0].Mobile != p.mobile[:3]+"****"+p.mobile[7:] || found.List[0].Name != "T*** B*******" {
		w.Errorf("the search: %+v", found)
	}
	if e := w.trail(subject("borrower", p.id)); len(e) != 1 || e[0].Act != "searchBorrower" || e[0].OperatorName != "collections" {
		w.Errorf("the search's trail: %+v", e)
	}
	w.ok(w.request("collections", "searchBorrower", map[string]any{"mobile": "07" + "0" + digits(8), "brand": brand}), &found)
	if len(found.List) != 0 {
		w.Errorf("a stranger is found: %+v", found)
	}
	w.want(w.request("viewer", "searchBorrower", map[string]any{"mobile": "070000000031", "brand": nil}), badRequest, "VALIDATION_FAILED")

	a := w.ok(w.request("viewer", "getBorrower", map[string]any{"id": p.id}))
	profile, err := w.app.Store.Profile(w.Context(), p.id)
	w.must(err)
	account, err := w.app.Store.DefaultBankAccount(w.Context(), p.id)
	w.must(err)
	secrets := map[string]string{"MOBILE": "+234" + p.mobile, "NAME": "TEST BORROWER", "BVN": profile.BVN, "BIRTHDAY": "1994-05-17", "EMAIL": profile.Email,
		"ADDRESS": "12 Allen Avenue, Ikeja", "ACCOUNT": account.AccountNo + " " + account.AccountName}
	loan := w.ok(w.request("viewer", "getLoan", map[string]any{"loanId": p.loan}))
	for field, secret := range secrets {
		for _, text := range append(strings.Fields(secret), secret) {
			if len(text) > 3 && (strings.Contains(string(a.Raw), text) || strings.Contains(string(loan.Raw), text)) {
				w.Errorf("%s is shown: %q", field, text)
			}
		}
		var shown struct{ Field, Clear string }
		answer := w.ok(w.request("collections", "unmaskBorrower", map[string]any{"id": p.id, "field": field, "accountId": nil, "reason": reason}), &shown)
		if shown.Clear != secret || shown.Field != field {
			w.Errorf("%s unmasked is %q", field, shown.Clear)
		}
		e := w.traced(subject("borrower", p.id), "collections", "unmaskBorrower", answer)
		if fmt.Sprint(e.Changes) != "[{"+strings.ToLower(field)+" masked shown}]" {
			w.Errorf("the trail of a look: %+v", e)
		}
	}
	for _, text := range testkit.Texts(w.T, w.app.DatabaseURL, `SELECT t::text FROM audit_trail t`) {
		for _, secret := range secrets {
			if strings.Contains(text, secret) {
				w.Errorf("the trail holds %q", secret)
			}
		}
	}
	w.ok(w.request("collections", "unmaskBorrower", map[string]any{"id": p.id, "field": "ACCOUNT", "accountId": fmt.Sprint(p.account), "reason": reason}))
	bare, err := w.app.Access.Provision(w.Context(), brand, "+23470"+digits(8), "blue-mango-7421")
	w.must(err)
	w.unchanged("looks that are refused", func() {
		w.want(w.request("collections", "unmaskBorrower", map[string]any{"id": bare, "field": "BVN", "accountId": nil, "reason": reason}), notFound, "RECORD_NOT_FOUND")
		w.want(w.request("collections", "unmaskBorrower", map[string]any{"id": p.id, "field": "ACCOUNT", "accountId": "7", "reason": reason}), notFound, "RECORD_NOT_FOUND")
		w.want(w.request("collections", "unmaskBorrower", map[string]any{"id": p.id, "field": "BVN", "accountId": "7", "reason": reason}), badRequest, "VALIDATION_FAILED")
		w.want(w.request("collections", "unmaskBorrower", map[string]any{"id": 7, "field": "BVN", "accountId": nil, "reason": reason}), notFound, "BORROWER_NOT_FOUND")
		w.want(w.request("viewer", "getBorrower", map[string]any{"id": 7}), notFound, "BORROWER_NOT_FOUND")
		w.want(w.request("viewer", "getLoan", map[string]any{"loanId": 7}), notFound, "LOAN_NOT_FOUND")
	})
	w.ok(w.request("viewer", "getBorrower", map[string]any{"id": bare}))

	// The loan's file holds everything that happened.
	w.ok(w.waive("collections", p, map[string]any{"amount": "1000"}))
	w.pay(p)
	w.until(p, lending.SettledEarly)
	var file struct {
		Money struct{ Remaining, Paid, Waived string }
		Steps []struct {
			Trigger, Actor string
			ToStatus       int
		}
		Payments []struct{ Amount string }
		Entries  []struct{ Account, Amount string }
		Payouts  []struct{ Step string }
		Rulings  []struct{ Outcome string }
	}
	w.ok(w.request("viewer", "getLoan", map[string]any{"loanId": p.loan}), &file)
	if file.Money.Remaining != "0" || file.Money.Paid != "849000" || file.Money.Waived != "1000" || len(file.Payments) != 1 || len(file.Payouts) != 1 ||
		file.Payouts[0].Step != "SUCCEEDED" || len(file.Rulings) != 1 || file.Steps[len(file.Steps)-1].ToStatus != 8 || len(file.Steps) != 5 {
		w.Errorf("the loan's file: %+v", file)
	}
	sum := int64(0)
	for _, e := range file.Entries {
		sum += number(e.Amount)
	}
	if sum != 0 || len(file.Entries) < 9 {
		w.Errorf("%d ledger lines sum to %d", len(file.Entries), sum)
	}
}

// alerts are resolved, and come back when they are raised again.
func (w *world) alerts() {
	raise := func() {
		w.must(w.app.Store.InTx(w.Context(), func(ctx context.Context, tx *store.Tx) error {
			return tx.RaiseAlert(ctx, "test_alert", "thing-1", "look")
		}))
	}
	type alert struct{ ID, Kind, Subject, ResolvedAt string }
	list := func(scope string) (all []alert) {
		var page struct{ List []alert }
		w.ok(w.request("viewer", "listAlerts", map[string]any{"?kind": "test_alert", "?scope": scope}), &page)
		return page.List
	}
	raise()
	open := list("UNRESOLVED")
	if len(open) != 1 || open[0].Subject != "thing-1" || open[0].ResolvedAt != "" {
		w.Fatalf("the alerts: %+v", open)
	}
	resolve := func() call {
		return w.request("finance", "resolveAlert", map[string]any{"id": open[0].ID, "reason": reason})
	}
	first := resolve()
	w.traced("alert:"+open[0].ID, "finance", "resolveAlert", w.ok(first))
	w.unchanged("a second resolution", func() {
		if !w.ok(first).Replayed {
			w.Error("the repeat is not told as one")
		}
		w.want(resolve(), conflict, "STATE_CONFLICT")
		w.want(w.request("finance", "resolveAlert", map[string]any{"id": 7, "reason": reason}), notFound, "RECORD_NOT_FOUND")
	})
	if len(list("UNRESOLVED")) != 0 || len(list("ALL")) != 1 {
		w.Error("a resolved alert is open, or gone")
	}
	raise()
	if len(list("UNRESOLVED")) != 1 {
		w.Error("an alert raised again is not open")
	}
}

// brands keep an operator of one brand away from the others.
func (w *world) brands() {
	testkit.Exec(w.T, w.app.DatabaseURL, `INSERT INTO brands (code, name, indent_prefix) VALUES ($1, $1, 'SB')`, second)
	w.hire("theirs", backoffice.Admin, second, time.Hour)
	w.hire("ours", backoffice.Admin, brand, time.Hour)
	p := w.active()
	w.later(9 * 24 * time.Hour)
	w.hire("theirs now", backoffice.Admin, second, time.Hour)
	w.hire("ours now", backoffice.Admin, brand, time.Hour)
	w.want(w.request("theirs", "getOperator", nil), 401, "KEY_INVALID") // an hour is over
	r := w.quarantined(w.active())
	var coupon struct{ ID string }
	w.ok(w.request("admin", "grantCoupon", map[string]any{"id": p.id, "expiresAt": w.clock.Now().Add(time.Hour).UTC().Format("2006-01-02T15:04:05Z")}), &coupon)
	w.unchanged("acts on another brand", func() {
		for _, c := range []struct {
			operation, reason string
			values            map[string]any
		}{
			{"getLoan", "LOAN_NOT_FOUND", map[string]any{"loanId": p.loan}},
			{"waiveLoan", "LOAN_NOT_FOUND", map[string]any{"loanId": p.loan, "amount": "1", "parts": nil}},
			{"writeOffLoan", "LOAN_NOT_FOUND", map[string]any{"loanId": p.loan}},
			{"replayDecision", "LOAN_NOT_FOUND", map[string]any{"loanId": p.loan}},
			{"getBorrower", "BORROWER_NOT_FOUND", map[string]any{"id": p.id}},
			{"unmaskBorrower", "BORROWER_NOT_FOUND", map[string]any{"id": p.id, "accountId": nil}},
			{"refundCredit", "BORROWER_NOT_FOUND", map[string]any{"id": p.id}},
			{"blockBorrower", "BORROWER_NOT_FOUND", map[string]any{"id": p.id}},
			{"unblockBorrower", "BORROWER_NOT_FOUND", map[string]any{"id": p.id}},
			{"listBorrowerSessions", "BORROWER_NOT_FOUND", map[string]any{"id": p.id}},
			{"endBorrowerSessions", "BORROWER_NOT_FOUND", map[string]any{"id": p.id, "sessionId": nil}},
			{"exportBorrower", "BORROWER_NOT_FOUND", map[string]any{"id": p.id}},
			{"eraseBorrower", "BORROWER_NOT_FOUND", map[string]any{"id": p.id}},
			{"listCoupons", "BORROWER_NOT_FOUND", map[string]any{"id": p.id}},
			{"grantCoupon", "BORROWER_NOT_FOUND", map[string]any{"id": p.id}},
			{"withdrawCoupon", "RECORD_NOT_FOUND", map[string]any{"id": coupon.ID}},
			{"assignReceipt", "RECORD_NOT_FOUND", map[string]any{"id": r.ID, "loanId": fmt.Sprint(p.loan)}},
		} {
			w.want(w.request("theirs now", c.operation, c.values), notFound, c.reason)
		}
		for _, operation := range []string{"listReviews", "listPayouts", "listApprovals", "listRecoveries", "listReceipts", "listCredits", "listProducts",
			"listRuleSets", "listListings", "listAudit", "listAlerts", "listBudgets"} {
			w.want(w.request("theirs now", operation, map[string]any{"?brand": brand}), forbidden, "BRAND_FORBIDDEN")
			var list struct{ List []any }
			values := map[string]any{}
			if operation == "listRuleSets" {
				values["?brand"] = second
			}
			w.ok(w.request("theirs now", operation, values), &list)
			if operation == "listBudgets" && len(list.List) != 1 || operation != "listAudit" && operation != "listBudgets" && len(list.List) != 0 {
				w.Errorf("%s of another brand: %v", operation, list)
			}
		}
		w.want(w.request("theirs now", "importProduct", map[string]any{"overrideReason": nil, "checkOnly": nil}), forbidden, "BRAND_FORBIDDEN")
		w.want(w.request("theirs now", "importProduct", map[string]any{"overrideReason": nil, "checkOnly": true}), forbidden, "BRAND_FORBIDDEN")
		w.want(w.request("theirs now", "importRuleSet", map[string]any{"brand": brand}), forbidden, "BRAND_FORBIDDEN")
		w.want(w.request("theirs now", "addListing", map[string]any{"brand": brand, "borrowerId": nil}), forbidden, "BRAND_FORBIDDEN")
		w.want(w.request("theirs now", "searchBorrower", map[string]any{"mobile": p.mobile, "brand": brand}), forbidden, "BRAND_FORBIDDEN")
		w.want(w.request("theirs now", "setBudget", map[string]any{"brand": brand}), forbidden, "BRAND_FORBIDDEN")
	})
	var list struct{ List []receipt }
	w.ok(w.request("ours now", "listReceipts", nil), &list)
	if len(list.List) != 1 {
		w.Errorf("our own receipts: %+v", list)
	}
	w.ok(w.request("ours now", "getLoan", map[string]any{"loanId": p.loan}))
}

// trails are never changed, and hold the command line's acts too.
func (w *world) trails() {
	o := w.hire("somebody", backoffice.Viewer, "", time.Hour)
	if _, _, err := w.app.Backoffice.AddOperator(w.Context(), backoffice.NewOperator{Name: "somebody", Role: backoffice.Admin, Life: time.Hour}); err == nil {
		w.Error("one person has two keys")
	}
	_, err := w.app.Backoffice.RevokeOperator(w.Context(), "somebody")
	w.must(err)
	if _, err := w.app.Backoffice.RevokeOperator(w.Context(), "somebody"); err == nil {
		w.Error("a key is revoked twice")
	}
	w.want(w.request("somebody", "getOperator", nil), 401, "KEY_INVALID")
	again := w.hire("somebody", backoffice.Reviewer, "", time.Hour)
	if again.ID != o.ID {
		w.Error("a person who comes back is another person")
	}
	w.ok(w.request("somebody", "getOperator", nil))
	var acts []string
	for _, e := range w.trail(subject("operator", o.ID)) {
		acts = append(acts, e.Act+" by "+e.OperatorName)
	}
	if want := "addOperator by command line, revokeOperator by command line, addOperator by command line"; strings.Join(acts, ", ") != want {
		w.Errorf("the trail: %v", acts)
	}
	for _, sql := range []string{`UPDATE audit_trail SET reason = ''`, `DELETE FROM audit_trail`, `TRUNCATE audit_trail CASCADE`} {
		if err := testkit.TryExec(w.T, w.app.DatabaseURL, sql); err == nil || !strings.Contains(err.Error(), "append-only") {
			w.Errorf("%s: %v", sql, err)
		}
	}
	if keys := testkit.Texts(w.T, w.app.DatabaseURL, `SELECT o::text FROM operators o`); strings.Contains(strings.Join(keys, " "), w.keys["admin"][4:]) {
		w.Error("a key is stored in clear")
	}
	for _, n := range []backoffice.NewOperator{{Name: "", Role: backoffice.Admin, Life: time.Hour}, {Name: "x", Role: "king", Life: time.Hour},
		{Name: "x", Role: backoffice.Admin, Life: 400 * 24 * time.Hour}, {Name: "x", Role: backoffice.Admin, Brand: "Nobody", Life: time.Hour}, {Name: "a\nb", Role: backoffice.Admin, Life: time.Hour}} {
		if _, _, err := w.app.Backoffice.AddOperator(w.Context(), n); err == nil {
			w.Errorf("accepted: %+v", n)
		}
	}
}
