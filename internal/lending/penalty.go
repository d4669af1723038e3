package lending

import (
	"github.com/creditpocket/creditpocket/internal/clock"
	"github.com/creditpocket/creditpocket/internal/money"
)

// The penalty, precisely:
//
//   - Day n is the n-th calendar day in Lagos after the due date; its penalty is owed from the day's first instant.
//   - One day costs round(unpaid principal x PenaltyDailyBps / 10,000), half up, on the principal unpaid when the day begins or,
//     for the days since the last event, at that event. It is the only rounding: n equal days cost n times the rounded amount.
//   - Forgiving grace of g days: days 1..g cost nothing. Clawback: days 1..g cost nothing until day g+1 begins, which costs g+1
//     times the day's amount.
//   - The penalty ever charged to the loan, also what was paid or waived of it, never exceeds round(principal x PenaltyCapBps /
//     10,000), half up.
//
// A payment is applied after the penalty of its own day, and before the penalty of the next.

// PenaltyPerDay is what one late day costs at the present unpaid principal, in kobo, ignoring grace and cap.
func PenaltyPerDay(l Loan) money.Kobo {
	return saturate(l.Outstanding().Principal.MulBps(int64(l.Conditions.PenaltyDailyBps)))
}

// PenaltyCap is the most that can ever be charged to the loan, in kobo, or money.Max when there is no cap.
func PenaltyCap(l Loan) money.Kobo {
	if l.Conditions.PenaltyCapBps == 0 {
		return money.Max
	}
	return saturate(l.Terms.Principal.MulBps(int64(l.Conditions.PenaltyCapBps)))
}

// ChargeableDays is how many days' penalty has been charged when day n after the due date has begun, at constant principal and
// without the cap. SQL mirrors it: forgiving greatest(0, n-g), clawback case when n > g then n else 0 end.
func (c Conditions) ChargeableDays(n int) int {
	if n <= c.GraceDays {
		return 0
	}
	if c.GraceMode == GraceClawback {
		return n
	}
	return n - c.GraceDays
}

// PenaltyAt is the penalty ever charged to an owing loan when the given date has begun, in kobo. A date before the last event
// gives the penalty at that event.
func PenaltyAt(l Loan, date clock.Date) money.Kobo {
	due := l.DueDate()
	days := l.Conditions.ChargeableDays(date.Sub(due)) - l.Conditions.ChargeableDays(l.AnchorDate.Sub(due))
	if !l.State.Owing() || days <= 0 {
		return l.AnchorPenalty
	}
	added := saturate(PenaltyPerDay(l).Mul(int64(days)))
	return max(l.AnchorPenalty, min(l.AnchorPenalty+added, PenaltyCap(l)))
}

// AccruePenalty charges the penalty of every business date up to and including through, and returns the loan and what was added in
// kobo. It adds nothing for a date already charged: running twice, or once over a gap of missed days, gives the same books.
func AccruePenalty(l Loan, through clock.Date) (Loan, money.Kobo) {
	if !l.State.Owing() || !through.After(l.PenaltyThrough) {
		return l, 0
	}
	return l.withPenaltyAt(through)
}

// withPenaltyAt moves the charged penalty to what it is on a date, forwards or backwards down to the anchor.
func (l Loan) withPenaltyAt(date clock.Date) (Loan, money.Kobo) {
	date = date.Later(l.AnchorDate)
	target := PenaltyAt(l, date)
	delta := target - l.Charged.Penalty
	l.Charged.Penalty = target
	l.PenaltyThrough = date
	return l, delta
}

// saturate turns an overflow of a product within bounds into the largest amount, which only an uncapped product can reach.
func saturate(k money.Kobo, err error) money.Kobo {
	if err != nil || k > money.Max {
		return money.Max
	}
	return k
}
