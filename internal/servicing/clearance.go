package servicing

import (
	"context"

	"github.com/creditpocket/creditpocket/gen/catalog"
	"github.com/creditpocket/creditpocket/internal/fault"
	"github.com/creditpocket/creditpocket/internal/lending"
	"github.com/creditpocket/creditpocket/internal/money"
	"github.com/creditpocket/creditpocket/internal/store"
)

// Clearance is the letter that says that a loan is repaid and nothing is owed on it.
type Clearance struct {
	DocumentHead
	Paid money.Kobo // in all, by the borrower
	Code string
}

// Clearance returns the letter for a settled loan. It returns LOAN_NOT_FOUND and LOAN_NOT_SETTLED.
func (s *Service) Clearance(ctx context.Context, borrower, loan int64) (Clearance, error) {
	l, err := s.loanOf(ctx, borrower, loan)
	if err != nil {
		return Clearance{}, err
	}
	if !l.State.IsSettled() {
		return Clearance{}, fault.New(catalog.LoanNotSettled)
	}
	head, err := s.head(ctx, l)
	if err != nil {
		return Clearance{}, err
	}
	c := Clearance{DocumentHead: head, Paid: lending.PositionAt(l.Loan, s.clock.Now()).Paid}
	c.Code, err = s.issue(ctx, store.DocumentClearance, l, head.Date, c)
	return c, err
}
