package lending

import "strconv"

// State is the life of a loan as the wire's `status` code. Delinquency, the decision, payout attempts and extensions are axes of
// their own, not more states.
type State int

// The states. Codes are the wire's and never change.
const (
	Submitted            State = 1
	InReview             State = 2
	Approved             State = 3
	Disbursing           State = 4
	Active               State = 5
	Settled              State = 6
	SettledEarly         State = 8
	Overdue              State = 21
	SettledLate          State = 22
	RejectedRisk         State = 31
	RejectedCoolDown     State = 32
	RejectedMayReapply   State = 33
	RejectedBlacklisted  State = 34
	DisbursementFailed   State = 41
	DisbursementRejected State = 42
	WrittenOff           State = 51
	Cancelled            State = 61
	Expired              State = 62
	Reversed             State = 63
)

// StateInfo describes one state.
type StateInfo struct {
	State       State
	Name        string // stable lower_snake name, used in logs, metrics and documents
	Description string
}

// States lists every state by code. Documents and database constraints are made from it.
func States() []StateInfo {
	return []StateInfo{
		{Submitted, "submitted", "applied, the risk decision is pending"},
		{InReview, "in_review", "waits for a person's decision"},
		{Approved, "approved", "waits for the payout"},
		{Disbursing, "disbursing", "the transfer was sent and its end is not known"},
		{Active, "active", "paid out, not past due"},
		{Settled, "settled", "fully paid on the due date"},
		{SettledEarly, "settled_early", "fully paid before the due date"},
		{Overdue, "overdue", "past due"},
		{SettledLate, "settled_late", "fully paid after the due date"},
		{RejectedRisk, "rejected_risk", "refused by the decision rules"},
		{RejectedCoolDown, "rejected_cool_down", "refused by a reviewer; the borrower may apply again after a cool-down"},
		{RejectedMayReapply, "rejected_may_reapply", "refused by a reviewer; the borrower may apply again"},
		{RejectedBlacklisted, "rejected_blacklisted", "refused by a reviewer, who put the borrower on the blacklist"},
		{DisbursementFailed, "disbursement_failed", "the gateway said that the transfer failed"},
		{DisbursementRejected, "disbursement_rejected", "the payout was refused before any money moved"},
		{WrittenOff, "written_off", "given up as lost; what still arrives is a recovery"},
		{Cancelled, "cancelled", "withdrawn by the borrower before the payout"},
		{Expired, "expired", "approved and never paid out in time"},
		{Reversed, "reversed", "the transfer came back after it had counted as paid"},
	}
}

// Known says whether s is one of States.
func (s State) Known() bool {
	_, ok := s.info()
	return ok
}

func (s State) info() (StateInfo, bool) {
	for _, info := range States() {
		if info.State == s {
			return info, true
		}
	}
	return StateInfo{}, false
}

// String returns the stable name, or "state(7)" for an unknown code.
func (s State) String() string {
	if info, ok := s.info(); ok {
		return info.Name
	}
	return "state(" + strconv.Itoa(int(s)) + ")"
}

// Open says whether a loan in this state stands in the way of another: a borrower has at most one open loan of a brand.
func (s State) Open() bool {
	switch s {
	case Submitted, InReview, Approved, Disbursing, Active, Overdue:
		return true
	}
	return false
}

// Owing says whether the borrower owes money that the ledger carries as receivable.
func (s State) Owing() bool { return s == Active || s == Overdue }

// Recoverable says whether money that arrives is a recovery.
func (s State) Recoverable() bool { return s == WrittenOff }

// IsSettled says whether the loan was paid in full.
func (s State) IsSettled() bool { return s == Settled || s == SettledEarly || s == SettledLate }

// IsRejected says whether the application was refused by rules or by a reviewer.
func (s State) IsRejected() bool {
	switch s {
	case RejectedRisk, RejectedCoolDown, RejectedMayReapply, RejectedBlacklisted:
		return true
	}
	return false
}

// PaidOut says whether the borrower received the money, also when the loan is over. A payout that came back does not count.
func (s State) PaidOut() bool { return s.Owing() || s.IsSettled() || s == WrittenOff }

// Terminal says whether no transition leaves this state.
func (s State) Terminal() bool {
	for _, t := range Transitions() {
		if t.From == s {
			return false
		}
	}
	return s.Known()
}
