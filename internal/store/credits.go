package store

import (
	"context"

	"github.com/creditpocket/creditpocket/internal/money"
)

// Credit is money of a borrower that no loan takes, in kobo.
type Credit struct {
	BorrowerID int64
	Brand      string
	Booked     money.Kobo // by the ledger
	Refunding  money.Kobo // of that, on its way back
}

// Available is what can be refunded now.
func (c Credit) Available() money.Kobo { return c.Booked - c.Refunding }

// selectCredit reads credits; a refund leaves the ledger when it is done, and is on its way until then unless it failed.
const selectCredit = `SELECT b.id AS borrower_id, b.brand, c.booked, coalesce((SELECT sum(f.amount) FROM refunds f
		WHERE f.borrower_id = b.id AND f.purpose IN (2, 3) AND f.state IN (0, 1, 4)), 0)::bigint AS refunding
	FROM borrowers b JOIN LATERAL (SELECT coalesce(-sum(amount), 0)::bigint AS booked FROM ledger_postings
		WHERE borrower_id = b.id AND account = 'borrower_credit') c ON true `

// Credit reads a borrower's credit, or ErrNotFound where there is no such borrower.
func (r reader) Credit(ctx context.Context, borrower int64) (Credit, error) {
	var c Credit
	err := r.idb.NewRaw(selectCredit+`WHERE b.id = ?`, borrower).Scan(ctx, &c)
	return c, fromTx(err)
}

// Credits lists borrowers who have money with us, by id; the cursor is the last one seen.
func (r reader) Credits(ctx context.Context, p Page) ([]Credit, error) {
	var all []Credit
	err := r.idb.NewRaw(selectCredit+`WHERE b.id IN (SELECT borrower_id FROM ledger_postings WHERE account = 'borrower_credit' AND borrower_id > ?0
			GROUP BY borrower_id HAVING sum(amount) <> 0) AND (?1 = '' OR b.brand = ?1) ORDER BY b.id LIMIT ?2`, p.Cursor, p.Brand, p.Limit).Scan(ctx, &all)
	return all, fromTx(err)
}

// RefundableCharge is a paid repayment of a borrower and what of it has not gone back, in kobo.
type RefundableCharge struct {
	IntentID  int64
	Reference string
	Remaining money.Kobo
}

// RefundableCharges lists a borrower's paid repayments that are not wholly refunded, newest first.
func (r reader) RefundableCharges(ctx context.Context, borrower int64) ([]RefundableCharge, error) {
	var all []RefundableCharge
	err := r.idb.NewRaw(`SELECT * FROM (SELECT i.id AS intent_id, i.reference, i.paid_amount - coalesce((SELECT sum(f.amount) FROM refunds f
			WHERE f.intent_id = i.id AND f.state <> 3), 0)::bigint AS remaining
		FROM payment_intents i WHERE i.borrower_id = ? AND i.state = 2 AND i.kind <> 3) x WHERE remaining > 0 ORDER BY intent_id DESC LIMIT 100`, borrower).Scan(ctx, &all)
	return all, fromTx(err)
}

// RefundsOfIntent lists the refunds of a charge, oldest first.
func (r reader) RefundsOfIntent(ctx context.Context, intent int64) ([]Refund, error) {
	var rows []refundRow
	if err := r.idb.NewRaw(`SELECT * FROM refunds WHERE intent_id = ? ORDER BY id`, intent).Scan(ctx, &rows); err != nil {
		return nil, fromTx(err)
	}
	refunds := make([]Refund, len(rows))
	for i := range rows {
		refunds[i] = rows[i].refund()
	}
	return refunds, nil
}
