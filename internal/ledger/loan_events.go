package ledger

import (
	"fmt"

	"github.com/creditpocket/creditpocket/internal/clock"
	"github.com/creditpocket/creditpocket/internal/money"
)

// Sale is what a payout books, in kobo.
type Sale struct {
	Charged    money.Components // what the borrower owes from now on; no penalty
	Disbursed  money.Kobo       // what left for the borrower's account
	UpfrontFee money.Kobo       // what was kept back from the principal
}

// Disbursement books a payout that the gateway confirmed; reference is the transfer's. A principal charged below what was paid
// out plus the upfront fee is a discount given at the sale and goes to the waiver account.
func Disbursement(ref Ref, reference string, s Sale) (Batch, error) {
	if !s.Charged.NonNegative() || s.Charged.Penalty != 0 || s.Disbursed <= 0 || s.UpfrontFee < 0 {
		return Batch{}, fmt.Errorf("ledger: a sale of loan %d needs amounts that are not negative and no penalty", ref.LoanID)
	}
	b := builder{ref: ref}
	b.debit(PrincipalReceivable, s.Charged.Principal)
	b.debit(ServiceFeeReceivable, s.Charged.ServiceFee)
	b.debit(InterestReceivable, s.Charged.Interest)
	b.debit(Waiver, s.Disbursed+s.UpfrontFee-s.Charged.Principal)
	b.credit(ServiceFeeIncome, s.Charged.ServiceFee)
	b.credit(InterestIncome, s.Charged.Interest)
	b.credit(UpfrontFeeIncome, s.UpfrontFee)
	b.credit(GatewayClearing, s.Disbursed)
	return b.batch(KindDisbursement, loanKey(ref, KindDisbursement, reference))
}

// DisbursementReversal books a payout that came back after it had counted as paid: every account of the loan returns to zero, and
// what the borrower had paid on it becomes the borrower's credit. balances are the loan's balances by account before the event.
func DisbursementReversal(ref Ref, reference string, disbursed money.Kobo, balances map[Account]money.Kobo) (Batch, error) {
	b := builder{ref: ref}
	var cleared money.Kobo
	for _, info := range Accounts() {
		if info.Account == GatewayClearing || info.Account == BorrowerCredit {
			continue
		}
		b.credit(info.Account, balances[info.Account])
		cleared += balances[info.Account]
	}
	b.debit(GatewayClearing, disbursed)
	b.credit(BorrowerCredit, disbursed-cleared)
	return b.batch(KindDisbursementReversal, loanKey(ref, KindDisbursementReversal, reference))
}

// Source is the account a payment's money comes from.
type Source Account

// The sources: money that arrives at the gateway, the borrower's own credit, or a receipt an operator assigns to the loan.
const (
	FromGateway    = Source(GatewayClearing)
	FromCredit     = Source(BorrowerCredit)
	FromUnassigned = Source(Unassigned)
)

// Payment books a payment: paid is its allocation over the components, over the part beyond what was owed, which becomes the
// borrower's credit. reference is the payment's own.
func Payment(ref Ref, reference string, from Source, paid money.Components, over money.Kobo) (Batch, error) {
	if !paid.NonNegative() || over < 0 {
		return Batch{}, fmt.Errorf("ledger: payment %s of loan %d has a negative part", reference, ref.LoanID)
	}
	b := builder{ref: ref}
	b.debit(Account(from), paid.Total()+over)
	b.creditReceivables(paid)
	b.credit(BorrowerCredit, over)
	return b.batch(KindPayment, loanKey(ref, KindPayment, reference))
}

// Recovery books money that arrives after the write-off.
func Recovery(ref Ref, reference string, from Source, recovered, over money.Kobo) (Batch, error) {
	if recovered < 0 || over < 0 {
		return Batch{}, fmt.Errorf("ledger: recovery %s of loan %d has a negative part", reference, ref.LoanID)
	}
	b := builder{ref: ref}
	b.debit(Account(from), recovered+over)
	b.credit(RecoveryIncome, recovered)
	b.credit(BorrowerCredit, over)
	return b.batch(KindRecovery, loanKey(ref, KindRecovery, reference))
}

// PenaltyAccrual books the penalty that the daily run charged up to and including a business date. Its key is the date: a second
// run of the same date cannot book twice.
func PenaltyAccrual(ref Ref, through clock.Date, amount money.Kobo) (Batch, error) {
	return penalty(ref, through.String(), amount)
}

// PenaltyAdjustment books a change of the penalty that another event caused, such as a payment dated before the last daily run;
// cause names that event. A negative amount takes penalty back.
func PenaltyAdjustment(ref Ref, cause string, amount money.Kobo) (Batch, error) {
	return penalty(ref, cause, amount)
}

func penalty(ref Ref, reference string, amount money.Kobo) (Batch, error) {
	b := builder{ref: ref}
	b.debit(PenaltyReceivable, amount)
	b.credit(PenaltyIncome, amount)
	return b.batch(KindPenalty, loanKey(ref, KindPenalty, reference))
}

// Waived books amounts that an operator forgave; reference is the act's.
func Waived(ref Ref, reference string, parts money.Components) (Batch, error) {
	return forgive(ref, KindWaiver, reference, Waiver, parts)
}

// CouponRedeemed books amounts that a coupon took over; reference is the coupon's.
func CouponRedeemed(ref Ref, reference string, parts money.Components) (Batch, error) {
	return forgive(ref, KindCoupon, reference, CouponExpense, parts)
}

// Rebate books unearned interest given back on early settlement; reference is the closing payment's.
func Rebate(ref Ref, reference string, interest money.Kobo) (Batch, error) {
	return forgive(ref, KindRebate, reference, InterestIncome, money.Components{Interest: interest})
}

// WrittenOff books the outstanding amounts of a loan as lost; reference is the act's.
func WrittenOff(ref Ref, reference string, parts money.Components) (Batch, error) {
	return forgive(ref, KindWriteOff, reference, WriteOff, parts)
}

func forgive(ref Ref, kind Kind, reference string, bearer Account, parts money.Components) (Batch, error) {
	if !parts.NonNegative() {
		return Batch{}, fmt.Errorf("ledger: %s %s of loan %d has a negative part", kind, reference, ref.LoanID)
	}
	b := builder{ref: ref}
	b.debit(bearer, parts.Total())
	b.creditReceivables(parts)
	return b.batch(kind, loanKey(ref, kind, reference))
}

// ExtensionFee books the fee for moving a due date; over is what was paid beyond the fee.
func ExtensionFee(ref Ref, reference string, from Source, fee, over money.Kobo) (Batch, error) {
	if fee < 0 || over < 0 {
		return Batch{}, fmt.Errorf("ledger: extension fee %s of loan %d has a negative part", reference, ref.LoanID)
	}
	b := builder{ref: ref}
	b.debit(Account(from), fee+over)
	b.credit(ExtensionFeeIncome, fee)
	b.credit(BorrowerCredit, over)
	return b.batch(KindExtensionFee, loanKey(ref, KindExtensionFee, reference))
}
