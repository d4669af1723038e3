package specgen

import (
	"fmt"
	"strings"

	"github.com/creditpocket/creditpocket/internal/lending"
)

// statesPage is the page of a loan's states and moves, made from the one table in internal/lending.
const statesPage = "docs/states.md"

// StatesPage writes the page.
func StatesPage() []byte {
	var b strings.Builder
	b.WriteString(`# The states of a loan

<!-- Generated from internal/lending/states.go and transitions.go by ` + "`make generate`" + `. Do not edit. -->

The wire's ` + "`status`" + ` is a code of this table. How late a loan is, its decision, payout attempts and extensions are axes of their own, not
states. The program checks each move against the table of moves below, the database holds the same table (` + "`loan_states`" + `, ` + "`loan_transitions`" + `,
written from the code at every migration) and refuses every other move, and ` + "`loan_events`" + ` keeps the trace with the trigger.

| code | state | meaning | open | owes | paid out | last |
|---|---|---|---|---|---|---|
`)
	for _, s := range lending.States() {
		fmt.Fprintf(&b, "| %d | %s | %s | %s | %s | %s | %s |\n", s.State, s.Name, s.Description, tick(s.State.Open()), tick(s.State.Owing()), tick(s.State.PaidOut()), tick(s.State.Terminal()))
	}
	fmt.Fprintf(&b, `
*Open*: it stands in the way of another application of the borrower to the brand. *Owes*: the ledger carries a receivable. *Paid out*: the
borrower has, or had, the money; a payout that came back does not count. *Last*: no move leaves it.

## Moves

Every loan begins as %s.

| from | to | trigger | when |
|---|---|---|---|
`, lending.InitialState)
	for _, t := range lending.Transitions() {
		fmt.Fprintf(&b, "| %d %s | %d %s | `%s` | %s |\n", t.From, t.From, t.To, t.To, t.Trigger, t.Description)
	}
	b.WriteString("\n## Which state may follow which\n\nRows are from, columns are to.\n\n|  |")
	for _, to := range lending.States() {
		fmt.Fprintf(&b, " %d |", to.State)
	}
	b.WriteString("\n|---|" + strings.Repeat("---|", len(lending.States())) + "\n")
	for _, from := range lending.States() {
		if from.State.Terminal() {
			continue
		}
		fmt.Fprintf(&b, "| %d %s |", from.State, from.Name)
		for _, to := range lending.States() {
			b.WriteString(" " + tick(lending.CanTransition(from.State, to.State)) + " |")
		}
		b.WriteString("\n")
	}
	return []byte(b.String())
}

func tick(yes bool) string {
	if yes {
		return "yes"
	}
	return ""
}
