package lending_test

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/creditpocket/creditpocket/internal/clock"
)

// generatedCases are made first; lateFeeCases are those in which fees for an extension are reported late too.
const (
	generatedCases = 360
	lateFeeCases   = 60
)

// regenerate replaces the generated cases of the file; their expectations come from the oracle alone.
func regenerate(t *testing.T) {
	f := loadVectors(t)
	kept := f.Cases[:0]
	for _, c := range f.Cases {
		if c.Source != "generated" {
			kept = append(kept, c)
		}
	}
	f.Cases = kept
	rnd := rand.New(rand.NewPCG(301, 375))
	for i := range generatedCases {
		f.Cases = append(f.Cases, generate(t, rnd, i, false))
	}
	for i := range lateFeeCases {
		f.Cases = append(f.Cases, generate(t, rnd, generatedCases+i, true))
	}
	saveVectors(t, f)
}

// generate makes a case; lateFees lets fees be reported late, and often.
func generate(t testing.TB, rnd *rand.Rand, number int, lateFees bool) vectorCase {
	pick := func(ns ...int) int { return ns[rnd.IntN(len(ns))] }
	p := vectorProduct{
		Principal: int64(pick(600_000, 800_000, 1_000_000, 1_600_000, 999_999, 123_457, 5_000_001, 50_000_000)), TermDays: pick(7, 14, 30, 61, 91),
		ServiceFee: int64(pick(0, 229_000, 50_001, 604_000)), InterestDailyBps: pick(0, 7, 33, 50), PenaltyDailyBps: pick(0, 33, 100, 150),
		PenaltyCapBps: pick(0, 500, 3333, 10_000), GraceDays: pick(0, 0, 3, 7), GraceMode: []string{"forgiving", "clawback"}[rnd.IntN(2)],
		ExtensionDays: pick(0, 5, 30), MaxExtensions: pick(0, 1, 2), RebateInterest: rnd.IntN(3) == 0,
	}
	if lateFees {
		p.MaxExtensions = pick(1, 2, 3)
	}
	p.ExtensionFee = int64(p.MaxExtensions) * 50_000
	if rnd.IntN(4) == 0 {
		p.UpfrontFee = p.Principal / 20
	}
	if rnd.IntN(4) == 0 {
		p.Allocation = []string{"principal", "interest", "service_fee", "penalty"}
	}
	start := time.Date(2026, 1, 1, 0, 0, 0, 0, clock.Lagos).Add(time.Duration(rnd.IntN(400*86_400)) * time.Second)
	c := vectorCase{
		Name: fmt.Sprintf("generated-%03d", number), Source: "generated", Product: p, Price: oraclePrice(p), DisbursedAt: clock.FormatWire(start),
	}
	o := newOracle(t, c)
	at := start
	for steps := 1 + rnd.IntN(7); steps > 0; steps-- {
		at = nextInstant(rnd, at, start.Add(time.Duration(p.TermDays)*24*time.Hour))
		s := vectorStep{At: clock.FormatWire(at)}
		now, _ := o.step(t, vectorStep{At: s.At, Op: "look"})
		n := rnd.IntN(100)
		if lateFees && rnd.IntN(3) == 0 {
			n = 80
		}
		switch {
		case n < 50:
			s.Op, s.Amount, s.PaidAt = "pay", paymentOf(rnd, now), s.At
			if rnd.IntN(3) == 0 { // the gateway reports it late
				s.PaidAt = clock.FormatWire(at.Add(-time.Duration(rnd.IntN(4*86_400)) * time.Second))
			}
		case n < 60:
			s.Op = "run"
		case n < 70:
			s.Op, s.Parts = "waive", &vectorParts{Penalty: now.Owed.Penalty / int64(1+rnd.IntN(3)), Interest: int64(rnd.IntN(2)) * now.Owed.Interest / 2}
			if rnd.IntN(6) == 0 {
				s.Parts.Principal = now.Owed.Principal + 1
			}
		case n < 78:
			s.Op, s.Amount = "coupon", int64(pick(10_000, 50_000, 1_000_000))
		case n < 88:
			s.Op = "extend"
			if lateFees && rnd.IntN(4) > 0 {
				s.PaidAt = clock.FormatWire(at.Add(-time.Duration(rnd.IntN(9*86_400)) * time.Second))
			}
		case n < 92:
			s.Op = "write_off"
		case n < 93:
			s.Op = "reverse"
		default:
			s.Op = "look"
		}
		s.Expect, s.Refused = o.step(t, s)
		c.Steps = append(c.Steps, s)
	}
	return c
}

// nextInstant moves on by a while, often to the seconds around a midnight in Lagos or around the due instant.
func nextInstant(rnd *rand.Rand, at, due time.Time) time.Time {
	wobble := time.Duration(rnd.IntN(5)-2) * time.Second
	switch rnd.IntN(5) {
	case 0:
		at = clock.DateOf(at).AddDays(1 + rnd.IntN(9)).Start().Add(wobble)
	case 1:
		if due.Add(wobble).After(at) {
			at = due.Add(wobble)
		}
	case 2:
		if midnight := clock.DateOf(due).AddDays(rnd.IntN(6)).Start().Add(wobble); midnight.After(at) {
			at = midnight
		}
	default:
		at = at.Add(time.Duration(1+rnd.IntN(25*86_400)) * time.Second)
	}
	return at
}

func paymentOf(rnd *rand.Rand, now vectorExpect) int64 {
	rest := max(now.RemainingAmount, 1000)
	switch rnd.IntN(5) {
	case 0, 1:
		return rest
	case 2:
		return rest + int64(rnd.IntN(100_000))
	default:
		return 1 + rnd.Int64N(rest)
	}
}
