package lending

// Trigger names what moves a loan from one state to another; it is written to the loan's event log.
type Trigger string

// Transition is one allowed move.
type Transition struct {
	From, To    State
	Trigger     Trigger
	Description string
}

// InitialState is the state in which every loan begins.
const InitialState = Submitted

// Transitions is the one table of allowed moves: the code checks it, the documents print it, and the database refuses every pair
// that is not in it. A pair stands in it once.
//
// Disbursing is left on a conclusive answer of the gateway only, never on a time-out.
func Transitions() []Transition {
	return []Transition{
		{Submitted, InReview, "risk_review", "the rules ask for a person"},
		{Submitted, Approved, "risk_approve", "the rules approve"},
		{Submitted, RejectedRisk, "risk_reject", "the rules refuse"},
		{Submitted, Cancelled, "cancel", "the borrower withdraws"},

		{InReview, Approved, "review_approve", "a reviewer approves"},
		{InReview, RejectedCoolDown, "review_reject_cool_down", "a reviewer refuses, with a cool-down"},
		{InReview, RejectedMayReapply, "review_reject_may_reapply", "a reviewer refuses, the borrower may apply again"},
		{InReview, RejectedBlacklisted, "review_reject_blacklist", "a reviewer refuses and blacklists"},
		{InReview, Cancelled, "cancel", "the borrower withdraws"},

		{Approved, Disbursing, "payout_start", "the intent to pay out is committed, the transfer is about to be sent"},
		{Approved, DisbursementRejected, "payout_refuse", "an operator refuses to release the payout"},
		{Approved, Cancelled, "cancel", "the borrower withdraws"},
		{Approved, Expired, "approval_expire", "not paid out in time"},

		{Disbursing, Active, "payout_success", "the gateway says that the transfer succeeded"},
		{Disbursing, Approved, "payout_return", "the gateway says that no money moved, and another attempt is allowed"},
		{Disbursing, DisbursementFailed, "payout_fail", "the gateway says that the transfer failed, was abandoned or was returned at once"},
		{Disbursing, DisbursementRejected, "payout_reject", "the gateway refuses the transfer itself: account, recipient or limits"},

		{Active, Settled, "settle", "fully paid on the due date"},
		{Active, SettledEarly, "settle_early", "fully paid before the due date"},
		{Active, SettledLate, "settle_late", "fully paid after the due date, before the daily run saw it"},
		{Active, Overdue, "fall_overdue", "the due date has passed"},
		{Active, Reversed, "payout_reverse", "the transfer came back"},

		{Overdue, SettledLate, "settle_late", "fully paid after the due date"},
		{Overdue, Settled, "settle", "fully paid on the due date, and reported to us after it"},
		{Overdue, SettledEarly, "settle_early", "fully paid before the due date, and reported to us after it"},
		{Overdue, Active, "extend", "the due date is moved into the future"},
		{Overdue, WrittenOff, "write_off", "an operator gives the debt up as lost"},
		{Overdue, Reversed, "payout_reverse", "the transfer came back"},
	}
}

// CanTransition says whether the table allows the move. A move to the same state is not a move.
func CanTransition(from, to State) bool {
	_, ok := FindTransition(from, to)
	return ok
}

// FindTransition returns the table's row for a move.
func FindTransition(from, to State) (Transition, bool) {
	for _, t := range Transitions() {
		if t.From == from && t.To == to {
			return t, true
		}
	}
	return Transition{}, false
}

// CheckTransition returns nil, or a RuleError with STATE_CONFLICT when the table does not allow the move.
func CheckTransition(from, to State) error {
	if !CanTransition(from, to) {
		return refuse(ReasonStateConflict, "a loan that is "+from.String()+" cannot become "+to.String())
	}
	return nil
}
