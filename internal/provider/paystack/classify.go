package paystack

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/creditpocket/creditpocket/internal/provider"
)

var (
	errUnreadable    = errors.New("answer cannot be read")
	errContradiction = errors.New("answer contradicts itself")
	errOtherObject   = errors.New("answer is about another reference")
)

// envelope is the outer object of every answer.
type envelope struct {
	Status  flexBool        `json:"status"`
	Message flexText        `json:"message"`
	Data    json.RawMessage `json:"data"`
	Meta    json.RawMessage `json:"meta"`
	Type    flexText        `json:"type"`
	Code    flexText        `json:"code"`
}

// classify sorts one answer. A 4xx counts as a no only if it is readably Paystack's own: a proxy's 404 page must
// never look like "no such transfer".
func classify(op string, res *http.Response, raw []byte) (envelope, error) {
	var e envelope
	readable := json.Unmarshal(raw, &e) == nil && e.Status.set && !ambiguous(raw) && !ambiguous(e.Data)
	status := res.StatusCode
	switch {
	case status == http.StatusTooManyRequests:
		return e, fmt.Errorf("paystack: %s: %w", op, &provider.RateLimitedError{RetryAfter: retryAfter(res.Header)})
	case status >= 500 || status < 200 || (status >= 300 && status < 400) || status == http.StatusRequestTimeout:
		return e, inconclusive(op, fmt.Errorf("status %d", status))
	case !readable:
		return e, inconclusive(op, fmt.Errorf("status %d: %w", status, errUnreadable))
	case status < 300 && e.Status.value:
		return e, nil
	case status < 300 || e.Status.value:
		return e, inconclusive(op, fmt.Errorf("status %d: %w", status, errContradiction))
	case isDuplicate(e):
		return e, fmt.Errorf("paystack: %s: %w", op, provider.ErrDuplicateReference)
	case status == http.StatusUnauthorized || status == http.StatusForbidden:
		return e, fmt.Errorf("paystack: %s: status %d: %w", op, status, provider.ErrUnauthorized)
	}
	rejected := &provider.RejectedError{
		Status: status, Code: string(e.Code), Type: string(e.Type), Message: maskDigits(string(e.Message)),
	}
	if isInsufficient(e) {
		rejected.Cause = provider.ErrInsufficientBalance
	}
	return e, fmt.Errorf("paystack: %s: %w", op, rejected)
}

// isDuplicate recognises a used reference by code (duplicate_reference, duplicate_transfer_reference) or, since codes
// are missing from some real answers, by the sentence. It comes before the status: one was seen under 404.
func isDuplicate(e envelope) bool {
	code, message := strings.ToLower(string(e.Code)), strings.ToLower(string(e.Message))
	return (strings.Contains(code, "duplicate") && strings.Contains(code, "reference")) ||
		strings.Contains(message, "reference already exists") ||
		strings.Contains(message, "duplicate transaction reference")
}

func isInsufficient(e envelope) bool {
	return strings.EqualFold(string(e.Code), "insufficient_balance") ||
		strings.Contains(strings.ToLower(string(e.Message)), "balance is not enough")
}

// notFound turns a no with one of the given statuses or codes into provider.ErrNotFound.
func notFound(err error, codes ...string) error {
	var rejected *provider.RejectedError
	if !errors.As(err, &rejected) {
		return err
	}
	if rejected.Status == http.StatusNotFound {
		return fmt.Errorf("%w: %w", provider.ErrNotFound, err)
	}
	for _, code := range codes {
		if rejected.Code == code {
			return fmt.Errorf("%w: %w", provider.ErrNotFound, err)
		}
	}
	return err
}

func inconclusive(op string, cause error) error {
	return fmt.Errorf("paystack: %s: %w: %w", op, provider.ErrInconclusive, cause)
}

// local refuses a request before any call.
func local(op, code string) error {
	return fmt.Errorf("paystack: %s: %w", op, &provider.RejectedError{Type: "local", Code: code})
}

var longDigits = regexp.MustCompile(`[0-9]{5,}`)

// maskDigits hides runs of digits long enough to be an account, a card or an identity number.
func maskDigits(s string) string {
	const longest = 300
	if len(s) > longest {
		s = strings.ToValidUTF8(s[:longest], "")
	}
	return longDigits.ReplaceAllString(s, "***")
}

// retryAfter reads Retry-After (seconds or a date) or x-ratelimit-reset (seconds to wait, or an instant in Unix seconds
// or milliseconds). "Now" is the answer's own Date, so our clock does not matter. Between 1 s and 5 min.
func retryAfter(h http.Header) time.Duration {
	const shortest, longest = time.Second, 5 * time.Minute
	now, dateErr := http.ParseTime(h.Get("Date"))
	wait := time.Duration(0)
	value := h.Get("Retry-After")
	if value == "" {
		value = h.Get("X-Ratelimit-Reset")
	}
	if n, err := strconv.ParseInt(value, 10, 64); err == nil {
		switch {
		case n > 1e12 && dateErr == nil:
			wait = time.UnixMilli(n).Sub(now)
		case n > 1e9 && dateErr == nil:
			wait = time.Unix(n, 0).Sub(now)
		case n <= int64(longest/time.Second):
			wait = time.Duration(n) * time.Second
		default:
			wait = longest
		}
	} else if at, err := http.ParseTime(value); err == nil && dateErr == nil {
		wait = at.Sub(now)
	}
	return min(max(wait, shortest), longest)
}
