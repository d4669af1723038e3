package store

import (
	"context"
	"time"

	"github.com/uptrace/bun"

	"github.com/creditpocket/creditpocket/internal/clock"
	"github.com/creditpocket/creditpocket/internal/ledger"
	"github.com/creditpocket/creditpocket/internal/money"
	"github.com/creditpocket/creditpocket/internal/planted"
)

type batchRow struct {
	bun.BaseModel `bun:"table:ledger_batches"`

	ID           int64     `bun:"id,pk"`
	Key          string    `bun:"key"`
	Kind         string    `bun:"kind"`
	Brand        string    `bun:"brand"`
	BorrowerID   *int64    `bun:"borrower_id"`
	LoanID       *int64    `bun:"loan_id"`
	EffectiveAt  time.Time `bun:"effective_at"`
	BusinessDate string    `bun:"business_date,type:date"`
	CreatedAt    time.Time `bun:"created_at"`
}

type postingRow struct {
	bun.BaseModel `bun:"table:ledger_postings"`

	ID         int64  `bun:"id,pk"`
	BatchID    int64  `bun:"batch_id"`
	Account    string `bun:"account"`
	BorrowerID *int64 `bun:"borrower_id"`
	LoanID     *int64 `bun:"loan_id"`
	Amount     int64  `bun:"amount"`
}

// Post writes batches to the ledger, in the transaction of the event they record. A batch whose key is there already is a
// *DuplicateError of ledger_batches_key_key, of what the transaction sends next where the batches are few: the event was recorded before.
func (t *Tx) Post(ctx context.Context, brand string, batches ...ledger.Batch) error {
	if len(batches) == 0 {
		return nil
	}
	rows := make([]batchRow, 0, len(batches))
	var postings []postingRow
	for _, b := range batches {
		if err := b.Validate(); err != nil {
			return err
		}
		id := newID()
		rows = append(rows, batchRow{ID: id, Key: b.Key, Kind: string(b.Kind), Brand: brand, BorrowerID: idIn(b.BorrowerID), LoanID: idIn(b.LoanID),
			EffectiveAt: b.At, BusinessDate: clock.DateOf(b.At).String(), CreatedAt: t.now})
		for _, p := range b.Postings {
			postings = append(postings, postingRow{ID: newID(), BatchID: id, Account: string(p.Account), BorrowerID: idIn(p.BorrowerID),
				LoanID: idIn(p.LoanID), Amount: int64(p.Amount)})
		}
		if planted.Is(planted.UnbalancedPosting) {
			postings[len(postings)-1].Amount++
		}
	}
	return t.insertBoth(ctx, "ledger_batches", rows, "ledger_postings", postings)
}

func idIn(id int64) *int64 {
	if id == 0 {
		return nil
	}
	return &id
}

// LoanLines sums the postings of a loan by batch kind and account, which is all that rebuilding its money needs.
func (r reader) LoanLines(ctx context.Context, loan int64) ([]ledger.Line, error) {
	var rows []struct {
		Kind    string
		Account string
		Amount  int64
	}
	err := r.prepared(`SELECT b.kind, p.account, sum(p.amount)::bigint AS amount
		FROM ledger_postings p JOIN ledger_batches b ON b.id = p.batch_id
		WHERE p.loan_id = ? GROUP BY b.kind, p.account`, loan).Scan(ctx, &rows)
	if err != nil {
		return nil, fromTx(err)
	}
	lines := make([]ledger.Line, 0, len(rows))
	for _, row := range rows {
		lines = append(lines, ledger.Line{Kind: ledger.Kind(row.Kind), Account: ledger.Account(row.Account), Amount: money.Kobo(row.Amount)})
	}
	return lines, nil
}

// AccountTotals sums the whole ledger by account; all accounts together are zero.
func (r reader) AccountTotals(ctx context.Context) (map[ledger.Account]money.Kobo, error) {
	var rows []struct {
		Account string
		Total   int64
	}
	if err := r.prepared(`SELECT account, sum(amount)::bigint AS total FROM ledger_postings GROUP BY account`).Scan(ctx, &rows); err != nil {
		return nil, fromTx(err)
	}
	totals := make(map[ledger.Account]money.Kobo, len(rows))
	for _, row := range rows {
		totals[ledger.Account(row.Account)] = money.Kobo(row.Total)
	}
	return totals, nil
}
