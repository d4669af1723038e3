package onboarding

import (
	"context"
	"time"

	"github.com/creditpocket/creditpocket/gen/catalog"
	"github.com/creditpocket/creditpocket/internal/fault"
	"github.com/creditpocket/creditpocket/internal/store"
)

// Consent is one purpose of a brand with the text in force, and what the borrower said to it.
type Consent struct {
	Policy    store.ConsentPolicy
	Granted   bool      // agreed to this version, and not withdrawn
	DecidedAt time.Time // the last decision, on any version; zero for none
}

// Consents lists every purpose of the brand, those needed for a loan first.
func (s *Service) Consents(ctx context.Context, who Subject) ([]Consent, error) {
	policies, err := s.store.ConsentPolicies(ctx, who.Brand, s.clock.Now())
	if err != nil {
		return nil, err
	}
	latest, err := s.store.LatestConsents(ctx, who.Borrower)
	if err != nil {
		return nil, err
	}
	consents := make([]Consent, len(policies))
	for i, p := range policies {
		said, ok := latest[p.Purpose]
		consents[i] = Consent{Policy: p, Granted: ok && said.Granted && said.Version == p.Version, DecidedAt: said.CreatedAt}
	}
	return consents, nil
}

// SaveConsent records what the borrower says to a purpose. It returns CONSENT_VERSION_MISMATCH where version is not the one in
// force.
func (s *Service) SaveConsent(ctx context.Context, who Subject, purpose, version string, granted bool) (Consent, error) {
	var after Consent
	err := s.store.InTx(ctx, func(ctx context.Context, tx *store.Tx) error {
		if err := tx.LockBorrower(ctx, who.Borrower); err != nil {
			return err
		}
		policy, err := tx.ConsentPolicy(ctx, who.Brand, purpose, tx.Now())
		none, err := absent(err)
		if err != nil {
			return err
		}
		if none || policy.Version != version {
			return fault.New(catalog.ConsentVersionMismatch).WithField("policyVersion", "is not the version in force")
		}
		after, err = record(ctx, tx, who, policy, granted)
		return err
	})
	return after, err
}

// record adds a decision to the ledger of consents, unless it is the last one there already.
func record(ctx context.Context, tx *store.Tx, who Subject, policy store.ConsentPolicy, granted bool) (Consent, error) {
	last, err := tx.LatestConsent(ctx, who.Borrower, policy.Purpose)
	none, err := absent(err)
	if err != nil {
		return Consent{}, err
	}
	if none || last.Granted != granted || last.Version != policy.Version {
		if last, err = tx.AddConsent(ctx, who.Borrower, policy.Purpose, policy.Version, granted); err != nil {
			return Consent{}, err
		}
	}
	return Consent{Policy: policy, Granted: granted, DecidedAt: last.CreatedAt}, nil
}
