package lending

// Reasons of a RuleError. They are the reasons of the error catalog, so that a capability can look the entry up by name.
const (
	ReasonOpenLoanExists    = "OPEN_LOAN_EXISTS"
	ReasonProfileIncomplete = "PROFILE_INCOMPLETE"
	ReasonNotEligible       = "NOT_ELIGIBLE"
	ReasonQuoteExpired      = "QUOTE_EXPIRED"
	ReasonQuoteInvalid      = "QUOTE_INVALID"
	ReasonStateConflict     = "STATE_CONFLICT"
	ReasonLoanNotOwing      = "LOAN_NOT_OWING"
	ReasonAmountOutOfRange  = "AMOUNT_OUT_OF_RANGE"
)

// RuleError is a business rule that refuses what was asked. Nothing was changed.
type RuleError struct {
	Reason string   // a reason of the error catalog
	Detail string   // an English sentence for logs and operators, without personal data
	Fields []string // what is missing or wrong, when the rule is about named things
}

// Error returns the reason and the detail.
func (e *RuleError) Error() string { return "lending: " + e.Reason + ": " + e.Detail }

// Is makes two rule errors with the same reason equal for errors.Is.
func (e *RuleError) Is(target error) bool {
	other, ok := target.(*RuleError)
	return ok && other.Reason == e.Reason
}

func refuse(reason, detail string) *RuleError { return &RuleError{Reason: reason, Detail: detail} }
