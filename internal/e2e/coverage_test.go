package e2e

import (
	"fmt"
	"testing"

	"github.com/creditpocket/creditpocket/internal/contract"
	"github.com/creditpocket/creditpocket/internal/testkit/testapp"
)

// exceptions are reasons that an operation's examples name and this test does not produce. Each says why; the status itself
// is produced by another reason.
var exceptions = map[string]func(op *contract.Operation) string{
	"MALFORMED_BODY": func(op *contract.Operation) string {
		if op.BodyType == "" {
			return "the 400 of all operations is one reusable response; an operation without a body has none that can be malformed"
		}
		return ""
	},
	"RESPONSE_CONTRACT_VIOLATION": func(op *contract.Operation) string {
		if !op.Envelope {
			return "a file has no envelope that could break; a stream that does is a test of the server package, with made-up handlers"
		}
		return ""
	},
}

// TestEveryStatusAndReason makes every operation give every status that it declares and every reason that the examples of
// its errors name. What the contract does not declare cannot pass the judge; what it declares and nothing produces fails
// here.
func TestEveryStatusAndReason(t *testing.T) {
	w := newWorld(t, testapp.Options{})
	p := &producers{world: w, cast: w.newCast()}
	for _, part := range []struct {
		name string
		run  func(*producers)
	}{
		{"successes", (*producers).successes},
		{"input", (*producers).input},
		{"callers", (*producers).callers},
		{"limits", (*producers).limits},
		{"auth", (*producers).authReasons},
		{"profile", (*producers).profileReasons},
		{"bank", (*producers).bankReasons},
		{"keys", (*producers).keyReasons},
		{"applications", (*producers).applicationReasons},
		{"repayments", (*producers).repaymentReasons},
		{"relief and papers", (*producers).reliefReasons},
		{"others", (*producers).otherReasons},
		{"contract violations", (*producers).violations},
		{"defects", (*producers).defects},
		{"no database", (*producers).noDatabase},
		{"stopping", (*producers).stopping},
	} {
		t.Run(part.name, func(t *testing.T) {
			c := *p
			c.world = w.in(t)
			c.cast = p.cast.in(c.world)
			part.run(&c)
		})
	}
	p.report(t)
}

// in is the cast as a subtest sees it.
func (c *cast) in(w *world) *cast {
	d := *c
	d.w = w
	for _, b := range []**borrower{&d.fresh, &d.ready, &d.active, &d.settled, &d.blocked} {
		one := **b
		one.w = w
		*b = &one
	}
	return &d
}

// producers make the operations answer in every way.
type producers struct {
	*world
	cast *cast
}

// each calls f for every operation of the contract.
func (p *producers) each(f func(op *contract.Operation)) {
	for _, op := range p.doc.Operations {
		f(op)
	}
}

func (p *producers) report(t *testing.T) {
	table, missing := p.doc.StatusTable(p.judge.Seen())
	fmt.Printf("\nHow often each operation gave each status:\n%s\n", table)
	for _, cell := range missing {
		t.Errorf("%s never answered %d", cell.Operation, cell.Status)
	}
	table, lost, undeclared := p.doc.ReasonTable(p.judge.Reasons())
	fmt.Printf("How often each operation gave each reason:\n%s\n", table)
	excused := map[string]int{}
	for _, cell := range lost {
		if why := exceptions[cell.Reason]; why != nil {
			if text := why(p.doc.Operation(cell.Operation)); text != "" {
				excused[cell.Reason+": "+text]++
				continue
			}
		}
		t.Errorf("%s never gave the reason %s (%d)", cell.Operation, cell.Reason, cell.Status)
	}
	for _, cell := range undeclared {
		t.Errorf("%s gave the reason %s (%d), which no example of its errors names", cell.Operation, cell.Reason, cell.Status)
	}
	for why, n := range excused {
		fmt.Printf("not produced for %d operations: %s\n", n, why)
	}
}
