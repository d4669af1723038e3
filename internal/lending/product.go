package lending

import (
	"fmt"
	"math"
	"regexp"
	"strings"
	"time"

	"github.com/creditpocket/creditpocket/internal/money"
)

// GraceMode says what happens to the penalty of the grace days once they have passed unpaid.
type GraceMode string

// The grace modes.
const (
	// GraceForgiving never charges the grace days.
	GraceForgiving GraceMode = "forgiving"
	// GraceClawback charges the grace days too, all at once on the first day after them.
	GraceClawback GraceMode = "clawback"
)

// Conditions are the rules of a loan after its payout. A loan keeps the conditions of the product version it was sold under.
type Conditions struct {
	PenaltyDailyBps int // of unpaid principal, a day; 0 is no penalty
	PenaltyCapBps   int // of principal, over the whole life of the loan; 0 is no cap
	GraceDays       int
	GraceMode       GraceMode
	ExtensionFee    money.Kobo
	ExtensionDays   int // by which one extension moves the due date; 0 is the product's term
	MaxExtensions   int // 0 is no extension
	Allocation      money.Order
	RebateInterest  bool // early settlement gives unearned interest back
}

// Product is one version of what a brand sells: one principal for one term.
type Product struct {
	ID      int64
	Version int
	Brand   string // the wire's appCode
	Name    string

	Principal        money.Kobo
	TermDays         int
	ServiceFee       money.Kobo
	InterestDailyBps int        // of principal, a day
	UpfrontFee       money.Kobo // kept back from the payout
	Conditions
	MinPriorLoans int // loans disbursed to the borrower before

	EffectiveFrom time.Time
	EffectiveTo   time.Time // zero: no end
}

// Bounds of a product.
const (
	MaxPrincipal   money.Kobo = 1_000_000_000_000 // ten billion naira
	MaxTermDays               = 3650
	MaxRateBps                = 10_000        // 100 % a day: above it a rate is a mistake
	MaxCapBps                 = 1_000_000     // a hundred times the principal
	maxWireFee     money.Kobo = math.MaxInt32 // the wire's fee, serviceFee and suffixFee are 32-bit numbers
	maxGraceDays              = 60
	maxExtensions             = 100
	maxPriorLoans             = 1000
	maxNameLength             = 80
	MaxBrandLength            = 32
)

var brandPattern = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9]*$`)

// Violation is one rule that a product breaks.
type Violation struct {
	Field string // the product's field, as spelled in Product
	Rule  string // what the field must be
}

// InvalidProduct is the error of Validate: every rule the product breaks.
type InvalidProduct struct {
	Violations []Violation
}

// Error lists the violations.
func (e *InvalidProduct) Error() string {
	parts := make([]string, len(e.Violations))
	for i, v := range e.Violations {
		parts[i] = v.Field + " " + v.Rule
	}
	return "lending: invalid product: " + strings.Join(parts, "; ")
}

// WithDefaults fills what a product file may leave out: the default allocation order, forgiving grace, version 1.
func (p Product) WithDefaults() Product {
	if p.Allocation == (money.Order{}) {
		p.Allocation = money.DefaultOrder()
	}
	if p.GraceMode == "" {
		p.GraceMode = GraceForgiving
	}
	if p.Version == 0 {
		p.Version = 1
	}
	return p
}

// Validate returns nil, or an *InvalidProduct that names every field and rule.
func (p Product) Validate() error {
	var bad []Violation
	check := func(ok bool, field, rule string, args ...any) {
		if !ok {
			bad = append(bad, Violation{field, fmt.Sprintf(rule, args...)})
		}
	}
	between := func(n, low, high int, field string) {
		check(n >= low && n <= high, field, "must be from %d to %d", low, high)
	}
	amount := func(k, low, high money.Kobo, field string) {
		check(k >= low && k <= high, field, "must be from %d to %d kobo", int64(low), int64(high))
	}
	check(p.ID > 0, "ID", "must be above zero")
	check(p.Version > 0 && p.Version <= math.MaxInt32, "Version", "must be from 1 to %d", math.MaxInt32)
	check(brandPattern.MatchString(p.Brand) && len(p.Brand) <= MaxBrandLength, "Brand", "must be 1 to %d letters and digits, a letter first", MaxBrandLength)
	check(strings.TrimSpace(p.Name) != "" && len(p.Name) <= maxNameLength, "Name", "must be 1 to %d bytes", maxNameLength)
	amount(p.Principal, 1, MaxPrincipal, "Principal")
	between(p.TermDays, 1, MaxTermDays, "TermDays")
	amount(p.ServiceFee, 0, maxWireFee, "ServiceFee")
	between(p.InterestDailyBps, 0, MaxRateBps, "InterestDailyBps")
	amount(p.UpfrontFee, 0, maxWireFee, "UpfrontFee")
	check(p.UpfrontFee < max(p.Principal, 1), "UpfrontFee", "must be below the principal")
	between(p.PenaltyDailyBps, 0, MaxRateBps, "PenaltyDailyBps")
	between(p.PenaltyCapBps, 0, MaxCapBps, "PenaltyCapBps")
	between(p.GraceDays, 0, maxGraceDays, "GraceDays")
	check(p.GraceMode == GraceForgiving || p.GraceMode == GraceClawback, "GraceMode", "must be %s or %s", GraceForgiving, GraceClawback)
	amount(p.ExtensionFee, 0, maxWireFee, "ExtensionFee")
	between(p.ExtensionDays, 0, MaxTermDays, "ExtensionDays")
	between(p.MaxExtensions, 0, maxExtensions, "MaxExtensions")
	between(p.MinPriorLoans, 0, maxPriorLoans, "MinPriorLoans")
	check(p.Allocation.Validate() == nil, "Allocation", "must name penalty, service_fee, interest and principal once each")
	check(!p.EffectiveFrom.IsZero(), "EffectiveFrom", "must be set")
	check(p.EffectiveTo.IsZero() || p.EffectiveTo.After(p.EffectiveFrom), "EffectiveTo", "must be after EffectiveFrom")
	if len(bad) == 0 {
		terms, err := p.Price()
		check(err == nil && terms.SuffixFee <= maxWireFee, "InterestDailyBps", "must keep service fee plus interest within %d kobo", int64(maxWireFee))
	}
	if len(bad) > 0 {
		return &InvalidProduct{bad}
	}
	return nil
}

// EffectiveAt says whether the version is on sale at an instant: from EffectiveFrom, before EffectiveTo.
func (p Product) EffectiveAt(t time.Time) bool {
	return !t.Before(p.EffectiveFrom) && (p.EffectiveTo.IsZero() || t.Before(p.EffectiveTo))
}
