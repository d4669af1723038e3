package population_test

import (
	"context"
	"slices"
	"strings"
	"testing"

	"github.com/creditpocket/creditpocket/internal/clock"
	"github.com/creditpocket/creditpocket/internal/population"
	"github.com/creditpocket/creditpocket/internal/seed"
	"github.com/creditpocket/creditpocket/internal/store"
	"github.com/creditpocket/creditpocket/internal/testkit"
)

// populated is a database with a population that has lived for no day yet.
func populated(t *testing.T, n int) (*store.Store, *clock.Manual, *population.Population) {
	t.Helper()
	clk := clock.NewManual(testkit.Noon())
	st := testkit.Store(t, clk)
	if _, err := seed.Base(t.Context(), st); err != nil {
		t.Fatal(err)
	}
	p, err := population.Seed(t.Context(), st, population.Plan{Borrowers: n, Seed: 7, Products: population.AllProducts()}, clk.Now(), nil)
	if err != nil {
		t.Fatal(err)
	}
	return st, clk, p
}

func TestAPopulationLivesWithoutADifference(t *testing.T) {
	st, clk, p := populated(t, 200)
	world, err := population.NewWorld(t.Context(), st, clk, p)
	if err != nil {
		t.Fatal(err)
	}
	r, err := world.Live(t.Context(), 20, 4, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range r.Differences {
		t.Error(d)
	}
	if r.Days != 20 || r.Borrowers != 200 || r.Loans <= 200 || r.Checked < 200*5 {
		t.Errorf("too little life: %+v", r)
	}
	for name, n := range map[string]int{"payments": r.Payments, "extensions": r.Extensions, "waivers": r.Waivers, "write-offs": r.WriteOffs,
		"recoveries": r.Recoveries, "refunds": r.Refunds, "repeat loans": r.Repeats, "skipped runs": r.SkippedRuns, "coupons": r.Coupons, "returned payouts": r.Returned} {
		if n == 0 {
			t.Errorf("no %s in twenty days", name)
		}
	}
}

// A payment that the population knows nothing of must be seen: the check is able to fail.
func TestTheCheckFindsAForgedLoan(t *testing.T) {
	st, clk, p := populated(t, 60)
	world, err := population.NewWorld(t.Context(), st, clk, p)
	if err != nil {
		t.Fatal(err)
	}
	loans, err := st.LoansAfter(t.Context(), 0, 60)
	if err != nil {
		t.Fatal(err)
	}
	loans = slices.DeleteFunc(loans, func(l store.Loan) bool { return l.DueAt.Before(clk.Now().AddDate(0, 0, 40)) })
	if len(loans) == 0 {
		t.Fatal("no loan is due late enough to be left alone on the first day")
	}
	l := loans[0]
	l.Paid.Interest++
	err = st.InTx(t.Context(), func(ctx context.Context, tx *store.Tx) error { return tx.UpdateLoan(ctx, l.State, l, "system") })
	if err != nil {
		t.Fatal(err)
	}
	r, err := world.Live(t.Context(), 1, 0, nil)
	if err != nil {
		t.Fatal(err)
	}
	found := strings.Join(r.Differences, "\n")
	for _, want := range []string{"verify: loan", "by the population's books"} {
		if !strings.Contains(found, want) {
			t.Errorf("%q is not in:\n%s", want, found)
		}
	}
}
