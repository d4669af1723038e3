package lending

import "fmt"

// PenaltyText states the penalty rule for the borrower.
func (c Conditions) PenaltyText() string {
	if c.PenaltyDailyBps == 0 {
		return "No penalty is charged for late repayment."
	}
	text := fmt.Sprintf("From the day after the due date, %s of the unpaid principal is charged for each day late", percent(c.PenaltyDailyBps))
	if c.PenaltyCapBps > 0 {
		return text + fmt.Sprintf(", up to %s of the principal in total.", percent(c.PenaltyCapBps))
	}
	return text + ", without a limit."
}

// GraceText states the grace rule for the borrower.
func (c Conditions) GraceText() string {
	switch {
	case c.GraceDays == 0 || c.PenaltyDailyBps == 0:
		return "There are no grace days."
	case c.GraceMode == GraceClawback:
		return fmt.Sprintf("No penalty is charged when the loan is repaid within %d days after the due date; later, those days are charged too.", c.GraceDays)
	default:
		return fmt.Sprintf("No penalty is charged for the first %d days after the due date.", c.GraceDays)
	}
}

// EarlyText states the rule of early settlement for the borrower.
func (c Conditions) EarlyText() string {
	if c.RebateInterest {
		return "The loan may be repaid early at any time; interest for the remaining days is not charged."
	}
	return "The loan may be repaid early at any time; the full amount due closes it."
}

// ExtensionText states the extension rule for the borrower; termDays is the product's term.
func (c Conditions) ExtensionText(termDays int) string {
	if c.MaxExtensions == 0 {
		return "The due date cannot be moved."
	}
	return fmt.Sprintf("The due date can be moved by %d days up to %d times, for %s each time.", c.extensionDays(termDays), c.MaxExtensions, c.ExtensionFee)
}
