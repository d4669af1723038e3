package origination

import (
	"context"
	"time"

	"github.com/creditpocket/creditpocket/internal/lending"
	"github.com/creditpocket/creditpocket/internal/store"
)

// Why a borrower may not apply: the wire's ineligibleReason and applyBlockedReason.
const (
	NotSignedIn       = "NOT_SIGNED_IN"
	OpenLoanExists    = lending.ReasonOpenLoanExists
	ProfileIncomplete = lending.ReasonProfileIncomplete
	CoolDown          = "COOL_DOWN"
	MinLoanCount      = "MIN_LOAN_COUNT"
	NoProduct         = "NO_PRODUCT"
)

// standing is what decides whether a borrower may apply at all, whatever the product.
type standing struct {
	store.Readiness
	coolsUntil time.Time
}

// standingReader reads what standing needs: the store, or a running transaction.
type standingReader interface {
	Readiness(ctx context.Context, borrower int64) (store.Readiness, error)
}

func (s *Service) standing(ctx context.Context, from standingReader, borrower int64) (standing, error) {
	ready, err := from.Readiness(ctx, borrower)
	return s.standingOf(ready), err
}

// standingOf is the standing of a readiness.
func (s *Service) standingOf(ready store.Readiness) standing {
	if ready.CoolDownSince == nil {
		return standing{Readiness: ready}
	}
	return standing{ready, ready.CoolDownSince.Add(s.config.CoolDown)}
}

// blocked says why the borrower may not apply for anything at an instant, or "".
func (st standing) blocked(now time.Time) string {
	switch {
	case st.OpenLoanID != 0:
		return OpenLoanExists
	case !st.Complete():
		return ProfileIncomplete
	case now.Before(st.coolsUntil):
		return CoolDown
	}
	return ""
}

// refusal says why the borrower may not apply for a product at an instant, or "".
func (st standing) refusal(p lending.Product, now time.Time) string {
	if reason := st.blocked(now); reason != "" {
		return reason
	}
	if st.PriorLoans < p.MinPriorLoans {
		return MinLoanCount
	}
	return ""
}
