package store

import (
	"strings"
)

// The events that the message centre has templates for. The comment lists the parameters a template may use, all as text for
// the borrower; the brand's name is there in every event as {brand}.
const (
	EventRegistered           = "registered"            // none
	EventApplicationReceived  = "application_received"  // amount
	EventApplicationApproved  = "application_approved"  // amount
	EventApplicationRejected  = "application_rejected"  // amount
	EventApplicationInReview  = "application_in_review" // amount
	EventApplicationCancelled = "application_cancelled" // amount
	EventApplicationExpired   = "application_expired"   // amount
	EventPayoutSent           = "payout_sent"           // amount, bank, account (masked), due_amount, due_date
	EventPayoutFailed         = "payout_failed"         // amount, bank
	EventPayoutReversed       = "payout_reversed"       // amount, bank
	EventPaymentReceived      = "payment_received"      // amount, remaining
	EventPaymentFailed        = "payment_failed"        // amount
	EventLoanSettled          = "loan_settled"          // amount (the last payment)
	EventLoanExtended         = "loan_extended"         // due_date
	EventOverpaymentRefunded  = "overpayment_refunded"  // amount
	EventCardBound            = "card_bound"            // card (masked)
	EventBindRefunded         = "bind_refunded"         // amount
	EventAccountAdded         = "account_added"         // bank, account (masked)
	EventDueSoon              = "due_soon"              // amount, due_date
	EventOverdue              = "overdue"               // amount, due_date, days
)

// MessageTemplate is a brand's wording of an event in one language. Title and content hold parameters as {name}.
type MessageTemplate struct {
	Brand    string
	Event    string
	Language string // en, pcm, ha, ig or yo
	Type     int    // the message's type on the wire, 1..9
	Title    string
	Content  string
}

// fallbackLanguage is the language every event must have.
const fallbackLanguage = "en"

// alertTemplate is the kind of the alert that says an event has no usable template.
const alertTemplate = "message_template"

// The wire's bounds of a message, in characters.
const (
	maxMessageTitle   = 120
	maxMessageContent = 2000
)

// renderText puts the parameters into a template's text. It says false where a parameter is missing: a message with a hole
// is worse than none.
func renderText(text string, params map[string]string, limit int) (string, bool) {
	var out strings.Builder
	for {
		before, rest, found := strings.Cut(text, "{")
		out.WriteString(before)
		if !found {
			break
		}
		name, after, closed := strings.Cut(rest, "}")
		if !closed {
			return "", false
		}
		value, ok := params[name]
		if !ok {
			return "", false
		}
		out.WriteString(value)
		text = after
	}
	return cut(printable(out.String()), limit), true
}

// printable turns control characters into blanks, but for line breaks: PostgreSQL refuses NUL, and no message needs the others.
func printable(text string) string {
	return strings.Map(func(r rune) rune {
		if (r < ' ' && r != '\n') || r == 0x7f {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(text, ""))
}

// cut shortens a text to so many characters.
func cut(text string, limit int) string {
	runes := 0
	for at := range text {
		if runes == limit {
			return text[:at]
		}
		runes++
	}
	return text
}
