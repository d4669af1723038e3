package provider

import (
	"errors"
	"fmt"
	"time"
)

// The classes of a call that did not answer with a result. Adapters wrap them; consumers ask with errors.Is and
// errors.As. None of their messages contains a secret, an account number, a card or a code.
var (
	// ErrInconclusive: it is not known whether the vendor acted. A time-out, a cut connection, a 5xx, or an answer
	// that cannot be read. The only right reaction is to verify by the same reference.
	ErrInconclusive = errors.New("provider: inconclusive")
	// ErrNotFound: the vendor answered that it has no such thing. On VerifyTransfer this is the only safe signal to
	// send again, with the same reference.
	ErrNotFound = errors.New("provider: not found")
	// ErrDuplicateReference: the vendor has already accepted this reference. Verify it; never mint another.
	ErrDuplicateReference = errors.New("provider: duplicate reference")
	// ErrUnauthorized: the credentials were refused, so nothing happened. A mistake of ours: alert, don't retry.
	ErrUnauthorized = errors.New("provider: unauthorized")
	// ErrInsufficientBalance: our own balance at the vendor does not cover the call, so nothing happened. A
	// RejectedError may carry it; top up, then retry with the same reference.
	ErrInsufficientBalance = errors.New("provider: insufficient balance")
)

// RejectedError is a conclusive no: the vendor understood the request and refused it. Nothing happened.
type RejectedError struct {
	// Status is the HTTP status, 0 when the adapter refused before any call.
	Status int
	// Code is the vendor's stable code ("insufficient_balance"), "" if it gave none.
	Code string
	// Type is the vendor's error family ("validation_error"), "" if it gave none; "local" when refused before any call.
	Type string
	// Message is the vendor's sentence for people, with long runs of digits masked. Not for programs.
	Message string
	// Cause is nil, or a class of this package that the refusal also belongs to (ErrInsufficientBalance).
	Cause error
}

// Error names the code and the family; the vendor's sentence stays in Message so that logs hold no free text.
func (e *RejectedError) Error() string {
	code := e.Code
	if code == "" {
		code = "no code"
	}
	return fmt.Sprintf("provider: rejected (%s, %s, status %d)", code, e.Type, e.Status)
}

// Unwrap returns Cause.
func (e *RejectedError) Unwrap() error { return e.Cause }

// RateLimitedError: too many calls; this one was not looked at, so nothing happened.
type RateLimitedError struct {
	// RetryAfter is how long the vendor asks us to wait, at least one second.
	RetryAfter time.Duration
}

// Error names the wait.
func (e *RateLimitedError) Error() string {
	return fmt.Sprintf("provider: rate limited, retry after %s", e.RetryAfter)
}

// IsConclusive reports whether err proves that the call changed nothing at the vendor. False for nil, for
// ErrInconclusive, for ErrDuplicateReference (an earlier call did act) and for every error this package does not know:
// doubt is inconclusive.
func IsConclusive(err error) bool {
	if err == nil || errors.Is(err, ErrInconclusive) {
		return false
	}
	var rejected *RejectedError
	var limited *RateLimitedError
	return errors.As(err, &rejected) || errors.As(err, &limited) || errors.Is(err, ErrNotFound) ||
		errors.Is(err, ErrUnauthorized) || errors.Is(err, ErrInsufficientBalance)
}

// IsRetryable reports whether the same call, unchanged, can succeed later: inconclusive answers (after a verify, for
// money), rate limits and an empty balance. Rejections and refused credentials are not.
func IsRetryable(err error) bool {
	var limited *RateLimitedError
	return errors.Is(err, ErrInconclusive) || errors.Is(err, ErrInsufficientBalance) || errors.As(err, &limited)
}
