package lending

import (
	"time"

	"github.com/creditpocket/creditpocket/internal/clock"
	"github.com/creditpocket/creditpocket/internal/money"
)

// Position is every money figure of a loan at an instant, as the wire shows them, in kobo.
//
// Law while the loan is owing: Remaining = Due + Penalty - Coupon - Waived - Paid = Outstanding.Total().
type Position struct {
	Date  clock.Date // business date in Lagos
	State State      // Overdue once the due date has passed and Active until then, whatever a daily run has written or not

	Principal  money.Kobo // balance
	Disbursed  money.Kobo // actualBalance: zero until paid out
	UpfrontFee money.Kobo // fee
	ServiceFee money.Kobo // serviceFee
	SuffixFee  money.Kobo // suffixFee
	Due        money.Kobo // shouldbackFee
	Penalty    money.Kobo // overdueFee: ever charged, also what was paid or waived of it
	Coupon     money.Kobo // couponsFee
	Waived     money.Kobo // reduceAmt: forgiven, and interest rebated
	Paid       money.Kobo // actualbackAmt: also recoveries
	Remaining  money.Kobo // remainingAmount: still owed; zero unless owing or written off

	Outstanding money.Components
	OverDays    int
	Bucket      Bucket
}

// PositionAt returns the loan's figures at an instant. It looks forward from the last event, never back before it: an earlier
// instant gives the figures at that event. OverDays counts up to now while money is owed (also after a write-off) and stays
// what it was at the closing for a settled loan.
func PositionAt(l Loan, at time.Time) Position {
	date := clock.DateOf(at).Later(l.AnchorDate)
	if l.State.Owing() {
		l, _ = l.withPenaltyAt(date)
		l.State = Active
		if date.After(l.DueDate()) {
			l.State = Overdue
		}
	}
	p := Position{
		Date: date, State: l.State,
		Principal: l.Terms.Principal, UpfrontFee: l.Terms.UpfrontFee, ServiceFee: l.Terms.ServiceFee, SuffixFee: l.Terms.SuffixFee,
		Due: l.Terms.Due, Penalty: l.Charged.Penalty, Coupon: l.Coupon.Total(),
		Waived: l.Waived.Total() + l.Rebated.Total(), Paid: l.Paid.Total() + l.Recovered, Outstanding: l.Outstanding(),
	}
	if !l.DisbursedAt.IsZero() {
		p.Disbursed = l.Terms.Disbursed
	}
	switch {
	case l.State.Owing():
		p.Remaining = max(p.Outstanding.Total(), 0)
		p.OverDays = DaysPastDue(l.DueDate(), date)
	case l.State == WrittenOff:
		p.Remaining = l.Unrecovered()
		p.OverDays = DaysPastDue(l.DueDate(), date)
	case l.State.IsSettled():
		p.OverDays = DaysPastDue(l.DueDate(), clock.DateOf(l.ClosedAt))
	}
	p.Bucket = BucketOf(p.OverDays)
	return p
}
