package e2e

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/creditpocket/creditpocket/internal/journey"
	"github.com/creditpocket/creditpocket/internal/testkit"
	"github.com/creditpocket/creditpocket/internal/testkit/testapp"
)

func TestJourney(t *testing.T) {
	a := testapp.New(t, testapp.Options{Env: unhurried})
	var out bytes.Buffer
	result, _, err := journey.Walk(t.Context(), journey.Options{BaseURL: a.BaseURL, Out: &out})
	if err != nil {
		t.Fatalf("%v\n%s", err, tail(out.Bytes(), 6000))
	}
	if n := len(result.Statuses); n < 3 || result.Statuses[0] != 1 || result.Statuses[n-1] != 8 {
		t.Errorf("the app saw the loan in %v", result.Statuses)
	}
	// The app looks now and then; the trace has every step.
	events, err := a.Store.LoanEvents(t.Context(), mustInt(result.LoanID))
	if err != nil {
		t.Fatal(err)
	}
	var way []string
	for _, e := range events {
		way = append(way, fmt.Sprintf("%d>%d", e.From, e.To))
	}
	if got := strings.Join(way, " "); !strings.HasSuffix(got, "1>3 3>4 4>5 5>8") || len(way) > 5 {
		t.Errorf("the loan went %s", got)
	}
	noDifference(t, a)
}

// unhurried lets a loan stay in each state for long enough to be seen in it.
var unhurried = []string{"CP_PAYOUT_HOLD=1s", "CP_SIMULATOR_TRANSFER_TIME=1500ms"}

// TestJourneyOnTheNextSchema: during a rolling upgrade a process of the old version works on a database that the new one has migrated, with
// columns that the old one does not know.
func TestJourneyOnTheNextSchema(t *testing.T) {
	a := testapp.New(t, testapp.Options{Env: unhurried})
	testkit.Exec(t, a.DatabaseURL, `DO $$ DECLARE name text; BEGIN
		FOR name IN SELECT format('%I', c.relname) FROM pg_class c WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition
			AND c.relname NOT LIKE 'river_%' AND c.relname NOT LIKE 'bun_%'
		LOOP EXECUTE 'ALTER TABLE ' || name || ' ADD COLUMN of_the_next_version integer DEFAULT 1'; END LOOP; END $$`)
	if n := testkit.Texts(t, a.DatabaseURL, `SELECT attrelid::regclass::text FROM pg_attribute WHERE attname = 'of_the_next_version'`); len(n) < 30 {
		t.Fatalf("only %d tables have the column", len(n))
	}
	var out bytes.Buffer
	if _, _, err := journey.Walk(t.Context(), journey.Options{BaseURL: a.BaseURL, Out: &out}); err != nil {
		t.Fatalf("%v\n%s", err, tail(out.Bytes(), 6000))
	}
	noDifference(t, a)
	if _, err := a.Reconcile.Run(t.Context(), time.Time{}); err != nil {
		t.Errorf("reconcile: %v", err)
	}
}

// noDifference holds the books against each other.
func noDifference(t testing.TB, a *testapp.App) {
	t.Helper()
	audit, err := a.Servicing.Verify(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range audit.Differences {
		t.Errorf("the books differ: %s", d)
	}
	if audit.Loans == 0 {
		t.Error("there is no loan to verify")
	}
	if err := a.Simulator.Audit(); err != nil {
		t.Errorf("the gateway's books: %v", err)
	}
}

func tail(b []byte, n int) []byte { return b[max(0, len(b)-n):] }
