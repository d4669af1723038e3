package access

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"net/netip"
	"strings"

	"github.com/creditpocket/creditpocket/gen/catalog"
	"github.com/creditpocket/creditpocket/internal/clock"
	"github.com/creditpocket/creditpocket/internal/fault"
	"github.com/creditpocket/creditpocket/internal/store"
)

// LimiterOptions choose the limits. The zero value is DefaultClasses.
type LimiterOptions struct {
	// Classes replaces DefaultClasses as a whole.
	Classes map[string]Class
	// Scale multiplies every limit: for load tests that come from one address. 0 means 1.
	Scale int
	// Off admits everything and counts nothing.
	Off bool
}

// Limiter counts requests by GCRA. It is safe for use by many goroutines, and shared classes for many replicas.
type Limiter struct {
	store   *store.Store
	clock   clock.Clock
	classes map[string]Class
	off     bool
	memory  *counters
	refused *counters // what the database refused: it says the same until the time that it named
}

// NewLimiter makes a limiter over the deployment's database. It refuses options that no request could conform to.
func NewLimiter(st *store.Store, clk clock.Clock, options LimiterOptions) (*Limiter, error) {
	if options.Classes == nil {
		options.Classes = DefaultClasses()
	}
	l := &Limiter{store: st, clock: clk, classes: make(map[string]Class, len(options.Classes)), off: options.Off, memory: newCounters(), refused: newCounters()}
	for name, class := range options.Classes {
		scaled := Class{Shared: class.Shared}
		for _, rule := range class.Rules {
			rule.Limit *= max(options.Scale, 1)
			if rule.Limit <= 0 || rule.Window <= 0 || rule.rate().Interval <= 0 || rule.Name == "" {
				return nil, fmt.Errorf("access: the limit %q of class %q admits nothing or everything", rule.Name, name)
			}
			scaled.Rules = append(scaled.Rules, rule)
		}
		l.classes[name] = scaled
	}
	return l, nil
}

// errRefused rolls a shared count back.
var errRefused = errors.New("access: a limit refuses")

// Allow counts one request of a class against each of the keys, which have the form kind:value with a Key constant as kind. Kinds
// that the class has no rule for do not count. A request that any rule refuses counts against none of the shared ones. It
// returns an error for a class that does not exist, and UNAVAILABLE.
func (l *Limiter) Allow(ctx context.Context, class string, keys ...string) (Verdict, error) {
	if l.off {
		return Verdict{Allowed: true}, nil
	}
	c, ok := l.classes[class]
	if !ok {
		return Verdict{}, fault.New(catalog.Internal).WithCause(fmt.Errorf("access: no class of limits is called %q", class))
	}
	counts := l.countsOf(c, keys)
	if len(counts) == 0 {
		return Verdict{Allowed: true}, nil
	}
	if c.Shared {
		return l.allowShared(ctx, counts)
	}
	v, now := Verdict{}, l.clock.Now()
	for _, n := range counts {
		tat, admitted := l.memory.take(counterKey{n.rule.Name, n.subject}, n.rule.rate(), now)
		v = nearest(v, n.rule.verdict(now, tat, admitted))
		if !admitted {
			break
		}
	}
	return v, nil
}

// count is one rule with the subject it counts.
type count struct {
	rule    Rule
	subject string
}

// countsOf picks what a request counts against, in the order of the rules: all requests of a class take their rows in one order,
// so that they never wait for each other in a circle.
func (l *Limiter) countsOf(c Class, keys []string) []count {
	var counts []count
	borrower := false
	for _, key := range keys {
		borrower = borrower || strings.HasPrefix(key, KeyBorrower+":")
	}
	for _, rule := range c.Rules {
		if rule.Visitors && borrower {
			continue
		}
		for _, key := range keys {
			if kind, subject, _ := strings.Cut(key, ":"); kind == rule.Key && subject != "" {
				if kind == KeyIP {
					subject = network(subject)
				}
				counts = append(counts, count{rule, subject})
			}
		}
	}
	return counts
}

// allowShared counts in the database. A refusal is remembered: nothing shortens the wait that it named, so a flood from who is refused
// already costs no transaction.
func (l *Limiter) allowShared(ctx context.Context, counts []count) (Verdict, error) {
	var v Verdict
	now := l.clock.Now()
	for _, n := range counts {
		if tat := l.refused.look(counterKey{n.rule.Name, n.subject}); !tat.IsZero() {
			if v := n.rule.verdict(now, tat, false); v.RetryAfter > 0 {
				return v, nil
			}
		}
	}
	err := l.store.InTx(ctx, func(ctx context.Context, tx *store.Tx) error {
		v = Verdict{}
		for _, n := range counts {
			key := hex.EncodeToString(l.store.Keys().Blind("limit", n.rule.Name, n.subject))
			tat, admitted, err := tx.TakeLimit(ctx, key, n.rule.rate())
			if err != nil {
				return err
			}
			v = nearest(v, n.rule.verdict(tx.Now(), tat, admitted))
			if !admitted {
				l.refused.remember(counterKey{n.rule.Name, n.subject}, tat, now)
				return errRefused
			}
		}
		return nil
	})
	if errors.Is(err, errRefused) {
		return v, nil
	}
	return v, err
}

// network is what one caller holds of the address space: an IPv4 address, or the /64 of an IPv6 address.
func network(ip string) string {
	addr, err := netip.ParseAddr(ip)
	if err != nil {
		return ip
	}
	addr = addr.Unmap().WithZone("")
	if addr.Is4() {
		return addr.String()
	}
	prefix, _ := addr.Prefix(64)
	return prefix.String()
}
