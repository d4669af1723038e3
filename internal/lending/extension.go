package lending

import (
	"time"

	"github.com/creditpocket/creditpocket/internal/clock"
	"github.com/creditpocket/creditpocket/internal/money"
)

// ExtensionOffer is what moving the due date costs and gives.
type ExtensionOffer struct {
	Fee   money.Kobo // paid before the date moves; not part of what the loan owes
	DueAt time.Time  // the new due instant
}

// OfferExtension says what one more extension would cost and give at an instant. The due instant moves by the product's extension
// days; no further interest is charged for them, the fee is their price. It returns a RuleError with LOAN_NOT_OWING, or with
// STATE_CONFLICT when the product allows no further extension or the loan would still be past due.
func OfferExtension(l Loan, at time.Time) (ExtensionOffer, error) {
	if !l.State.Owing() {
		return ExtensionOffer{}, refuse(ReasonLoanNotOwing, "a loan that is "+l.State.String()+" cannot be extended")
	}
	if l.Extensions >= l.Conditions.MaxExtensions {
		return ExtensionOffer{}, refuse(ReasonStateConflict, "the product allows no further extension")
	}
	due := l.DueAt.Add(time.Duration(l.Conditions.extensionDays(l.Terms.TermDays)) * 24 * time.Hour)
	if clock.DateOf(at).After(clock.DateOf(due)) {
		return ExtensionOffer{}, refuse(ReasonStateConflict, "the loan would still be past due after an extension")
	}
	return ExtensionOffer{l.Conditions.ExtensionFee, due}, nil
}

// Extend moves the due date after the fee was paid. Penalty charged until then stays owed; days past due count from the new date.
// It returns the RuleErrors of OfferExtension.
func Extend(l Loan, at time.Time) (Effect, error) {
	offer, err := OfferExtension(l, at)
	if err != nil {
		return Effect{Loan: l}, err
	}
	l, e, err := openDay(l, at)
	if err != nil {
		return e, err
	}
	l = l.anchored(l.PenaltyThrough)
	l.DueAt = offer.DueAt
	l.Extensions++
	l.State = Active
	e.Loan = l
	return e, nil
}

// ExtendPaid moves the due date for a fee that was paid at paidAt by the gateway's clock and is booked now: what counts is the payment,
// so penalty of days after it is taken back, and comes again only where the new due date has passed too. It returns the RuleErrors of
// OfferExtension at paidAt, and nothing is changed then.
func ExtendPaid(before Loan, paidAt, now time.Time) (Effect, error) {
	if paidAt.IsZero() || paidAt.After(now) {
		paidAt = now
	}
	offer, err := OfferExtension(before, paidAt)
	if err != nil {
		return Effect{Loan: before}, err
	}
	var e Effect
	l, today := before, clock.DateOf(now)
	l, e.PenaltyBefore = l.withPenaltyAt(clock.DateOf(paidAt))
	l = l.anchored(l.PenaltyThrough)
	l.DueAt = offer.DueAt
	l.Extensions++
	l.State = Active
	l, e.PenaltyAfter = AccruePenalty(l, today)
	if today.After(l.DueDate()) {
		l.State = Overdue
	}
	e.Loan = l
	return e, nil
}

func (c Conditions) extensionDays(termDays int) int {
	if c.ExtensionDays > 0 {
		return c.ExtensionDays
	}
	return termDays
}
