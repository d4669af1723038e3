package onboarding

import (
	"context"

	"github.com/creditpocket/creditpocket/internal/lending"
	"github.com/creditpocket/creditpocket/internal/money"
)

// Credit is a borrower's standing with the brand.
type Credit struct {
	Limit       money.Kobo // the largest principal that may be open at once
	Available   money.Kobo // all of the limit, or nothing while a loan is open: there is one loan at a time
	Outstanding money.Kobo // owed today, on the open loan and on loans that were given up
	lending.History
}

// Credit sums up how a borrower's loans went and what may be borrowed: the limit is the largest principal on sale that the borrower
// is eligible for and that the credit policy allows. The grade is lending.History.Grade.
func (s *Service) Credit(ctx context.Context, who Subject) (Credit, error) {
	h, err := s.store.LoanHistory(ctx, who.Borrower)
	if err != nil {
		return Credit{}, err
	}
	now := s.clock.Now()
	products, err := s.store.ProductsOnSale(ctx, who.Brand, now)
	if err != nil {
		return Credit{}, err
	}
	c := Credit{History: lending.History{Prior: h.Prior, Settled: h.Settled, Late: h.Late, MaxDaysLate: h.MaxDaysLate, WrittenOff: h.WrittenOff}}
	most := lending.DefaultCreditPolicy().Limit(c.History)
	for _, p := range products {
		if p.Principal > c.Limit && p.Principal <= most && lending.CheckEligible(p, c.Prior, now) == nil {
			c.Limit = p.Principal
		}
	}
	c.Available = c.Limit
	if c.Outstanding, err = s.store.WrittenOffDebt(ctx, who.Borrower); err != nil {
		return Credit{}, err
	}
	open, err := s.store.OpenLoan(ctx, who.Borrower)
	none, err := absent(err)
	if err != nil || none {
		return c, err
	}
	c.Available = 0
	c.Outstanding += lending.PositionAt(open.Loan, now).Remaining
	return c, nil
}
