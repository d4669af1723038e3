package conform_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/creditpocket/creditpocket/internal/conform"
)

// limited refuses every request as too many, in the words of the contract.
func limited(t *testing.T, retryAfter time.Duration) http.Handler {
	t.Helper()
	sound := mock(t)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		rec := httptest.NewRecorder()
		again := httptest.NewRequestWithContext(r.Context(), http.MethodGet, "/bank/dict/list", nil)
		again.Header.Set("Prefer", "code=429")
		sound.ServeHTTP(rec, again)
		for name, values := range rec.Header() {
			w.Header()[name] = values
		}
		w.Header().Set("Retry-After", strconv.Itoa(int(retryAfter.Seconds())))
		w.WriteHeader(rec.Code)
		_, _ = w.Write(rec.Body.Bytes())
	})
}

// TestALimitedServerCostsAMinuteOfWaiting: a server that refuses everything as too many is waited for a minute in all, whoever waits; what it
// refuses after that, or for longer than two seconds at once, is left out and breaks nothing.
func TestALimitedServerCostsAMinuteOfWaiting(t *testing.T) {
	for _, k := range []struct {
		retryAfter, least, most time.Duration
		says                    int
	}{
		{time.Second, time.Minute, 61 * time.Second, 1},
		{2 * time.Second, time.Minute, 62 * time.Second, 1},
		{3 * time.Second, 0, 0, 0},
	} {
		var waited atomic.Int64
		o := conform.Options{Wait: func(_ context.Context, d time.Duration) error {
			waited.Add(int64(d))
			return nil
		}}
		r, out, err := ask(t, limited(t, k.retryAfter), o)
		if all := time.Duration(waited.Load()); all < k.least || all > k.most {
			t.Errorf("Retry-After %s: waited for %s in all, want %s to %s", k.retryAfter, all, k.least, k.most)
		}
		if said := strings.Count(out, "of waiting. From here on requests that it refuses as too many are left out."); said != k.says {
			t.Errorf("Retry-After %s: said so %d times, want %d", k.retryAfter, said, k.says)
		}
		if r.Limited < 1000 || r.Requests < r.Limited {
			t.Errorf("Retry-After %s: %d requests, %d of them limited", k.retryAfter, r.Requests, r.Limited)
		}
		for _, v := range r.Violations {
			if !strings.Contains(v, "expected") { // paths and verbs that do not exist are not limited
				t.Error(v)
			}
		}
		if err != nil && !errors.Is(err, conform.ErrViolations) {
			t.Error(err)
		}
	}
}

// TestWaitingEndsWithTheContext: who cancels while the server's limits are waited for is not kept.
func TestWaitingEndsWithTheContext(t *testing.T) {
	srv := httptest.NewServer(limited(t, 2*time.Second))
	t.Cleanup(srv.Close)
	ctx, cancel := context.WithCancel(t.Context())
	var waits atomic.Int64
	_, err := conform.Run(ctx, conform.Options{URL: srv.URL, Token: token, Seed: 1, Out: new(strings.Builder), Wait: func(ctx context.Context, _ time.Duration) error {
		waits.Add(1)
		cancel()
		<-ctx.Done()
		return ctx.Err()
	}})
	if n := waits.Load(); !errors.Is(err, context.Canceled) || n < 1 || n > 4 {
		t.Errorf("%v after %d waits", err, n)
	}
}
