package creditpocket

import (
	"context"
	"errors"
	"math/rand/v2"
	"net"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// backoff is how long to wait before attempt n+1: a random time below base x 2^(n-1), never above longest ("full jitter": many
// clients that failed together do not come back together).
func (s *settings) backoff(n int) time.Duration {
	limit := s.maxWait
	if n < 30 && s.baseWait<<(n-1) < limit {
		limit = s.baseWait << (n - 1)
	}
	return rand.N(limit) + 1 // #nosec G404 -- spreads retries, keeps no secret
}

// sleep waits, and ends at once with the context's cause when the context ends.
func sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// retryAfter reads the header: seconds, or an HTTP date, which is held against the answer's own Date so that our clock does not
// matter.
func retryAfter(h http.Header) time.Duration {
	v := strings.TrimSpace(h.Get("Retry-After"))
	if v == "" {
		return 0
	}
	if n, err := strconv.ParseInt(v, 10, 32); err == nil {
		return max(0, time.Duration(n)*time.Second)
	}
	at, err := http.ParseTime(v)
	if err != nil {
		return 0
	}
	now, err := http.ParseTime(h.Get("Date"))
	if err != nil {
		now = time.Now()
	}
	return max(0, at.Sub(now))
}

// worthRepeating says whether the same request may succeed on a next attempt.
func worthRepeating(op operation, err error) bool {
	var answer *Error
	if errors.As(err, &answer) {
		switch {
		case answer.HTTPStatus == http.StatusTooManyRequests, answer.Reason == ErrOperationInProgress:
			return true
		case answer.HTTPStatus < 500:
			return false
		case answer.Reason != "":
			return answer.Retryable && (!op.once || answer.HTTPStatus == http.StatusServiceUnavailable)
		}
		return !op.once // a proxy's 502, 503 or 504: the server may have carried it out
	}
	var lost *lostError
	if !errors.As(err, &lost) {
		return false
	}
	var dial *net.OpError
	return !op.once || (errors.As(err, &dial) && dial.Op == "dial")
}

// lostError is an attempt that ended without a whole answer.
type lostError struct{ error }

func (e *lostError) Unwrap() error { return e.error }
