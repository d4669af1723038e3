package lending_test

import (
	"errors"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/creditpocket/creditpocket/internal/lending"
	"github.com/creditpocket/creditpocket/internal/money"
)

func demo(t testing.TB, id int64) lending.Product {
	for _, p := range lending.DemoProducts() {
		if p.ID == id {
			return p
		}
	}
	t.Fatalf("no demo product %d", id)
	return lending.Product{}
}

func TestProductValidateNamesEveryField(t *testing.T) {
	for field, breakIt := range map[string]func(*lending.Product){
		"ID":               func(p *lending.Product) { p.ID = 0 },
		"Version":          func(p *lending.Product) { p.Version = -1 },
		"Brand":            func(p *lending.Product) { p.Brand = "Cycle Cash" },
		"Name":             func(p *lending.Product) { p.Name = " " },
		"Principal":        func(p *lending.Product) { p.Principal = 0 },
		"TermDays":         func(p *lending.Product) { p.TermDays = 0 },
		"ServiceFee":       func(p *lending.Product) { p.ServiceFee = -1 },
		"InterestDailyBps": func(p *lending.Product) { p.InterestDailyBps = -1 },
		"UpfrontFee":       func(p *lending.Product) { p.UpfrontFee = p.Principal },
		"PenaltyDailyBps":  func(p *lending.Product) { p.PenaltyDailyBps = 10_001 },
		"PenaltyCapBps":    func(p *lending.Product) { p.PenaltyCapBps = -1 },
		"GraceDays":        func(p *lending.Product) { p.GraceDays = 61 },
		"GraceMode":        func(p *lending.Product) { p.GraceMode = "kind" },
		"ExtensionFee":     func(p *lending.Product) { p.ExtensionFee = -1 },
		"ExtensionDays":    func(p *lending.Product) { p.ExtensionDays = -1 },
		"MaxExtensions":    func(p *lending.Product) { p.MaxExtensions = 101 },
		"MinPriorLoans":    func(p *lending.Product) { p.MinPriorLoans = -1 },
		"Allocation":       func(p *lending.Product) { p.Allocation[0] = money.Principal },
		"EffectiveFrom":    func(p *lending.Product) { p.EffectiveFrom = time.Time{} },
		"EffectiveTo":      func(p *lending.Product) { p.EffectiveTo = p.EffectiveFrom },
	} {
		p := demo(t, 401)
		breakIt(&p)
		var invalid *lending.InvalidProduct
		if err := p.Validate(); !errors.As(err, &invalid) || len(invalid.Violations) != 1 || invalid.Violations[0].Field != field || !strings.Contains(err.Error(), field) {
			t.Errorf("%s: got %v", field, err)
		}
	}
	wide := demo(t, 401)
	wide.Principal, wide.InterestDailyBps = lending.MaxPrincipal, 100
	if err := wide.Validate(); err == nil {
		t.Error("a charge beyond the wire's 32 bits was accepted")
	}
	var invalid *lending.InvalidProduct
	if err := (lending.Product{}).Validate(); !errors.As(err, &invalid) || len(invalid.Violations) < 6 {
		t.Errorf("empty product: %v", err)
	}
}

func TestPriceReportsOverflow(t *testing.T) {
	if _, err := (lending.Product{Principal: math.MaxInt64, InterestDailyBps: 10_000, TermDays: 10}).Price(); !errors.Is(err, money.ErrOverflow) {
		t.Errorf("got %v", err)
	}
	if apr := (lending.Terms{}).APRBps(); apr != 0 {
		t.Errorf("APR of nothing is %d", apr)
	}
}

func TestDemoProductsAreValidAndTheShortOnesBreakPolicy(t *testing.T) {
	ids := map[int64]bool{}
	for _, p := range lending.DemoProducts() {
		if err := p.Validate(); err != nil || ids[p.ID] {
			t.Errorf("%d: %v", p.ID, err)
		}
		ids[p.ID] = true
		if want := p.ID >= 400; lending.Compliant(p) != want {
			t.Errorf("%d: compliant %v: %v", p.ID, !want, lending.CheckPolicy(p))
		}
	}
}

func TestPolicyFindings(t *testing.T) {
	rules := func(p lending.Product) string {
		var names []string
		for _, f := range lending.CheckPolicy(p) {
			if f.Text == "" {
				t.Errorf("%s says nothing", f.Rule)
			}
			names = append(names, f.Rule+"="+string(f.Severity))
		}
		return strings.Join(names, " ")
	}
	clean := demo(t, 401)
	clean.InterestDailyBps, clean.ServiceFee = 5, 0 // 18.25 % a year
	for want, change := range map[string]func(*lending.Product){
		"":                                    func(*lending.Product) {},
		"term_under_61_days=breach":           func(p *lending.Product) { p.TermDays = 60 },
		"penalty_uncapped=breach":             func(p *lending.Product) { p.PenaltyCapBps = 0 },
		"penalty_cap_above_principal=warning": func(p *lending.Product) { p.PenaltyCapBps = 10_001 },
		"undisclosed_cost=warning":            func(p *lending.Product) { p.InterestDailyBps, p.ServiceFee = 0, 10_000 },
		"upfront_deduction=warning":           func(p *lending.Product) { p.UpfrontFee = 10_000 },
		"grace_clawback=notice":               func(p *lending.Product) { p.GraceMode = lending.GraceClawback },
		"apr_above_36_percent=notice":         func(p *lending.Product) { p.InterestDailyBps = 10 },
	} {
		p := clean
		change(&p)
		if got := rules(p); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

func TestDisclosureTexts(t *testing.T) {
	p := demo(t, 301)
	for want, got := range map[string]string{
		"From the day after the due date, 1% of the unpaid principal is charged for each day late, up to 50% of the principal in total.": p.PenaltyText(),
		"There are no grace days.": p.GraceText(),
		"The loan may be repaid early at any time; the full amount due closes it.":                                      p.EarlyText(),
		"The due date can be moved by 7 days up to 2 times, for ₦1,145.00 each time.":                                   p.ExtensionText(p.TermDays),
		"No penalty is charged for the first 3 days after the due date.":                                                demo(t, 401).GraceText(),
		"No penalty is charged for late repayment.":                                                                     lending.Conditions{}.PenaltyText(),
		"The due date cannot be moved.":                                                                                 lending.Conditions{}.ExtensionText(7),
		"From the day after the due date, 0.25% of the unpaid principal is charged for each day late, without a limit.": lending.Conditions{PenaltyDailyBps: 25}.PenaltyText(),
	} {
		if got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
	claw := lending.Conditions{PenaltyDailyBps: 25, GraceDays: 2, GraceMode: lending.GraceClawback, RebateInterest: true}
	if !strings.Contains(claw.GraceText(), "those days are charged too") || !strings.Contains(claw.EarlyText(), "not charged") {
		t.Errorf("%q, %q", claw.GraceText(), claw.EarlyText())
	}
}

func TestEffectiveAt(t *testing.T) {
	p := demo(t, 301)
	from := p.EffectiveFrom
	p.EffectiveTo = from.Add(time.Hour)
	for at, want := range map[time.Time]bool{from.Add(-1): false, from: true, from.Add(time.Hour - 1): true, from.Add(time.Hour): false} {
		if p.EffectiveAt(at) != want {
			t.Errorf("at %s: %v", at, !want)
		}
	}
}
