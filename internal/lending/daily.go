package lending

import (
	"github.com/creditpocket/creditpocket/internal/clock"
	"github.com/creditpocket/creditpocket/internal/money"
)

// RunDay is the daily run of one loan for a business date: it charges the penalty up to and including the date and moves an active
// loan whose due date has passed to overdue. It is the reference for the set-based run in SQL. Running it twice changes nothing,
// and running it once after missed days gives the same loan as running it on each day.
func RunDay(l Loan, date clock.Date) (Loan, money.Kobo) {
	l, added := AccruePenalty(l, date)
	if l.State == Active && date.After(l.DueDate()) {
		l.State = Overdue
	}
	return l, added
}
