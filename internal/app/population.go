package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/creditpocket/creditpocket/internal/config"
	"github.com/creditpocket/creditpocket/internal/population"
)

// SeedPopulation adds n generated borrowers of the demo brand, each with a loan that was paid out, and shows how far it is on
// standard error. The base data must be there. It is refused outside of development: such borrowers have no place among real ones.
func SeedPopulation(ctx context.Context, environ []string, n int, out io.Writer) error {
	if n < 1 {
		return errors.New("--population must be above zero")
	}
	return withStore(ctx, environ, func(ctx context.Context, a *App) error {
		if a.Config.Mode != config.Development {
			return errors.New("a population is generated in development only")
		}
		started := time.Now()
		shown := started
		plan := population.Plan{Borrowers: n, Seed: uint64(started.UnixNano())}
		p, err := population.Seed(ctx, a.Store, plan, a.Clock.Now(), func(done, total int) {
			if time.Since(shown) > time.Second {
				shown = time.Now()
				fmt.Fprintf(os.Stderr, "%d of %d borrowers\n", done, total)
			}
		})
		if err != nil {
			return err
		}
		_, err = fmt.Fprintf(out, "RESULT seed-population borrowers=%d loans=%d seconds=%.1f\n", p.Borrowers(), p.Loans(), time.Since(started).Seconds())
		return err
	})
}
