// Package planted holds the bugs that the prover must catch. Each is the absence of one guard. They exist in a binary built
// with the tag planted, one at a time, chosen by the variable PLANTED; in every other binary Is is the constant false and
// the compiler leaves nothing of them. One tag instead of one for each bug saves fourteen builds. It imports the standard
// library only.
package planted

// Bug is the name of one planted bug.
type Bug string

// The bugs.
const (
	DroppedIndex      Bug = "dropped-index"         // the index that allows one open loan is not in the database
	CheckThenInsert   Bug = "check-then-insert"     // neither that index nor the borrower's lock: only a look before the insert
	NewReference      Bug = "new-reference"         // a transfer whose answer was lost is sent again under another reference
	SkippedSignature  Bug = "skipped-signature"     // events are taken whoever signed them
	WebhookAmount     Bug = "webhook-amount"        // a payment is booked as the event tells it, and the gateway is not asked
	AutocommitWrite   Bug = "autocommit-write"      // an operation is claimed outside of the transaction of its effect
	LostSweep         Bug = "lost-sweep"            // nobody looks after payouts whose event was lost
	SwallowedCommit   Bug = "swallowed-commit"      // a COMMIT that failed is taken for one that did not
	NonIdempotentJob  Bug = "non-idempotent-job"    // a refund is asked for again without a look whether it was given
	StaleLease        Bug = "stale-lease"           // the right to ask for a refund is taken from whoever has it
	UnbalancedPosting Bug = "unbalanced-posting"    // a batch is off by a kobo, and the database does not mind
	ProcessClock      Bug = "process-clock"         // rows are dated by the machine, not by the injected clock
	EarlyAnswer       Bug = "early-answer"          // an event is answered before it is stored
	TimeoutIsFailure  Bug = "timeout-is-failure"    // a transfer without an answer counts as one that failed
	CachedReading     Bug = "cached-reading"        // a loan is shown as it was up to two seconds ago
	ForgottenReplay   Bug = "forgotten-idempotency" // the key of an application is not looked at
)

// All lists every bug.
func All() []Bug {
	return []Bug{DroppedIndex, CheckThenInsert, NewReference, SkippedSignature, WebhookAmount, AutocommitWrite, LostSweep, SwallowedCommit, NonIdempotentJob,
		StaleLease, UnbalancedPosting, ProcessClock, EarlyAnswer, TimeoutIsFailure, CachedReading, ForgottenReplay}
}
