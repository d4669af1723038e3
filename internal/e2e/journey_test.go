package e2e

import (
	"bytes"
	"slices"
	"testing"

	"github.com/creditpocket/creditpocket/internal/journey"
	"github.com/creditpocket/creditpocket/internal/testkit/testapp"
)

func TestJourney(t *testing.T) {
	a := testapp.New(t, testapp.Options{Env: []string{"CP_PAYOUT_HOLD=1s", "CP_SIMULATOR_TRANSFER_TIME=1500ms"}})
	var out bytes.Buffer
	result, _, err := journey.Walk(t.Context(), journey.Options{BaseURL: a.BaseURL, Out: &out})
	if err != nil {
		t.Fatalf("%v\n%s", err, tail(out.Bytes(), 6000))
	}
	if want := []int{1, 3, 4, 5, 8}; !slices.Equal(result.Statuses, want) {
		t.Errorf("the loan went through %v, expected %v", result.Statuses, want)
	}
	noDifference(t, a)
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
