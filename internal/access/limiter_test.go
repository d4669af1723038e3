package access_test

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/creditpocket/creditpocket/internal/access"
	"github.com/creditpocket/creditpocket/internal/clock"
	"github.com/creditpocket/creditpocket/internal/seal"
	"github.com/creditpocket/creditpocket/internal/store"
	"github.com/creditpocket/creditpocket/internal/testkit"
	"pgregory.net/rapid"
)

func testkitNoon() time.Time { return testkit.Noon() }

func limiter(t testing.TB, st *store.Store, clk clock.Clock, class access.Class) *access.Limiter {
	t.Helper()
	l, err := access.NewLimiter(st, clk, access.LimiterOptions{Classes: map[string]access.Class{"c": class}})
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// Both places of counting follow the same law: a full burst, then one more each interval, and the wait that a refusal names is
// exact to the microsecond.
func TestLimitLaw(t *testing.T) {
	clk := clock.NewManual(testkit.Noon())
	st := testkit.Store(t, clk)
	for _, shared := range []bool{false, true} {
		l := limiter(t, st, clk, access.Class{Shared: shared, Rules: []access.Rule{{Name: "r", Key: access.KeyIP, Limit: 5, Window: 10 * time.Second}}})
		allow := func() access.Verdict {
			t.Helper()
			v, err := l.Allow(t.Context(), "c", "ip:192.0.2.1", "borrower:1")
			if err != nil {
				t.Fatal(err)
			}
			return v
		}
		for i := range 5 {
			v := allow()
			if !v.Allowed || v.Remaining != 4-i || v.Limit != 5 || v.Window != 10*time.Second || v.Policy != "r" || v.Reset != time.Duration(i+1)*2*time.Second {
				t.Fatalf("shared %v, request %d: %+v", shared, i, v)
			}
		}
		v := allow()
		if v.Allowed || v.Remaining != 0 || v.RetryAfter != 2*time.Second {
			t.Fatalf("shared %v: %+v", shared, v)
		}
		clk.Advance(v.RetryAfter - time.Microsecond)
		if v = allow(); v.Allowed || v.RetryAfter != time.Microsecond {
			t.Fatalf("shared %v: too early: %+v", shared, v)
		}
		clk.Advance(time.Microsecond)
		if v = allow(); !v.Allowed {
			t.Fatalf("shared %v: on time: %+v", shared, v)
		}
		clk.Advance(time.Hour)
		if v = allow(); !v.Allowed || v.Remaining != 4 {
			t.Fatalf("shared %v: after a rest: %+v", shared, v)
		}
	}
}

// A refusal of the database costs no other transaction until it is over, and then the database is asked again.
func TestRefusalsAreRemembered(t *testing.T) {
	clk := clock.NewManual(testkit.Noon())
	st := testkit.Store(t, clk)
	class := access.Class{Shared: true, Rules: []access.Rule{{Name: "r", Key: access.KeyIP, Limit: 2, Window: 10 * time.Second}}}
	l, elsewhere := limiter(t, st, clk, class), limiter(t, st, clk, class)
	ask := func(ctx context.Context, l *access.Limiter) (access.Verdict, error) {
		return l.Allow(ctx, "c", "ip:192.0.2.1")
	}
	for range 2 {
		if v, err := ask(t.Context(), elsewhere); err != nil || !v.Allowed {
			t.Fatal(v, err)
		}
	}
	if v, err := ask(t.Context(), l); err != nil || v.Allowed {
		t.Fatal("another replica's requests did not count: ", v, err)
	}
	gone, cancel := context.WithCancel(t.Context())
	cancel() // the database cannot be asked under this context
	if v, err := ask(gone, l); err != nil || v.Allowed || v.RetryAfter != 5*time.Second {
		t.Errorf("the refusal was not remembered: %+v, %v", v, err)
	}
	clk.Advance(5 * time.Second)
	if _, err := ask(gone, l); err == nil {
		t.Error("the refusal was remembered for too long")
	}
	if v, err := ask(t.Context(), l); err != nil || !v.Allowed {
		t.Errorf("on time: %+v, %v", v, err)
	}
}

// PostgreSQL and memory give the same verdicts on every history.
func TestBothCountersAgree(t *testing.T) {
	clk := clock.NewManual(testkit.Noon())
	st := testkit.Store(t, clk)
	run := 0
	rapid.Check(t, func(rt *rapid.T) {
		run++
		rule := access.Rule{Name: fmt.Sprintf("r%d", run), Key: access.KeyIP, Limit: rapid.IntRange(1, 7).Draw(rt, "limit"),
			Window: time.Duration(rapid.Int64Range(7, 10_000_000).Draw(rt, "window")) * time.Microsecond}
		memory := limiter(t, st, clk, access.Class{Rules: []access.Rule{rule}})
		shared := limiter(t, st, clk, access.Class{Shared: true, Rules: []access.Rule{rule}})
		for i := range rapid.IntRange(1, 12).Draw(rt, "requests") {
			clk.Advance(time.Duration(rapid.Int64Range(0, int64(rule.Window)/1000).Draw(rt, "wait")) * time.Microsecond)
			a, err1 := memory.Allow(t.Context(), "c", "ip:192.0.2.1")
			b, err2 := shared.Allow(t.Context(), "c", "ip:192.0.2.1")
			if err1 != nil || err2 != nil || a != b {
				rt.Fatalf("request %d: %+v, %v; %+v, %v", i, a, err1, b, err2)
			}
		}
	})
}

func TestParallelRequestsAreAdmittedExactly(t *testing.T) {
	clk := clock.NewManual(testkit.Noon())
	keys := testkit.Keys(t)
	first, second := twoReplicas(t, clk, keys)
	for _, shared := range []bool{false, true} {
		class := access.Class{Shared: shared, Rules: []access.Rule{{Name: "r", Key: access.KeyIP, Limit: 7, Window: time.Minute}}}
		replicas := []*access.Limiter{limiter(t, first, clk, class), limiter(t, second, clk, class)}
		if !shared {
			replicas[1] = replicas[0]
		}
		var wg sync.WaitGroup
		var admitted atomic.Int32
		for i := range 40 {
			wg.Go(func() {
				v, err := replicas[i%2].Allow(t.Context(), "c", "ip:192.0.2.1")
				if err != nil {
					t.Error(err)
				}
				if v.Allowed {
					admitted.Add(1)
				}
			})
		}
		wg.Wait()
		if admitted.Load() != 7 {
			t.Errorf("shared %v: %d of 40 admitted, want 7", shared, admitted.Load())
		}
	}
}

func twoReplicas(t *testing.T, clk clock.Clock, keys *seal.Keys) (*store.Store, *store.Store) {
	t.Helper()
	url := testkit.Database(t, func(ctx context.Context, url string) error {
		_, err := store.Migrate(ctx, url, discard)
		return err
	}, store.MigrationsKey())
	return testkit.OpenStore(t, url, keys, clk), testkit.OpenStore(t, url, keys, clk)
}

func TestARefusedRequestCostsNothingElsewhere(t *testing.T) {
	clk := clock.NewManual(testkit.Noon())
	l := limiter(t, testkit.Store(t, clk), clk, access.Class{Shared: true, Rules: []access.Rule{
		{Name: "number", Key: access.KeyMobile, Limit: 2, Window: time.Hour},
		{Name: "brand", Key: access.KeyBrand, Limit: 1, Window: time.Hour},
	}})
	allow := func(keys ...string) access.Verdict {
		v, err := l.Allow(t.Context(), "c", keys...)
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
	if v := allow("mobile:a", "brand:x"); !v.Allowed || v.Policy != "brand" || v.Remaining != 0 {
		t.Errorf("the nearest rule must answer: %+v", v)
	}
	for range 5 {
		if v := allow("mobile:a", "brand:x"); v.Allowed || v.Policy != "brand" {
			t.Errorf("%+v", v)
		}
	}
	if v := allow("mobile:a", "brand:y"); !v.Allowed {
		t.Errorf("refused requests were counted: %+v", v)
	}
	if v := allow("mobile:a", "brand:z"); v.Allowed || v.Policy != "number" {
		t.Errorf("%+v", v)
	}
}

func TestWhatCountsTogether(t *testing.T) {
	clk := clock.NewManual(testkit.Noon())
	l := limiter(t, testkit.Store(t, clk), clk, access.Class{Rules: []access.Rule{
		{Name: "borrower", Key: access.KeyBorrower, Limit: 1, Window: time.Hour},
		{Name: "address", Key: access.KeyIP, Limit: 1, Window: time.Hour, Visitors: true},
	}})
	for i, c := range []struct {
		keys    []string
		allowed bool
	}{
		{[]string{"ip:2001:db8:1:2::1"}, true},
		{[]string{"ip:2001:db8:1:2:ffff::9"}, false}, // one /64 is one caller
		{[]string{"ip:2001:db8:1:3::1"}, true},
		{[]string{"ip:192.0.2.1"}, true},
		{[]string{"ip:::ffff:192.0.2.1"}, false}, // the same address in IPv6 clothes
		{[]string{"ip:192.0.2.1", "borrower:1"}, true},
		{[]string{"ip:192.0.2.1", "borrower:2"}, true}, // behind the same address
		{[]string{"ip:192.0.2.9", "borrower:2"}, false},
		{[]string{"device:x", "borrower:"}, true}, // no rule applies
		{nil, true},
	} {
		v, err := l.Allow(t.Context(), "c", c.keys...)
		if err != nil || v.Allowed != c.allowed {
			t.Errorf("%d: %v: %+v, %v", i, c.keys, v, err)
		}
	}
	if _, err := l.Allow(t.Context(), "nope", "ip:192.0.2.1"); err == nil {
		t.Error("a class that does not exist admitted a request")
	}
}

func TestLimiterOptions(t *testing.T) {
	clk := clock.NewManual(testkit.Noon())
	st := testkit.Store(t, clk)
	classes := map[string]access.Class{"c": {Rules: []access.Rule{{Name: "r", Key: access.KeyIP, Limit: 1, Window: time.Hour}}}}
	for name, c := range map[string]struct {
		options access.LimiterOptions
		admits  int
	}{
		"as given": {access.LimiterOptions{Classes: classes}, 1},
		"scaled":   {access.LimiterOptions{Classes: classes, Scale: 5}, 5},
		"off":      {access.LimiterOptions{Classes: classes, Off: true}, 10},
	} {
		l, err := access.NewLimiter(st, clk, c.options)
		if err != nil {
			t.Fatal(err)
		}
		admitted := 0
		for range 10 {
			if v, err := l.Allow(t.Context(), "c", "ip:192.0.2.1"); err == nil && v.Allowed {
				admitted++
			}
		}
		if admitted != c.admits {
			t.Errorf("%s: %d admitted", name, admitted)
		}
	}
	for _, bad := range []access.Rule{{Name: "r", Key: "ip", Window: time.Hour}, {Name: "r", Key: "ip", Limit: 1}, {Key: "ip", Limit: 1, Window: time.Hour}, {Name: "r", Key: "ip", Limit: 2, Window: time.Microsecond}} {
		if _, err := access.NewLimiter(st, clk, access.LimiterOptions{Classes: map[string]access.Class{"c": {Rules: []access.Rule{bad}}}}); err == nil {
			t.Errorf("%+v was taken", bad)
		}
	}
}

func TestDefaultClassesFitTheHeaders(t *testing.T) {
	names := map[string]bool{}
	for class, c := range access.DefaultClasses() {
		if len(c.Rules) == 0 {
			t.Errorf("%s has no rule", class)
		}
		for _, r := range c.Rules {
			if names[r.Name] {
				t.Errorf("%s is the name of two rules, which would count together", r.Name)
			}
			names[r.Name] = true
			if len(r.Name) > 32 || r.Name == "" {
				t.Errorf("%q does not fit the header", r.Name)
			}
			for _, b := range []byte(r.Name) {
				if b != '-' && (b < 'a' || b > 'z') {
					t.Errorf("%q does not fit the header", r.Name)
				}
			}
		}
	}
	if _, err := access.NewLimiter(nil, clock.System{}, access.LimiterOptions{}); err != nil {
		t.Error(err)
	}
}
