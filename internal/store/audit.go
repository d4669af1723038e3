package store

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/uptrace/bun"

	"github.com/creditpocket/creditpocket/internal/ledger"
	"github.com/creditpocket/creditpocket/internal/lending"
	"github.com/creditpocket/creditpocket/internal/money"
)

// LoanRecord is the money of one loan as its own row and its payments tell it, to be held against the ledger.
type LoanRecord struct {
	LoanID int64
	State  lending.State
	Sold   money.Components // what the price says was charged at the payout; no penalty
	Money  ledger.LoanMoney
	// Loan is what the rules need to say what its penalty must be; it has no instants but the due one.
	Loan lending.Loan
}

// CountLoans counts all loans.
func (r reader) CountLoans(ctx context.Context) (int64, error) {
	var n int64
	err := r.idb.NewRaw(`SELECT count(*) FROM loans`).Scan(ctx, &n)
	return n, fromTx(err)
}

// loanRecordColumns computes the borrower's credit as what was paid beyond the debt; a loan whose payout came back gave all that
// was paid on it to the borrower's credit.
const loanRecordColumns = `l.id, l.status, l.payout, l.upfront_fee, l.service_fee, l.interest, l.due,
	l.disbursed_at IS NOT NULL AND l.status <> 63 AS paid_out,
	coalesce((SELECT sum(CASE WHEN l.status = 63 THEN p.amount ELSE p.to_credit END) FROM payments p WHERE p.loan_id = l.id), 0)::bigint AS credit,
	coalesce((SELECT sum(p.to_extension) FROM payments p WHERE p.loan_id = l.id AND l.status <> 63), 0)::bigint AS extension_fees,
	charged_principal, charged_service_fee, charged_interest, charged_penalty, paid_principal, paid_service_fee, paid_interest, paid_penalty,
	waived_principal, waived_service_fee, waived_interest, waived_penalty, coupon_principal, coupon_service_fee, coupon_interest, coupon_penalty,
	rebated_principal, rebated_service_fee, rebated_interest, rebated_penalty,
	written_off_principal, written_off_service_fee, written_off_interest, written_off_penalty,
	reversed_principal, reversed_service_fee, reversed_interest, reversed_penalty, recovered,
	l.principal, l.conditions, l.due_at, l.penalty_through::text, l.anchor_date::text, l.anchor_penalty`

type loanRecordRow struct {
	ID            int64
	Status        int
	Payout        int64
	UpfrontFee    int64
	ServiceFee    int64
	Interest      int64
	Due           int64
	PaidOut       bool
	Credit        int64
	ExtensionFees int64
	Charged       componentsRow `bun:"embed:charged_"`
	Paid          componentsRow `bun:"embed:paid_"`
	Waived        componentsRow `bun:"embed:waived_"`
	Coupon        componentsRow `bun:"embed:coupon_"`
	Rebated       componentsRow `bun:"embed:rebated_"`
	WrittenOff    componentsRow `bun:"embed:written_off_"`
	Reversed      componentsRow `bun:"embed:reversed_"`
	Recovered     int64

	Principal      int64
	Conditions     []byte
	DueAt          *time.Time
	PenaltyThrough *string
	AnchorDate     *string
	AnchorPenalty  int64
}

func (row *loanRecordRow) record() (LoanRecord, error) {
	m := ledger.LoanMoney{Balances: money.Balances{Charged: row.Charged.out(), Paid: row.Paid.out(), Waived: row.Waived.out(),
		Coupon: row.Coupon.out(), Rebated: row.Rebated.out(), WrittenOff: row.WrittenOff.out(), Reversed: row.Reversed.out(),
		Recovered: money.Kobo(row.Recovered)}, Credit: money.Kobo(row.Credit), ExtensionFees: money.Kobo(row.ExtensionFees)}
	if row.PaidOut {
		m.Disbursed, m.UpfrontFee = money.Kobo(row.Payout), money.Kobo(row.UpfrontFee)
	}
	sold := money.Components{Principal: money.Kobo(row.Due - row.ServiceFee - row.Interest), ServiceFee: money.Kobo(row.ServiceFee), Interest: money.Kobo(row.Interest)}
	l := lending.Loan{State: lending.State(row.Status), Terms: lending.Terms{Principal: money.Kobo(row.Principal)}, Balances: m.Balances, DueAt: timeOut(row.DueAt),
		AnchorPenalty: money.Kobo(row.AnchorPenalty)}
	if err := json.Unmarshal(row.Conditions, &l.Conditions); err != nil {
		return LoanRecord{}, fmt.Errorf("conditions of loan %d: %w", row.ID, err)
	}
	var err error
	if l.PenaltyThrough, err = dateOut(row.PenaltyThrough); err != nil {
		return LoanRecord{}, err
	}
	l.AnchorDate, err = dateOut(row.AnchorDate)
	return LoanRecord{LoanID: row.ID, State: l.State, Sold: sold, Money: m, Loan: l}, err
}

// LoanRecordsAfter reads up to limit loans with ids above after, in order of id.
func (r reader) LoanRecordsAfter(ctx context.Context, after int64, limit int) ([]LoanRecord, error) {
	return r.loanRecords(ctx, `WHERE l.id > ? ORDER BY l.id LIMIT ?`, after, limit)
}

// LockLoanRecord reads the record of one loan and holds the loan for this transaction, so that the ledger read afterwards belongs
// to it. It returns ErrNotFound.
func (t *Tx) LockLoanRecord(ctx context.Context, loan int64) (LoanRecord, error) {
	if _, err := t.LockLoan(ctx, loan); err != nil {
		return LoanRecord{}, err
	}
	records, err := t.loanRecords(ctx, `WHERE l.id = ?`, loan)
	if err != nil || len(records) == 0 {
		return LoanRecord{}, err
	}
	return records[0], nil
}

func (r reader) loanRecords(ctx context.Context, where string, args ...any) ([]LoanRecord, error) {
	var rows []loanRecordRow
	if err := r.idb.NewRaw(`SELECT `+loanRecordColumns+` FROM loans l `+where, args...).Scan(ctx, &rows); err != nil {
		return nil, fromTx(err)
	}
	records := make([]LoanRecord, len(rows))
	for i := range rows {
		var err error
		if records[i], err = rows[i].record(); err != nil {
			return nil, err
		}
	}
	return records, nil
}

// LinesOfLoans sums the postings of several loans by loan, batch kind and account.
func (r reader) LinesOfLoans(ctx context.Context, loans []int64) (map[int64][]ledger.Line, error) {
	if len(loans) == 0 {
		return nil, nil
	}
	var rows []struct {
		LoanID  int64
		Kind    string
		Account string
		Amount  int64
	}
	err := r.idb.NewRaw(`SELECT p.loan_id, b.kind, p.account, sum(p.amount)::bigint AS amount
		FROM ledger_postings p JOIN ledger_batches b ON b.id = p.batch_id
		WHERE p.loan_id IN (?) GROUP BY p.loan_id, b.kind, p.account`, bun.List(loans)).Scan(ctx, &rows)
	if err != nil {
		return nil, fromTx(err)
	}
	lines := make(map[int64][]ledger.Line, len(loans))
	for _, row := range rows {
		lines[row.LoanID] = append(lines[row.LoanID], ledger.Line{Kind: ledger.Kind(row.Kind), Account: ledger.Account(row.Account), Amount: money.Kobo(row.Amount)})
	}
	return lines, nil
}
