package lending

import (
	"fmt"

	"github.com/creditpocket/creditpocket/internal/money"
)

// Severity orders findings of the policy check.
type Severity string

// The severities: a breach needs an explicit override to be imported, a warning is shown to borrowers' advocates and operators,
// a notice is worth knowing.
const (
	Breach  Severity = "breach"
	Warning Severity = "warning"
	Notice  Severity = "notice"
)

// Finding is one thing the policy check says about a product.
type Finding struct {
	Rule     string
	Severity Severity
	Text     string
}

// MinCompliantTermDays is the shortest term that Google Play's personal loan policy allows: a loan that must be repaid in full
// within 60 days is barred.
const MinCompliantTermDays = 61

// usAPRCeilingBps is Google Play's 36 % ceiling. It holds in the United States only: mentioned, not enforced.
const usAPRCeilingBps = 3_600

// CheckPolicy reads a valid product and says what it breaks. No finding of severity Breach means compliant.
func CheckPolicy(p Product) []Finding {
	var out []Finding
	add := func(rule string, s Severity, format string, args ...any) {
		out = append(out, Finding{rule, s, fmt.Sprintf(format, args...)})
	}
	if p.TermDays < MinCompliantTermDays {
		add("term_under_61_days", Breach, "The whole loan is due after %d days; Google Play bars personal loans that must be repaid in full within 60 days.", p.TermDays)
	}
	if p.PenaltyDailyBps > 0 && p.PenaltyCapBps == 0 {
		add("penalty_uncapped", Breach, "The penalty of %s a day has no cap, so the debt grows without end.", percent(p.PenaltyDailyBps))
	}
	if p.PenaltyCapBps > money.BpsScale {
		add("penalty_cap_above_principal", Warning, "The penalty may reach %s of the principal, more than was borrowed.", percent(p.PenaltyCapBps))
	}
	if p.InterestDailyBps == 0 && p.ServiceFee+p.UpfrontFee > 0 {
		add("undisclosed_cost", Warning, "The product shows no interest, yet fees of %s are its price; advertise the whole cost.", p.ServiceFee+p.UpfrontFee)
	}
	if p.UpfrontFee > 0 {
		add("upfront_deduction", Warning, "The borrower receives %s less than the principal; the fee of %s is outside the amount due and must be shown beside it.", p.UpfrontFee, p.UpfrontFee)
	}
	if p.GraceDays > 0 && p.GraceMode == GraceClawback && p.PenaltyDailyBps > 0 {
		add("grace_clawback", Notice, "The penalty of the %d grace days is charged afterwards when they pass unpaid; the quote must say so.", p.GraceDays)
	}
	if terms, err := p.Price(); err == nil && terms.APRBps() >= usAPRCeilingBps {
		add("apr_above_36_percent", Notice, "The nominal APR is %s; Google Play bars personal loans at 36%% and above in the United States (not in Nigeria).", percent(int(terms.APRBps())))
	}
	return out
}

// Compliant says whether the policy check finds no breach.
func Compliant(p Product) bool {
	for _, f := range CheckPolicy(p) {
		if f.Severity == Breach {
			return false
		}
	}
	return true
}

// percent writes basis points as a percentage: 50 is "0.5%", 217262 is "2172.62%".
func percent(bps int) string {
	s := fmt.Sprintf("%d.%02d", bps/100, bps%100)
	for s[len(s)-1] == '0' {
		s = s[:len(s)-1]
	}
	if s[len(s)-1] == '.' {
		s = s[:len(s)-1]
	}
	return s + "%"
}
