package store

import (
	"context"

	"github.com/creditpocket/creditpocket/internal/clock"
	"github.com/creditpocket/creditpocket/internal/money"
)

// DueLoan is a loan that a reminder may be about.
type DueLoan struct {
	ID         int64
	BorrowerID int64
	Owed       money.Kobo // in all, with the penalty charged so far
}

// NextDueLoans reads the next loans of a step that are due on one date and owe something, and moves the step's cursor; it is done when
// there are no more.
func (t *Tx) NextDueLoans(ctx context.Context, s *DailyStep, due clock.Date, limit int) ([]DueLoan, error) {
	var rows []struct {
		ID         int64
		BorrowerID int64
		Owed       int64
	}
	err := t.idb.NewRaw(`SELECT id, borrower_id, `+outstandingSum()+` AS owed FROM loans
		WHERE status IN (5, 21) AND due_date = ?::date AND id > ? ORDER BY id LIMIT ?`, due.String(), s.afterID, limit).Scan(ctx, &rows)
	if err != nil {
		return nil, fromTx(err)
	}
	s.Done = len(rows) < limit
	loans := make([]DueLoan, 0, len(rows))
	for _, row := range rows {
		s.afterID = row.ID
		if row.Owed > 0 {
			loans = append(loans, DueLoan{row.ID, row.BorrowerID, money.Kobo(row.Owed)})
		}
	}
	s.Loans += int64(len(loans))
	return loans, nil
}
