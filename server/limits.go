package server

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"github.com/creditpocket/creditpocket/gen/catalog"
	"github.com/creditpocket/creditpocket/internal/fault"
)

// Limiter decides whether a request may go on. class names the limit, keys who it counts against, such as "ip:…", "borrower:…" and
// "operator:…": the request counts against each, and the strictest answers.
type Limiter interface {
	Allow(ctx context.Context, class string, keys ...string) (Verdict, error)
}

// Verdict is a limiter's answer. A Limit of 0 says that no limit applies.
type Verdict struct {
	Allowed   bool
	Policy    string        // the limit's name, lower-case letters and dashes
	Limit     int           // requests in a window
	Window    time.Duration // length of the window
	Remaining int           // requests left
	Reset     time.Duration // until they are given back
	// RetryAfter is the wait after which a refused request would be allowed.
	RetryAfter time.Duration
}

// Headers of a limit, after the IETF draft "RateLimit header fields for HTTP".
const (
	headerRateLimit       = "RateLimit"
	headerRateLimitPolicy = "RateLimit-Policy"
)

// limit asks the limiter and writes the limit's headers. It returns RATE_LIMITED, or UNAVAILABLE when the limiter cannot tell.
func limit(ctx context.Context, l Limiter, h http.Header, class, ip string, who ...string) error {
	v, err := l.Allow(ctx, class, append([]string{"ip:" + ip}, who...)...)
	if err != nil {
		return fault.New(catalog.Unavailable).WithCause(err)
	}
	if v.Limit > 0 {
		h.Set(headerRateLimit, fmt.Sprintf("%q;r=%d;t=%d", v.Policy, max(v.Remaining, 0), seconds(v.Reset)))
		h.Set(headerRateLimitPolicy, fmt.Sprintf("%q;q=%d;w=%d", v.Policy, v.Limit, seconds(v.Window)))
	}
	if !v.Allowed {
		return fault.New(catalog.RateLimited).WithRetryAfter(max(v.RetryAfter, time.Second))
	}
	return nil
}

// seconds rounds up to whole seconds.
func seconds(d time.Duration) int { return int((max(d, 0) + time.Second - 1) / time.Second) }
