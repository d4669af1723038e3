package e2e

import (
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/creditpocket/creditpocket/internal/testkit"
	"github.com/creditpocket/creditpocket/internal/testkit/testapp"
)

// hundred is how often one request is sent at once.
const hundred = 100

// retry is one request that is sent over and over, and what may be there once of it.
type retry struct {
	name   string
	who    *borrower // nil for nobody yet
	call   call
	effect string // counts what the request makes, by the borrower's id as $1
	change func() // what happens between the first hundred and the later repeats, so that a new decision would be another one
	status int    // of the answer
	reason string
}

// once sends a call a hundred times at once, and those that are told to come back again until they are answered. It returns the answer,
// which is the same for all, and of which one alone is not marked as a repeat.
func (w *world) once(c call) string {
	w.Helper()
	answers, errs := make([]answer, hundred), make([]error, hundred)
	var wg sync.WaitGroup
	for i := range hundred {
		wg.Go(func() {
			for deadline := time.Now().Add(40 * time.Second); time.Now().Before(deadline); time.Sleep(30 * time.Millisecond) {
				answers[i], errs[i] = w.try(c)
				busy := answers[i].Reason == "OPERATION_IN_PROGRESS" || answers[i].Status == http.StatusServiceUnavailable
				if errs[i] == nil && busy && answers[i].Header.Get("Retry-After") == "" {
					errs[i] = fmt.Errorf("told to come back, and not when: %s", answers[i])
				}
				if errs[i] != nil || !busy {
					return
				}
			}
		})
	}
	wg.Wait()
	first := 0
	bodies := map[string]int{}
	for i, a := range answers {
		if errs[i] != nil {
			w.Errorf("request %d: %v", i, errs[i])
			continue
		}
		bodies[testkit.Essence(a.Status, a.Raw)]++
		if a.Header.Get("Idempotency-Replayed") != "true" {
			first++
		}
	}
	if len(bodies) != 1 || first != 1 {
		w.Errorf("%d of %d requests are not marked as repeats; the answers are %v", first, hundred, bodies)
	}
	return slices.Collect(maps.Keys(bodies))[0]
}

// retries are one request of every operation that takes a key, and of some a request that is refused.
func (w *world) retries() []retry {
	w.Helper()
	one := `SELECT count(*)::text FROM `
	fresh, visitor := w.register().profile(), newMobile()
	owner := w.register().profile().account("12")
	other := owner.addAccount("13", 0)
	applicant := w.register().profile().account("14")
	bare := w.register()
	payer := w.register().profile().account("15").bind().apply(5)
	declined := w.register().profile().account("16").bind().apply(5)
	extender := w.register().profile().account("17").apply(5).freeExtension()
	return []retry{
		{name: "register", call: call{Request: w.request("register").WithJSON(map[string]any{"mobile": visitor, "code": w.code(visitor, 1), "password": password,
			"deviceId": device(visitor)})}, effect: one + `sessions s JOIN borrowers b ON b.id = s.borrower_id WHERE b.id = (SELECT id FROM borrowers ORDER BY created_at DESC LIMIT 1) AND $1::bigint = 0`},
		{name: "saveBankAccount", who: fresh, call: fresh.call("saveBankAccount", map[string]any{"bankAccNo": digits(8) + "18", "isDefault": 1}),
			effect: one + `bank_accounts WHERE borrower_id = $1`, change: func() {
				w.ok(fresh.call("saveBankAccount", map[string]any{"bankAccNo": digits(8) + "19", "isDefault": 1, "password": password}))
			}},
		{name: "ensureTransferRecipient", who: owner, call: owner.call("ensureTransferRecipient", map[string]any{"cardId": owner.card}),
			effect: one + `bank_accounts WHERE borrower_id = $1 AND recipient_code <> ''`},
		{name: "setDefaultCard", who: owner, call: owner.call("setDefaultCard", map[string]any{"id": other, "password": password}), effect: one + `bank_accounts WHERE borrower_id = $1 AND is_default`,
			change: func() { w.ok(owner.call("setDefaultCard", map[string]any{"id": owner.card, "password": password})) }},
		{name: "applyLoan", who: applicant, call: applicant.applyCall("301", nil), effect: one + `loans WHERE borrower_id = $1`,
			change: func() { applicant.until(5).loanID().settle() }},
		{name: "applyLoan refused", who: bare, call: bare.applyCall("301", nil), effect: one + `operations WHERE scope = 'borrower:' || $1::bigint AND kind = 'applyLoan'`,
			change: func() { bare.profile().account("20") }, status: http.StatusUnprocessableEntity, reason: "PROFILE_INCOMPLETE"},
		{name: "repayLoan", who: payer, call: payer.call("repayLoan", map[string]any{"id": payer.loan, "cardId": payer.card, "amount": "100"}),
			effect: one + `payments WHERE borrower_id = $1`, change: func() { payer.settle() }},
		{name: "repayLoan refused", who: declined, call: declined.call("repayLoan", map[string]any{"id": declined.loan, "cardId": declined.card, "amount": "99999999"}),
			effect: one + `operations WHERE scope = 'borrower:' || $1::bigint AND kind = 'repayLoan'`, change: func() {}, status: http.StatusUnprocessableEntity, reason: "AMOUNT_OUT_OF_RANGE"},
		{name: "extendLoan", who: extender, call: extender.call("extendLoan", map[string]any{"id": extender.loan}), effect: `SELECT extension_count::text FROM loans WHERE borrower_id = $1`,
			change: func() { extender.settle() }},
	}
}

// loanID reads the id of the latest loan.
func (b *borrower) loanID() *borrower {
	b.w.Helper()
	var last loanView
	b.w.ok(b.call("getLatestLoan", nil)).into(b.w, &last)
	b.loan = last.ID
	return b
}

// TestAHundredRetries sends one request of each operation that takes a key a hundred times at once, again when the data have changed, and
// again to another process: one answer, one effect, in the database and at the gateway, whether it was a success or a refusal.
func TestAHundredRetries(t *testing.T) {
	w := newWorld(t, testapp.Options{})
	all := w.retries()
	answers := make([]string, len(all))
	effects := make([]string, len(all))
	tried := map[string]bool{}
	for i, r := range all {
		t.Run(r.name, func(t *testing.T) {
			w := w.in(t)
			tried[r.call.Operation.ID] = true
			answers[i] = w.once(r.call)
			effects[i] = w.effectOf(r)
			if effects[i] != "1" {
				t.Errorf("the effect is there %s times", effects[i])
			}
			status := max(r.status, http.StatusOK)
			if !strings.HasPrefix(answers[i], fmt.Sprint(status, " ")) || !strings.Contains(answers[i], r.reason) {
				t.Errorf("expected %d %s, got %s", status, r.reason, answers[i])
			}
			if r.change != nil {
				r.change()
			}
			w.repeated(r, answers[i], "after the data have changed")
		})
	}
	for _, op := range w.doc.Operations {
		for _, p := range op.Params {
			if p.Name == "Idempotency-Key" && !tried[op.ID] {
				t.Errorf("%s takes a key, and no retry of it is tried", op.ID)
			}
		}
	}
	if t.Failed() {
		return
	}
	w.app.Stop()
	w.app = testapp.New(t, testapp.Options{DatabaseURL: w.app.DatabaseURL, Keys: w.app.Keys})
	for i, r := range all {
		w.repeated(r, answers[i], "by another process")
	}
	noDifference(w, w.app)
}

// repeated sends a request once more, and expects the answer that it was given, and no effect.
func (w *world) repeated(r retry, answer, when string) {
	w.Helper()
	before := w.effectOf(r)
	a := w.send(r.call)
	if testkit.Essence(a.Status, a.Raw) != answer || a.Header.Get("Idempotency-Replayed") != "true" {
		w.Errorf("%s %s: %s, before %s", r.name, when, testkit.Essence(a.Status, a.Raw), answer)
	}
	if after := w.effectOf(r); after != before {
		w.Errorf("%s %s: the effect is there %s times, before %s", r.name, when, after, before)
	}
}

func (w *world) effectOf(r retry) string {
	w.Helper()
	who := int64(0)
	if r.who != nil {
		who = mustInt(r.who.uid)
	}
	return testkit.Texts(w.T, w.app.DatabaseURL, r.effect, who)[0]
}
