package population

import (
	"context"
	"errors"
	"fmt"
	mrand "math/rand/v2"
	"time"

	"github.com/creditpocket/creditpocket/internal/clock"
	"github.com/creditpocket/creditpocket/internal/lending"
	"github.com/creditpocket/creditpocket/internal/store"
)

// What SeedLoans makes its copies of.
const (
	modelBorrowers = 250
	modelDays      = 30
	// modelRefused is how many applications of each borrower were refused before the first loan. Most applications for small loans are.
	modelRefused = 9
)

// Copied says what SeedLoans made.
type Copied struct {
	Loans, Borrowers int64
	Models           Report // the life of those who were copied
}

// SeedLoans makes a population with so many loans in minutes: some hundred borrowers live for a month through the same code that a
// deployment runs, with refused applications before it, and every book of theirs is compared; the others are their copies, made inside the
// database (store.Copies says what a copy has of its own). Whose life left what a copy cannot have (coupons, refunds, acts of the staff)
// is there once. st must have been opened with clk, which it leaves at the end of that month, and the database must have no loans. What it
// made before an error stays, but for copies, which are there wholly or not at all. progress is told what happens.
func SeedLoans(ctx context.Context, st *store.Store, clk *clock.Manual, loans int64, seed uint64, progress func(format string, args ...any)) (Copied, error) {
	var made Copied
	if n, err := st.CountLoans(ctx); err != nil || n > 0 {
		return made, errors.Join(err, fmt.Errorf("the database has %d loans: copies are made in a database without loans", n))
	}
	people, err := Seed(ctx, st, Plan{Borrowers: modelBorrowers, Seed: seed, Refused: modelRefused}, clk.Now(), nil)
	if err != nil {
		return made, err
	}
	rng := mrand.New(mrand.NewPCG(seed, 3))
	world, err := NewWorld(ctx, st, clk, people)
	if err != nil {
		return made, err
	}
	if made.Models, err = world.Live(ctx, modelDays, 0, func(day int, r Report) { progress("day %d of %d of the models' lives", day, modelDays) }); err != nil {
		return made, err
	}
	if n := len(made.Models.Differences); n > 0 {
		return made, fmt.Errorf("%d differences in the models' books, such as %s", n, made.Models.Differences[0])
	}
	first, err := randomNumber(400_000_000)
	if err != nil {
		return made, err
	}
	began := time.Now()
	copies := store.Copies{Brand: lending.DemoBrand, Loans: loans, Person: func(n int64) store.NewPerson { return newPerson(rng, first+modelBorrowers+int(n)) }}
	err = st.InTx(ctx, func(ctx context.Context, tx *store.Tx) error {
		err := tx.CopyLives(ctx, copies, func(step string, done int64) {
			progress("%s: %d of %d loans, %.0f s", step, done, loans, time.Since(began).Seconds())
		})
		if err != nil {
			return err
		}
		// In this transaction no statement has a time limit: to count millions takes longer than a request may.
		if made.Loans, err = tx.CountLoans(ctx); err != nil {
			return err
		}
		made.Borrowers, err = tx.CountBorrowers(ctx)
		return err
	})
	return made, err
}
