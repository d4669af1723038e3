package lending_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/creditpocket/creditpocket/internal/clock"
	"github.com/creditpocket/creditpocket/internal/lending"
	"pgregory.net/rapid"
)

func TestCheckNuban(t *testing.T) {
	for _, c := range []struct {
		bank, account string
		want          lending.NubanVerdict
	}{
		{"011", "0000000220", lending.NubanValid}, {"011", "0000014579", lending.NubanValid}, {"011", "0000014578", lending.NubanInvalid},
		{"058", "0000003019", lending.NubanValid}, {"058", "000000301", lending.NubanInvalid}, {"058", "00000030l9", lending.NubanInvalid},
		{"50515", "0000003019", lending.NubanUnknown}, {"999992", "7000000003", lending.NubanUnknown}, {"", "7000000003", lending.NubanUnknown}, {"o58", "0000003019", lending.NubanUnknown},
	} {
		if got := lending.CheckNuban(c.bank, c.account); got != c.want {
			t.Errorf("%s %s: %s, want %s", c.bank, c.account, got, c.want)
		}
	}
}

func TestNubanCatchesEveryWrongCheckDigit(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		bank, serial := rapid.StringMatching(`[0-9]{3}`).Draw(t, "bank"), rapid.StringMatching(`[0-9]{9}`).Draw(t, "serial")
		valid := 0
		for d := range 10 {
			if lending.CheckNuban(bank, fmt.Sprintf("%s%d", serial, d)) == lending.NubanValid {
				valid++
			}
		}
		if valid != 1 {
			t.Fatalf("%s %s has %d valid check digits", bank, serial, valid)
		}
	})
}

func TestValidBVN(t *testing.T) {
	for s, want := range map[string]bool{"22222222222": true, "2222222222": false, "222222222222": false, "2222222222a": false, "": false} {
		if lending.ValidBVN(s) != want {
			t.Errorf("%q: %v", s, !want)
		}
	}
}

func TestMatchNames(t *testing.T) {
	for _, c := range []struct {
		first, middle, last, account string
		want                         bool
		score                        int
	}{
		{"Test", "", "Borrower", "BORROWER TEST", true, 10_000},
		{"Ada", "Ngozi", "Obi", "OBI, ADA N.", true, 8_333},
		{"Olúwáṣeun", "", "Adébáyọ̀", "ADEBAYO OLUWASEUN", true, 10_000},
		{"Ṣọlá", "", "Ọkẹ́", "MR OKE SOLA", true, 10_000},
		{"Chukwuemeka", "", "Okafor", "OKAFOR CHUKWUEM", true, 9_000},
		{"Ibrahim", "", "Musa", "MUSA IBRAHEEM", false, 5_000},
		{"Ibrahim", "", "Musa", "MUSA IBRAHIN", true, 9_250},
		{"Amina", "", "O'Neil", "ONEIL AMINA", true, 10_000},
		{"Ade", "", "Ojo-Bello", "BELLO ADE", true, 10_000},
		{"Ada", "", "Obi", "OBI CHIDI", false, 5_000},
		{"Ada", "", "Obi", "OBI A", false, 7_500},
		{"Ada", "", "Obi", "OBI", false, 10_000},
		{"Obi", "", "Obi", "OBI ADA", false, 5_000},
		{"", "", "", "OBI ADA", false, 0},
		{"Ada", "", "Obi", "", false, 0},
		{"Ada", "", "Obi", "MRS MISS", false, 0},
		{"Ada", "", "Obi", "XU LI", false, 0},
	} {
		m := lending.MatchNames(c.first, c.middle, c.last, c.account)
		if m.Matched != c.want || m.ScoreBps != c.score {
			t.Errorf("%s %s %s ~ %s: %+v, want %v %d", c.first, c.middle, c.last, c.account, m, c.want, c.score)
		}
	}
}

func TestMatchNamesDoesNotCareAboutOrder(t *testing.T) {
	name := rapid.StringMatching(`[A-Za-zÀ-ÖØ-öø-ÿ]{1,9}`)
	rapid.Check(t, func(t *rapid.T) {
		a, b, c := name.Draw(t, "a"), name.Draw(t, "b"), name.Draw(t, "c")
		words := rapid.SliceOfN(rapid.OneOf(rapid.StringMatching(`[A-Z]{1,9}`), rapid.SampledFrom([]string{a, b, c})), 0, 4).Draw(t, "account")
		shuffled := rapid.Permutation(words).Draw(t, "shuffled")
		one := lending.MatchNames(a, b, c, strings.Join(words, " "))
		two := lending.MatchNames(c, a, b, strings.Join(shuffled, " "))
		if one != two || one.ScoreBps < 0 || one.ScoreBps > 10_000 || one.Equal > one.Similar {
			t.Fatalf("%+v, %+v", one, two)
		}
		if len(words) > 0 && len(words) < 2 && one.Matched {
			t.Fatalf("one name was enough: %+v", one)
		}
	})
}

func TestIndentNo(t *testing.T) {
	day := clock.NewDate(2022, 1, 15)
	seen := map[string]bool{}
	for n := int64(1_234_567); n < 1_234_567+1_000_000; n++ {
		no, err := lending.IndentNo("CL", day, n)
		if err != nil || len(no) != 14 || no[:8] != "CL220115" || seen[no] {
			t.Fatalf("%d: %q, %v, seen %v", n, no, err, seen[no])
		}
		seen[no] = true
	}
	for _, prefix := range []string{"", "C", "cl", "CLCLC", "C1"} {
		if _, err := lending.IndentNo(prefix, day, 1); err == nil {
			t.Errorf("prefix %q accepted", prefix)
		}
	}
	if _, err := lending.IndentNo("CL", clock.Date{}, 1); err == nil {
		t.Error("no date accepted")
	}
	if _, err := lending.IndentNo("CL", day, -1); err == nil {
		t.Error("negative sequence accepted")
	}
}

func TestCheckApply(t *testing.T) {
	p := demo(t, 306) // needs one prior loan
	now := p.EffectiveFrom
	ready := lending.Applicant{MobileVerified: true, BasicInfo: true, WorkInfo: true, EmergencyContacts: 1, AccountNameMatched: true, CreditCheckConsent: true, Selfie: true, PriorLoans: 1}
	if err := lending.CheckApply(ready, p, now); err != nil {
		t.Error(err)
	}
	for step, undo := range map[string]func(*lending.Applicant){
		lending.StepMobile: func(a *lending.Applicant) { a.MobileVerified = false }, lending.StepBasic: func(a *lending.Applicant) { a.BasicInfo = false },
		lending.StepWork: func(a *lending.Applicant) { a.WorkInfo = false }, lending.StepContact: func(a *lending.Applicant) { a.EmergencyContacts = 0 },
		lending.StepBank: func(a *lending.Applicant) { a.AccountNameMatched = false }, lending.StepConsent: func(a *lending.Applicant) { a.CreditCheckConsent = false },
		lending.StepSelfie: func(a *lending.Applicant) { a.Selfie = false },
	} {
		a := ready
		undo(&a)
		err := lending.CheckApply(a, p, now)
		wantReason(t, err, lending.ReasonProfileIncomplete)
		if rule, ok := err.(*lending.RuleError); !ok || len(rule.Fields) != 1 || rule.Fields[0] != step {
			t.Errorf("%s: %v", step, err)
		}
	}
	first := ready
	first.PriorLoans = 0
	wantReason(t, lending.CheckApply(first, p, now), lending.ReasonNotEligible)
	wantReason(t, lending.CheckApply(ready, p, now.Add(-1)), lending.ReasonNotEligible)
	busy := ready
	busy.HasOpenLoan = true
	wantReason(t, lending.CheckApply(busy, p, now), lending.ReasonOpenLoanExists)
}

func TestCreditLimitAndGrade(t *testing.T) {
	policy := lending.DefaultCreditPolicy()
	for _, c := range []struct {
		h     lending.History
		limit int64
		grade string
	}{
		{lending.History{}, 2_000_000, "NEW"}, {lending.History{Prior: 1}, 2_000_000, "A"}, {lending.History{Prior: 3, Settled: 3}, 5_000_000, "A"},
		{lending.History{Prior: 3, Settled: 3, Late: 1, MaxDaysLate: 7}, 4_000_000, "B"}, {lending.History{Prior: 3, Settled: 3, Late: 1, MaxDaysLate: 8}, 4_000_000, "C"},
		{lending.History{Prior: 3, Settled: 3, Late: 1, MaxDaysLate: 31}, 2_000_000, "D"}, {lending.History{Prior: 3, Settled: 2, Late: 1, WrittenOff: 1}, 0, "D"},
		{lending.History{Prior: 900, Settled: 900}, 50_000_000, "A"}, {lending.History{Prior: 1, Late: 1}, 2_000_000, "B"},
	} {
		if int64(policy.Limit(c.h)) != c.limit || c.h.Grade() != c.grade {
			t.Errorf("%+v: %d %s, want %d %s", c.h, policy.Limit(c.h), c.h.Grade(), c.limit, c.grade)
		}
	}
}
