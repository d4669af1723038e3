package origination

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/creditpocket/creditpocket/internal/lending"
	"github.com/creditpocket/creditpocket/internal/money"
	"github.com/creditpocket/creditpocket/internal/store"
)

// list puts a subject on a list of the brand.
func (w *world) list(list store.List, kind string, index []byte) {
	w.t.Helper()
	w.write(func(ctx context.Context, tx *store.Tx) error {
		return tx.ListSubject(ctx, brand, list, kind, index, "test")
	})
}

// decided applies, decides, and gives the loan and the decision's record.
func (w *world) decided(p person) (store.Loan, store.Decision) {
	w.t.Helper()
	l := w.applied(p)
	w.must(w.Decide(w.t.Context(), l.ID))
	d, err := w.st.Decision(w.t.Context(), p.id, l.ID)
	w.must(err)
	l, err = w.st.Loan(w.t.Context(), l.ID)
	w.must(err)
	return l, d
}

func TestDecideApprovesAFirstLoan(t *testing.T) {
	w := newWorld(t)
	p := w.person(1, "09")
	w.clk.Advance(50 * time.Hour)
	l, d := w.decided(p)
	if l.State != lending.Approved || l.RiskStatus != 2 || l.RiskReason == "" || l.RiskDetail != "" || !l.RiskAt.Equal(w.clk.Now()) || !l.ApprovedAt.Equal(w.clk.Now()) {
		t.Errorf("%+v", l)
	}
	want := lending.Snapshot{Brand: brand, ProductID: quick, Principal: 600_000, TotalDue: 850_000, TermDays: 7, AgeYears: 31, IncomeMin: 10_000_000,
		IncomeMax: 19_999_999, EmploymentStatus: 1, AccountAgeDays: 2, BVNVerified: true, AccountNameMatched: true, SelfieProvided: true,
		EmergencyContacts: 1, CreditLimit: 2_000_000, ApplicationsDay: 1, ApplicationsMonth: 1, AccountBorrowers: 1}
	if d.Snapshot != want {
		t.Errorf("snapshot\n%+v, want\n%+v", d.Snapshot, want)
	}
	if d.Outcome != lending.Approve || d.Hits[0].Reason != "FIRST_LOAN" || d.RuleSetVersion != 1 {
		t.Errorf("%+v", d)
	}
	if titles := w.messages(p.id); !slices.Equal(titles, []string{"We have received your application", "Your loan is approved"}) {
		t.Errorf("%q", titles)
	}
	events, err := w.st.LoanEvents(t.Context(), l.ID)
	w.must(err)
	if len(events) != 2 || events[1].Trigger != "risk_approve" || events[1].Actor != "system" {
		t.Errorf("%+v", events)
	}
}

// What is stored is enough to make the decision again.
func TestADecisionCanBeMadeAgainFromItsRecord(t *testing.T) {
	w := newWorld(t)
	for n, prepare := range []func(person){
		func(person) {},
		func(p person) { w.list(store.BlackList, store.ListedBVN, w.st.BVNIndex(brand, bvn(p.n))) },
		func(p person) { w.list(store.WhiteList, store.ListedBVN, w.st.BVNIndex(brand, bvn(p.n))) },
	} {
		p := w.person(n, "09")
		prepare(p)
		_, d := w.decided(p)
		set, err := w.st.RuleSet(t.Context(), brand, d.RuleSetVersion)
		w.must(err)
		engine, err := lending.CompileRules(set.Rules)
		w.must(err)
		again, err := engine.Decide(d.Snapshot)
		if err != nil || again.Outcome != d.Outcome || !slices.Equal(again.Hits, d.Hits) {
			t.Errorf("%d: %+v, %v; recorded %+v", n, again, err, d)
		}
	}
}

func TestDecideByFacts(t *testing.T) {
	for name, c := range map[string]struct {
		prepare func(w *world, p person)
		state   lending.State
		reason  string
		risk    int
		detail  string
	}{
		"bvn on the black list": {func(w *world, p person) { w.list(store.BlackList, store.ListedBVN, w.st.BVNIndex(brand, bvn(p.n))) },
			lending.RejectedRisk, "BVN in the internal Blacklist", -1, "We sincerely apologize as you do not meet our lending criteria."},
		"mobile on the black list": {func(w *world, p person) {
			w.list(store.BlackList, store.ListedMobile, w.st.MobileIndex(brand, fmt.Sprintf("+23470%08d", p.n)))
		},
			lending.RejectedRisk, "Mobile, account or device in the internal Blacklist", -1, "We sincerely apologize as you do not meet our lending criteria."},
		"account on the black list": {func(w *world, p person) {
			w.list(store.BlackList, store.ListedAccount, w.st.AccountIndex(brand, "058", fmt.Sprintf("%08d09", p.n)))
		},
			lending.RejectedRisk, "Mobile, account or device in the internal Blacklist", -1, "We sincerely apologize as you do not meet our lending criteria."},
		"device on the black list": {func(w *world, p person) {
			w.login(p, "phone-1")
			w.list(store.BlackList, store.ListedDevice, w.st.DeviceIndex(brand, "phone-1"))
		}, lending.RejectedRisk, "Mobile, account or device in the internal Blacklist", -1, "We sincerely apologize as you do not meet our lending criteria."},
		"the list of another brand": {func(w *world, p person) {
			w.write(func(ctx context.Context, tx *store.Tx) error {
				if _, err := tx.SeedBrand(ctx, store.Brand{Code: "Other", Name: "Other", IndentPrefix: "OT"}); err != nil {
					return err
				}
				return tx.ListSubject(ctx, "Other", store.BlackList, store.ListedBVN, tx.BVNIndex("Other", bvn(p.n)), "test")
			})
		}, lending.Approved, "First loan within the entry limit, system automatic approve", 2, ""},
		"white list": {func(w *world, p person) { w.list(store.WhiteList, store.ListedBVN, w.st.BVNIndex(brand, bvn(p.n))) },
			lending.Approved, "Whitelist customers system automatic approve", 2, ""},
		"an account somebody else has too": {func(w *world, p person) {
			other := w.stranger(77)
			w.write(func(ctx context.Context, tx *store.Tx) error {
				_, err := tx.AddBankAccount(ctx, brand, store.BankAccount{BorrowerID: other.id, BankCode: "058", BankName: "GTB",
					AccountNo: fmt.Sprintf("%08d09", p.n), AccountName: "BORROWER TEST", Default: true})
				return err
			})
		}, lending.InReview, "Bank account used by another borrower", 1, "Your application is being reviewed by our team. We will tell you the result."},
		"a phone of three": {func(w *world, p person) {
			w.login(p, "phone-1")
			w.login(w.stranger(71), "phone-1")
			w.login(w.stranger(72), "phone-1")
		}, lending.InReview, "More than two borrowers on one device", 1, "Your application is being reviewed by our team. We will tell you the result."},
		"a phone of six": {func(w *world, p person) {
			w.login(p, "phone-1")
			for n := 71; n < 76; n++ {
				w.login(w.stranger(n), "phone-1")
			}
		}, lending.RejectedRisk, "More than five borrowers on one device", -1, "We sincerely apologize as you do not meet our lending criteria."},
		"a contact that four others name": {func(w *world, p person) {
			for n := 71; n < 75; n++ {
				other := w.stranger(n)
				w.write(func(ctx context.Context, tx *store.Tx) error {
					return tx.ReplaceEmergencyContacts(ctx, other.id, brand, []store.EmergencyContact{{Name: "Ada", Mobile: fmt.Sprintf("+23480%08d", p.n), Relation: 1}})
				})
			}
		}, lending.InReview, "Emergency contact missing, or named by more than three others", 1, "Your application is being reviewed by our team. We will tell you the result."},
		"a name that is not the account's": {func(w *world, p person) {
			w.write(func(ctx context.Context, tx *store.Tx) error {
				profile, err := tx.Profile(ctx, p.id)
				if err != nil {
					return err
				}
				profile.FirstName, profile.LastName = "Chinwe", "Okafor"
				return tx.SaveProfile(ctx, profile)
			})
		}, lending.InReview, "BVN or account name not verified", 1, "Your application is being reviewed by our team. We will tell you the result."},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			p := w.person(1, "09")
			c.prepare(w, p)
			l, d := w.decided(p)
			if l.State != c.state || l.RiskReason != c.reason || l.RiskStatus != c.risk || l.RiskDetail != c.detail || d.Outcome.State() != c.state {
				t.Errorf("%s, %d, %q, %q", l.State, l.RiskStatus, l.RiskReason, l.RiskDetail)
			}
			if open := c.state.Open(); (l.ApprovedAt.IsZero() != (c.state != lending.Approved)) || open != (c.state != lending.RejectedRisk) {
				t.Errorf("%+v", l)
			}
		})
	}
}

// login opens a session of a borrower on a device.
func (w *world) login(p person, device string) {
	w.t.Helper()
	w.write(func(ctx context.Context, tx *store.Tx) error {
		_, err := tx.AddSession(ctx, brand, store.NewSession{Borrower: p.id, TokenHash: []byte(fmt.Sprint(p.id, device)), DeviceID: device,
			Idle: time.Hour, Absolute: time.Hour})
		return err
	})
}

func TestThreeRejectionsInAMonth(t *testing.T) {
	w := newWorld(t)
	p := w.person(1, "09")
	w.list(store.BlackList, store.ListedBVN, w.st.BVNIndex(brand, bvn(1)))
	for n := range 3 {
		l, d := w.decided(p)
		if l.State != lending.RejectedRisk || d.Snapshot.RejectionsMonth != int64(n) || d.Snapshot.ApplicationsDay != int64(n+1) {
			t.Fatalf("%d: %s, %+v", n, l.State, d.Snapshot)
		}
	}
	w.clk.Advance(25 * time.Hour)
	_, d := w.decided(p)
	if s := d.Snapshot; s.RejectionsMonth != 3 || s.ApplicationsDay != 1 || s.ApplicationsMonth != 4 {
		t.Errorf("%+v", s)
	}
	if !slices.ContainsFunc(d.Hits, func(h lending.Hit) bool { return h.Rule == "rejections" }) {
		t.Errorf("%+v", d.Hits)
	}
	w.clk.Advance(31 * 24 * time.Hour)
	_, d = w.decided(p)
	if s := d.Snapshot; s.RejectionsMonth != 0 || s.ApplicationsMonth != 1 {
		t.Errorf("a month later: %+v", s)
	}
}

func TestDecideOnce(t *testing.T) {
	w := newWorld(t)
	p := w.person(1, "09")
	l := w.applied(p)
	replica := w.service(w.gateway)
	for i, err := range together(8, func(i int) error {
		if i%2 == 0 {
			return w.Decide(t.Context(), l.ID)
		}
		return replica.Decide(t.Context(), l.ID)
	}) {
		if err != nil {
			t.Errorf("%d: %v", i, err)
		}
	}
	events, err := w.st.LoanEvents(t.Context(), l.ID)
	w.must(err)
	if len(events) != 2 || len(w.messages(p.id)) != 2 {
		t.Errorf("%+v, %q", events, w.messages(p.id))
	}
}

// Two applications that are decided at once cannot both spend the last of the budget.
func TestTheDailyBudgetIsNotSpentTwice(t *testing.T) {
	w := newWorld(t)
	budget := money.Kobo(1_300_000) // two loans of 600,000
	w.write(func(ctx context.Context, tx *store.Tx) error { return tx.SetDailyBudget(ctx, brand, &budget) })
	var loans []store.Loan
	for n := range 6 {
		loans = append(loans, w.applied(w.person(n, "09")))
	}
	for i, err := range together(len(loans), func(i int) error { return w.Decide(t.Context(), loans[i].ID) }) {
		if err != nil {
			t.Errorf("%d: %v", i, err)
		}
	}
	count := map[lending.State]int{}
	for _, l := range loans {
		l, err := w.st.Loan(t.Context(), l.ID)
		w.must(err)
		count[l.State]++
	}
	if count[lending.Approved] != 2 || count[lending.InReview] != 4 {
		t.Errorf("%v", count)
	}
	w.clk.Advance(24 * time.Hour)
	if l, d := w.decided(w.person(9, "09")); l.State != lending.Approved || d.Snapshot.BudgetLeft != 1_300_000 || !d.Snapshot.BudgetLimited {
		t.Errorf("the next day: %s, %+v", l.State, d.Snapshot)
	}
	w.write(func(ctx context.Context, tx *store.Tx) error { return tx.SetDailyBudget(ctx, brand, nil) })
	if _, d := w.decided(w.person(10, "09")); d.Snapshot.BudgetLimited {
		t.Errorf("%+v", d.Snapshot)
	}
}

func TestNewRulesDecideFromTheirVersionOn(t *testing.T) {
	w := newWorld(t)
	_, before := w.decided(w.person(1, "09"))
	set := lending.DefaultRuleSet()
	set.Version = "closed"
	set.Rules = []lending.Rule{{Name: "closed", When: "principal > 0",
		Verdict: lending.Verdict{Outcome: lending.Reject, Reason: "CLOSED", Internal: "Closed", Borrower: "We are closed."}}}
	w.write(func(ctx context.Context, tx *store.Tx) error { return tx.PutRuleSet(ctx, brand, 2, set) })
	l, after := w.decided(w.person(2, "09"))
	if before.RuleSetVersion != 1 || after.RuleSetVersion != 2 || l.RiskReason != "Closed" || l.RiskDetail != "We are closed." {
		t.Errorf("%+v, %+v", before, after)
	}
}

func TestABrandWithoutRulesDecidesNothing(t *testing.T) {
	w := newWorld(t)
	l := w.applied(w.person(1, "09"))
	if _, _, err := w.rules(t.Context(), "Nobody"); err == nil {
		t.Error("rules out of nothing")
	}
	if alerts := w.alerts(alertRules); len(alerts) != 1 || alerts[0].Subject != "Nobody" {
		t.Errorf("%+v", alerts)
	}
	w.inState(l.ID, lending.Submitted)
}
