package main

import "fmt"

// kind names what kind of promise was broken. The planted bugs are told apart by these names.
type kind string

const (
	lost         kind = "acknowledged-but-lost"
	doubled      kind = "doubled"
	unbalanced   kind = "unbalanced"
	offLedger    kind = "differs-from-postings"
	offGateway   kind = "differs-from-gateway"
	secondLoan   kind = "second-open-loan"
	stuck        kind = "stuck-after-drain"
	forged       kind = "forged-accepted"
	wrongEnd     kind = "wrong-final-state"
	unordered    kind = "not-linearizable"
	weakSchema   kind = "constraint-missing"
	foreignClock kind = "foreign-clock"
	strange      kind = "unexplained-answer"
)

// kinds is every kind, in the order of the table.
var kinds = []kind{lost, doubled, unbalanced, offLedger, offGateway, secondLoan, stuck, forged, wrongEnd, unordered, weakSchema, foreignClock, strange}

// finding is one broken promise.
type finding struct {
	Kind kind
	What string
}

// findings collects them.
type findings struct{ all []finding }

func (f *findings) add(k kind, format string, args ...any) {
	f.all = append(f.all, finding{k, fmt.Sprintf(format, args...)})
}

func (f *findings) of(k kind) int {
	n := 0
	for _, one := range f.all {
		if one.Kind == k {
			n++
		}
	}
	return n
}

// show lists at most so many of each kind.
func (f *findings) show(most int) []string {
	var out []string
	for _, k := range kinds {
		n := 0
		for _, one := range f.all {
			if one.Kind != k {
				continue
			}
			if n++; n <= most {
				out = append(out, fmt.Sprintf("%s: %s", k, one.What))
			}
		}
		if n > most {
			out = append(out, fmt.Sprintf("%s: and %d more", k, n-most))
		}
	}
	return out
}
