package access

import (
	"time"

	"github.com/creditpocket/creditpocket/internal/store"
)

// Verdict is a limiter's answer for one request: how it stands with the rule that is nearest to refuse.
type Verdict struct {
	Allowed   bool
	Policy    string        // the rule's name; "" where no rule applies
	Limit     int           // requests in a window
	Window    time.Duration // length of the window
	Remaining int           // requests left at this moment
	Reset     time.Duration // until all of them are given back
	// RetryAfter is the wait after which a refused request would be allowed.
	RetryAfter time.Duration
}

// rate is a rule in the terms of GCRA, to the microsecond, which is what PostgreSQL keeps.
func (r Rule) rate() store.LimitRate {
	return store.LimitRate{Interval: (r.Window / time.Duration(r.Limit)).Truncate(time.Microsecond), Window: r.Window}
}

// verdict reads the theoretical arrival time that a request left behind (admitted) or ran into (refused).
func (r Rule) verdict(now, tat time.Time, admitted bool) Verdict {
	rate := r.rate()
	owed := max(tat.Sub(now), 0)
	v := Verdict{Allowed: admitted, Policy: r.Name, Limit: r.Limit, Window: r.Window, Reset: owed}
	if admitted {
		v.Remaining = int((rate.Window - owed) / rate.Interval)
		return v
	}
	v.RetryAfter = owed + rate.Interval - rate.Window
	return v
}

// nearest is the verdict that says more: a refusal before an admission, then the one that leaves less.
func nearest(a, b Verdict) Verdict {
	switch {
	case a.Policy == "":
		return b
	case b.Policy == "":
		return a
	case a.Allowed != b.Allowed:
		if a.Allowed {
			return b
		}
		return a
	case b.Remaining < a.Remaining:
		return b
	}
	return a
}
