package ops

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/creditpocket/creditpocket/internal/app"
	"github.com/creditpocket/creditpocket/internal/clock"
	"github.com/creditpocket/creditpocket/internal/lending"
	"github.com/creditpocket/creditpocket/internal/onboarding"
	"github.com/creditpocket/creditpocket/internal/seal"
	"github.com/creditpocket/creditpocket/internal/store"
	"github.com/creditpocket/creditpocket/internal/testkit"
	"github.com/creditpocket/creditpocket/internal/testkit/testapp"
)

// Texts of the default rules that a borrower reads.
const (
	notMet   = "We sincerely apologize as you do not meet our lending criteria."
	inReview = "Your application is being reviewed by our team. We will tell you the result."
)

// told is what a borrower reads of the latest application, over HTTP.
func (w *world) told(p *person) (status int, riskStatus int, detail string) {
	w.Helper()
	a := w.post(w.app.BaseURL+"/user/login", `{"mobile":"0`+p.mobile+`","password":"blue-mango-7421"}`)
	var in struct{ Data struct{ Token string } }
	w.must(json.Unmarshal(a.Raw, &in))
	req, err := http.NewRequest(http.MethodGet, w.app.BaseURL+"/loan/record/latest", nil)
	w.must(err)
	req.Header.Set("Authorization", "Bearer "+in.Data.Token)
	resp, err := http.DefaultClient.Do(req)
	w.must(err)
	defer resp.Body.Close()
	raw, err := io.ReadAll(resp.Body)
	w.must(err)
	var loan struct {
		Data struct {
			Status, AuditRiskStatus int
			AuditRiskDetail         string
		}
	}
	w.must(json.Unmarshal(raw, &loan))
	return loan.Data.Status, loan.Data.AuditRiskStatus, loan.Data.AuditRiskDetail
}

// refused applies and has an operator refuse the payout, so that the borrower may apply again.
func (w *world) refused(p *person) {
	w.apply(p, 301, lending.Approved)
	w.ok(w.request("finance", "refusePayout", map[string]any{"loanId": p.loan, "reason": reason}))
}

// settledAfter is a borrower whose loan was paid so many days after the payout.
func (w *world) settledAfter(days int, end lending.State) *person {
	p := w.active()
	if days > 0 {
		w.later(time.Duration(days) * 24 * time.Hour)
	}
	w.pay(p)
	return w.until(p, end)
}

// list puts a borrower's own on a list.
func (w *world) list(p *person, list, kind string) string {
	var added struct{ List []struct{ ID string } }
	w.ok(w.request("reviewer", "addListing", map[string]any{"brand": brand, "list": list, "kind": kind, "subject": nil, "borrowerId": fmt.Sprint(p.id), "reason": reason}), &added)
	return added.List[0].ID
}

// TestDecisionsAreExplained brings about the default rules that look at lists, age, history, velocity, income, limits and the budget,
// by the acts of borrowers and operators. Each gives its reason code, which the staff sees with the snapshot, and the explanation that
// the borrower reads in auditRiskDetail; the decision made again from the snapshot is the same.
func TestDecisionsAreExplained(t *testing.T) {
	text, err := seal.NewMasterKey()
	if err != nil {
		t.Fatal(err)
	}
	master, err := seal.ParseMasterKey(text)
	if err != nil {
		t.Fatal(err)
	}
	keys, err := seal.New(master)
	if err != nil {
		t.Fatal(err)
	}
	w := newWorld(t, nil, testapp.Options{Keys: keys})
	w.ok(w.request("admin", "importProduct", map[string]any{"overrideReason": nil, "checkOnly": nil, "product": map[string]any{"id": "910", "brand": brand,
		"name": "Steady 30,000", "principal": "3000000", "termDays": 91, "serviceFee": "0", "interestDailyBps": 5, "penaltyDailyBps": 20, "penaltyCapBps": 2000,
		"effectiveFrom": "2022-01-01T00:00:00Z"}}))
	income := func(p *person, code string) *person {
		_, err := w.app.Onboarding.SaveWork(w.Context(), onboarding.Subject{Borrower: p.id, Brand: brand},
			store.WorkInfo{EmploymentStatus: 1, IncomeCode: code, PayDay: 25, Company: "Lagos Textiles", Position: "Buyer"})
		w.must(err)
		return p
	}
	for _, c := range []struct {
		reason  string
		product int64
		state   lending.State
		risk    int
		detail  string
		prepare func() *person
	}{
		{"FIRST_LOAN", 301, lending.Approved, 2, "", func() *person { return w.person("11") }},
		{"REPEAT_BORROWER", 303, lending.Approved, 2, "", func() *person { return w.settledAfter(0, lending.SettledEarly) }},
		{"WHITELIST", 910, lending.Approved, 2, "", func() *person {
			p := w.person("11")
			w.list(p, "WHITE", "BVN")
			return p
		}},
		{"BLACKLIST_BVN", 301, lending.RejectedRisk, -1, notMet, func() *person {
			p := w.person("11")
			w.list(p, "BLACK", "BVN")
			return p
		}},
		{"BLACKLIST_OTHER", 301, lending.RejectedRisk, -1, notMet, func() *person {
			p := w.person("11")
			w.list(p, "BLACK", "MOBILE")
			return p
		}},
		{"AGE_OUT_OF_RANGE", 301, lending.RejectedRisk, -1, "Our loans are for borrowers from 18 to 65 years of age.", func() *person {
			p := w.person("11")
			profile, err := w.app.Store.Profile(w.Context(), p.id)
			w.must(err)
			profile.Birthday = clock.NewDate(1950, 1, 31)
			w.must(w.app.Store.InTx(w.Context(), func(ctx context.Context, tx *store.Tx) error { return tx.SaveProfile(ctx, profile) }))
			return p
		}},
		{"VELOCITY", 301, lending.InReview, 1, inReview, func() *person {
			p := w.person("11")
			for range 3 {
				w.refused(p)
			}
			return p
		}},
		{"REJECTED_OFTEN", 301, lending.RejectedRisk, -1, "You have applied several times recently. Please try again after 30 days.", func() *person {
			p := w.person("11")
			listing := w.list(p, "BLACK", "MOBILE")
			for range 3 {
				w.apply(p, 301, lending.RejectedRisk)
			}
			w.ok(w.request("reviewer", "removeListing", map[string]any{"id": listing, "reason": reason}))
			return p
		}},
		{"AFFORDABILITY", 910, lending.InReview, 1, inReview, func() *person { return income(w.person("11"), "1") }},
		{"ABOVE_LIMIT", 910, lending.InReview, 1, inReview, func() *person { return income(w.person("11"), "6") }},
		{"BUDGET_SPENT", 301, lending.InReview, 1, inReview, func() *person {
			w.ok(w.request("finance", "setBudget", map[string]any{"brand": brand, "limited": true, "dailyBudget": "599999", "reason": reason}))
			return w.person("11")
		}},
		{"LATE_BEFORE", 301, lending.InReview, 1, inReview, func() *person {
			w.ok(w.request("finance", "setBudget", map[string]any{"brand": brand, "limited": false, "dailyBudget": nil, "reason": reason}))
			return w.settledAfter(45, lending.SettledLate)
		}},
		{"WRITTEN_OFF_BEFORE", 301, lending.RejectedRisk, -1, "An earlier loan was not repaid. Please contact support to settle it first.", func() *person {
			p := w.active()
			w.later(20 * 24 * time.Hour)
			w.ok(w.request("finance", "writeOffLoan", map[string]any{"loanId": p.loan, "reason": reason}))
			return w.until(p, lending.WrittenOff)
		}},
	} {
		t.Run(c.reason, func(t *testing.T) {
			outer := w.T
			w.T = t
			defer func() { w.T = outer }()
			p := w.apply(c.prepare(), c.product, c.state)
			if status, risk, detail := w.told(p); status != int(c.state) || risk != c.risk || detail != c.detail {
				t.Errorf("the borrower reads status %d, risk %d, %q", status, risk, detail)
			}
			var file struct {
				Rulings []struct {
					Outcome string
					Hits    []struct{ Reason, BorrowerText string }
				}
			}
			w.ok(w.request("viewer", "getLoan", map[string]any{"loanId": p.loan}), &file)
			if len(file.Rulings) != 1 || file.Rulings[0].Hits[0].Reason != c.reason || file.Rulings[0].Hits[0].BorrowerText != c.detail {
				t.Errorf("the staff reads %+v", file.Rulings)
			}
			var replay struct{ Agrees bool }
			w.ok(w.request("reviewer", "replayDecision", map[string]any{"loanId": p.loan}), &replay)
			if !replay.Agrees {
				t.Error("made again, the decision is another")
			}
		})
	}
	w.balanced()
	w.replayed([]string{"DATABASE_URL=" + w.app.DatabaseURL, "CP_MASTER_KEY=" + text, "CP_DATA_DIR=" + t.TempDir(), "CP_LOG_LEVEL=error"})
}

// replayed makes all decisions again by the command, and again with one record changed: that one is named, and the command fails.
func (w *world) replayed(environ []string) {
	replay := func(o app.ReplayOrder) (string, error) {
		var out bytes.Buffer
		err := app.RulesReplay(w.Context(), environ, o, &out)
		return out.String(), err
	}
	decisions := testkit.Texts(w.T, w.app.DatabaseURL, `SELECT loan_id::text FROM decisions ORDER BY loan_id`)
	want := fmt.Sprintf("RESULT rules-replay decisions=%d differing=0 erased=0", len(decisions))
	if text, err := replay(app.ReplayOrder{}); err != nil || !strings.HasPrefix(text, want) {
		w.Errorf("expected %s: %v, %s", want, err, text)
	}
	if text, err := replay(app.ReplayOrder{Since: "2120-01-01"}); err != nil || !strings.HasPrefix(text, "RESULT rules-replay decisions=0 ") {
		w.Errorf("of the future: %v, %s", err, text)
	}
	first := number(decisions[0])
	if text, err := replay(app.ReplayOrder{Loan: first}); err != nil || !strings.Contains(text, "replayed") || !strings.Contains(text, "creditLimit") {
		w.Errorf("one decision: %v, %s", err, text)
	}
	for _, bad := range []app.ReplayOrder{{Loan: 7}, {Loan: first, Version: 99}, {Since: "tomorrow"}} {
		if _, err := replay(bad); err == nil {
			w.Errorf("%+v was accepted", bad)
		}
	}
	testkit.Exec(w.T, w.app.DatabaseURL, `ALTER TABLE decisions DISABLE TRIGGER USER`) // it is append-only
	testkit.Exec(w.T, w.app.DatabaseURL, `UPDATE decisions SET outcome = CASE outcome WHEN 'approve' THEN 'reject' ELSE 'approve' END WHERE loan_id = $1`, first)
	if text, err := replay(app.ReplayOrder{}); err == nil || !strings.Contains(text, fmt.Sprintf("loan %d: recorded", first)) || !strings.Contains(text, " differing=1 ") {
		w.Errorf("a record that was changed: %v, %s", err, text)
	}
	if _, err := replay(app.ReplayOrder{Loan: first}); err == nil {
		w.Error("a record that was changed agrees")
	}
}
