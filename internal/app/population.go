package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/creditpocket/creditpocket/internal/clock"
	"github.com/creditpocket/creditpocket/internal/config"
	"github.com/creditpocket/creditpocket/internal/population"
	"github.com/creditpocket/creditpocket/internal/store"
)

// populationCheck is how many days lie between two comparisons of every loan as the wire shows it.
const populationCheck = 30

// SeedPopulation adds generated borrowers of the demo brand, each with a loan that was paid out, and shows how far it is on standard
// error. With days above zero they live so many virtual days, every book is compared, and the deployment's business clock is moved to
// where their life ends; this needs a database without other loans, and no server may work on it meanwhile. A difference is an error. A
// seed of 0 draws one. It is refused outside of development: such borrowers have no place among real ones.
func SeedPopulation(ctx context.Context, environ []string, plan population.Plan, days int, out io.Writer) error {
	if plan.Borrowers < 1 || days < 0 {
		return errors.New("--population must be above zero, --days not below")
	}
	return withStore(ctx, environ, func(ctx context.Context, a *App) error {
		if a.Config.Mode != config.Development {
			return errors.New("a population is generated in development only")
		}
		loans, err := a.Store.CountLoans(ctx)
		if err != nil {
			return err
		}
		if days > 0 && loans > 0 {
			return errors.New("--days needs a database without loans: what others owe would grow with the days, and no book could be compared")
		}
		started := time.Now()
		if plan.Seed == 0 {
			plan.Seed = uint64(started.UnixNano())
		}
		show := throttled()
		p, err := population.Seed(ctx, a.Store, plan, a.Clock.Now(), func(done, total int) { show("%d of %d borrowers", done, total) })
		if err != nil {
			return err
		}
		_, err = fmt.Fprintf(out, "RESULT seed-population borrowers=%d loans=%d seed=%d seconds=%.1f\n", p.Borrowers(), p.Loans(), plan.Seed, time.Since(started).Seconds())
		if err != nil || days == 0 {
			return err
		}
		return a.live(ctx, p, plan, days, out)
	})
}

// live lets a population live on the deployment's database, under a clock of its own that the deployment follows in the end.
func (a *App) live(ctx context.Context, p *population.Population, plan population.Plan, days int, out io.Writer) error {
	started, show := time.Now(), throttled()
	clk := clock.NewManual(a.Clock.Now())
	st, err := store.Open(store.Options{URL: a.database.url, MaxConns: a.Config.DBMaxConns, Log: a.log}, a.Keys, clk)
	if err != nil {
		return err
	}
	defer st.Close()
	world, err := population.NewWorld(ctx, st, clk, p)
	if err != nil {
		return err
	}
	r, err := world.Live(ctx, days, populationCheck, func(day int, r population.Report) {
		show("day %d of %d: %d loans, %d payments", day, days, r.Loans, r.Payments)
	})
	if err != nil {
		return err
	}
	if err := a.advance(ctx, clk.Now()); err != nil {
		return err
	}
	for _, d := range r.Differences {
		fmt.Fprintln(out, d)
	}
	if _, err := fmt.Fprintf(out, "RESULT population %s seed=%d seconds=%.1f\n", r.Figures(), plan.Seed, time.Since(started).Seconds()); err != nil {
		return err
	}
	if len(r.Differences) > 0 {
		return fmt.Errorf("%d differences", len(r.Differences))
	}
	return nil
}

// throttled prints at most one line of progress a second on standard error.
func throttled() func(format string, args ...any) {
	shown := time.Now()
	return func(format string, args ...any) {
		if time.Since(shown) > time.Second {
			shown = time.Now()
			fmt.Fprintf(os.Stderr, format+"\n", args...)
		}
	}
}
