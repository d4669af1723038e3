package e2e

import (
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/creditpocket/creditpocket/internal/contract"
	"github.com/creditpocket/creditpocket/internal/testkit"
	"github.com/creditpocket/creditpocket/internal/testkit/testapp"
)

// stoppable is the machine's clock until it is stopped. With it stopped nothing falls due, so that the database changes by
// requests alone.
type stoppable struct {
	mu      sync.Mutex
	stopped time.Time
}

func (s *stoppable) Now() time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.stopped.IsZero() {
		return s.stopped
	}
	return time.Now().UTC()
}

func (s *stoppable) stop() {
	now := s.Now()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.stopped = now
}

// seed of the made-up values; CP_TEST_SEED chooses another one.
func seed(t *testing.T) uint64 {
	t.Helper()
	n := uint64(1)
	if text := os.Getenv("CP_TEST_SEED"); text != "" {
		var err error
		if n, err = strconv.ParseUint(text, 10, 64); err != nil {
			t.Fatal(err)
		}
	}
	return n
}

// TestBadInput sends every mutation of every operation, as a borrower who could do everything: the status is right, the
// envelope whole, the reason the catalog's, the field named, no value echoed, and nothing in the database changes.
func TestBadInput(t *testing.T) {
	watch := &stoppable{}
	w := newWorld(t, testapp.Options{Clock: watch})
	b := w.register().profile().account("12").bind().apply(5)
	quiet(w)
	watch.stop()
	number := seed(t)
	before := testkit.Checksums(t, w.app.DatabaseURL)
	kinds, total := map[contract.Kind]int{}, 0
	for _, op := range w.doc.Operations {
		t.Run(op.ID, func(t *testing.T) {
			w := w.in(t)
			failures := 0
			for m := range op.Mutations(rand.New(rand.NewPCG(number, 0)), photos(t)...) {
				kinds[m.Kind]++
				total++
				if problem := w.judgeMutation(m, b.token); problem != "" {
					if failures++; failures <= 12 {
						t.Errorf("%s (%s): %s", m.Kind, m.Place, problem)
					}
				}
			}
			if failures > 12 {
				t.Errorf("and %d more", failures-12)
			}
			after := testkit.Checksums(t, w.app.DatabaseURL)
			for table, sum := range after {
				if before[table] != sum {
					t.Errorf("table %s changed: %s, now %s", table, before[table], sum)
				}
			}
			before = after
		})
	}
	fmt.Printf("\nBad input: %d requests to %d operations with seed %d, by the rule they break:\n", total, len(w.doc.Operations), number)
	for _, kind := range slices.Sorted(maps.Keys(kinds)) {
		fmt.Printf("  %-28s %5d\n", kind, kinds[kind])
	}
	if total < 3000 {
		t.Errorf("only %d requests", total)
	}
}

// quiet waits until no job, no refund and no event of the gateway is left to work on, and the database rests for a second.
func quiet(w *world) {
	w.Helper()
	w.eventually(30*time.Second, "the work behind the requests to end", func() bool {
		left := testkit.Texts(w.T, w.app.DatabaseURL, `SELECT ((SELECT count(*) FROM river_job WHERE state IN ('available', 'running', 'retryable') AND kind NOT LIKE '%.sweep' AND kind <> 'daily.run')
			+ (SELECT count(*) FROM refunds WHERE state < 2) + (SELECT count(*) FROM gateway_events WHERE state = 0))::text`)
		if left[0] != "0" {
			return false
		}
		before := testkit.Checksums(w.T, w.app.DatabaseURL)
		time.Sleep(time.Second)
		return maps.Equal(before, testkit.Checksums(w.T, w.app.DatabaseURL))
	})
}

// judgeMutation says what is wrong with the answer to a mutation, "" for nothing.
func (w *world) judgeMutation(m contract.Mutation, token string) string {
	a, err := w.tryMutation(m, token)
	if err != nil {
		return err.Error()
	}
	return problemOf(m, a)
}

// tryMutation sends a mutation as who the operation asks for.
func (w *world) tryMutation(m contract.Mutation, token string) (answer, error) {
	c := call{Request: m.Request, token: token}
	if m.Operation.Auth == contract.Public || m.Operation.Auth == contract.Gateway {
		c.token = ""
	}
	a, err := w.try(c)
	for n := 0; n < 20 && m.Kind == contract.OverLimit && errors.Is(err, syscall.ECONNRESET); n++ {
		a, err = w.try(c) // a client that is still sending may lose the connection before it reads the refusal
	}
	return a, err
}

// problemOf says what is wrong with an answer, "" for nothing.
func problemOf(m contract.Mutation, a answer) string {
	switch {
	case a.Status != m.Status:
		return fmt.Sprintf("expected %d, got %s; sent %s", m.Status, a, shown(m.Request))
	case !slices.Contains(m.Reasons, a.Reason):
		return fmt.Sprintf("expected one of %v, got %s; sent %s", m.Reasons, a, shown(m.Request))
	case m.Field != "" && !slices.ContainsFunc(a.Fields, func(f string) bool { return strings.EqualFold(f, m.Field) }):
		return fmt.Sprintf("expected the field %s among %v; sent %s", m.Field, a.Fields, shown(m.Request))
	}
	for _, secret := range m.Secrets {
		if strings.Contains(string(a.Raw), secret) {
			return fmt.Sprintf("the answer repeats %q", secret)
		}
	}
	return ""
}

// shown is a request for people.
func shown(r *contract.Request) string {
	return fmt.Sprintf("%s %s?%s %v %.300q", r.Operation.Method, r.Operation.Path, r.RawQuery, r.Header, r.Body)
}

// TestBoundaries sends requests at the edges of what the schemas allow: whatever they mean, no answer is a fault of the
// server, and none breaks the contract.
func TestBoundaries(t *testing.T) {
	w := newWorld(t, testapp.Options{})
	b := w.register().profile().account("12").bind().apply(5)
	statuses := map[int]int{}
	for _, op := range w.doc.Operations {
		t.Run(op.ID, func(t *testing.T) {
			w := w.in(t)
			for edge := range op.Boundaries() {
				r := edge.Request
				if strings.HasPrefix(r.Header.Get("Idempotency-Key"), "7f0c2f7e") {
					r.Header.Set("Idempotency-Key", newKey())
				}
				c := call{Request: r, token: b.token}
				if op.Auth == contract.Public || op.Auth == contract.Gateway {
					c.token = ""
				}
				a, err := w.try(c)
				if err != nil {
					t.Errorf("%s: %v; sent %s", edge.Place, err, shown(r))
					continue
				}
				statuses[a.Status]++
				if a.Status >= 500 {
					t.Errorf("%s: %s; sent %s", edge.Place, a, shown(r))
				}
			}
		})
	}
	fmt.Printf("\nRequests at the edges of the schemas, by status: %v\n", statuses)
	if statuses[200] < 100 {
		t.Errorf("only %d of the requests at the edges were taken", statuses[200])
	}
}
