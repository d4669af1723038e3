package population

import (
	"math/rand/v2"

	"github.com/creditpocket/creditpocket/internal/clock"
	"github.com/creditpocket/creditpocket/internal/lending"
	"github.com/creditpocket/creditpocket/internal/money"
)

// habit is how a borrower treats a loan.
type habit int

const (
	onTime habit = iota
	early
	inParts
	behind
	tooMuch
	extending
	defaulting
	forgiven
	returning // the transfer comes back
)

// nature is what one borrower will do with one loan.
type nature struct {
	habit habit
	days  int // how early, how late, or how late until it is given up
}

// natureOf draws a borrower's nature for a loan of a term in days.
func natureOf(rng *rand.Rand, term int) nature {
	switch n := rng.IntN(100); {
	case n < 28:
		return nature{habit: onTime}
	case n < 42:
		return nature{early, 1 + rng.IntN(max(term-2, 1))}
	case n < 57:
		return nature{habit: inParts}
	case n < 69:
		return nature{behind, 1 + rng.IntN(20)}
	case n < 77:
		return nature{tooMuch, rng.IntN(3)}
	case n < 86:
		return nature{habit: extending}
	case n < 96:
		return nature{defaulting, 3 + rng.IntN(15)}
	case n < 99:
		return nature{forgiven, 2 + rng.IntN(8)}
	default:
		return nature{returning, 1 + rng.IntN(6)}
	}
}

// watched is for how many days the population's transfers can still come back.
const watched = 6

// deed is what happens to a loan on a day.
type deed int

const (
	nothing deed = iota
	payment
	extensionFee
	waiver
	writingOff
	returned
)

// decide says what a borrower does with a loan on a day. Amounts are kobo.
func (p *paper) decide(rng *rand.Rand, day clock.Date) (deed, money.Kobo) {
	switch {
	case day == p.payout:
		return nothing, 0
	case p.state.IsSettled():
		if day.Sub(p.closed) < 5 && rng.IntN(200) == 0 { // paid a second time, by mistake
			return payment, money.Kobo(1_000 + rng.IntN(900_000))
		}
		return nothing, 0
	case p.state == lending.WrittenOff:
		return p.recovery(rng)
	case p.state == lending.Reversed:
		return nothing, 0
	}
	late := day.Sub(p.due)
	switch n := p.nature; n.habit {
	case early:
		return p.when(late >= -n.days, day, 0)
	case inParts:
		return p.part(rng, late, day)
	case tooMuch:
		return p.when(late >= -n.days, day, money.Kobo(1+rng.IntN(200_000)))
	case extending:
		if late >= -2 && p.canExtend(day) {
			if rng.IntN(2) == 0 {
				return extensionFee, p.sold.ExtensionFee
			}
			return nothing, 0
		}
		return p.when(late >= 0, day, 0)
	case behind:
		return p.when(late >= n.days, day, 0)
	case defaulting:
		switch {
		case late >= n.days:
			return writingOff, 0
		case rng.IntN(40) == 0:
			return p.some(rng, day)
		}
		return nothing, 0
	case returning:
		switch {
		case day.Sub(p.payout) >= n.days && day.Sub(p.payout) <= watched:
			return returned, 0
		case day.Sub(p.payout) < n.days && rng.IntN(4) == 0:
			return p.some(rng, day)
		}
	case forgiven:
		switch {
		case late >= n.days && p.waived == 0:
			return waiver, money.Kobo(1 + rng.Int64N(int64(p.owed())))
		case late > n.days:
			return p.when(true, day, 0)
		}
		return nothing, 0
	}
	return p.when(late >= 0, day, 0)
}

func (p *paper) when(now bool, day clock.Date, extra money.Kobo) (deed, money.Kobo) {
	if !now {
		return nothing, 0
	}
	return payment, p.toClose(day) + extra
}

// part pays a loan off in several payments from two days before it is due.
func (p *paper) part(rng *rand.Rand, late int, day clock.Date) (deed, money.Kobo) {
	switch {
	case late < -2 || rng.IntN(2) == 0:
		return nothing, 0
	case p.owed() < 100_000:
		return payment, p.toClose(day)
	}
	return p.some(rng, day)
}

// some is a payment of a tenth to six tenths of what is owed.
func (p *paper) some(rng *rand.Rand, day clock.Date) (deed, money.Kobo) {
	return payment, max(p.toClose(day)*money.Kobo(10+rng.IntN(50))/100, 1)
}

// recovery is what comes in after a write-off: seldom, mostly a part, now and then more than the loss.
func (p *paper) recovery(rng *rand.Rand) (deed, money.Kobo) {
	if p.lossLeft() == 0 || rng.IntN(24) > 0 {
		return nothing, 0
	}
	if rng.IntN(6) == 0 {
		return payment, p.lossLeft() + money.Kobo(1+rng.IntN(50_000))
	}
	return payment, money.Kobo(1 + rng.Int64N(int64(p.lossLeft())))
}
