package lending

import (
	"time"

	"github.com/creditpocket/creditpocket/internal/clock"
	"github.com/creditpocket/creditpocket/internal/money"
)

// Loan is what the rules need to know of one loan. It is a value: every event returns a new one. A store keeps each field as a
// column, except Conditions, which belong to the product version the loan was sold under.
type Loan struct {
	State      State
	Terms      Terms
	Conditions Conditions
	money.Balances

	DisbursedAt time.Time // zero before the payout
	DueAt       time.Time // moved by an extension
	FirstDueAt  time.Time // never moved
	LastPaidAt  time.Time // latest payment, by the gateway's time
	ClosedAt    time.Time // settled, written off or reversed
	Extensions  int

	// PenaltyThrough is the last business date whose penalty is in Charged.Penalty.
	PenaltyThrough clock.Date
	// AnchorDate and AnchorPenalty are the date of the last event other than a daily run, and the penalty charged by then. Between
	// events the unpaid principal is constant, so the penalty of any later day is a function of the anchor: a daily run may be
	// missed or repeated, and a payment that the gateway dates a few days back can be booked on its own day.
	AnchorDate    clock.Date
	AnchorPenalty money.Kobo
}

// NewLoan returns an application at the given price, in InitialState.
func NewLoan(terms Terms, conditions Conditions) Loan {
	return Loan{State: InitialState, Terms: terms, Conditions: conditions}
}

// Disburse returns the loan after a payout that the gateway confirmed: active, charged with its terms, due the term times 24 hours
// after at. It returns a RuleError with STATE_CONFLICT unless the loan is disbursing.
func Disburse(l Loan, at time.Time) (Loan, error) {
	if err := CheckTransition(l.State, Active); err != nil || l.State != Disbursing {
		return l, refuse(ReasonStateConflict, "a loan that is "+l.State.String()+" cannot be paid out")
	}
	l.State = Active
	l.Charged = l.Terms.Charged()
	l.DisbursedAt = at
	l.DueAt = l.Terms.DueAt(at)
	l.FirstDueAt = l.DueAt
	l.PenaltyThrough = clock.DateOf(at)
	return l.anchored(clock.DateOf(at)), nil
}

// DueDate is the date in Lagos of the due instant.
func (l Loan) DueDate() clock.Date { return clock.DateOf(l.DueAt) }

// anchored moves the anchor to a date up to which the penalty is charged.
func (l Loan) anchored(date clock.Date) Loan {
	l.AnchorDate, l.AnchorPenalty = date, l.Charged.Penalty
	return l
}
