package lending

import (
	"time"

	"github.com/creditpocket/creditpocket/internal/clock"
	"github.com/creditpocket/creditpocket/internal/money"
)

// SettledState is the state of a loan whose last kobo was paid on a date: early (8) before the due date, on time (6) on it, late
// (22) after it, all by the date in Lagos.
//
// This deviates from the first reading of the sample, which compared instants. The seed's row 151776 was paid in full fourteen hours
// before its due instant, on its due date, and is 6; the rows paid in full on earlier dates (151679, 151632, 150333) are 8. Row
// 150716 fits neither reading: it was closed as 6 thirteen days before its due date with 910,000 kobo unpaid.
func SettledState(closing, due clock.Date) State {
	switch {
	case closing.Before(due):
		return SettledEarly
	case closing.After(due):
		return SettledLate
	default:
		return Settled
	}
}

// Effect is what one event did to a loan: the amounts that ledger.Book books, and the loan afterwards.
type Effect struct {
	money.Movement
	Loan Loan
}

// ApplyPayment applies a payment of amount kobo, made at paidAt by the gateway's clock and booked now.
//
// On an owing loan it is booked on its own day in Lagos, or on the day of the loan's last event if that is later, and never on a
// future day: penalty up to that day, allocation in the product's order, settlement by SettledState when nothing is left, else the
// penalty of the days until now at the new principal. On a written-off loan it is a recovery. On a loan that is settled or
// reversed the whole amount is the borrower's credit.
//
// It returns a RuleError with AMOUNT_OUT_OF_RANGE for an amount that is not above zero or is above money.Max, and with
// LOAN_NOT_OWING for a loan that was never paid out.
func ApplyPayment(l Loan, amount money.Kobo, paidAt, now time.Time) (Effect, error) {
	if amount <= 0 || amount > money.Max {
		return Effect{Loan: l}, refuse(ReasonAmountOutOfRange, "a payment must be above zero")
	}
	if paidAt.IsZero() || paidAt.After(now) {
		paidAt = now
	}
	switch {
	case l.State.Owing():
		return pay(l, amount, paidAt, now), nil
	case l.State.Recoverable():
		var e Effect
		e.Recovered = min(amount, l.Unrecovered())
		e.Over = amount - e.Recovered
		l.Recovered += e.Recovered
		l.LastPaidAt = latest(l.LastPaidAt, paidAt)
		e.Loan = l
		return e, nil
	case l.State.IsSettled() || l.State == Reversed:
		return Effect{money.Movement{Over: amount}, l}, nil
	}
	return Effect{Loan: l}, refuse(ReasonLoanNotOwing, "a loan that is "+l.State.String()+" takes no payment")
}

func pay(l Loan, amount money.Kobo, paidAt, now time.Time) Effect {
	var e Effect
	l, e.PenaltyBefore = l.withPenaltyAt(clock.DateOf(paidAt))
	day := l.PenaltyThrough
	if rebate := unearnedInterest(l, day); rebate > 0 && amount >= l.Outstanding().Total()-rebate {
		e.Rebate = rebate
		l.Rebated.Interest += rebate
	}
	e.Paid, e.Over = money.Allocate(l.Outstanding(), l.Conditions.Allocation, amount)
	l.Paid = l.Paid.Plus(e.Paid)
	l.LastPaidAt = latest(l.LastPaidAt, paidAt)
	return l.finish(e, paidAt, now)
}

// finish anchors the loan at the event's date, up to which its penalty stands charged, settles it when nothing is left, and otherwise brings it up to today.
func (l Loan) finish(e Effect, at, now time.Time) Effect {
	l = l.anchored(l.PenaltyThrough)
	if l.Outstanding().Total() <= 0 {
		l.ClosedAt = latest(l.LastPaidAt, at)
		l.State = SettledState(clock.DateOf(l.ClosedAt), l.DueDate())
		e.Loan = l
		return e
	}
	today := clock.DateOf(now)
	l, e.PenaltyAfter = AccruePenalty(l, today)
	if today.After(l.DueDate()) {
		l.State = Overdue
	}
	e.Loan = l
	return e
}

// unearnedInterest is the interest that a settlement on a day before the due date gives back under a product that rebates: sold
// interest less sold interest x days used / term, rounded once, half up, at least one day used, never more than is outstanding.
func unearnedInterest(l Loan, day clock.Date) money.Kobo {
	used := max(day.Sub(clock.DateOf(l.DisbursedAt)), 1)
	if !l.Conditions.RebateInterest || used >= l.Terms.TermDays || !day.Before(l.DueDate()) {
		return 0
	}
	earned := saturate(l.Terms.Interest.MulRatio(int64(used), int64(l.Terms.TermDays)))
	return max(min(l.Terms.Interest-earned, l.Outstanding().Interest), 0)
}

// Payoff is what closes a loan on a day, in kobo.
type Payoff struct {
	Date        clock.Date
	Outstanding money.Components // with the penalty of the day
	Rebate      money.Kobo       // unearned interest that is given back
	Amount      money.Kobo       // what to pay
}

// PayoffAt returns what closes the loan at an instant, or a RuleError with LOAN_NOT_OWING. Paying Amount at that instant settles
// the loan exactly.
func PayoffAt(l Loan, at time.Time) (Payoff, error) {
	switch {
	case l.State.Owing():
		day := clock.DateOf(at).Later(l.AnchorDate)
		l, _ = l.withPenaltyAt(day)
		p := Payoff{Date: day, Outstanding: l.Outstanding(), Rebate: unearnedInterest(l, day)}
		p.Amount = p.Outstanding.Total() - p.Rebate
		return p, nil
	case l.State.Recoverable():
		return Payoff{Date: clock.DateOf(at), Amount: l.Unrecovered()}, nil
	}
	return Payoff{}, refuse(ReasonLoanNotOwing, "a loan that is "+l.State.String()+" owes nothing")
}

func latest(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}
