package lending_test

import (
	"errors"
	"testing"

	"github.com/creditpocket/creditpocket/internal/lending"
)

func TestTransitionTableIsSound(t *testing.T) {
	type pair struct{ from, to lending.State }
	type move struct {
		from    lending.State
		trigger lending.Trigger
	}
	pairs, moves := map[pair]bool{}, map[move]bool{}
	reached := map[lending.State]bool{lending.InitialState: true}
	for _, tr := range lending.Transitions() {
		if !tr.From.Known() || !tr.To.Known() || tr.From == tr.To || tr.Trigger == "" || tr.Description == "" {
			t.Errorf("bad row %+v", tr)
		}
		if pairs[pair{tr.From, tr.To}] || moves[move{tr.From, tr.Trigger}] {
			t.Errorf("row stands twice, or its trigger is ambiguous: %+v", tr)
		}
		pairs[pair{tr.From, tr.To}], moves[move{tr.From, tr.Trigger}] = true, true
		reached[tr.To] = true
	}
	for _, a := range lending.States() {
		if !reached[a.State] {
			t.Errorf("%s cannot be reached", a.Name)
		}
		for _, b := range lending.States() {
			want := pairs[pair{a.State, b.State}]
			if got := lending.CanTransition(a.State, b.State); got != want {
				t.Errorf("%s to %s: %v", a.Name, b.Name, got)
			}
			err := lending.CheckTransition(a.State, b.State)
			if want != (err == nil) || (err != nil && !errors.Is(err, &lending.RuleError{Reason: lending.ReasonStateConflict})) {
				t.Errorf("%s to %s: %v", a.Name, b.Name, err)
			}
		}
	}
}

func TestStateGroups(t *testing.T) {
	codes := map[int]string{
		1: "submitted", 2: "in_review", 3: "approved", 4: "disbursing", 5: "active", 6: "settled", 8: "settled_early", 21: "overdue", 22: "settled_late",
		31: "rejected_risk", 32: "rejected_cool_down", 33: "rejected_may_reapply", 34: "rejected_blacklisted", 41: "disbursement_failed",
		42: "disbursement_rejected", 51: "written_off", 61: "cancelled", 62: "expired", 63: "reversed",
	}
	open := map[int]bool{1: true, 2: true, 3: true, 4: true, 5: true, 21: true}
	if len(lending.States()) != len(codes) {
		t.Errorf("%d states, want %d", len(lending.States()), len(codes))
	}
	for code, name := range codes {
		s := lending.State(code)
		if s.String() != name || s.Open() != open[code] || s.Terminal() == open[code] {
			t.Errorf("%d: %s, open %v, terminal %v", code, s, s.Open(), s.Terminal())
		}
		groups := 0
		for _, in := range []bool{s.Open(), s.IsSettled(), s.IsRejected(), s.Recoverable()} {
			if in {
				groups++
			}
		}
		if groups > 1 {
			t.Errorf("%s is in %d groups", s, groups)
		}
		if s.Owing() != (code == 5 || code == 21) {
			t.Errorf("%s owing: %v", s, s.Owing())
		}
		if wantPaid := code == 5 || code == 6 || code == 8 || code == 21 || code == 22 || code == 51; s.PaidOut() != wantPaid {
			t.Errorf("%s paid out: %v", s, s.PaidOut())
		}
	}
	if s := lending.State(7); s.Known() || s.Terminal() || s.Open() || s.String() != "state(7)" {
		t.Errorf("unknown state: %s", s)
	}
}
