package ledger

import (
	"fmt"

	"github.com/creditpocket/creditpocket/internal/money"
)

// CreditRefund books a refund of the borrower's credit through the gateway; reference is the refund's.
func CreditRefund(ref Ref, reference string, amount money.Kobo) (Batch, error) {
	return move(ref, borrowerKey(ref, KindCreditRefund, reference), KindCreditRefund, BorrowerCredit, GatewayClearing, amount)
}

// CardCharge books the charge that binds a card. It is a deposit, not income: it goes back to the borrower.
func CardCharge(ref Ref, reference string, amount money.Kobo) (Batch, error) {
	return move(ref, borrowerKey(ref, KindCardCharge, reference), KindCardCharge, GatewayClearing, CardDeposit, amount)
}

// CardRefund books the return of a card binding charge.
func CardRefund(ref Ref, reference string, amount money.Kobo) (Batch, error) {
	return move(ref, borrowerKey(ref, KindCardRefund, reference), KindCardRefund, CardDeposit, GatewayClearing, amount)
}

// UnassignedReceipt books money that arrived without a loan to put it on. An operator's assignment is a Payment FromUnassigned.
func UnassignedReceipt(ref Ref, reference string, amount money.Kobo) (Batch, error) {
	return move(ref, fmt.Sprintf("receipt:%s:%s", KindUnassigned, reference), KindUnassigned, GatewayClearing, Unassigned, amount)
}

// ReceiptReclaimed takes an unassigned receipt back, because the charge that the money belongs to books it.
func ReceiptReclaimed(ref Ref, reference string, amount money.Kobo) (Batch, error) {
	return move(ref, fmt.Sprintf("receipt:%s:%s", KindReceiptReclaimed, reference), KindReceiptReclaimed, Unassigned, GatewayClearing, amount)
}

// GatewayFee books a change of what the gateway has kept for one of its records, as its ledger shows it, from an amount to another; it
// goes back to 0 where a transfer that failed gives its fee back. object and id name the record.
func GatewayFee(ref Ref, object, id string, from, to money.Kobo) (Batch, error) {
	key := fmt.Sprintf("gateway:%s:%s:%s:%d-%d", KindGatewayFee, object, id, int64(from), int64(to))
	if from == to || from < 0 || to < 0 {
		return Batch{}, fmt.Errorf("ledger: %s is no change", key)
	}
	b := builder{ref: ref}
	b.debit(GatewayFees, to-from)
	b.credit(GatewayClearing, to-from)
	return b.batch(KindGatewayFee, key)
}

// move books amount from one account to another: debit to, credit from.
func move(ref Ref, key string, kind Kind, debit, credit Account, amount money.Kobo) (Batch, error) {
	if amount <= 0 {
		return Batch{}, fmt.Errorf("ledger: %s needs an amount above zero", key)
	}
	b := builder{ref: ref}
	b.debit(debit, amount)
	b.credit(credit, amount)
	return b.batch(kind, key)
}
