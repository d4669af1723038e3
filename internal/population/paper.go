package population

import (
	"math/big"
	"time"

	"github.com/creditpocket/creditpocket/internal/clock"
	"github.com/creditpocket/creditpocket/internal/lending"
	"github.com/creditpocket/creditpocket/internal/money"
)

// paper is a loan as a clerk keeps it: what is owed, brought forward day by day, by the rules as the design states them. It shares no
// arithmetic with package lending, so that the two can be held against each other.
type paper struct {
	loan     int64
	person   int
	state    lending.State
	nature   nature
	terms    lending.Terms
	sold     lending.Conditions
	product  int64
	prior    int // loans before it
	coupon   int64
	transfer string
	paidOut  time.Time
	payout   clock.Date
	due      clock.Date
	lastPaid time.Time
	closed   clock.Date
	extended int
	moved    int // days by which extensions moved the due date

	// owed now, in kobo
	penalty, fee, interest, principal money.Kobo
	// ever, in kobo
	charged, paid, rebated, waived, couponed, writtenOff, recovered, extensionFees, credit money.Kobo
}

func newPaper(loan int64, s sale, terms lending.Terms, transfer string, n nature) *paper {
	day := clock.DateOf(s.at)
	return &paper{loan: loan, person: s.person, product: s.product.ID, state: lending.Active, nature: n, terms: terms, sold: s.product.Conditions, transfer: transfer,
		paidOut: s.at, payout: day, due: day.AddDays(terms.TermDays), fee: terms.ServiceFee, interest: terms.Interest, principal: terms.Principal}
}

// redeem lets a coupon pay for fee, interest and penalty; the rest of it lapses.
func (p *paper) redeem(coupon int64, worth money.Kobo) {
	p.coupon = coupon
	for _, part := range []*money.Kobo{&p.fee, &p.interest, &p.penalty} {
		got := min(*part, worth)
		*part -= got
		worth -= got
		p.couponed += got
	}
}

// share is amount x part / whole, rounded half up.
func share(amount money.Kobo, part, whole int64) money.Kobo {
	n := new(big.Int).Mul(big.NewInt(int64(amount)*2), big.NewInt(part))
	n.Add(n, big.NewInt(whole))
	return money.Kobo(n.Div(n, big.NewInt(2*whole)).Int64())
}

func (p *paper) owing() bool      { return p.state == lending.Active || p.state == lending.Overdue }
func (p *paper) owed() money.Kobo { return p.penalty + p.fee + p.interest + p.principal }

// lossLeft is what a written-off borrower still owes.
func (p *paper) lossLeft() money.Kobo { return p.writtenOff - p.recovered }

// dayBegins charges one day's penalty.
func (p *paper) dayBegins(day clock.Date) {
	if !p.owing() {
		return
	}
	late := day.Sub(p.due)
	if late <= 0 {
		return
	}
	p.state = lending.Overdue
	days := int64(0)
	switch {
	case late <= p.sold.GraceDays:
	case p.sold.GraceMode == lending.GraceClawback && late == p.sold.GraceDays+1:
		days = int64(late)
	default:
		days = 1
	}
	cost := share(p.principal, int64(p.sold.PenaltyDailyBps), 10_000) * money.Kobo(days)
	if p.sold.PenaltyCapBps > 0 {
		cost = min(cost, share(p.terms.Principal, int64(p.sold.PenaltyCapBps), 10_000)-p.charged)
	}
	if cost > 0 {
		p.penalty += cost
		p.charged += cost
	}
}

// rebate is the unearned interest that paying everything on a day gives back.
func (p *paper) rebate(day clock.Date) money.Kobo {
	used := max(day.Sub(p.payout), 1)
	if !p.sold.RebateInterest || used >= p.terms.TermDays || day.Sub(p.due) >= 0 {
		return 0
	}
	return max(0, min(p.interest, p.terms.Interest-share(p.terms.Interest, int64(used), int64(p.terms.TermDays))))
}

// toClose is what settles the loan on a day.
func (p *paper) toClose(day clock.Date) money.Kobo {
	if p.state == lending.WrittenOff {
		return p.lossLeft()
	}
	return p.owed() - p.rebate(day)
}

// pay takes a payment and returns what was too much.
func (p *paper) pay(amount money.Kobo, at time.Time) (over money.Kobo) {
	day := clock.DateOf(at)
	switch {
	case p.state == lending.WrittenOff:
		got := min(amount, p.lossLeft())
		p.recovered += got
		p.lastPaid = at
		return amount - got
	case !p.owing():
		return amount
	}
	if back := p.rebate(day); back > 0 && amount >= p.owed()-back {
		p.interest -= back
		p.rebated += back
	}
	over = p.take(amount)
	p.paid += amount - over
	p.lastPaid = at
	p.closeIfPaid(day)
	return over
}

// take lowers what is owed in the order of the product, which is penalty, service fee, interest, principal unless it says otherwise.
func (p *paper) take(amount money.Kobo) (rest money.Kobo) {
	owed := map[money.Component]*money.Kobo{money.Penalty: &p.penalty, money.ServiceFee: &p.fee, money.Interest: &p.interest, money.Principal: &p.principal}
	for _, name := range p.sold.Allocation {
		part := owed[name]
		got := min(*part, amount)
		*part -= got
		amount -= got
	}
	return amount
}

func (p *paper) closeIfPaid(day clock.Date) {
	if p.owed() > 0 {
		return
	}
	p.closed = day
	switch late := day.Sub(p.due); {
	case late < 0:
		p.state = lending.SettledEarly
	case late == 0:
		p.state = lending.Settled
	default:
		p.state = lending.SettledLate
	}
}

func (p *paper) waive(amount money.Kobo, day clock.Date) {
	p.waived += amount - p.take(amount)
	p.closeIfPaid(day)
}

func (p *paper) writeOff(day clock.Date) {
	p.writtenOff = p.owed()
	p.penalty, p.fee, p.interest, p.principal = 0, 0, 0, 0
	p.state, p.closed = lending.WrittenOff, day
}

// comesBack cancels the loan: its transfer was returned. What the borrower had paid is the borrower's again.
func (p *paper) comesBack() {
	p.state = lending.Reversed
	p.credit += p.paid + p.extensionFees
	p.penalty, p.fee, p.interest, p.principal = 0, 0, 0, 0
}

// canExtend says whether one more extension would bring the due date to today or later.
func (p *paper) canExtend(day clock.Date) bool {
	return p.owing() && p.extended < p.sold.MaxExtensions && day.Sub(p.nextDue()) <= 0
}

func (p *paper) nextDue() clock.Date { return p.due.AddDays(p.extensionDays()) }

func (p *paper) extensionDays() int {
	days := p.sold.ExtensionDays
	if days == 0 {
		days = p.terms.TermDays
	}
	return days
}

func (p *paper) extend() {
	p.due = p.nextDue()
	p.moved += p.extensionDays()
	p.extended++
	p.extensionFees += p.sold.ExtensionFee
	p.state = lending.Active
}

// overDays are the calendar days past due that a borrower is shown.
func (p *paper) overDays(today clock.Date) int {
	switch {
	case p.state == lending.Reversed:
		return 0
	case p.owing(), p.state == lending.WrittenOff:
		return max(today.Sub(p.due), 0)
	}
	return max(p.closed.Sub(p.due), 0)
}

// remaining is what a borrower is shown as still owed.
func (p *paper) remaining() money.Kobo {
	if p.state == lending.WrittenOff {
		return p.lossLeft()
	}
	return p.owed()
}
