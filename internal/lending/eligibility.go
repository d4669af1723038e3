package lending

import (
	"slices"
	"strings"
	"time"
)

// Steps that an application needs, as the wire names them to the borrower (`missing` and `nextStep`).
const (
	StepMobile  = "MOBILE"
	StepBasic   = "BASIC"
	StepWork    = "WORK"
	StepContact = "CONTACT"
	StepBank    = "BANK"
	StepConsent = "CONSENT"
	StepSelfie  = "SELFIE"
)

// Applicant is what a borrower has done before applying.
type Applicant struct {
	MobileVerified     bool
	BasicInfo          bool
	WorkInfo           bool
	EmergencyContacts  int
	AccountNameMatched bool // the default bank account's resolved name matches
	CreditCheckConsent bool // granted for the present version and not withdrawn
	Selfie             bool // comes with the application itself
	PriorLoans         int  // disbursed before
	HasOpenLoan        bool
}

// MissingSteps lists what the profile still needs, in the order in which an app should ask; the selfie is not part of it.
func (a Applicant) MissingSteps() []string {
	var missing []string
	for _, step := range []struct {
		done bool
		name string
	}{
		{a.MobileVerified, StepMobile}, {a.BasicInfo, StepBasic}, {a.WorkInfo, StepWork}, {a.EmergencyContacts > 0, StepContact},
		{a.AccountNameMatched, StepBank}, {a.CreditCheckConsent, StepConsent},
	} {
		if !step.done {
			missing = append(missing, step.name)
		}
	}
	return missing
}

// CheckEligible says whether a borrower may buy the product at an instant, or a RuleError with NOT_ELIGIBLE: not on sale, or fewer
// prior loans than the product asks for.
func CheckEligible(p Product, priorLoans int, now time.Time) error {
	if !p.EffectiveAt(now) {
		return refuse(ReasonNotEligible, "the product is not on sale")
	}
	if priorLoans < p.MinPriorLoans {
		return refuse(ReasonNotEligible, "the product is for borrowers with more loans behind them")
	}
	return nil
}

// CheckApply says whether an application may be made, or a RuleError: OPEN_LOAN_EXISTS, PROFILE_INCOMPLETE with the missing steps
// in Fields, or NOT_ELIGIBLE. The database's unique index has the last word on open loans.
func CheckApply(a Applicant, p Product, now time.Time) error {
	if a.HasOpenLoan {
		return refuse(ReasonOpenLoanExists, "the borrower has an open loan of this brand")
	}
	missing := a.MissingSteps()
	if !a.Selfie {
		missing = append(slices.Clip(missing), StepSelfie)
	}
	if len(missing) > 0 {
		return &RuleError{ReasonProfileIncomplete, "missing: " + strings.Join(missing, ", "), missing}
	}
	return CheckEligible(p, a.PriorLoans, now)
}
