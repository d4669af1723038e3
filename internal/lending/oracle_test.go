package lending_test

import (
	"math/big"
	"time"
)

// The oracle is a second, deliberately simple lending engine: rationals, one loop over every single day, the whole history replayed
// for each question, and nothing of the engine's code. The golden vectors' expectations come from it.

type oracleEvent struct {
	op     string // pay, waive, coupon, extend, write_off, reverse
	day    int    // day number on which it is booked
	paid   int    // day number of the payment itself
	amount int64
	parts  [4]int64 // penalty, service fee, interest, principal
}

type oracle struct {
	c       vectorProduct
	sold    vectorTerms
	paidOut time.Time
	start   int // day number of the payout
	last    int // day on which the last event was booked
	due0    int // day number of the first due date
	events  []oracleEvent
}

type oracleAnswer struct {
	state                                        int
	penalty, coupon, waived, paid, remain, extra int64
	overDays, extensions                         int
	outstanding                                  [4]int64
	refused                                      string
	dueShift                                     int // days by which the due instant moved
}

// lagosDay numbers calendar days in Lagos: UTC plus one hour, whole days since 1970.
func lagosDay(t time.Time) int {
	s := t.Unix() + 3600
	d := s / 86400
	if s%86400 < 0 {
		d--
	}
	return int(d)
}

func ratRound(n, mul, div int64) int64 {
	r := new(big.Rat).Mul(new(big.Rat).SetInt64(n), big.NewRat(mul, div))
	r.Add(r, big.NewRat(1, 2))
	return new(big.Int).Div(r.Num(), r.Denom()).Int64() // floor, for r that is not negative
}

// ask replays the history and answers for the end of the replay: today, after all events. The last event may be refused.
func (o *oracle) ask(today int) oracleAnswer {
	const (
		pen = iota
		svc
		itr
		prin
	)
	var owed [4]int64 // what is still owed, by component
	owed[svc], owed[itr], owed[prin] = o.sold.ServiceFee, o.sold.Interest, o.sold.Due-o.sold.ServiceFee-o.sold.Interest
	a := oracleAnswer{state: 5}
	due := o.due0
	var lost int64 // written off
	lastPaid, closed := 0, 0
	limit := int64(-1)
	if o.c.PenaltyCapBps > 0 {
		limit = ratRound(o.sold.Principal, int64(o.c.PenaltyCapBps), 10000)
	}
	names := map[string]int{"penalty": pen, "service_fee": svc, "interest": itr, "principal": prin}
	order := []int{pen, svc, itr, prin}
	if len(o.c.Allocation) == 4 {
		for i, n := range o.c.Allocation {
			order[i] = names[n]
		}
	}
	total := func() int64 { return owed[0] + owed[1] + owed[2] + owed[3] }
	settle := func(day int) {
		closed = max(day, lastPaid)
		switch {
		case closed < due:
			a.state = 8
		case closed == due:
			a.state = 6
		default:
			a.state = 22
		}
		a.overDays = max(closed-due, 0)
	}
	owing := func() bool { return a.state == 5 || a.state == 21 }
	spend := func(amount int64, in []int) int64 {
		for _, part := range in {
			take := min(amount, owed[part])
			owed[part] -= take
			amount -= take
		}
		return amount
	}
	next := 0
	for day := o.start; day <= max(today, o.start); day++ {
		if n := day - due; n > 0 && owing() {
			times := int64(0)
			switch {
			case n > o.c.GraceDays+1 || n == o.c.GraceDays+1 && o.c.GraceMode != "clawback":
				times = 1
			case n == o.c.GraceDays+1:
				times = int64(n)
			}
			for ; times > 0; times-- {
				one := ratRound(owed[prin], int64(o.c.PenaltyDailyBps), 10000)
				if limit >= 0 {
					one = min(one, limit-a.penalty)
				}
				one = max(one, 0)
				owed[pen] += one
				a.penalty += one
			}
			a.state = 21
		}
		for ; next < len(o.events) && o.events[next].day == day; next++ {
			e := o.events[next]
			a.refused = ""
			switch {
			case e.op == "pay" && owing():
				used := max(day-o.start, 1)
				if o.c.RebateInterest && day < due && used < o.sold.TermDays {
					back := min(o.sold.Interest-ratRound(o.sold.Interest, int64(used), int64(o.sold.TermDays)), owed[itr])
					if back > 0 && e.amount >= total()-back {
						owed[itr] -= back
						a.waived += back
					}
				}
				left := spend(e.amount, order)
				a.paid += e.amount - left
				a.extra += left
				lastPaid = max(lastPaid, e.paid)
				if total() == 0 {
					settle(e.paid)
				}
			case e.op == "pay" && a.state == 51:
				got := min(e.amount, lost)
				lost -= got
				a.paid += got
				a.extra += e.amount - got
			case e.op == "pay":
				a.extra += e.amount
			case e.op == "waive" && owing():
				ok := e.parts != [4]int64{}
				for i := range owed {
					ok = ok && e.parts[i] >= 0 && e.parts[i] <= owed[i]
				}
				if !ok {
					a.refused = "AMOUNT_OUT_OF_RANGE"
					continue
				}
				for i := range owed {
					owed[i] -= e.parts[i]
					a.waived += e.parts[i]
				}
				if total() == 0 {
					settle(day)
				}
			case e.op == "coupon" && owing():
				left := spend(e.amount, []int{svc, itr, pen})
				a.coupon += e.amount - left
				if left == e.amount {
					a.refused = "AMOUNT_OUT_OF_RANGE"
				} else if total() == 0 {
					settle(day)
				}
			case e.op == "extend" && owing():
				by := o.c.ExtensionDays
				if by == 0 {
					by = o.sold.TermDays
				}
				if a.extensions >= o.c.MaxExtensions || due+by < e.paid {
					a.refused = "STATE_CONFLICT"
					continue
				}
				due += by
				a.dueShift += by
				a.extensions++
				a.state = 5
				if day > due {
					a.state = 21
				}
			case e.op == "write_off" && a.state == 21:
				lost = total()
				owed = [4]int64{}
				a.state = 51
			case e.op == "write_off":
				a.refused = "STATE_CONFLICT"
			case e.op == "reverse" && owing():
				owed = [4]int64{}
				a.state = 63
			case e.op == "reverse":
				a.refused = "STATE_CONFLICT"
			default:
				a.refused = "LOAN_NOT_OWING"
			}
		}
	}
	a.outstanding = owed
	switch {
	case owing():
		a.remain = total()
		a.overDays = max(today-due, 0)
	case a.state == 51:
		a.remain = lost
		a.overDays = max(today-due, 0)
	}
	return a
}
