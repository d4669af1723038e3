package creditpocket

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"
)

// Reason is a stable name of the error catalog. Each is a constant Err..., so that
//
//	if errors.Is(err, creditpocket.ErrOpenLoanExists) { ... }
//
// A reason that this version of the SDK does not know is still in Error.Reason.
type Reason string

// Error is the reason, so that a Reason can be the target of errors.Is.
func (r Reason) Error() string { return "creditpocket: " + string(r) }

// ReasonInfo is a row of the error catalog.
type ReasonInfo struct {
	Reason Reason
	// Code is the business code of the envelope.
	Code int
	// HTTPStatus is the status of the answer.
	HTTPStatus int
	// Message is the sentence for the borrower.
	Message string
	// Action is what the caller's programmer should do.
	Action string
	// Retryable says that the same request may succeed later, unchanged.
	Retryable bool
}

// Info finds the reason in the catalog; false if this version of the SDK does not know it.
func (r Reason) Info() (ReasonInfo, bool) {
	for _, info := range Reasons() {
		if info.Reason == r {
			return info, true
		}
	}
	return ReasonInfo{}, false
}

var (
	// ErrUnexpectedAnswer is matched by every error about an answer that is not the contract's: the HTML page of a proxy, a
	// redirect, an envelope that is cut or does not hold what it should.
	ErrUnexpectedAnswer = errors.New("creditpocket: the answer is not the contract's")
	// ErrAnswerTooLarge says that an answer is longer than WithMaxAnswerBytes allows.
	ErrAnswerTooLarge = errors.New("creditpocket: the answer is too large")
	// ErrNoSession says that an operation needs a session, and the client has neither a token nor a way to log in.
	ErrNoSession = errors.New("creditpocket: this operation needs a session: use WithToken, WithTokenSource or WithLogin")
)

// FieldError is one place of a request that must be corrected.
type FieldError struct {
	// Name is the parameter, or the property's path in the body, such as `contacts[1].mobile`; "" for the body as a whole.
	Name string
	// Message is the rule. It never repeats the value.
	Message string
}

// Error is an answer that is not a success.
type Error struct {
	// Operation is the operation's id in the contract, such as "applyLoan".
	Operation string
	// Code is the business code; 0 when the answer is not the contract's, such as the HTML page of a proxy.
	Code int
	// Reason is the catalog's name; "" when the answer is not the contract's.
	Reason Reason
	// Message is the sentence for the borrower.
	Message string
	// HTTPStatus is the status of the answer.
	HTTPStatus int
	// ContentType is the answer's media type.
	ContentType string
	// RequestID names the request in the server's log; quote it to support.
	RequestID string
	// RetryAfter is how long the server asks to wait; 0 when it does not say.
	RetryAfter time.Duration
	// Fields are the places that must be corrected.
	Fields []FieldError
	// Retryable says that the same request may succeed later, unchanged, with the same IdempotencyKey.
	Retryable bool
	// IdempotencyKey is the key that all attempts carried; "" for operations without one.
	IdempotencyKey string
	// Attempts is how often the request was sent.
	Attempts int
}

// Error says what was asked and what came back. It holds nothing secret.
func (e *Error) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "creditpocket: %s: %d", e.Operation, e.HTTPStatus)
	if e.Reason == "" {
		fmt.Fprintf(&b, " %s: the answer (%s) is not the contract's", http.StatusText(e.HTTPStatus), e.ContentType)
	} else {
		fmt.Fprintf(&b, " %s: %s", string(e.Reason), e.Message)
	}
	for i, f := range e.Fields {
		sep := "; "
		if i == 0 {
			sep = " ("
		}
		fmt.Fprintf(&b, "%s%s %s", sep, f.Name, f.Message)
	}
	if len(e.Fields) > 0 {
		b.WriteByte(')')
	}
	if e.RequestID != "" {
		fmt.Fprintf(&b, " [request %s]", e.RequestID)
	}
	return b.String()
}

// Is makes errors.Is true for the error's own reason, and for ErrUnexpectedAnswer where there is none.
func (e *Error) Is(target error) bool {
	if e.Reason == "" {
		return target == ErrUnexpectedAnswer
	}
	r, ok := target.(Reason)
	return ok && r == e.Reason
}

// CallError is a call that ended without an answer: no connection, a cut one, a time-out, a cancelled context, a file that
// cannot be read. The server may have carried the request out: repeat it with the same IdempotencyKey.
type CallError struct {
	Operation      string
	RequestID      string
	IdempotencyKey string
	// Attempts is how often the request was sent.
	Attempts int
	// Err is the cause.
	Err error
}

// Error names the operation and the cause.
func (e *CallError) Error() string {
	return fmt.Sprintf("creditpocket: %s: %v [request %s]", e.Operation, e.Err, e.RequestID)
}

// Unwrap is the cause.
func (e *CallError) Unwrap() error { return e.Err }
