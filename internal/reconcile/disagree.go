package reconcile

import (
	"fmt"

	"github.com/creditpocket/creditpocket/internal/money"
	"github.com/creditpocket/creditpocket/internal/provider"
	"github.com/creditpocket/creditpocket/internal/store"
)

// The kinds of breaks.
const (
	MissingOurs   = "missing_ours"   // the gateway has it, we have not
	MissingTheirs = "missing_theirs" // we have it, the gateway has not
	Amount        = "amount"
	Currency      = "currency"
	Status        = "status"
	Duplicate     = "duplicate" // the gateway has it twice, or moved the money twice
	Balance       = "balance"   // an entry of the gateway's ledger whose balance does not follow from the one before
)

// Disagreements says where a record of the gateway and ours disagree, the gravest first; none where they agree or where nothing is decided
// yet. It is pure.
func Disagreements(c store.Compared) []store.Break {
	var out []store.Break
	name := c.Reference
	if c.Kind == "refund" && c.Note != "" {
		name = c.Note
	}
	add := func(kind string, ours, theirs money.Kobo, format string, args ...any) {
		out = append(out, store.Break{Kind: kind, Object: c.Kind, Reference: name, Ours: ours, Theirs: theirs, Detail: fmt.Sprintf(format, args...), At: c.At})
	}
	if c.Twins > 1 && (c.Kind != "refund" || c.Note != "") {
		add(Duplicate, c.OursAmount, c.Amount, "the gateway has %d records under this reference", c.Twins)
	}
	ours, known := standing(c)
	switch {
	case !known && moves(c):
		add(MissingOurs, 0, c.Amount, "the gateway has it as %s over %d kobo, we have nothing under the reference", c.Status, int64(c.Amount))
	case known:
		switch {
		case c.Currency != provider.Currency:
			add(Currency, ours.amount, c.Amount, "the gateway's currency is %s", c.Currency)
		case c.Amount != ours.amount && (moves(c) || c.Kind == "transfer"):
			add(Amount, ours.amount, c.Amount, "ours is over %d kobo, the gateway's over %d", int64(ours.amount), int64(c.Amount))
		}
		if ours.wrong != "" {
			add(Status, ours.amount, c.Amount, "the gateway says %s, %s", c.Status, ours.wrong)
		}
	}
	if want, moved := expected(c), c.Moved; c.Ledgered && moved != want && !pendingDebit(c, moved) {
		switch {
		case want != 0 && moved == 2*want:
			add(Duplicate, want, moved, "the gateway's balance moved twice")
		case len(out) == 0:
			add(Amount, want, moved, "its status means a movement of %d kobo, the gateway's ledger moved %d", int64(want), int64(moved))
		}
	}
	return out
}

// view is ours of a record.
type view struct {
	amount money.Kobo
	wrong  string // what ours says that does not go with the gateway's status; "" where it goes
}

// standing is what we have of a record; known is false where that is nothing.
func standing(c store.Compared) (v view, known bool) {
	outcome := provider.Outcome(c.Outcome)
	switch c.Kind {
	case "transfer":
		return view{c.OursAmount, transferWrong(outcome, store.PayoutState(c.OursState))}, c.OursID != 0
	case "charge":
		if c.ReceiptAmount > 0 { // kept aside, or assigned since: what the gateway said is booked
			return view{amount: c.ReceiptAmount}, true
		}
		return view{chargeAmount(c), chargeWrong(c, outcome)}, c.OursID != 0
	}
	return view{c.OursAmount, refundWrong(outcome, store.RefundState(c.OursState))}, c.OursID != 0
}

func transferWrong(o provider.Outcome, state store.PayoutState) string {
	fits := false
	switch o {
	case provider.OutcomeSucceeded:
		fits = state == store.PayoutSucceeded
	case provider.OutcomeReversed:
		fits = state == store.PayoutReversed || state == store.PayoutFailed
	case provider.OutcomeFailed, provider.OutcomeAbandoned:
		fits = state == store.PayoutFailed
	default:
		fits = state.Open()
	}
	if fits {
		return ""
	}
	return fmt.Sprintf("our payout is in state %d", int(state))
}

// chargeAmount is what a charge was booked with, or asked for.
func chargeAmount(c store.Compared) money.Kobo {
	if store.IntentState(c.OursState) == store.IntentPaid {
		return c.OursPaid
	}
	return c.OursAmount
}

func chargeWrong(c store.Compared, o provider.Outcome) string {
	state := store.IntentState(c.OursState)
	paid := o == provider.OutcomeSucceeded || o == provider.OutcomeReversed
	switch {
	case o == provider.OutcomeReversed && c.Returned < c.Amount && state == store.IntentPaid:
		return fmt.Sprintf("and only %d kobo of it are refunds of ours", int64(c.Returned))
	case paid == (state == store.IntentPaid):
		return ""
	case !paid && state != store.IntentPaid:
		return ""
	case o == provider.OutcomeReversed && state == store.IntentFailed:
		return "" // it was given back before we had booked it
	}
	return fmt.Sprintf("our charge is in state %d", int(state))
}

func refundWrong(o provider.Outcome, state store.RefundState) string {
	fits := false
	switch o {
	case provider.OutcomeSucceeded:
		fits = state == store.RefundDone
	case provider.OutcomeFailed:
		fits = state == store.RefundFailed
	default:
		fits = state == store.RefundCreated || state == store.RefundAccepted || state == store.RefundAttention
	}
	if fits {
		return ""
	}
	return fmt.Sprintf("our refund is in state %d", int(state))
}

// moves tells whether a record has, by its status, moved our balance for good.
func moves(c store.Compared) bool {
	o := provider.Outcome(c.Outcome)
	return o == provider.OutcomeSucceeded || (c.Kind == "charge" && o == provider.OutcomeReversed)
}

// expected is what the gateway's ledger should have moved for a record, by its status: a charge without its fee, a transfer with it.
func expected(c store.Compared) money.Kobo {
	o := provider.Outcome(c.Outcome)
	switch {
	case c.Kind == "charge" && moves(c):
		return c.Amount - c.Fee
	case c.Kind == "transfer" && (moves(c) || o == provider.OutcomePending):
		return -(c.Amount + c.Fee)
	case c.Kind == "refund" && o != provider.OutcomeFailed:
		return -c.Amount
	}
	return 0
}

// pendingDebit tells whether a record that is not decided has simply not moved yet.
func pendingDebit(c store.Compared, moved money.Kobo) bool {
	return !provider.Outcome(c.Outcome).Conclusive() && moved == 0
}
