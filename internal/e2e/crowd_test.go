package e2e

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/creditpocket/creditpocket/internal/backoffice"
	"github.com/creditpocket/creditpocket/internal/contract"
	"github.com/creditpocket/creditpocket/internal/testkit"
	"github.com/creditpocket/creditpocket/internal/testkit/testapp"
)

// TestCrowd fills every place of both APIs with requests that wait for a lock: the next one is turned away in time, with 503 and
// Retry-After in the envelope; health and metrics are answered, and when the lock is gone, so is the crowd.
func TestCrowd(t *testing.T) {
	a := testapp.New(t, testapp.Options{DatabaseURL: patient(t), Env: []string{"CP_ROLES=http", "CP_MAX_IN_FLIGHT=4", "CP_IN_FLIGHT_WAIT=50ms", "CP_DB_MAX_CONNS=30"}})
	_, key, err := a.Backoffice.AddOperator(t.Context(), backoffice.NewOperator{Name: "Crowd Viewer", Role: "viewer", Life: time.Hour})
	if err != nil {
		t.Fatal(err)
	}
	judge, err := contract.NewTransport(nil)
	if err != nil {
		t.Fatal(err)
	}
	borrowers := asking{t, &http.Client{Transport: judge, Timeout: time.Minute}, a.BaseURL, ""}
	staff := asking{t, &http.Client{Timeout: time.Minute}, a.OpsURL(), key}

	const waiting = `SELECT count(*)::text FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()`
	for _, crowd := range []struct {
		asking
		path, table string
		places      int
	}{{borrowers, "/bank/dict/list", "banks", 4}, {staff, "/products", "products", 8}} {
		release := lock(t, a.DatabaseURL, crowd.table)
		var inside sync.WaitGroup
		for range crowd.places {
			inside.Go(func() { crowd.get(crowd.path) })
		}
		full := strconv.Itoa(crowd.places)
		for deadline := time.Now().Add(20 * time.Second); testkit.Texts(t, a.DatabaseURL, waiting)[0] != full; time.Sleep(5 * time.Millisecond) {
			if time.Now().After(deadline) {
				t.Fatalf("the places for %s are not taken", crowd.path)
			}
		}
		began := time.Now()
		answer, header := crowd.get(crowd.path)
		if answer.status != http.StatusServiceUnavailable || answer.Data.Reason != "UNAVAILABLE" || !answer.Data.Retryable {
			t.Errorf("%s beyond the places: %d %+v", crowd.path, answer.status, answer)
		}
		if after, err := strconv.Atoi(header.Get("Retry-After")); err != nil || after < 1 || after > 3 {
			t.Errorf("%s: Retry-After %q", crowd.path, header.Get("Retry-After"))
		}
		if took := time.Since(began); took > 5*time.Second { // the others wait for twice that
			t.Errorf("%s was turned away after %s", crowd.path, took)
		}
		for _, path := range []string{"/healthz", "/readyz", "/metrics"} {
			if answer, _ := crowd.get(path); answer.status != http.StatusOK {
				t.Errorf("%s in the crowd: %d", path, answer.status)
			}
		}
		release()
		inside.Wait()
		if answer, _ := crowd.get(crowd.path); answer.status != http.StatusOK {
			t.Errorf("%s afterwards: %d", crowd.path, answer.status)
		}
	}
	resp, err := http.Get(a.BaseURL + "/metrics")
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if metrics, err := io.ReadAll(resp.Body); err != nil || !strings.Contains(string(metrics), `creditpocket_http_turned_away_total{lane="cheap"} 1`) {
		t.Errorf("the metrics do not count who was turned away (%v)", err)
	}
}

// patient is a fresh database whose sessions wait for a lock until the deadline of their request, not for two seconds only: on a slow machine
// the crowd would be gone before it is complete.
func patient(t *testing.T) string {
	t.Helper()
	u, err := url.Parse(testapp.SeededDatabase(t))
	if err != nil {
		t.Fatal(err)
	}
	q := u.Query()
	q.Set("lock_timeout", "60000")
	q.Set("statement_timeout", "60000")
	u.RawQuery = q.Encode()
	return u.String()
}

// asking is a caller of one of the APIs.
type asking struct {
	t    *testing.T
	http *http.Client
	base string
	key  string
}

type crowdAnswer struct {
	status int
	Data   struct {
		Reason    string
		Retryable bool
	}
}

func (c asking) get(path string) (crowdAnswer, http.Header) {
	c.t.Helper()
	r, err := http.NewRequest(http.MethodGet, c.base+path, nil)
	if err != nil {
		c.t.Error(err)
		return crowdAnswer{}, nil
	}
	if c.key != "" {
		r.Header.Set("Authorization", "Bearer "+c.key)
	}
	resp, err := c.http.Do(r)
	if err != nil {
		c.t.Errorf("%s: %v", path, err)
		return crowdAnswer{}, nil
	}
	defer resp.Body.Close()
	answer := crowdAnswer{status: resp.StatusCode}
	if resp.StatusCode == http.StatusServiceUnavailable {
		if err := json.NewDecoder(resp.Body).Decode(&answer); err != nil {
			c.t.Errorf("%s: not an envelope: %v", path, err)
		}
	}
	return answer, resp.Header
}

// lock keeps everybody from a table until it is released.
func lock(t *testing.T, url, table string) (release func()) {
	t.Helper()
	ctx := context.Background()
	conn, err := pgx.Connect(ctx, url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close(ctx) })
	tx, err := conn.Begin(ctx)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := tx.Exec(ctx, "LOCK TABLE "+pgx.Identifier{table}.Sanitize()+" IN ACCESS EXCLUSIVE MODE"); err != nil {
		t.Fatal(err)
	}
	return func() {
		if err := tx.Rollback(ctx); err != nil {
			t.Error(err)
		}
	}
}
