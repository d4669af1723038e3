package store

import (
	"context"
	"errors"
	"time"
)

// The purposes a borrower can consent to.
const (
	ConsentCreditCheck    = "CREDIT_CHECK"
	ConsentDataProcessing = "DATA_PROCESSING"
	ConsentMarketing      = "MARKETING"
	ConsentLocation       = "LOCATION"
)

// ConsentPolicy is one version of the text that a borrower agrees to.
type ConsentPolicy struct {
	Brand         string
	Purpose       string
	Version       string
	Title         string
	Text          string
	Required      bool // without it no application is possible
	EffectiveFrom time.Time
}

// Consent is one entry of the ledger of consents: granted, or withdrawn.
type Consent struct {
	ID        int64
	Borrower  int64
	Purpose   string
	Version   string
	Granted   bool
	CreatedAt time.Time
}

type consentPolicyRow struct {
	Brand         string
	Purpose       string
	PolicyVersion string
	Title         string
	Content       string
	Required      bool
	EffectiveFrom time.Time
}

func (r consentPolicyRow) policy() ConsentPolicy {
	return ConsentPolicy{r.Brand, r.Purpose, r.PolicyVersion, r.Title, r.Content, r.Required, r.EffectiveFrom.UTC()}
}

type consentRow struct {
	ID            int64
	BorrowerID    int64
	Purpose       string
	PolicyVersion string
	Granted       bool
	CreatedAt     time.Time
}

func (r consentRow) consent() Consent {
	return Consent{r.ID, r.BorrowerID, r.Purpose, r.PolicyVersion, r.Granted, r.CreatedAt.UTC()}
}

// ConsentPolicies lists the version in force of every purpose of a brand at an instant, required ones first.
func (r reader) ConsentPolicies(ctx context.Context, brand string, at time.Time) ([]ConsentPolicy, error) {
	var rows []consentPolicyRow
	err := r.idb.NewRaw(`SELECT * FROM (
			SELECT DISTINCT ON (purpose) brand, purpose, policy_version, title, content, required, effective_from FROM consent_policies
			WHERE brand = ? AND effective_from <= ? ORDER BY purpose, effective_from DESC, policy_version DESC) p
		ORDER BY required DESC, purpose`, brand, at).Scan(ctx, &rows)
	if err != nil {
		return nil, fromTx(err)
	}
	policies := make([]ConsentPolicy, len(rows))
	for i, row := range rows {
		policies[i] = row.policy()
	}
	return policies, nil
}

// ConsentPolicy reads the version in force of one purpose at an instant, or ErrNotFound.
func (r reader) ConsentPolicy(ctx context.Context, brand, purpose string, at time.Time) (ConsentPolicy, error) {
	var row consentPolicyRow
	err := r.idb.NewRaw(`SELECT brand, purpose, policy_version, title, content, required, effective_from FROM consent_policies
		WHERE brand = ? AND purpose = ? AND effective_from <= ? ORDER BY effective_from DESC, policy_version DESC LIMIT 1`,
		brand, purpose, at).Scan(ctx, &row)
	if err != nil {
		return ConsentPolicy{}, fromTx(err)
	}
	return row.policy(), nil
}

// LatestConsent reads what a borrower said last about a purpose, or ErrNotFound.
func (r reader) LatestConsent(ctx context.Context, borrower int64, purpose string) (Consent, error) {
	var row consentRow
	err := r.idb.NewRaw(`SELECT id, borrower_id, purpose, policy_version, granted, created_at FROM consents
		WHERE borrower_id = ? AND purpose = ? ORDER BY id DESC LIMIT 1`, borrower, purpose).Scan(ctx, &row)
	if err != nil {
		return Consent{}, fromTx(err)
	}
	return row.consent(), nil
}

// LatestConsents reads what a borrower said last about each purpose, by purpose.
func (r reader) LatestConsents(ctx context.Context, borrower int64) (map[string]Consent, error) {
	var rows []consentRow
	err := r.idb.NewRaw(`SELECT DISTINCT ON (purpose) id, borrower_id, purpose, policy_version, granted, created_at FROM consents
		WHERE borrower_id = ? ORDER BY purpose, id DESC`, borrower).Scan(ctx, &rows)
	if err != nil {
		return nil, fromTx(err)
	}
	latest := make(map[string]Consent, len(rows))
	for _, row := range rows {
		latest[row.Purpose] = row.consent()
	}
	return latest, nil
}

// HoldsConsent says whether a borrower's consent to a purpose holds now: granted last, and for the version in force. A consent
// to an older text lapses with it, as nobody has agreed to words they were not shown.
func (r reader) HoldsConsent(ctx context.Context, borrower int64, brand, purpose string) (bool, error) {
	policy, err := r.ConsentPolicy(ctx, brand, purpose, r.clk.Now())
	if err == nil {
		var latest Consent
		if latest, err = r.LatestConsent(ctx, borrower, purpose); err == nil {
			return latest.Granted && latest.Version == policy.Version, nil
		}
	}
	if errors.Is(err, ErrNotFound) {
		return false, nil
	}
	return false, err
}

// AddConsent writes what a borrower said to the ledger of consents, under the borrower's lock. Withdrawing LOCATION deletes the
// places kept under it, in the same transaction. It returns ErrNotFound for a borrower that does not exist.
func (t *Tx) AddConsent(ctx context.Context, borrower int64, purpose, version string, granted bool) (Consent, error) {
	if err := t.LockBorrower(ctx, borrower); err != nil {
		return Consent{}, err
	}
	c := Consent{ID: newID(), Borrower: borrower, Purpose: purpose, Version: version, Granted: granted, CreatedAt: t.now}
	_, err := t.idb.NewRaw(`INSERT INTO consents (id, borrower_id, purpose, policy_version, granted, created_at) VALUES (?, ?, ?, ?, ?, ?)`,
		c.ID, borrower, purpose, version, granted, t.now).Exec(ctx)
	if err != nil {
		return Consent{}, fromTx(err)
	}
	if purpose == ConsentLocation && !granted {
		if _, err := t.idb.NewRaw(`DELETE FROM device_locations WHERE borrower_id = ?`, borrower).Exec(ctx); err != nil {
			return Consent{}, fromTx(err)
		}
	}
	return c, nil
}
