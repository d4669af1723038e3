package creditpocket

import "strconv"

// LoanState is where a loan stands.
type LoanState int32

// The states. A server may know more; they are kept as they come.
const (
	LoanSubmitted            LoanState = 1
	LoanInReview             LoanState = 2
	LoanApproved             LoanState = 3
	LoanDisbursing           LoanState = 4
	LoanActive               LoanState = 5
	LoanSettled              LoanState = 6
	LoanSettledEarly         LoanState = 8
	LoanOverdue              LoanState = 21
	LoanSettledLate          LoanState = 22
	LoanRejectedRisk         LoanState = 31
	LoanRejectedCoolDown     LoanState = 32
	LoanRejectedMayReapply   LoanState = 33
	LoanRejectedBlacklisted  LoanState = 34
	LoanDisbursementFailed   LoanState = 41
	LoanDisbursementRejected LoanState = 42
	LoanWrittenOff           LoanState = 51
	LoanCancelled            LoanState = 61
	LoanExpired              LoanState = 62
	LoanReversed             LoanState = 63
)

// LoanStates lists the states that this version of the SDK knows.
func LoanStates() []LoanState {
	return []LoanState{LoanSubmitted, LoanInReview, LoanApproved, LoanDisbursing, LoanActive, LoanSettled, LoanSettledEarly, LoanOverdue,
		LoanSettledLate, LoanRejectedRisk, LoanRejectedCoolDown, LoanRejectedMayReapply, LoanRejectedBlacklisted, LoanDisbursementFailed,
		LoanDisbursementRejected, LoanWrittenOff, LoanCancelled, LoanExpired, LoanReversed}
}

// String is the state's stable name, or "state(7)" for one this SDK does not know.
func (s LoanState) String() string {
	switch s {
	case LoanSubmitted:
		return "submitted"
	case LoanInReview:
		return "in_review"
	case LoanApproved:
		return "approved"
	case LoanDisbursing:
		return "disbursing"
	case LoanActive:
		return "active"
	case LoanSettled:
		return "settled"
	case LoanSettledEarly:
		return "settled_early"
	case LoanOverdue:
		return "overdue"
	case LoanSettledLate:
		return "settled_late"
	case LoanRejectedRisk:
		return "rejected_risk"
	case LoanRejectedCoolDown:
		return "rejected_cool_down"
	case LoanRejectedMayReapply:
		return "rejected_may_reapply"
	case LoanRejectedBlacklisted:
		return "rejected_blacklisted"
	case LoanDisbursementFailed:
		return "disbursement_failed"
	case LoanDisbursementRejected:
		return "disbursement_rejected"
	case LoanWrittenOff:
		return "written_off"
	case LoanCancelled:
		return "cancelled"
	case LoanExpired:
		return "expired"
	case LoanReversed:
		return "reversed"
	}
	return "state(" + strconv.Itoa(int(s)) + ")"
}

// Open says that the loan stands in the way of another.
func (s LoanState) Open() bool {
	switch s {
	case LoanSubmitted, LoanInReview, LoanApproved, LoanDisbursing, LoanActive, LoanOverdue:
		return true
	}
	return false
}

// Owing says that the borrower owes money now.
func (s LoanState) Owing() bool { return s == LoanActive || s == LoanOverdue }

// Settled says that the loan was paid in full.
func (s LoanState) Settled() bool {
	return s == LoanSettled || s == LoanSettledEarly || s == LoanSettledLate
}

// Rejected says that the application was refused by rules or by a person.
func (s LoanState) Rejected() bool { return s >= LoanRejectedRisk && s <= LoanRejectedBlacklisted }

// PaidOut says that the borrower received the money and it did not come back, also when the loan is over.
func (s LoanState) PaidOut() bool { return s.Owing() || s.Settled() || s == LoanWrittenOff }

// RiskStatus is the automatic decision.
type RiskStatus int32

// The decisions.
const (
	RiskRejected     RiskStatus = -1
	RiskPending      RiskStatus = 0
	RiskSentToReview RiskStatus = 1
	RiskApproved     RiskStatus = 2
)
