//go:build volume

package e2e

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/creditpocket/creditpocket/internal/testkit"
	"github.com/creditpocket/creditpocket/internal/testkit/testapp"
)

// TestBadInputVolume sends bad requests, seeded, until there are as many as asked for (CP_BAD_INPUT_REQUESTS, 100,000): each breaks one
// rule of the contract around values that chance chooses, or is refused for who asks. No answer is a fault of the server, none breaks
// the contract, each says what is wrong, and no table changes. Then come requests that keep every rule, of which only the first two
// can be asked.
func TestBadInputVolume(t *testing.T) {
	started, watch, number := time.Now(), &stoppable{}, seed(t)
	w := newWorld(t, testapp.Options{Clock: watch})
	v := &volume{world: w, bad: newTally(), good: newTally()}
	v.invite()
	quiet(w)
	watch.stop()

	want, effects := requests(t), 0
	before := testkit.Checksums(t, w.app.DatabaseURL)
	for round := uint64(0); v.bad.total < want; round++ {
		random := rand.New(rand.NewPCG(number, round))
		v.broken(random, round == 0)
		v.strangers(random)
		for range 5 {
			v.thieves(random)
		}
		after := testkit.Checksums(t, w.app.DatabaseURL)
		for table, sum := range after {
			if before[table] != sum && table != "operations" { // a refusal is kept as the answer of its key
				effects++
				t.Errorf("round %d changed the table %s: %s, then %s", round, table, before[table], sum)
			}
		}
		before = after
	}
	v.bad.report("Bad requests, by the rule they break")
	for _, op := range w.doc.Operations {
		if v.bad.operations[op.ID] < want/2000 {
			t.Errorf("only %d bad requests to %s", v.bad.operations[op.ID], op.ID)
		}
	}

	v.welcome(rand.New(rand.NewPCG(number, 1<<40)), max(want/20, 100))
	v.good.report("Requests that keep every rule, by the status of the answer")

	fmt.Printf("\nRESULT bad-input requests=%d kinds=%d operations=%d seed=%d server_faults=%d outside_contract=%d wrong_answers=%d database_effects=%d valid_requests=%d seconds=%.0f\n",
		v.bad.total, len(v.bad.kinds), len(v.bad.operations), number, v.bad.faults+v.good.faults, v.bad.outside+v.good.outside, v.bad.wrong, effects,
		v.good.total, time.Since(started).Seconds())
	for _, p := range slices.Concat(v.bad.problems, v.good.problems) {
		t.Error(p)
	}
}

// requests is how many bad requests are wanted.
func requests(t *testing.T) int {
	t.Helper()
	text := os.Getenv("CP_BAD_INPUT_REQUESTS")
	if text == "" {
		return 100_000
	}
	n, err := strconv.Atoi(text)
	if err != nil {
		t.Fatalf("CP_BAD_INPUT_REQUESTS: %v", err)
	}
	return n
}

// tally counts what was tried, and what of it went wrong.
type tally struct {
	mu         sync.Mutex
	kinds      map[string]int
	operations map[string]int
	total      int
	faults     int // answers of 5xx
	outside    int // answers that break the contract, and none at all
	wrong      int // answers that do not say what is wrong with the request, or repeat what must not be repeated
	problems   []string
}

func newTally() *tally { return &tally{kinds: map[string]int{}, operations: map[string]int{}} }

// note counts a request and its answer. problem is what is wrong with the answer, "" for nothing.
func (y *tally) note(kind, operation string, a answer, err error, problem string) {
	y.mu.Lock()
	defer y.mu.Unlock()
	y.kinds[kind]++
	y.operations[operation]++
	y.total++
	switch {
	case err != nil:
		y.outside++
		problem = err.Error()
	case a.Status >= 500:
		y.faults++
		problem = a.String() + " " + problem
	case problem != "":
		y.wrong++
	}
	if problem != "" && len(y.problems) < 40 {
		y.problems = append(y.problems, fmt.Sprintf("%s, %s: %s", operation, kind, problem))
	}
}

func (y *tally) report(title string) {
	fmt.Printf("\n%s:\n", title)
	for _, kind := range slices.Sorted(maps.Keys(y.kinds)) {
		fmt.Printf("  %-44s %6d\n", kind, y.kinds[kind])
	}
	fmt.Printf("  %-44s %6d\n", "all", y.total)
}
