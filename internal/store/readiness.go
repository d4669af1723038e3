package store

import (
	"context"
	"time"

	"github.com/creditpocket/creditpocket/internal/lending"
	"github.com/creditpocket/creditpocket/internal/money"
)

// StepReady is what NextStep answers when nothing is missing.
const StepReady = "READY"

// Readiness is what a borrower has done of all that an application needs, read in one statement: the state of the profile, the
// home page and the application agree by construction.
type Readiness struct {
	Basic      bool
	Work       bool
	More       bool // not needed to apply
	Contacts   int
	Bank       bool  // there is a default account; only accounts in the borrower's name are saved
	Card       bool  // a card is bound to it; not needed to apply
	Consent    bool  // the credit check, and every other required purpose, is agreed to in the version in force
	OpenLoanID int64 // 0 for none
	PriorLoans int   // loans paid out before, reversed payouts not counted

	CoolDownSince *time.Time // when a reviewer last refused the borrower with a cool-down; nil for never
}

// Readiness reads a borrower's readiness, or ErrNotFound.
func (r reader) Readiness(ctx context.Context, borrower int64) (Readiness, error) {
	var out Readiness
	err := r.readiness(borrower).Scan(ctx, &out)
	return out, fromTx(err)
}

func (r reader) readiness(borrower int64) *statement {
	return r.prepared(`WITH policy AS (
			SELECT DISTINCT ON (p.purpose) p.purpose, p.policy_version, p.required
			FROM consent_policies p JOIN borrowers b ON b.brand = p.brand AND b.id = ?0
			WHERE p.effective_from <= ?1 ORDER BY p.purpose, p.effective_from DESC, p.policy_version DESC),
		agreed AS (
			SELECT p.purpose, coalesce((SELECT c.granted AND c.policy_version = p.policy_version FROM consents c
				WHERE c.borrower_id = ?0 AND c.purpose = p.purpose ORDER BY c.id DESC LIMIT 1), false) AS yes
			FROM policy p WHERE p.required OR p.purpose = ?2)
		SELECT
			EXISTS (SELECT FROM profiles WHERE borrower_id = ?0) AS basic,
			EXISTS (SELECT FROM work_infos WHERE borrower_id = ?0) AS work,
			EXISTS (SELECT FROM more_infos WHERE borrower_id = ?0) AS more,
			(SELECT count(*) FROM emergency_contacts WHERE borrower_id = ?0) AS contacts,
			EXISTS (SELECT FROM bank_accounts WHERE borrower_id = ?0 AND is_default) AS bank,
			EXISTS (SELECT FROM bank_accounts a JOIN cards c ON c.bank_account_id = a.id AND c.active WHERE a.borrower_id = ?0 AND a.is_default) AS card,
			EXISTS (SELECT FROM agreed WHERE purpose = ?2) AND NOT EXISTS (SELECT FROM agreed WHERE NOT yes) AS consent,
			coalesce((SELECT id FROM loans WHERE brand = b.brand AND borrower_id = ?0 AND `+openLoan+`), 0) AS open_loan_id,
			(SELECT count(*) FROM loans WHERE borrower_id = ?0 AND disbursed_at IS NOT NULL AND status <> 63) AS prior_loans,
			(SELECT max(coalesce(reviewed_at, updated_at)) FROM loans WHERE borrower_id = ?0 AND status = 32) AS cool_down_since
		FROM borrowers b WHERE b.id = ?0`, borrower, r.clk.Now(), ConsentCreditCheck)
}

// Applicant is the rules' view of the readiness; the selfie comes with the application. Every borrower's mobile number is
// verified, as registration takes a code.
func (r Readiness) Applicant() lending.Applicant {
	return lending.Applicant{MobileVerified: true, BasicInfo: r.Basic, WorkInfo: r.Work, EmergencyContacts: r.Contacts,
		AccountNameMatched: r.Bank, CreditCheckConsent: r.Consent, PriorLoans: r.PriorLoans, HasOpenLoan: r.OpenLoanID != 0}
}

// Missing lists the steps that an application still needs, in the order to ask for them.
func (r Readiness) Missing() []string { return r.Applicant().MissingSteps() }

// Complete says whether nothing is missing.
func (r Readiness) Complete() bool { return len(r.Missing()) == 0 }

// NextStep is the first missing step, or StepReady.
func (r Readiness) NextStep() string {
	if missing := r.Missing(); len(missing) > 0 {
		return missing[0]
	}
	return StepReady
}

// WrittenOffDebt sums what a borrower still owes on loans that were given up, in kobo.
func (r reader) WrittenOffDebt(ctx context.Context, borrower int64) (money.Kobo, error) {
	var sum int64
	err := r.prepared(`SELECT coalesce(sum(greatest(written_off_principal + written_off_service_fee + written_off_interest + written_off_penalty - recovered, 0)), 0)::bigint
		FROM loans WHERE borrower_id = ? AND status = 51`, borrower).Scan(ctx, &sum)
	return money.Kobo(sum), fromTx(err)
}
