package lending

import (
	"time"

	"github.com/creditpocket/creditpocket/internal/clock"
	"github.com/creditpocket/creditpocket/internal/money"
)

// Waive forgives parts of what is owed, on the day of at. It settles the loan when nothing is left. It returns a RuleError with
// LOAN_NOT_OWING, or with AMOUNT_OUT_OF_RANGE when a part is negative or more than is owed of it, or nothing is waived.
func Waive(before Loan, parts money.Components, at time.Time) (Effect, error) {
	l, e, err := openDay(before, at)
	if err != nil {
		return e, err
	}
	if parts.IsZero() || !parts.NonNegative() || !l.Outstanding().Minus(parts).NonNegative() {
		return Effect{Loan: before}, refuse(ReasonAmountOutOfRange, "more would be waived than is owed, or nothing")
	}
	e.Waived = parts
	l.Waived = l.Waived.Plus(parts)
	return l.finish(e, at, at), nil
}

// SpreadWaiver splits an amount in kobo over what is owed at an instant, in the product's allocation order, for Waive. It returns
// the RuleErrors of Waive.
func SpreadWaiver(l Loan, amount money.Kobo, at time.Time) (money.Components, error) {
	l, _, err := openDay(l, at)
	if err != nil {
		return money.Components{}, err
	}
	parts, over := money.Allocate(l.Outstanding(), l.Conditions.Allocation, amount)
	if amount <= 0 || over > 0 {
		return money.Components{}, refuse(ReasonAmountOutOfRange, "more would be waived than is owed, or nothing")
	}
	return parts, nil
}

// couponOrder is what a coupon pays for: the price of the loan, never its principal.
var couponOrder = money.Order{money.ServiceFee, money.Interest, money.Penalty}

// RedeemCoupon lets a coupon of amount kobo take over service fee, then interest, then penalty; what it cannot cover lapses. It
// settles the loan when nothing is left. It returns a RuleError with LOAN_NOT_OWING, or with AMOUNT_OUT_OF_RANGE when the coupon is
// worth nothing or there is nothing it could pay for.
func RedeemCoupon(before Loan, amount money.Kobo, at time.Time) (Effect, error) {
	l, e, err := openDay(before, at)
	if err != nil {
		return e, err
	}
	e.Coupon, _ = money.Allocate(l.Outstanding(), couponOrder, amount)
	if e.Coupon.IsZero() {
		return Effect{Loan: before}, refuse(ReasonAmountOutOfRange, "there is nothing that the coupon could pay for")
	}
	l.Coupon = l.Coupon.Plus(e.Coupon)
	return l.finish(e, at, at), nil
}

// WriteOff gives up what is outstanding as lost; the borrower still owes it, and later payments are recoveries. It returns a
// RuleError with STATE_CONFLICT unless the loan is past due. A loan that the daily run still
// shows as active goes through overdue: the caller writes both transitions.
func WriteOff(l Loan, at time.Time) (Effect, error) {
	if err := CheckTransition(PositionAt(l, at).State, WrittenOff); err != nil {
		return Effect{Loan: l}, err
	}
	l, e, err := openDay(l, at)
	if err != nil {
		return e, err
	}
	e.WrittenOff = l.Outstanding()
	l.WrittenOff = l.WrittenOff.Plus(e.WrittenOff)
	l = l.anchored(l.PenaltyThrough)
	l.State, l.ClosedAt = WrittenOff, at
	e.Loan = l
	return e, nil
}

// ReversePayout cancels an owing loan whose transfer came back after it had counted as paid: nothing is owed any more, and what
// was paid on it becomes the borrower's credit (ledger.BookReversal). It returns a RuleError with STATE_CONFLICT unless the loan is
// active or overdue.
func ReversePayout(l Loan, at time.Time) (Effect, error) {
	if err := CheckTransition(l.State, Reversed); err != nil {
		return Effect{Loan: l}, err
	}
	l, e, err := openDay(l, at)
	if err != nil {
		return e, err
	}
	e.Reversed = l.Outstanding()
	l.Reversed = l.Reversed.Plus(e.Reversed)
	l = l.anchored(l.PenaltyThrough)
	l.State, l.ClosedAt = Reversed, at
	e.Loan = l
	return e, nil
}

// openDay brings an owing loan's penalty to the day of at, before an event of that day: forwards, and back where a daily run under a
// wrong clock had charged days that have not come.
func openDay(l Loan, at time.Time) (Loan, Effect, error) {
	if !l.State.Owing() {
		return l, Effect{Loan: l}, refuse(ReasonLoanNotOwing, "a loan that is "+l.State.String()+" owes nothing that can be forgiven")
	}
	var e Effect
	l, e.PenaltyBefore = l.withPenaltyAt(clock.DateOf(at))
	return l, e, nil
}
