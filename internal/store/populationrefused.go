package store

import (
	"context"
	"fmt"

	"github.com/creditpocket/creditpocket/internal/lending"
)

// AddRefusedLoans writes many applications that the rules refused at once, each with its events. Indent numbers are of the days on which
// they were made. A borrower has one of them at most in a call, and no open loan.
func (t *Tx) AddRefusedLoans(ctx context.Context, brand string, loans []Loan) error {
	numbered := make([]PaidOutLoan, len(loans))
	owners, ids := make([]int64, len(loans)), make([]int64, len(loans))
	for i, l := range loans {
		numbered[i].Loan, owners[i] = l, l.BorrowerID
	}
	if err := t.numberLoans(ctx, brand, numbered); err != nil {
		return err
	}
	keys, err := t.dataKeys(ctx, owners)
	if err != nil {
		return err
	}
	rows := make([]loanRow, len(loans))
	var events []loanEventRow
	for i := range numbered {
		l := numbered[i].Loan
		row, err := newLoanRow(l, keys[l.BorrowerID])
		if err != nil {
			return err
		}
		row.Status = int16(lending.InitialState)
		rows[i], ids[i] = *row, l.ID
		move, ok := lending.FindTransition(lending.Submitted, l.State)
		if !ok {
			return lending.CheckTransition(lending.Submitted, l.State)
		}
		from := int16(lending.Submitted)
		events = append(events, loanEventRow{ID: newID(), LoanID: l.ID, ToCode: from, Trigger: "apply", Actor: fmt.Sprintf("borrower:%d", l.BorrowerID), At: l.CreatedAt},
			loanEventRow{ID: newID(), LoanID: l.ID, FromCode: &from, ToCode: int16(l.State), Trigger: string(move.Trigger), Actor: "system", At: l.RiskAt})
	}
	if err := t.insertChunks(ctx, chunks(rows)); err != nil {
		return err
	}
	for i, id := range ids {
		result, err := t.idb.NewRaw(`UPDATE loans SET status = ? WHERE id = ? AND status = ?`, int16(loans[i].State), id, int16(lending.Submitted)).Exec(ctx)
		if err := exactly(1, result, err); err != nil {
			return err
		}
	}
	return t.insertChunks(ctx, chunks(events))
}
