package ops

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/creditpocket/creditpocket/internal/backoffice"
	"github.com/creditpocket/creditpocket/internal/clock"
	"github.com/creditpocket/creditpocket/internal/contract"
	"github.com/creditpocket/creditpocket/internal/lending"
	"github.com/creditpocket/creditpocket/internal/testkit"
	"github.com/creditpocket/creditpocket/internal/testkit/testapp"
	"github.com/creditpocket/creditpocket/server"
)

// bodyless are reasons that stand in a response which operations without a body share with the others.
var bodyless = []string{"MALFORMED_BODY"}

// TestEveryStatusAndReason carries out every act of the staff with what it does to loans, books and the audit trail, and makes every
// operation give every status that it declares and every reason that the examples of its errors name. What the contract does not
// declare cannot pass the judge; what it declares and nothing produces fails here. Books are held against each other after each part.
func TestEveryStatusAndReason(t *testing.T) {
	shared := newWorld(t, nil, testapp.Options{})
	pending := testapp.Options{Env: []string{"CP_SIMULATOR_TRANSFER_TIME=1h"}} // some transfers stay pending
	for _, part := range []struct {
		name    string
		run     func(*world)
		options testapp.Options
	}{
		{name: "reviews", run: (*world).reviews}, {name: "payouts", run: (*world).payouts, options: pending}, {name: "waivers", run: (*world).waivers},
		{name: "second person", run: (*world).secondPerson}, {name: "write-offs", run: (*world).writeOffs}, {name: "unmatched payments", run: (*world).unmatched},
		{name: "credits", run: (*world).credits}, {name: "products", run: (*world).products}, {name: "decisions", run: (*world).decisions},
		{name: "listings", run: (*world).listings}, {name: "borrowers", run: (*world).borrowers}, {name: "alerts", run: (*world).alerts},
		{name: "blocking", run: (*world).blocking}, {name: "coupons", run: (*world).coupons}, {name: "budgets", run: (*world).budgets},
		{name: "erased borrowers", run: (*world).erased}, {name: "alerts of brands", run: (*world).alertsOfBrands}, {name: "breaks", run: (*world).disagreements},
		{name: "sessions", run: (*world).sessions}, {name: "exports and erasures", run: (*world).forgotten}, {name: "brands", run: (*world).brands}, {name: "trails", run: (*world).trails}, {name: "keys", run: (*world).keysReused}, {name: "leftovers", run: (*world).leftovers},
	} {
		t.Run(part.name, func(t *testing.T) {
			w := newWorld(t, shared.judge, part.options)
			part.run(w)
			w.balanced()
		})
	}
	for _, part := range []struct {
		name string
		run  func(*world)
	}{
		{"input", (*world).input}, {"callers", (*world).callers}, {"limits", (*world).limited}, {"contract violations", (*world).violations},
		{"defects", (*world).defects}, {"stopping", (*world).stopping}, {"no database", (*world).noDatabase},
	} {
		t.Run(part.name, func(t *testing.T) { part.run(shared.in(t)) })
	}
	w := shared
	table, missing := w.doc.StatusTable(w.judge.Seen())
	fmt.Printf("\nHow often each operation of the staff gave each status:\n%s\n", table)
	for _, cell := range missing {
		t.Errorf("%s never answered %d", cell.Operation, cell.Status)
	}
	table, lost, undeclared := w.doc.ReasonTable(w.judge.Reasons())
	fmt.Printf("How often each operation of the staff gave each reason:\n%s\n", table)
	for _, cell := range lost {
		if op := w.doc.Operation(cell.Operation); op.BodyType == "" && slices.Contains(bodyless, cell.Reason) {
			continue
		}
		t.Errorf("%s never gave the reason %s (%d)", cell.Operation, cell.Reason, cell.Status)
	}
	for _, cell := range undeclared {
		t.Errorf("%s gave the reason %s (%d), which no example of its errors names", cell.Operation, cell.Reason, cell.Status)
	}
}

// each calls f with a valid request of every operation by the administrator.
func (w *world) each(f func(op *contract.Operation, c call)) {
	for _, op := range w.doc.Operations {
		f(op, w.request("admin", op.ID, nil))
	}
}

// input makes every operation answer 400, 413 and 415.
func (w *world) input() {
	w.each(func(op *contract.Operation, c call) {
		unknown := c
		r := *c.Request
		r.SetQuery("nope", "1")
		unknown.Request = &r
		w.want(unknown, badRequest, "VALIDATION_FAILED")
		card := c
		carried := *c.Request
		carried.SetQuery("nope", "4084084084084081")
		card.Request = &carried
		w.want(card, badRequest, "CARD_NUMBER_REFUSED")
		if c.Header.Get("Idempotency-Key") != "" {
			w.want(c.key("short"), badRequest, "VALIDATION_FAILED")
			none := c.key("x")
			none.Header.Del("Idempotency-Key")
			w.want(none, badRequest, "VALIDATION_FAILED")
		}
		if op.BodyType == "" {
			return
		}
		change := func(edit func(r *contract.Request)) call {
			changed := *c.Request
			edit(&changed)
			return call{Request: &changed, by: c.by}
		}
		w.want(change(func(r *contract.Request) { r.Body = r.Body[:len(r.Body)/2] }), badRequest, "MALFORMED_BODY")
		w.want(change(func(r *contract.Request) { r.ContentType = "text/plain" }), http.StatusUnsupportedMediaType, "UNSUPPORTED_CONTENT_TYPE")
		w.want(change(func(r *contract.Request) { r.Pad = 1 << 20 }), http.StatusRequestEntityTooLarge, "BODY_TOO_LARGE")
	})
}

// callers is the matrix of operations and roles: no key, keys of nobody, of the past, of others; each role gets what the contract
// says, and nothing else.
func (w *world) callers() {
	w.keys["stranger"] = backoffice.KeyPrefix + strings.Repeat("A", 43)
	w.keys["nonsense"] = "nonsense"
	w.keys["quoted"] = strings.Repeat("'", 47)
	w.hire("revoked", backoffice.Admin, "", time.Hour)
	_, err := w.app.Backoffice.RevokeOperator(w.Context(), "revoked")
	w.must(err)
	w.hire("expired", backoffice.Admin, "", time.Minute)
	w.later(2 * time.Minute)
	served := map[string]int{}
	w.each(func(op *contract.Operation, c call) {
		none := c
		none.by = ""
		if a := w.want(none, http.StatusUnauthorized, "UNAUTHENTICATED"); a.Header.Get("WWW-Authenticate") != "Bearer" {
			w.Errorf("%s: 401 without WWW-Authenticate", op.ID)
		}
		for _, by := range []string{"stranger", "nonsense", "quoted", "revoked", "expired"} {
			c.by = by
			w.want(c, http.StatusUnauthorized, "KEY_INVALID")
		}
		if len(op.Roles()) == 0 {
			w.Errorf("%s is for nobody", op.ID)
		}
		for _, role := range backoffice.Roles() {
			c := w.request(string(role), op.ID, nil)
			if !has(op, role) {
				w.want(c, forbidden, "ROLE_FORBIDDEN")
				continue
			}
			if a := w.send(c); a.Status == http.StatusUnauthorized || a.Status == forbidden {
				w.Errorf("%s by %s: %s", op.ID, role, a)
			}
			served[string(role)]++
		}
	})
	if served["viewer"] >= served["reviewer"] || served["finance"] >= served["admin"] || served["admin"] != len(w.doc.Operations) {
		w.Errorf("operations by role: %v", served)
	}
	fmt.Printf("\nOperations by role: %v\n", served)
}

// keysReused makes every act refuse a key that was used with other content.
func (w *world) keysReused() {
	p := w.active()
	w.later(9 * 24 * time.Hour)
	second := w.active()
	waiting := w.apply(w.person("11"), 301, lending.Approved)
	q := w.quarantined(second)
	w.hire("finance two", backoffice.Finance, "", 24*time.Hour*300)
	var r relief
	w.ok(w.waive("finance", p, map[string]any{"amount": "600000"}), &r)
	w.rules("REVIEW")
	review := w.apply(w.person("11"), 301, lending.InReview)
	review2 := w.apply(w.person("11"), 301, lending.InReview)
	for _, k := range []struct {
		operation, by  string
		first, changed map[string]any
	}{
		{"claimReview", "reviewer", map[string]any{"loanId": review.loan}, map[string]any{"loanId": review2.loan}},
		{"rejectReview", "reviewer", map[string]any{"loanId": review.loan}, map[string]any{"loanId": review.loan, "rejection": "MAY_REAPPLY"}},
		{"releasePayout", "finance", map[string]any{"loanId": waiting.loan}, map[string]any{"loanId": waiting.loan, "reason": "Another reason."}},
		{"declineRequest", "finance two", map[string]any{"id": r.ApprovalID}, map[string]any{"id": r.ApprovalID, "reason": "Another reason."}},
		{"writeOffLoan", "finance", map[string]any{"loanId": p.loan}, map[string]any{"loanId": p.loan, "reason": "Another reason."}},
		{"assignReceipt", "finance", map[string]any{"id": q.ID, "loanId": fmt.Sprint(second.loan)}, map[string]any{"id": q.ID, "loanId": fmt.Sprint(p.loan)}},
		{"importProduct", "admin", map[string]any{"overrideReason": nil, "checkOnly": nil}, map[string]any{"overrideReason": "Another reason.", "checkOnly": nil}},
		{"importRuleSet", "admin", nil, map[string]any{"name": "another"}},
		{"addListing", "reviewer", map[string]any{"borrowerId": nil}, map[string]any{"borrowerId": nil, "subject": "07000000004"}},
	} {
		first := w.request(k.by, k.operation, k.first)
		w.ok(first)
		w.unchanged("a key used again", func() {
			if !w.ok(first).Replayed {
				w.Errorf("%s: the repeat is not told as one", k.operation)
			}
			w.want(w.request(k.by, k.operation, k.changed).key(first.Header.Get("Idempotency-Key")), conflict, "IDEMPOTENCY_KEY_REUSED")
		})
	}
	// Another kind of act may have the same key, and so may another person.
	w.ok(w.request("reviewer", "claimReview", map[string]any{"loanId": review2.loan}).key("one-key-for-two"))
	w.ok(w.request("reviewer", "approveReview", map[string]any{"loanId": review2.loan}).key("one-key-for-two"))
	w.balanced()
}

// leftovers are the reasons that no part has produced: keys used again where an act takes a state that came about by another part,
// and what can only be by a race.
func (w *world) leftovers() {
	reuse := func(by, operation string, first, changed map[string]any) {
		c := w.request(by, operation, first)
		w.ok(c)
		w.want(w.request(by, operation, changed).key(c.Header.Get("Idempotency-Key")), conflict, "IDEMPOTENCY_KEY_REUSED")
	}
	w.hire("finance two", backoffice.Finance, "", 24*time.Hour*300)
	// An approval of a write-off of a loan that was paid meanwhile, and of one that is not past due any more.
	p := w.apply(w.person("11"), 402, lending.Approved)
	w.ok(w.request("finance", "releasePayout", map[string]any{"loanId": p.loan, "reason": reason}))
	w.until(p, lending.Active)
	w.later(95 * 24 * time.Hour)
	var r relief
	w.ok(w.request("finance", "writeOffLoan", map[string]any{"loanId": p.loan, "reason": reason}), &r)
	w.pay(p)
	w.until(p, lending.SettledLate)
	w.want(w.request("finance two", "approveRequest", map[string]any{"id": r.ApprovalID, "reason": reason}), conflict, "STATE_CONFLICT")
	reuse("finance two", "declineRequest", map[string]any{"id": r.ApprovalID, "reason": reason}, map[string]any{"id": r.ApprovalID, "reason": "Another reason."})
	w.want(w.request("finance", "declineRequest", map[string]any{"id": 7, "reason": reason}), notFound, "RECORD_NOT_FOUND")

	// The product id of another brand.
	testkit.Exec(w.T, w.app.DatabaseURL, `INSERT INTO brands (code, name, indent_prefix) VALUES ($1, $1, 'SB')`, "ThirdBrand")
	thirds := map[string]any{"overrideReason": nil, "checkOnly": nil, "product": map[string]any{"id": "301", "brand": "ThirdBrand", "name": "x", "principal": "2000000", "termDays": 91,
		"serviceFee": "0", "interestDailyBps": 10, "penaltyDailyBps": 0, "penaltyCapBps": 0, "effectiveFrom": "2026-01-01T00:00:00Z"}}
	w.want(w.request("admin", "importProduct", thirds), conflict, "STATE_CONFLICT")

	q := w.active()
	reuse("finance", "waiveLoan", map[string]any{"loanId": q.loan, "amount": "1", "parts": nil}, map[string]any{"loanId": q.loan, "amount": "2", "parts": nil})
	w.ok(w.waive("finance", q, map[string]any{"amount": "600000"}), &r)
	reuse("finance two", "approveRequest", map[string]any{"id": r.ApprovalID, "reason": reason}, map[string]any{"id": r.ApprovalID, "reason": "Another reason."})
	one, two := w.apply(w.person("11"), 301, lending.Approved), w.apply(w.person("11"), 301, lending.Approved)
	reuse("finance", "refusePayout", map[string]any{"loanId": one.loan}, map[string]any{"loanId": two.loan})
	for operation, values := range map[string]map[string]any{
		"claimReview": {"loanId": 7}, "approveReview": {"loanId": 7}, "rejectReview": {"loanId": 7}, "refusePayout": {"loanId": 7}, "releasePayout": {"loanId": 7},
		"writeOffLoan": {"loanId": 7},
	} {
		w.want(w.request("admin", operation, values), notFound, "LOAN_NOT_FOUND")
	}
	var list struct{ List []struct{ ID string } }
	w.ok(w.request("reviewer", "addListing", map[string]any{"borrowerId": nil}), &list)
	reuse("reviewer", "removeListing", map[string]any{"id": list.List[0].ID, "reason": reason}, map[string]any{"id": list.List[0].ID, "reason": "Another reason."})
	w.later(2 * time.Hour)
	w.must(w.app.Backoffice.CollectReceipts(w.Context()))
	alert := func(subject string) string {
		testkit.Exec(w.T, w.app.DatabaseURL, `INSERT INTO alerts (id, kind, subject, created_at) VALUES ($1, 'test_alert', $2, now())`, time.Now().UnixNano(), subject)
		var page struct {
			List []struct{ ID, Subject string }
		}
		w.ok(w.request("viewer", "listAlerts", map[string]any{"?kind": "test_alert"}), &page)
		for _, a := range page.List {
			if a.Subject == subject {
				return a.ID
			}
		}
		w.Fatal("the alert is not listed")
		return ""
	}
	a, b := alert("a"), alert("b")
	reuse("finance", "resolveAlert", map[string]any{"id": a}, map[string]any{"id": b})
	// A refund under a key that was used for another amount.
	s := w.stranger(10_000)
	w.pay(q)
	w.until(q, lending.SettledEarly)
	w.must(w.app.Simulator.Inject(refundFails(s.Reference)))
	w.ok(w.request("finance", "assignReceipt", map[string]any{"id": s.ID, "loanId": fmt.Sprint(q.loan), "reason": reason}))
	w.eventually("the refund to fail", func() bool {
		c, err := w.app.Store.Credit(w.Context(), q.id)
		w.must(err)
		return c.Booked == 10_000 && c.Refunding == 0
	})
	reuse("finance", "refundCredit", map[string]any{"id": q.id, "amount": "1000"}, map[string]any{"id": q.id, "amount": "2000"})
}

// limited makes every operation answer 429.
func (w *world) limited() {
	tiny := testapp.New(w.T, testapp.Options{DatabaseURL: w.app.DatabaseURL, Keys: w.app.Keys, Clock: w.clock, Limits: w.limits(true)})
	w.eventually("the second server", func() bool { return tiny.OpsURL() != "" })
	w.each(func(op *contract.Operation, c call) {
		c.base = tiny.OpsURL()
		if w.send(c).Status == http.StatusTooManyRequests {
			return
		}
		if a := w.want(c, http.StatusTooManyRequests, "RATE_LIMITED"); a.Header.Get("Retry-After") == "" || a.Header.Get("RateLimit") == "" {
			w.Errorf("%s: a refusal without Retry-After or RateLimit", op.ID)
		}
	})
}

// assembled is the HTTP layer over the world's capability, with another clock for the envelopes of successes.
func (w *world) assembled(stamps clock.Clock) string {
	s, err := server.NewOps(server.Config{}, server.OpsDeps{API: server.NewOpsHandlers(w.app.Backoffice, server.NewStamp(stamps)), Auth: staff{w.app.Backoffice},
		Limiter: unlimited{}, Clock: w.clock, Log: slog.New(slog.DiscardHandler), Metrics: prometheus.NewRegistry()})
	w.must(err)
	h := httptest.NewServer(s.Handler())
	w.Cleanup(h.Close)
	return h.URL
}

type staff struct{ service *backoffice.Service }

func (s staff) Operator(ctx context.Context, key string) (server.Operator, error) {
	o, err := s.service.Operator(ctx, key)
	return server.Operator{ID: o.ID, Name: o.Name, Role: string(o.Role), Brand: o.Brand, ExpiresAt: o.ExpiresAt}, err
}

type unlimited struct{}

func (unlimited) Allow(context.Context, string, ...string) (server.Verdict, error) {
	return server.Verdict{Allowed: true}, nil
}

// violations makes every operation break the contract: the handlers date their envelopes before the epoch, which gives a token that
// is no decimal number. The server's own check must replace each such answer by 500.
func (w *world) violations() {
	w = newWorld(w.T, w.judge, testapp.Options{})
	ancient := w.assembled(clock.NewManual(time.Date(1066, 10, 14, 9, 0, 0, 0, time.UTC)))
	for _, c := range w.successes() {
		c.base = ancient
		w.want(c, http.StatusInternalServerError, "RESPONSE_CONTRACT_VIOLATION")
	}
}

// successes are calls of every operation that would succeed, each once.
func (w *world) successes() []call {
	p, late := w.active(), w.active()
	q, s := w.quarantined(p), w.stranger(10_000)
	settled := w.active()
	w.pay(settled)
	w.until(settled, lending.SettledEarly)
	w.must(w.app.Simulator.Inject(refundFails(s.Reference)))
	w.ok(w.request("finance", "assignReceipt", map[string]any{"id": s.ID, "loanId": fmt.Sprint(settled.loan), "reason": reason}))
	w.eventually("the refund to fail", func() bool {
		c, err := w.app.Store.Credit(w.Context(), settled.id)
		w.must(err)
		return c.Booked == 10_000 && c.Refunding == 0
	})
	w.later(9 * 24 * time.Hour)
	one, two := w.apply(w.person("11"), 301, lending.Approved), w.apply(w.person("11"), 301, lending.Approved)
	requests := []relief{}
	for range 2 {
		var r relief
		w.ok(w.waive("finance", w.active(), map[string]any{"amount": "600000"}), &r)
		requests = append(requests, r)
	}
	w.rules("REVIEW")
	approved, rejected := w.apply(w.person("11"), 301, lending.InReview), w.apply(w.person("11"), 301, lending.InReview)
	for _, r := range []*person{approved, rejected} {
		w.ok(w.request("admin", "claimReview", map[string]any{"loanId": r.loan}))
	}
	claimed := w.apply(w.person("11"), 301, lending.InReview)
	var listed struct{ List []struct{ ID string } }
	w.ok(w.request("admin", "addListing", map[string]any{"subject": "07000000009", "borrowerId": nil}), &listed)
	testkit.Exec(w.T, w.app.DatabaseURL, `INSERT INTO alerts (id, kind, subject, created_at) VALUES (77, 'test_alert', 'x', now())`)
	testkit.Exec(w.T, w.app.DatabaseURL, `INSERT INTO reconcile_breaks (id, kind, object, reference, ours, theirs, detail, happened_at, first_seen_at, last_seen_at)
		VALUES (77, 'amount', 'charge', 'x', 1, 2, 'x', now(), now(), now())`)
	until := w.clock.Now().Add(24 * time.Hour).UTC().Format("2006-01-02T15:04:05Z")
	var coupon struct{ ID string }
	w.ok(w.request("admin", "grantCoupon", map[string]any{"id": p.id, "expiresAt": until}), &coupon)
	w.ok(w.request("admin", "blockBorrower", map[string]any{"id": settled.id}))
	leaving := w.person("11")
	w.ok(w.request("reviewer", "blockBorrower", map[string]any{"id": leaving.id}))
	values := map[string]map[string]any{
		"listCoupons": {"id": p.id}, "grantCoupon": {"id": p.id, "expiresAt": until}, "withdrawCoupon": {"id": coupon.ID}, "blockBorrower": {"id": p.id},
		"unblockBorrower": {"id": settled.id},
		"claimReview":     {"loanId": claimed.loan}, "approveReview": {"loanId": approved.loan}, "rejectReview": {"loanId": rejected.loan},
		"releasePayout": {"loanId": one.loan}, "refusePayout": {"loanId": two.loan}, "getLoan": {"loanId": p.loan},
		"waiveLoan": {"loanId": p.loan, "amount": "1", "parts": nil}, "writeOffLoan": {"loanId": late.loan},
		"approveRequest": {"id": requests[0].ApprovalID}, "declineRequest": {"id": requests[1].ApprovalID},
		"assignReceipt": {"id": q.ID, "loanId": fmt.Sprint(p.loan)}, "refundCredit": {"id": settled.id, "amount": "1"},
		"importProduct": {"overrideReason": nil, "checkOnly": nil}, "replayDecision": {"loanId": p.loan}, "addListing": {"borrowerId": nil}, "removeListing": {"id": listed.List[0].ID},
		"searchBorrower": {"mobile": p.mobile, "brand": nil}, "getBorrower": {"id": p.id}, "unmaskBorrower": {"id": p.id, "accountId": nil}, "resolveAlert": {"id": 77},
		"resolveBreak": {"id": 77}, "listBorrowerSessions": {"id": p.id}, "endBorrowerSessions": {"id": p.id, "sessionId": nil}, "exportBorrower": {"id": p.id},
		"eraseBorrower": {"id": leaving.id},
	}
	var calls []call
	for _, op := range w.doc.Operations {
		calls = append(calls, w.request("admin", op.ID, values[op.ID]))
	}
	return calls
}

// defects makes every operation answer 500: the tables are gone. No answer tells what our logs alone should know.
func (w *world) defects() {
	w = newWorld(w.T, w.judge, testapp.Options{})
	calls := w.successes()
	hide := func(keep string) {
		testkit.Exec(w.T, w.app.DatabaseURL, `CREATE SCHEMA IF NOT EXISTS hidden;
			DO $$ DECLARE t text; BEGIN
				FOR t IN SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename NOT LIKE 'river%' AND tablename NOT IN (`+keep+`)
				LOOP EXECUTE format('ALTER TABLE public.%I SET SCHEMA hidden', t); END LOOP;
			END $$`)
	}
	check := func(c call) bool {
		a := w.send(c)
		for _, word := range []string{"SQLSTATE", "relation", "pgx", "postgres", "127.0.0.1", ".go:", "goroutine"} {
			if strings.Contains(string(a.Raw), word) {
				w.Errorf("%s tells %q: %s", c.Operation.ID, word, a)
			}
		}
		return a.Status == http.StatusInternalServerError && a.Reason == "INTERNAL"
	}
	hide(`'operators'`)
	var left []call
	for _, c := range calls {
		if !check(c) {
			left = append(left, c)
		}
	}
	hide(`''`)
	for _, c := range left {
		if !check(c) {
			w.Errorf("%s does not fail without its tables", c.Operation.ID)
		}
	}
}

// stopping makes every operation answer 503 SHUTTING_DOWN: a server that has been told to stop, asked on a connection that its
// listener had let in before.
func (w *world) stopping() {
	w = newWorld(w.T, w.judge, testapp.Options{})
	h := httptest.NewServer(w.app.OpsHandler())
	defer h.Close()
	w.ok(w.request("viewer", "getOperator", nil))
	w.app.Stop()
	w.each(func(_ *contract.Operation, c call) {
		c.base = h.URL
		if a := w.want(c, away, "SHUTTING_DOWN"); a.Header.Get("Retry-After") == "" {
			w.Errorf("%s: 503 without Retry-After", c.Operation.ID)
		}
	})
}

// noDatabase makes every operation answer 503 soon: PostgreSQL is killed under the server, which goes on afterwards.
func (w *world) noDatabase() {
	cluster := testkit.PrivateCluster(w.T)
	w = newWorld(w.T, w.judge, testapp.Options{DatabaseURL: cluster.URL()})
	w.must(cluster.Kill(w.Context()))
	// Its sessions notice a moment after the server itself is gone, each by itself: on a busy machine one may answer when another is gone.
	w.eventually("the sessions to be gone", func() bool {
		for range 2 * w.app.Config.DBMaxConns {
			if w.send(w.request("viewer", "getOperator", nil)).Status != http.StatusServiceUnavailable {
				return false
			}
		}
		return true
	})
	w.each(func(op *contract.Operation, c call) {
		soon := false
		for n := 0; n < 3 && !soon; n++ { // a machine that stands still for a moment makes one answer slow, a server that waits makes them all
			started := time.Now()
			a := w.want(c, away, "UNAVAILABLE")
			if a.Header.Get("Retry-After") == "" {
				w.Errorf("%s: 503 without Retry-After", op.ID)
			}
			soon = time.Since(started) <= 5*time.Second
		}
		if !soon {
			w.Errorf("%s: no 503 within five seconds", op.ID)
		}
	})
	w.must(cluster.Restart(w.Context()))
	w.eventually("the server to go on", func() bool { return w.send(w.request("viewer", "getOperator", nil)).Status == http.StatusOK })
}
