package store

import (
	"context"
	"errors"
	"time"

	"github.com/creditpocket/creditpocket/internal/clock"
	"github.com/creditpocket/creditpocket/internal/ledger"
	"github.com/creditpocket/creditpocket/internal/money"
)

// LoanPayment is a payment of a loan with the reference of its charge.
type LoanPayment struct {
	Payment
	Reference string
}

// PaymentsOfLoan lists a loan's payments, oldest first, at most limit.
func (r reader) PaymentsOfLoan(ctx context.Context, loan int64, limit int) ([]LoanPayment, error) {
	var rows []struct {
		paymentRow `bun:",extend"`
		Reference  string
	}
	err := r.idb.NewRaw(`SELECT p.*, i.reference FROM payments p JOIN payment_intents i ON i.id = p.intent_id WHERE p.loan_id = ? ORDER BY p.id LIMIT ?`, loan, limit).Scan(ctx, &rows)
	if err != nil {
		return nil, fromTx(err)
	}
	payments := make([]LoanPayment, len(rows))
	for i := range rows {
		payments[i] = LoanPayment{rows[i].payment(), rows[i].Reference}
	}
	return payments, nil
}

// LedgerEntry is one posting with the event that it belongs to.
type LedgerEntry struct {
	BatchID      int64
	Kind         ledger.Kind
	Account      ledger.Account
	Amount       money.Kobo // debit positive
	BusinessDate clock.Date
	EffectiveAt  time.Time
}

// LedgerOfLoan lists a loan's postings, oldest first, at most limit.
func (r reader) LedgerOfLoan(ctx context.Context, loan int64, limit int) ([]LedgerEntry, error) {
	var rows []struct {
		BatchID      int64
		Kind         string
		Account      string
		Amount       int64
		BusinessDate string
		EffectiveAt  time.Time
	}
	err := r.idb.NewRaw(`SELECT b.id AS batch_id, b.kind, p.account, p.amount, b.business_date::text AS business_date, b.effective_at
		FROM ledger_batches b JOIN ledger_postings p ON p.batch_id = b.id WHERE b.loan_id = ? ORDER BY b.id, p.id LIMIT ?`, loan, limit).Scan(ctx, &rows)
	if err != nil {
		return nil, fromTx(err)
	}
	entries := make([]LedgerEntry, len(rows))
	for i, row := range rows {
		date, err := clock.ParseDate(row.BusinessDate)
		if err != nil {
			return nil, err
		}
		entries[i] = LedgerEntry{BatchID: row.BatchID, Kind: ledger.Kind(row.Kind), Account: ledger.Account(row.Account), Amount: money.Kobo(row.Amount),
			BusinessDate: date, EffectiveAt: row.EffectiveAt.UTC()}
	}
	return entries, nil
}

// WrittenOffLoans lists written-off loans, newest first; the cursor is the id of the last one seen.
func (r reader) WrittenOffLoans(ctx context.Context, p Page) ([]Loan, error) {
	return r.loansWhere(ctx, `WHERE loans.status = 51 AND (?0 = '' OR loans.brand = ?0) AND (?1 = 0 OR loans.id < ?1) ORDER BY loans.id DESC LIMIT ?2`,
		p.Brand, p.Cursor, p.Limit)
}

// BorrowersByMobile finds the borrowers with an E.164 number, one a brand; only the given brand where it is not "".
func (r reader) BorrowersByMobile(ctx context.Context, brand, mobile string) ([]Borrower, error) {
	brands, err := r.Brands(ctx)
	if err != nil {
		return nil, err
	}
	var found []Borrower
	for _, b := range brands {
		if brand != "" && b.Code != brand {
			continue
		}
		borrower, err := r.oneBorrower(ctx, "WHERE b.brand = ? AND b.mobile_index = ? AND k.wrapped IS NOT NULL", b.Code, r.MobileIndex(b.Code, mobile))
		if errors.Is(err, ErrNotFound) {
			continue
		}
		if err != nil {
			return nil, err
		}
		found = append(found, borrower)
	}
	return found, nil
}
