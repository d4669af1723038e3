package lending_test

import (
	"math/big"
	"testing"
	"time"
)

// oraclePrice prices a product with rationals.
func oraclePrice(p vectorProduct) vectorTerms {
	interest := ratRound(p.Principal, int64(p.InterestDailyBps)*int64(p.TermDays), 10000)
	t := vectorTerms{
		Principal: p.Principal, Disbursed: p.Principal - p.UpfrontFee, UpfrontFee: p.UpfrontFee, ServiceFee: p.ServiceFee, Interest: interest,
		SuffixFee: p.ServiceFee + interest, Due: p.Principal + p.ServiceFee + interest, TermDays: p.TermDays,
	}
	apr := new(big.Rat).SetFrac(big.NewInt((t.SuffixFee+t.UpfrontFee)*365), new(big.Int).Mul(big.NewInt(p.Principal), big.NewInt(int64(p.TermDays))))
	apr.Mul(apr, big.NewRat(10000, 1)).Add(apr, big.NewRat(1, 2))
	t.APRBps = new(big.Int).Div(apr.Num(), apr.Denom()).Int64()
	return t
}

func newOracle(t testing.TB, c vectorCase) *oracle {
	o := &oracle{c: c.Product, sold: c.Price}
	if c.Sold != nil {
		o.sold = *c.Sold
	}
	o.paidOut = wireTime(t, c.DisbursedAt)
	o.start = lagosDay(o.paidOut)
	o.due0 = o.start + o.sold.TermDays
	o.last = o.start
	return o
}

// step adds a step's event to the history, asks, and takes a refused event out again.
func (o *oracle) step(t testing.TB, s vectorStep) (vectorExpect, string) {
	at := wireTime(t, s.At)
	today := lagosDay(at)
	before := len(o.events)
	if s.Op != "look" && s.Op != "run" {
		e := oracleEvent{op: s.Op, day: max(today, o.last), paid: today, amount: s.Amount}
		if s.PaidAt != "" {
			e.paid = lagosDay(wireTime(t, s.PaidAt))
			e.day = max(min(e.paid, today), o.last)
		}
		if s.Parts != nil {
			e.parts = [4]int64{s.Parts.Penalty, s.Parts.ServiceFee, s.Parts.Interest, s.Parts.Principal}
		}
		o.events = append(o.events, e)
	}
	a := o.ask(max(today, o.last))
	refused := ""
	if len(o.events) > before {
		refused = a.refused
		if refused != "" {
			o.events = o.events[:before]
			a = o.ask(max(today, o.last))
		} else {
			o.last = o.events[before].day
		}
	}
	return vectorExpect{
		Status: a.state, ActualBalance: o.sold.Disbursed,
		ShouldbackTime: o.paidOut.Add(time.Duration(o.sold.TermDays+a.dueShift) * 24 * time.Hour).Format("2006-01-02 15:04:05"),
		OverdueFee:     a.penalty, CouponsFee: a.coupon, ReduceAmt: a.waived, ActualbackAmt: a.paid, RemainingAmount: a.remain, OverDays: a.overDays,
		ExtensionStatus: a.extensions, Credit: a.extra,
		Owed: vectorParts{a.outstanding[0], a.outstanding[1], a.outstanding[2], a.outstanding[3]},
	}, refused
}
