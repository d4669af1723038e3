package lending_test

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"

	"github.com/creditpocket/creditpocket/internal/lending"
	"pgregory.net/rapid"
)

func engine(t testing.TB) *lending.Engine {
	e, err := lending.CompileRules(lending.DefaultRuleSet())
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// goodSnapshot is a first borrower whom the default rules approve.
func goodSnapshot() lending.Snapshot {
	return lending.Snapshot{
		Brand: "CycleCash", ProductID: 301, Principal: 600_000, TotalDue: 850_000, TermDays: 7, AgeYears: 30, IncomeMin: 5_000_000, IncomeMax: 10_000_000,
		BVNVerified: true, AccountNameMatched: true, SelfieProvided: true, EmergencyContacts: 1, CreditLimit: 2_000_000, ApplicationsDay: 1,
		ApplicationsMonth: 1, DeviceBorrowers: 1, AccountBorrowers: 1,
	}
}

func TestDefaultRules(t *testing.T) {
	e := engine(t)
	for name, c := range map[string]struct {
		change  func(*lending.Snapshot)
		reason  string
		outcome lending.Outcome
	}{
		"first loan":           {func(*lending.Snapshot) {}, "FIRST_LOAN", lending.Approve},
		"repeat":               {func(s *lending.Snapshot) { s.PriorLoans, s.SettledLoans = 2, 2 }, "REPEAT_BORROWER", lending.Approve},
		"whitelist":            {func(s *lending.Snapshot) { s.Whitelisted, s.BVNVerified = true, false }, "WHITELIST", lending.Approve},
		"blacklist wins":       {func(s *lending.Snapshot) { s.Whitelisted, s.BVNBlacklisted = true, true }, "BLACKLIST_BVN", lending.Reject},
		"other blacklist":      {func(s *lending.Snapshot) { s.BlacklistHits = 1 }, "BLACKLIST_OTHER", lending.Reject},
		"seventeen":            {func(s *lending.Snapshot) { s.AgeYears = 17 }, "AGE_OUT_OF_RANGE", lending.Reject},
		"eighteen":             {func(s *lending.Snapshot) { s.AgeYears = 18 }, "FIRST_LOAN", lending.Approve},
		"sixty-six":            {func(s *lending.Snapshot) { s.AgeYears = 66 }, "AGE_OUT_OF_RANGE", lending.Reject},
		"age unknown":          {func(s *lending.Snapshot) { s.AgeYears = 0 }, "AGE_UNKNOWN", lending.Review},
		"written off":          {func(s *lending.Snapshot) { s.WrittenOffLoans = 1 }, "WRITTEN_OFF_BEFORE", lending.Reject},
		"device farm":          {func(s *lending.Snapshot) { s.DeviceBorrowers = 6 }, "DEVICE_REUSED", lending.Reject},
		"device shared":        {func(s *lending.Snapshot) { s.DeviceBorrowers = 3 }, "DEVICE_SHARED", lending.Review},
		"rejected often":       {func(s *lending.Snapshot) { s.RejectionsMonth = 3 }, "REJECTED_OFTEN", lending.Reject},
		"rejected, but listed": {func(s *lending.Snapshot) { s.RejectionsMonth, s.Whitelisted = 3, true }, "WHITELIST", lending.Approve},
		"budget":               {func(s *lending.Snapshot) { s.BudgetLimited, s.BudgetLeft, s.Whitelisted = true, 599_999, true }, "BUDGET_SPENT", lending.Review},
		"budget just enough":   {func(s *lending.Snapshot) { s.BudgetLimited, s.BudgetLeft = true, 600_000 }, "FIRST_LOAN", lending.Approve},
		"identity":             {func(s *lending.Snapshot) { s.AccountNameMatched = false }, "IDENTITY_UNPROVEN", lending.Review},
		"selfie":               {func(s *lending.Snapshot) { s.SelfieProvided = false }, "SELFIE_MISSING", lending.Review},
		"account shared":       {func(s *lending.Snapshot) { s.AccountBorrowers = 2 }, "ACCOUNT_SHARED", lending.Review},
		"contact":              {func(s *lending.Snapshot) { s.EmergencyContacts = 0 }, "CONTACT_WEAK", lending.Review},
		"velocity":             {func(s *lending.Snapshot) { s.ApplicationsDay = 4 }, "VELOCITY", lending.Review},
		"late before":          {func(s *lending.Snapshot) { s.MaxDaysLate = 31 }, "LATE_BEFORE", lending.Review},
		"affordable":           {func(s *lending.Snapshot) { s.IncomeMax = 1_700_000 }, "FIRST_LOAN", lending.Approve},
		"not affordable":       {func(s *lending.Snapshot) { s.IncomeMax = 1_699_999 }, "AFFORDABILITY", lending.Review},
		"above limit":          {func(s *lending.Snapshot) { s.Principal = 2_000_001 }, "ABOVE_LIMIT", lending.Review},
		"no rule":              {func(s *lending.Snapshot) { s.PriorLoans = 1 }, "NO_RULE", lending.Review},
	} {
		s := goodSnapshot()
		c.change(&s)
		d, err := e.Decide(s)
		if err != nil || d.Reason != c.reason || d.Outcome != c.outcome || d.RuleSetVersion != lending.DefaultRuleSet().Version {
			t.Errorf("%s: %+v, %v", name, d, err)
		}
		if d.Outcome == lending.Reject && d.Borrower == "" {
			t.Errorf("%s: refused without a word", name)
		}
		if len(d.Hits) == 0 || d.Hits[0] != d.Hit {
			t.Errorf("%s: decided by %+v, hits %+v", name, d.Hit, d.Hits)
		}
	}
}

func TestSeedTexts(t *testing.T) {
	e := engine(t)
	s := goodSnapshot()
	s.Whitelisted = true
	if d, _ := e.Decide(s); d.Internal != "Whitelist customers system automatic approve" || d.Borrower != "" || d.Outcome.RiskStatus() != 2 || d.Outcome.State() != lending.Approved {
		t.Errorf("%+v", d)
	}
	s.BVNBlacklisted = true
	d, _ := e.Decide(s)
	if d.Internal != "BVN in the internal Blacklist" || d.Borrower != "We sincerely apologize as you do not meet our lending criteria." || d.Outcome.RiskStatus() != -1 || d.Outcome.State() != lending.RejectedRisk {
		t.Errorf("%+v", d)
	}
	if len(d.Hits) < 2 {
		t.Errorf("hits: %+v", d.Hits)
	}
	if lending.Review.RiskStatus() != 1 || lending.Review.State() != lending.InReview {
		t.Error("review maps wrongly")
	}
}

func TestStoredSnapshotAndRulesDecideTheSame(t *testing.T) {
	first := engine(t)
	raw, err := json.Marshal(lending.DefaultRuleSet())
	if err != nil {
		t.Fatal(err)
	}
	var stored lending.RuleSet
	if err := json.Unmarshal(raw, &stored); err != nil {
		t.Fatal(err)
	}
	second, err := lending.CompileRules(stored)
	if err != nil {
		t.Fatal(err)
	}
	rapid.Check(t, func(t *rapid.T) {
		s := rapid.Custom(drawSnapshot).Draw(t, "snapshot")
		raw, err := json.Marshal(s)
		if err != nil {
			t.Fatal(err)
		}
		var again lending.Snapshot
		if err := json.Unmarshal(raw, &again); err != nil || again != s {
			t.Fatalf("%v: %+v", err, again)
		}
		a, err1 := first.Decide(s)
		b, err2 := second.Decide(again)
		if err1 != nil || err2 != nil || !reflect.DeepEqual(a, b) || !a.Outcome.Known() {
			t.Fatalf("%+v %v\n%+v %v", a, err1, b, err2)
		}
	})
}

func drawSnapshot(t *rapid.T) lending.Snapshot {
	var s lending.Snapshot
	v := reflect.ValueOf(&s).Elem()
	for i := range v.NumField() {
		switch f := v.Field(i); f.Kind() {
		case reflect.Int64:
			f.SetInt(rapid.OneOf(rapid.Int64Range(0, 70), rapid.Int64Range(0, 100_000_000)).Draw(t, "n"))
		case reflect.Bool:
			f.SetBool(rapid.Bool().Draw(t, "b"))
		default:
			f.SetString(rapid.StringN(0, 8, -1).Draw(t, "s"))
		}
	}
	return s
}

func TestRuleLanguageIsSmall(t *testing.T) {
	compile := func(when string) error {
		set := lending.DefaultRuleSet()
		set.Rules = []lending.Rule{{Name: "rule", When: when, Verdict: set.Default}}
		_, err := lending.CompileRules(set)
		return err
	}
	for _, when := range []string{
		"true", `brand == "CycleCash"`, `brand in ["A", "B"]`, "productId in [301, 302]", "-ageYears < 0", "(principal + totalDue) * 2 - 1 >= 0", "not whitelisted && !bvnVerified",
		"(whitelisted ? principal : totalDue) > 5",
	} {
		if err := compile(when); err != nil {
			t.Errorf("%s: %v", when, err)
		}
	}
	for _, when := range []string{
		"", "ageYears", "ageYears > ", "age > 18", `ageYears > "18"`, "now() > 0", "len(brand) > 3", "principal / 2 > 3", "principal % 2 == 0", "principal ** 2 > 3", "1.5 > ageYears",
		"ageYears in 18..65", `brand matches "^C"`, "let x = 1; x > 0", "all([1], # > 0)", "$env != nil", "brand[0] == 1", `{"a": 1} == nil`, "ageYears ?? 1 > 0", "nil == nil",
		"true; false", "1 | string() == \"1\"", strings.Repeat("true and ", 200) + "true",
	} {
		if err := compile(when); err == nil {
			t.Errorf("%s: accepted", when)
		}
	}
}

func TestRuleSetChecks(t *testing.T) {
	for name, spoil := range map[string]func(*lending.RuleSet){
		"version": func(s *lending.RuleSet) { s.Version = "" }, "name": func(s *lending.RuleSet) { s.Rules[0].Name = "Two Words" }, "twice": func(s *lending.RuleSet) { s.Rules[1].Name = s.Rules[0].Name },
		"outcome": func(s *lending.RuleSet) { s.Rules[0].Outcome = "maybe" }, "reason": func(s *lending.RuleSet) { s.Rules[0].Reason = "because" },
		"silent refusal": func(s *lending.RuleSet) { s.Rules[0].Borrower = "" }, "no text": func(s *lending.RuleSet) { s.Rules[0].Internal = "" }, "default": func(s *lending.RuleSet) { s.Default = lending.Verdict{} },
		"too many": func(s *lending.RuleSet) { s.Rules = make([]lending.Rule, 201) },
	} {
		set := lending.DefaultRuleSet()
		spoil(&set)
		if _, err := lending.CompileRules(set); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
}

func TestFactsAreTheSnapshotsJSONNames(t *testing.T) {
	raw, _ := json.Marshal(lending.Snapshot{})
	var byName map[string]any
	if err := json.Unmarshal(raw, &byName); err != nil {
		t.Fatal(err)
	}
	facts := lending.Facts()
	if len(facts) != len(byName) {
		t.Errorf("%d facts, %d JSON names", len(facts), len(byName))
	}
	for _, f := range facts {
		if _, ok := byName[f.Name]; !ok || f.Type == "" {
			t.Errorf("%+v", f)
		}
	}
}
