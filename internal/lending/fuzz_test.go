package lending_test

import (
	"math/rand/v2"
	"testing"

	"github.com/creditpocket/creditpocket/internal/money"
)

// FuzzEngineAgainstOracle lives whole loans on the engine and compares every step with the oracle.
func FuzzEngineAgainstOracle(f *testing.F) {
	f.Add(uint64(1), uint64(2))
	f.Add(uint64(301), uint64(375))
	f.Fuzz(func(t *testing.T, a, b uint64) {
		c := generate(t, rand.New(rand.NewPCG(a, b)), 0, b%2 == 1)
		l := sell(t, c)
		var credit money.Kobo
		for i, s := range c.Steps {
			next, e, refused := apply(t, l, s)
			l, credit = next, credit+e.Over
			if got := expectOf(l, wireTime(t, s.At), credit); got != s.Expect || refused != s.Refused {
				t.Fatalf("step %d %s at %s: refused %q, oracle %q\n engine %+v\n oracle %+v\n case %+v", i, s.Op, s.At, refused, s.Refused, got, s.Expect, c)
			}
		}
	})
}
