package simulator

import (
	"net/http"
	"strconv"
	"sync"
	"time"
)

// Limits hold the callers of the API to the real gateway's limits.
type Limits struct {
	// Share is the part of each live limit that callers have: 1 is all of it, 0.01 a hundredth, at least one call; 0 is no limit.
	Share float64
	// Window is how long the gateway's minute takes; 0 for a minute. It runs on real time.
	Window time.Duration
}

// limitClass is a group of endpoints that share one limit.
type limitClass string

// liveLimits are the calls a minute of each class, as the real gateway has them.
var liveLimits = map[limitClass]int{"standard": 600, "transfers": 900, "charges": 1_200, "resolves": 1_500, "verifies": 3_000}

// limitClasses are the endpoints with limits of their own; the others are "standard".
var limitClasses = map[string]limitClass{
	"POST /transfer":                         "transfers",
	"POST /transaction/charge_authorization": "charges",
	"GET /bank/resolve":                      "resolves",
	"GET /transfer/verify/{reference}":       "verifies",
	"GET /transaction/verify/{reference}":    "verifies",
}

// limiter counts the calls of each class in windows that begin with a call.
type limiter struct {
	mu      sync.Mutex
	limits  Limits
	windows map[limitClass]*limitWindow
}

type limitWindow struct {
	ends    time.Time
	used    int
	refused int
}

// SetLimits replaces the limits; every class begins a new window.
func (s *Simulator) SetLimits(l Limits) {
	s.limiter.mu.Lock()
	defer s.limiter.mu.Unlock()
	s.limiter.limits, s.limiter.windows = l, nil
}

// LimitsMet says how many calls were refused since the limits were set, by class: standard, transfers, charges, resolves, verifies.
func (s *Simulator) LimitsMet() map[string]int {
	s.limiter.mu.Lock()
	defer s.limiter.mu.Unlock()
	met := map[string]int{}
	for class, w := range s.limiter.windows {
		met[string(class)] = w.refused
	}
	return met
}

// admit counts a call, tells how the class stands in the headers, and answers 429 where the window is used up. It reports
// whether to go on.
func (l *limiter) admit(w http.ResponseWriter, pattern string, now time.Time) bool {
	class, own := limitClasses[pattern]
	if !own {
		class = "standard"
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.limits.Share <= 0 {
		return true
	}
	if l.windows == nil {
		l.windows = map[limitClass]*limitWindow{}
	}
	window := l.windows[class]
	if window == nil {
		window = &limitWindow{}
		l.windows[class] = window
	}
	if !now.Before(window.ends) {
		length := l.limits.Window
		if length <= 0 {
			length = time.Minute
		}
		window.ends, window.used = now.Add(length), 0
	}
	limit := max(1, int(float64(liveLimits[class])*l.limits.Share))
	admitted := window.used < limit
	if admitted {
		window.used++
	} else {
		window.refused++
	}
	reset := int64((window.ends.Sub(now) + time.Second - 1) / time.Second)
	h := w.Header()
	h.Set("X-Ratelimit-Limit", strconv.Itoa(limit))
	h.Set("X-Ratelimit-Remaining", strconv.Itoa(limit-window.used))
	h.Set("X-Ratelimit-Reset", strconv.FormatInt(reset, 10))
	if !admitted {
		write(w, refuse(http.StatusTooManyRequests, "rate_limited", "Too many requests"))
	}
	return admitted
}
