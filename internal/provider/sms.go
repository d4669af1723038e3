package provider

import "context"

// SMS sends text messages.
//
// Send returns a receipt when the vendor accepted the message, which is not yet delivery. Errors: *RejectedError (this
// message will never go: bad number, unknown sender), ErrInsufficientBalance (top up, then retry), *RateLimitedError,
// ErrUnauthorized, and ErrInconclusive (the message may have gone; sending again may show it twice, which for a text
// is better than not at all). Implementations are safe for concurrent use and never log text or a whole number.
type SMS interface {
	Send(ctx context.Context, msg SMSMessage) (SMSReceipt, error)
}

// SMSMessage is one text to one phone.
type SMSMessage struct {
	// To is the phone in E.164: '+', country code, number ("+2347000000003").
	To string
	// Text is what the phone shows. It may contain a one-time code: never log it.
	Text string
	// Purpose is the reason in one word ("otp", "reminder"), for routes and statistics.
	Purpose string
}

// SMSReceipt is the vendor's acceptance.
type SMSReceipt struct {
	// MessageID is the vendor's name for the message.
	MessageID string
}

// ValidE164 reports whether s is '+' and 8 to 15 digits, the first of them not 0.
func ValidE164(s string) bool {
	if len(s) < 9 || len(s) > 16 || s[0] != '+' || s[1] == '0' {
		return false
	}
	for _, c := range s[1:] {
		if c < '0' || c > '9' {
			return false
		}
	}
	return true
}

// MaskPhone keeps the last three digits of a phone number, for logs.
func MaskPhone(s string) string {
	if len(s) <= 3 {
		return "***"
	}
	return "***" + s[len(s)-3:]
}
