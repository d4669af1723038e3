package e2e

import (
	"net/http"
	"sync"
	"testing"

	"github.com/creditpocket/creditpocket/internal/testkit"
	"github.com/creditpocket/creditpocket/internal/testkit/testapp"
)

// TestOneLoanOfFortyApplications lets a borrower press Apply forty times at once, each under a key of its own and then all
// under one: there is one loan, and every other answer says so or repeats it.
func TestOneLoanOfFortyApplications(t *testing.T) {
	for _, k := range []struct {
		name string
		key  string // "" for one key each
		more int    // 200s beyond the first, at most
	}{{"each its own key", "", 0}, {"one key", newKey(), 39}} {
		t.Run(k.name, func(t *testing.T) {
			w := newWorld(t, testapp.Options{})
			b := w.register().profile().account("12")
			const n = 40
			answers, errs := make([]answer, n), make([]error, n)
			var wg sync.WaitGroup
			for i := range n {
				c := b.applyCall("301", nil)
				if k.key != "" {
					c = c.key(k.key)
				}
				wg.Go(func() {
					// On a busy machine the pool's second is over before all have had their turn: who is told to come again does.
					for tries := 0; tries == 0 || (errs[i] == nil && answers[i].Reason == "UNAVAILABLE" && tries < 30); tries++ {
						answers[i], errs[i] = w.try(c)
					}
				})
			}
			wg.Wait()
			taken, replayed := 0, 0
			for i, a := range answers {
				switch {
				case errs[i] != nil:
					t.Errorf("application %d: %v", i, errs[i])
				case a.Status == http.StatusOK && a.Header.Get("Idempotency-Replayed") == "true":
					replayed++
				case a.Status == http.StatusOK:
					taken++
				case k.key == "" && a.Reason == "OPEN_LOAN_EXISTS":
				case k.key != "" && a.Reason == "OPERATION_IN_PROGRESS":
				default:
					t.Errorf("application %d: %s", i, a)
				}
			}
			if taken != 1 || replayed > k.more {
				t.Errorf("%d applications were taken and %d repeated", taken, replayed)
			}
			if loans := testkit.Texts(t, w.app.DatabaseURL, `SELECT count(*)::text FROM loans`); loans[0] != "1" {
				t.Errorf("there are %s loans", loans[0])
			}
			w.want(b.applyCall("301", nil), conflict, "OPEN_LOAN_EXISTS")
		})
	}
}
