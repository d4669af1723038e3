package store

import (
	"context"
	"errors"
	"time"

	"github.com/creditpocket/creditpocket/gen/catalog"
	"github.com/creditpocket/creditpocket/internal/fault"
	"github.com/creditpocket/creditpocket/internal/ledger"
)

// ReclaimReceipt is called before a charge of ours is booked as paid. Where its money is in the books already, as a receipt under a
// reference that nobody knew then (a restore had lost the charge), the receipt is taken back in the same transaction, so that the money is
// counted once; and until the transaction ends nobody books such a receipt. It returns UNAVAILABLE where the receipt is another brand's
// and this transaction is confined to one: a job, which is not, comes by. Lock order: after the intent.
func (t *Tx) ReclaimReceipt(ctx context.Context, reference string) error {
	id, err := t.holdReference(ctx, reference)
	if err != nil || id == 0 {
		return err
	}
	r, err := t.LockReceipt(ctx, id)
	if errors.Is(err, ErrNotFound) {
		return fault.New(catalog.Unavailable).WithRetryAfter(5 * time.Second).WithCause(errors.New("the money of the charge is a receipt of another brand"))
	}
	if err != nil {
		return err
	}
	batch, err := ledger.ReceiptReclaimed(ledger.Ref{At: t.now}, r.Reference, r.Amount)
	if err != nil {
		return err
	}
	if err := t.Post(ctx, r.Brand, batch); err != nil {
		return err
	}
	result, err := t.idb.NewRaw(`UPDATE unmatched_receipts SET state = 2 WHERE id = ? AND state = 0`, id).Exec(ctx)
	return exactly(1, result, err)
}

// LockCharge is LockLoan and LockIntent of an intent of the loan, and holds the money of its reference as ReclaimReceipt does, in one round
// trip.
func (t *Tx) LockCharge(ctx context.Context, in Intent) (Loan, Intent, error) {
	var l loanRead
	var i intentRow
	var receipt *int64
	if err := t.together(ctx, t.prepared(loanQuery+lockedLoan, in.LoanID).scanned(&l), t.prepared(intentQuery+lockedIntent, in.ID).scanned(&i),
		t.holding(in.Reference).scanned(&receipt)); err != nil {
		return Loan{}, Intent{}, err
	}
	t.held = heldReference{in.Reference, idOut(receipt)}
	out, err := t.ofRow(&l)
	return out, i.intent(), err
}

// heldReference is a reference whose money nobody else books until the transaction ends, and the receipt that has it.
type heldReference struct {
	reference string
	receipt   int64
}

// holdReference makes this transaction the only one that books money of a reference at the gateway, and answers the receipt that has it
// and that nothing of ours is behind; 0 for none.
func (t *Tx) holdReference(ctx context.Context, reference string) (int64, error) {
	if t.held.reference == reference {
		return t.held.receipt, nil
	}
	var id *int64
	if err := t.holding(reference).Scan(ctx, &id); err != nil {
		return 0, fromTx(err)
	}
	return idOut(id), nil
}

func (t *Tx) holding(reference string) *statement {
	return t.prepared(`SELECT held_receipt(?)`, reference)
}

// KeepReceipt writes a receipt, with its ledger batch where money is behind it, unless the money is in the books. Of one that is there
// it keeps the first amount: one that was void becomes unmatched when money turns up, and one that no charge of ours was behind becomes
// that of in.IntentID. A receipt without an intent is not written where a charge of ours has the reference: the charge books the money.
func (t *Tx) KeepReceipt(ctx context.Context, in Receipt) error {
	if _, err := t.holdReference(ctx, in.Reference); err != nil {
		return err
	}
	if in.IntentID == 0 {
		if _, err := t.Intent(ctx, in.Reference); !errors.Is(err, ErrNotFound) {
			return err
		}
	}
	known, err := t.oneReceipt(ctx, `WHERE reference = ? FOR UPDATE`, in.Reference)
	switch {
	case errors.Is(err, ErrNotFound):
		if in, err = t.AddReceipt(ctx, in); err != nil || in.State == ReceiptVoid {
			return err
		}
	case err != nil:
		return err
	case known.State == ReceiptVoid && known.Amount == 0 && in.State == ReceiptUnmatched:
		result, err := t.idb.NewRaw(`UPDATE unmatched_receipts SET state = 0, brand = ?, amount = ?, paid_at = ?, intent_id = ?, quarantined = ?, borrower_id = ?, loan_id = ?, asked = ?
			WHERE id = ?`, in.Brand, int64(in.Amount), in.PaidAt, idIn(in.IntentID), in.Quarantined, idIn(in.BorrowerID), idIn(in.LoanID), idIn(int64(in.Asked)), known.ID).Exec(ctx)
		if err := exactly(1, result, err); err != nil {
			return err
		}
	case known.IntentID == 0 && in.IntentID != 0:
		result, err := t.idb.NewRaw(`UPDATE unmatched_receipts SET intent_id = ?, quarantined = ?, borrower_id = ?, loan_id = ?, asked = ? WHERE id = ?`,
			in.IntentID, in.Quarantined, idIn(in.BorrowerID), idIn(in.LoanID), idIn(int64(in.Asked)), known.ID).Exec(ctx)
		return exactly(1, result, err)
	default:
		return nil
	}
	batch, err := ledger.UnassignedReceipt(ledger.Ref{At: t.now}, in.Reference, in.Amount)
	if err != nil {
		return err
	}
	return t.Post(ctx, in.Brand, batch)
}
