// Package fault is the one error type that crosses the layers: a capability says what went wrong with a reason of the
// error catalog, the HTTP layer turns it into the envelope. It imports only the generated catalog.
package fault

import (
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/creditpocket/creditpocket/gen/catalog"
)

// Kind groups the catalog's reasons by what the caller can do about them. The catalog's HTTP status decides the kind.
type Kind int

// The nine kinds, and the HTTP statuses they stand for.
const (
	KindInternal        Kind = iota // 500: ours; repeating may help, changing the request will not
	KindInvalid                     // 400, 405, 413, 415: the request is malformed
	KindUnauthenticated             // 401
	KindForbidden                   // 403
	KindNotFound                    // 404
	KindConflict                    // 409: true of the data now, may pass later
	KindPrecondition                // 422: a business rule says no
	KindLimited                     // 429
	KindUnavailable                 // 503: a dependency is away; repeat later
)

// Field is one problem of one request field: its path on the wire and the rule it broke, never its value.
type Field struct {
	Name    string
	Message string
}

// Error is a failure with a stable reason. Message is for people and may be more specific than the catalog's sentence;
// Cause is for our logs only and never reaches the wire.
type Error struct {
	Entry      catalog.Entry
	Message    string
	Fields     []Field
	RetryAfter time.Duration
	Cause      error
	Replayed   bool // an earlier request with the same idempotency key was answered so; nothing was tried again
}

// New makes an Error of the given catalog entry with the catalog's own sentence.
func New(entry catalog.Entry) *Error { return &Error{Entry: entry, Message: entry.Message} }

// Invalid makes a VALIDATION_FAILED error that names one field and the rule it broke.
func Invalid(field, rule string) *Error {
	return New(catalog.ValidationFailed).WithField(field, rule)
}

// Internal wraps an unexpected error as INTERNAL. A nil cause gives nil.
func Internal(cause error) error {
	if cause == nil {
		return nil
	}
	var known *Error
	if errors.As(cause, &known) {
		return cause
	}
	return New(catalog.Internal).WithCause(cause)
}

// WithField returns the error with one more field problem.
func (e *Error) WithField(name, message string) *Error {
	c := *e
	c.Fields = append(slices.Clip(e.Fields), Field{Name: name, Message: message})
	return &c
}

// WithMessage returns the error with a more specific sentence for the borrower. It must hold no secret.
func (e *Error) WithMessage(message string) *Error {
	c := *e
	c.Message = message
	return &c
}

// WithCause returns the error with the underlying error, which is logged and never answered.
func (e *Error) WithCause(cause error) *Error {
	c := *e
	c.Cause = cause
	return &c
}

// WithRetryAfter returns the error with the time after which a repeat makes sense.
func (e *Error) WithRetryAfter(d time.Duration) *Error {
	c := *e
	c.RetryAfter = d
	return &c
}

// Replay marks a fault as the stored answer of an earlier request; any other error stays as it is.
func Replay(err error) error {
	var known *Error
	if !errors.As(err, &known) {
		return err
	}
	c := *known
	c.Replayed = true
	return &c
}

// Kind is the error's kind, decided by its catalog status.
func (e *Error) Kind() Kind {
	switch e.Entry.Status {
	case 400, 405, 413, 415:
		return KindInvalid
	case 401:
		return KindUnauthenticated
	case 403:
		return KindForbidden
	case 404:
		return KindNotFound
	case 409:
		return KindConflict
	case 422:
		return KindPrecondition
	case 429:
		return KindLimited
	case 503:
		return KindUnavailable
	default:
		return KindInternal
	}
}

// Error is the text for logs: reason, fields and cause.
func (e *Error) Error() string {
	var b strings.Builder
	b.WriteString(e.Entry.Reason)
	for _, f := range e.Fields {
		b.WriteString(" " + f.Name + ": " + f.Message + ";")
	}
	if e.Cause != nil {
		b.WriteString(": " + e.Cause.Error())
	}
	return b.String()
}

// Unwrap gives the cause.
func (e *Error) Unwrap() error { return e.Cause }

// Is makes errors.Is(err, fault.New(catalog.X)) compare reasons.
func (e *Error) Is(target error) bool {
	var t *Error
	return errors.As(target, &t) && t.Entry.Reason == e.Entry.Reason
}

// Has tells whether err is, or wraps, a fault with the given catalog entry.
func Has(err error, entry catalog.Entry) bool {
	var e *Error
	return errors.As(err, &e) && e.Entry.Reason == entry.Reason
}
