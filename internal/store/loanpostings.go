package store

import (
	"context"
	"time"

	"github.com/creditpocket/creditpocket/internal/ledger"
	"github.com/creditpocket/creditpocket/internal/money"
)

// LoanPosting is one line of the ledger about a loan.
type LoanPosting struct {
	BatchID int64
	Kind    ledger.Kind
	At      time.Time // when the event took effect
	Account ledger.Account
	Amount  money.Kobo // debit positive
}

// LoanPostings lists every posting of a loan in the order in which it was booked, in one statement, so that they are of one moment.
func (r reader) LoanPostings(ctx context.Context, loan int64) ([]LoanPosting, error) {
	var rows []struct {
		BatchID     int64
		Kind        string
		EffectiveAt time.Time
		Account     string
		Amount      int64
	}
	err := r.idb.NewRaw(`SELECT b.id AS batch_id, b.kind, b.effective_at, p.account, p.amount
		FROM ledger_postings p JOIN ledger_batches b ON b.id = p.batch_id WHERE p.loan_id = ? ORDER BY b.id, p.id`, loan).Scan(ctx, &rows)
	if err != nil {
		return nil, fromTx(err)
	}
	postings := make([]LoanPosting, len(rows))
	for i, row := range rows {
		postings[i] = LoanPosting{BatchID: row.BatchID, Kind: ledger.Kind(row.Kind), At: row.EffectiveAt.UTC(), Account: ledger.Account(row.Account),
			Amount: money.Kobo(row.Amount)}
	}
	return postings, nil
}
