package store

import (
	"context"
	"time"

	"github.com/uptrace/bun"

	"github.com/creditpocket/creditpocket/internal/money"
)

// ReceiptState says how a payment that no loan has stands.
type ReceiptState int

// The states of a receipt.
const (
	ReceiptUnmatched ReceiptState = 0
	ReceiptAssigned  ReceiptState = 1
	ReceiptVoid      ReceiptState = 2 // the gateway knows of no money behind it, or a charge of ours has it, see ReclaimReceipt
)

// Receipt is a payment at the gateway that no loan had.
type Receipt struct {
	ID          int64
	Brand       string
	Reference   string // at the gateway
	IntentID    int64  // the charge of ours; 0 for a reference that is not ours, until it is assigned
	Quarantined bool   // a charge of ours that was paid in another amount
	BorrowerID  int64  // whose charge it was; 0 for unknown
	LoanID      int64  // asked for; once assigned, the loan that has it; 0 for none
	Amount      money.Kobo
	Asked       money.Kobo // 0 for nothing
	PaidAt      time.Time
	State       ReceiptState
	RecordedAt  time.Time
	AssignedBy  int64
	AssignedAt  time.Time
}

type receiptRow struct {
	bun.BaseModel `bun:"table:unmatched_receipts"`

	ID          int64      `bun:"id,pk"`
	Brand       string     `bun:"brand"`
	Reference   string     `bun:"reference"`
	IntentID    *int64     `bun:"intent_id"`
	Quarantined bool       `bun:"quarantined"`
	BorrowerID  *int64     `bun:"borrower_id"`
	LoanID      *int64     `bun:"loan_id"`
	Amount      int64      `bun:"amount"`
	Asked       *int64     `bun:"asked"`
	PaidAt      time.Time  `bun:"paid_at"`
	State       int        `bun:"state"`
	RecordedAt  time.Time  `bun:"recorded_at"`
	AssignedBy  *int64     `bun:"assigned_by"`
	AssignedAt  *time.Time `bun:"assigned_at"`
}

func (row *receiptRow) receipt() Receipt {
	return Receipt{ID: row.ID, Brand: row.Brand, Reference: row.Reference, IntentID: idOut(row.IntentID), Quarantined: row.Quarantined,
		BorrowerID: idOut(row.BorrowerID), LoanID: idOut(row.LoanID), Amount: money.Kobo(row.Amount), Asked: money.Kobo(idOut(row.Asked)),
		PaidAt: row.PaidAt.UTC(), State: ReceiptState(row.State), RecordedAt: row.RecordedAt.UTC(), AssignedBy: idOut(row.AssignedBy),
		AssignedAt: timeOut(row.AssignedAt)}
}

// Receipt reads a receipt that money is behind, or ErrNotFound.
func (r reader) Receipt(ctx context.Context, id int64) (Receipt, error) {
	return r.oneReceipt(ctx, `WHERE id = ? AND state <> 2`, id)
}

func (r reader) oneReceipt(ctx context.Context, where string, args ...any) (Receipt, error) {
	var row receiptRow
	err := r.idb.NewRaw(`SELECT * FROM unmatched_receipts `+where, args...).Scan(ctx, &row)
	return row.receipt(), fromTx(err)
}

// Receipts lists receipts in a state, newest first; the cursor is the id of the last one seen.
func (r reader) Receipts(ctx context.Context, state ReceiptState, p Page) ([]Receipt, error) {
	var rows []receiptRow
	err := r.idb.NewRaw(`SELECT * FROM unmatched_receipts WHERE state = ?0 AND (?1 = '' OR brand = ?1) AND (?2 = 0 OR id < ?2) ORDER BY id DESC LIMIT ?3`,
		int(state), p.Brand, p.Cursor, p.Limit).Scan(ctx, &rows)
	if err != nil {
		return nil, fromTx(err)
	}
	all := make([]Receipt, len(rows))
	for i := range rows {
		all[i] = rows[i].receipt()
	}
	return all, nil
}

// ReceiptCandidate is a payment that may have no loan; nobody has asked the gateway about it yet.
type ReceiptCandidate struct {
	Reference string
	IntentID  int64 // 0 for a reference that is not ours
}

// ReceiptCandidates lists quarantined charges and parked events about charges that are no receipts yet, oldest first, at most limit
// of each. Events older than since are left alone: the gateway was asked about them often enough.
func (r reader) ReceiptCandidates(ctx context.Context, since time.Time, limit int) ([]ReceiptCandidate, error) {
	var found []ReceiptCandidate
	err := r.idb.NewRaw(`(SELECT i.reference, i.id AS intent_id FROM payment_intents i
			WHERE i.state = 6 AND NOT EXISTS (SELECT FROM unmatched_receipts u WHERE u.intent_id = i.id) ORDER BY i.id LIMIT ?0)
		UNION ALL
		(SELECT e.reference, 0 FROM gateway_events e
			WHERE e.state = 2 AND e.event LIKE 'charge.%' AND length(e.reference) BETWEEN 1 AND 100 AND e.received_at > ?1
				AND NOT EXISTS (SELECT FROM unmatched_receipts u WHERE u.reference = e.reference)
				AND NOT EXISTS (SELECT FROM payment_intents i WHERE i.reference = e.reference)
			GROUP BY e.reference ORDER BY min(e.id) LIMIT ?0)`, limit, since).Scan(ctx, &found)
	return found, fromTx(err)
}

// AddReceipt writes a receipt and returns it with its id. A second one of a reference is a *DuplicateError of
// unmatched_receipts_reference_key.
func (t *Tx) AddReceipt(ctx context.Context, in Receipt) (Receipt, error) {
	in.ID, in.RecordedAt = newID(), t.now
	row := &receiptRow{ID: in.ID, Brand: in.Brand, Reference: in.Reference, IntentID: idIn(in.IntentID), Quarantined: in.Quarantined,
		BorrowerID: idIn(in.BorrowerID), LoanID: idIn(in.LoanID), Amount: int64(in.Amount), Asked: idIn(int64(in.Asked)), PaidAt: in.PaidAt,
		State: int(in.State), RecordedAt: t.now}
	_, err := t.idb.NewInsert().Model(row).Exec(ctx)
	return in, fromTx(err)
}

// LockReceipt reads a receipt and holds it for this transaction. Lock order: borrower, loan, intent, receipt.
func (t *Tx) LockReceipt(ctx context.Context, id int64) (Receipt, error) {
	return t.oneReceipt(ctx, `WHERE id = ? AND state <> 2 FOR UPDATE`, id)
}

// AssignReceipt puts an unmatched receipt on a loan and returns the intent that its payment belongs to: the quarantined charge
// itself, or a new one under the gateway's reference, in either case as paid with what was received, so that it can be refunded
// like any other. A receipt that is assigned already is ErrStale.
func (t *Tx) AssignReceipt(ctx context.Context, in Receipt, l Loan, operator int64) (Intent, error) {
	intent := Intent{ID: in.IntentID, Brand: l.Brand, BorrowerID: l.BorrowerID, Kind: IntentReceipt, LoanID: l.ID, Reference: in.Reference, Amount: in.Amount,
		State: IntentPaid, PaidAmount: in.Amount, PaidAt: in.PaidAt, ExpiresAt: t.now, ConcludedAt: t.now}
	if in.IntentID == 0 {
		var err error
		if intent, err = t.AddIntent(ctx, intent); err != nil {
			return intent, err
		}
	} else {
		result, err := t.idb.NewRaw(`UPDATE payment_intents SET kind = 5, state = 2, borrower_id = ?0, loan_id = ?1, amount = ?2, paid_amount = ?2, paid_at = ?3,
			failure = '', concluded_at = ?4, next_check_at = NULL WHERE id = ?5 AND state = 6`, l.BorrowerID, l.ID, int64(in.Amount), in.PaidAt, t.now, in.IntentID).Exec(ctx)
		if err := exactly(1, result, err); err != nil {
			return intent, err
		}
	}
	result, err := t.idb.NewRaw(`UPDATE unmatched_receipts SET state = 1, intent_id = ?, loan_id = ?, borrower_id = ?, assigned_by = ?, assigned_at = ?
		WHERE id = ? AND state = 0`, intent.ID, l.ID, l.BorrowerID, operator, t.now, in.ID).Exec(ctx)
	return intent, exactly(1, result, err)
}
