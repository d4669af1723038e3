package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/creditpocket/creditpocket/internal/clock"
	"github.com/creditpocket/creditpocket/internal/config"
	"github.com/creditpocket/creditpocket/internal/population"
	"github.com/creditpocket/creditpocket/internal/store"
)

// SeedLoans makes a population with so many loans, most of whose borrowers are copies, see population.SeedLoans, moves the deployment's
// business clock to where their lives end, and shows how far it is on standard error. A seed of 0 draws one. It is refused outside of
// development and in a database that has loans.
func SeedLoans(ctx context.Context, environ []string, loans int64, seed uint64, out io.Writer) error {
	if loans < 1 {
		return errors.New("--loans must be above zero")
	}
	return withStore(ctx, environ, func(ctx context.Context, a *App) error {
		if a.Config.Mode != config.Development {
			return errors.New("a population is generated in development only")
		}
		started := time.Now()
		if seed == 0 {
			seed = uint64(started.UnixNano())
		}
		clk := clock.NewManual(a.Clock.Now())
		st, err := store.Open(store.Options{URL: a.database.url, MaxConns: a.Config.DBMaxConns, Log: a.log}, a.Keys, clk)
		if err != nil {
			return err
		}
		defer st.Close()
		made, err := population.SeedLoans(ctx, st, clk, loans, seed, throttled())
		if err != nil {
			return err
		}
		if err := a.advance(ctx, clk.Now()); err != nil {
			return err
		}
		if err := st.Settle(ctx); err != nil {
			return err
		}
		took := time.Since(started).Seconds()
		_, err = fmt.Fprintf(out, "RESULT seed-loans loans=%d borrowers=%d models=%d seed=%d loans_per_second=%.0f seconds=%.1f\n", made.Loans, made.Borrowers, made.Models.Borrowers, seed,
			float64(made.Loans)/took, took)
		return err
	})
}

// advance moves the deployment's business clock ahead to an instant.
func (a *App) advance(ctx context.Context, to time.Time) error {
	ahead := to.Sub(a.Clock.Now())
	if ahead < time.Second {
		return nil
	}
	return a.Store.InTx(ctx, func(ctx context.Context, tx *store.Tx) error {
		_, err := tx.AdvanceBusinessClock(ctx, ahead)
		return err
	})
}
