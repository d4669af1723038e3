package servicing

import (
	"context"
	"fmt"
	"time"

	"github.com/creditpocket/creditpocket/internal/clock"
	"github.com/creditpocket/creditpocket/internal/fault"
	"github.com/creditpocket/creditpocket/internal/lending"
)

// maxPayoffDays is how far ahead a pay-off is told.
const maxPayoffDays = 60

// Payoff is what closes a loan on a day.
type Payoff struct {
	lending.Payoff
	LoanID   int64
	State    lending.State
	OverDays int // on that day
}

// PayoffOn tells what closes a loan on a date, today for the zero date: paying that amount on that day settles it exactly. Loan 0
// means the open loan. It returns VALIDATION_FAILED for a date that is over or more than sixty days away, LOAN_NOT_FOUND and
// LOAN_NOT_OWING.
func (s *Service) PayoffOn(ctx context.Context, borrower, loan int64, date clock.Date) (Payoff, error) {
	at := s.clock.Now()
	today := clock.DateOf(at)
	switch {
	case date.IsZero() || date == today:
	case date.Before(today) || date.Sub(today) > maxPayoffDays:
		return Payoff{}, fault.Invalid("date", fmt.Sprintf("must be today or one of the next %d days", maxPayoffDays))
	default:
		at = date.Start().Add(time.Hour)
	}
	l, err := loanToRepay(ctx, s.store, borrower, loan)
	if err != nil {
		return Payoff{}, err
	}
	payoff, err := lending.PayoffAt(l.Loan, at)
	if err != nil {
		return Payoff{}, asFault(err)
	}
	position := lending.PositionAt(l.Loan, at)
	return Payoff{payoff, l.ID, position.State, position.OverDays}, nil
}
