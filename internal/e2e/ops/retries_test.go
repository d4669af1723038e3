package ops

import (
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/creditpocket/creditpocket/internal/testkit"
	"github.com/creditpocket/creditpocket/internal/testkit/testapp"
)

// once sends an act so many times at once and returns the answer, which is the same for all; one alone is not marked as a repeat. An
// answer that says "later" is followed by another try.
func (w *world) once(c call, times int) string {
	w.Helper()
	answers, errs := make([]answer, times), make([]error, times)
	var wg sync.WaitGroup
	for i := range times {
		wg.Go(func() {
			for deadline := time.Now().Add(40 * time.Second); time.Now().Before(deadline); time.Sleep(30 * time.Millisecond) {
				answers[i], errs[i] = w.try(c)
				if errs[i] != nil || (answers[i].Reason != "OPERATION_IN_PROGRESS" && answers[i].Status != http.StatusServiceUnavailable) {
					return
				}
			}
		})
	}
	wg.Wait()
	bodies, first := map[string]int{}, 0
	for i, a := range answers {
		if errs[i] != nil {
			w.Errorf("%s: %v", c.Operation.ID, errs[i])
			continue
		}
		bodies[testkit.Essence(a.Status, a.Raw)]++
		if !a.Replayed {
			first++
		}
	}
	if len(bodies) != 1 || first != 1 {
		w.Errorf("%s: %d of %d are not marked as repeats; the answers are %v", c.Operation.ID, first, times, bodies)
	}
	return slices.Collect(maps.Keys(bodies))[0]
}

// TestAHundredRetries orders each act of the staff a hundred times at once under one key, once more when all other acts are done, and once
// more by another process: one answer, and one entry of the audit trail.
func TestAHundredRetries(t *testing.T) {
	w := newWorld(t, nil, testapp.Options{})
	calls, answers := map[string]call{}, map[string]string{}
	var order []string // that of the contract: a loan's debt is waived in part before a receipt pays it
	for _, c := range w.successes() {
		if c.Header.Get("Idempotency-Key") == "" {
			continue
		}
		if c.Operation.ID == "approveRequest" || c.Operation.ID == "declineRequest" {
			c.by = "finance two" // nobody decides on one's own request
			if w.keys[c.by] == "" {
				w.hire(c.by, "finance", "", 24*time.Hour*300)
			}
		}
		calls[c.Operation.ID] = c
		order = append(order, c.Operation.ID)
	}
	for _, id := range order {
		c := calls[id]
		before := len(testkit.Texts(t, w.app.DatabaseURL, `SELECT id::text FROM audit_trail WHERE act = $1`, id))
		answers[id] = w.once(c, 100)
		if !strings.HasPrefix(answers[id], "200 ") {
			t.Errorf("%s: %s", id, answers[id])
		}
		if entries := len(testkit.Texts(t, w.app.DatabaseURL, `SELECT id::text FROM audit_trail WHERE act = $1`, id)) - before; entries != 1 {
			t.Errorf("%s: %d entries of the trail", id, entries)
		}
	}
	// A refusal is an answer too: it is the same when the reason for it is gone.
	missing := w.request("finance", "resolveAlert", map[string]any{"id": 78, "reason": reason})
	refusal := w.once(missing, 100)
	testkit.Exec(t, w.app.DatabaseURL, `INSERT INTO alerts (id, kind, subject, created_at) VALUES (78, 'test_alert', 'y', now())`)
	calls["refused"], answers["refused"] = missing, refusal
	if !strings.HasPrefix(refusal, "404 ") {
		t.Errorf("a refusal: %s", refusal)
	}
	again := func(when string) {
		for id, c := range calls {
			if a := w.send(c); testkit.Essence(a.Status, a.Raw) != answers[id] || !a.Replayed {
				t.Errorf("%s %s: %s, before %s", id, when, testkit.Essence(a.Status, a.Raw), answers[id])
			}
		}
	}
	again("when the others are done")
	w.later(time.Hour)
	w.app.Stop()
	w.app = testapp.New(t, testapp.Options{DatabaseURL: w.app.DatabaseURL, Keys: w.app.Keys, Clock: w.clock})
	w.eventually("the second server", func() bool { return w.app.OpsURL() != "" })
	w.base = w.app.OpsURL()
	w.eventually("the second server to be ready", func() bool {
		resp, err := http.Get(w.base + "/readyz")
		return err == nil && resp.Body.Close() == nil && resp.StatusCode == http.StatusOK
	})
	again("by another process")
	if len(calls) < 20 {
		t.Errorf("only %d acts", len(calls))
	}
}
