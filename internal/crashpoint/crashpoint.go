// Package crashpoint names the places at which the prover ends a process: between a commit and the call that follows it,
// between a call and the commit of its answer, and around the commits that answers depend on. In a binary built with the tag
// crashpoints a process that reaches an armed point kills itself; in every other binary Reach is empty. It imports the
// standard library only.
package crashpoint

// Point is the name of one place.
type Point string

// The points, in the order in which a loan comes by.
const (
	RegisterCommitted  Point = "register-committed"  // a borrower exists, the answer is not given
	ApplyBeforeCommit  Point = "apply-before-commit" // all is written, nothing is committed
	ApplyCommitted     Point = "apply-committed"     // the loan exists, the answer is not given
	DecisionCommitted  Point = "decision-committed"  // decided, the job is not done
	RecipientMade      Point = "recipient-made"      // the gateway knows the account, we have not written it down
	PayoutIntended     Point = "payout-intended"     // reference committed, nothing sent
	PayoutClaimed      Point = "payout-claimed"      // the sending is counted, nothing sent
	PayoutSent         Point = "payout-sent"         // sent, the answer is not written down
	PayoutApplied      Point = "payout-applied"      // booked, the job is not done
	HookStored         Point = "hook-stored"         // the event is kept, the gateway has no answer
	HookApplied        Point = "hook-applied"        // its question is answered, the event is not ticked off
	PageIntended       Point = "page-intended"       // the intent of a payment page is committed, the gateway does not know it
	PageOpened         Point = "page-opened"         // the gateway has the page, we do not
	CardChargeIntended Point = "charge-intended"     // the intent to charge a card is committed, nothing asked
	CardCharged        Point = "charge-made"         // the gateway has answered, nothing is booked
	PaymentUncommitted Point = "payment-uncommitted" // a payment is written, not committed
	PaymentCommitted   Point = "payment-committed"   // a payment is booked, nobody knows
	RefundClaimed      Point = "refund-claimed"      // the right to ask for a refund is taken, nothing asked
	RefundAsked        Point = "refund-asked"        // the gateway has the refund, we have not written it down
	RefundBooked       Point = "refund-booked"       // booked, the job is not done
	BindingSettled     Point = "binding-settled"     // a card is bound, the answer is not given
	ExtensionBooked    Point = "extension-booked"    // the due date has moved, the job is not done
	DailyBatch         Point = "daily-batch"         // one batch of the daily run is committed
	DailyStep          Point = "daily-step"          // one step of the daily run is done
)

// All lists every point.
func All() []Point {
	return []Point{RegisterCommitted, ApplyBeforeCommit, ApplyCommitted, DecisionCommitted, RecipientMade, PayoutIntended, PayoutClaimed, PayoutSent,
		PayoutApplied, HookStored, HookApplied, PageIntended, PageOpened, CardChargeIntended, CardCharged, PaymentUncommitted, PaymentCommitted, RefundClaimed,
		RefundAsked, RefundBooked, BindingSettled, ExtensionBooked, DailyBatch, DailyStep}
}
