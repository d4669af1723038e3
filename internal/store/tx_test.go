package store_test

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"testing"
	"time"

	"github.com/creditpocket/creditpocket/gen/catalog"
	"github.com/creditpocket/creditpocket/internal/clock"
	"github.com/creditpocket/creditpocket/internal/fault"
	"github.com/creditpocket/creditpocket/internal/store"
	"github.com/creditpocket/creditpocket/internal/testkit"
)

func addBrand(t *testing.T, st *store.Store) {
	t.Helper()
	write(t, st, func(ctx context.Context, tx *store.Tx) error {
		_, err := tx.SeedBrand(ctx, store.Brand{Code: "CycleCash", Name: "CycleCash", IndentPrefix: "CL"})
		return err
	})
}

func TestWorkThatFailsLeavesNothing(t *testing.T) {
	st := testkit.Store(t, clock.System{})
	addBrand(t, st)
	own := errors.New("no")
	err := st.InTx(t.Context(), func(ctx context.Context, tx *store.Tx) error {
		if _, err := tx.AddBorrower(ctx, "CycleCash", "+2347031234567", "hash"); err != nil {
			return err
		}
		return own
	})
	if !errors.Is(err, own) {
		t.Errorf("work's own error came back as %v", err)
	}
	if _, err := st.BorrowerByMobile(t.Context(), "CycleCash", "+2347031234567"); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("the borrower is there: %v", err)
	}
	func() {
		defer func() { _ = recover() }()
		_ = st.InTx(t.Context(), func(ctx context.Context, tx *store.Tx) error {
			if _, err := tx.AddBorrower(ctx, "CycleCash", "+2347031234567", "hash"); err != nil {
				t.Error(err)
			}
			panic("in the middle")
		})
	}()
	if _, err := st.BorrowerByMobile(t.Context(), "CycleCash", "+2347031234567"); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("the borrower is there after a panic: %v", err)
	}
}

// Two transactions that take two locks in opposite orders: PostgreSQL ends one, which runs again and succeeds.
func TestADeadlockIsRunAgain(t *testing.T) {
	st := testkit.Store(t, clock.System{})
	addBrand(t, st)
	var ids [2]int64
	write(t, st, func(ctx context.Context, tx *store.Tx) (err error) {
		for i, mobile := range []string{"+2347031234567", "+2347031234568"} {
			if ids[i], err = tx.AddBorrower(ctx, "CycleCash", mobile, "hash"); err != nil {
				return err
			}
		}
		return nil
	})
	var meet sync.WaitGroup
	meet.Add(2)
	var both sync.WaitGroup
	runs := make([]int, 2)
	for i := range 2 {
		both.Go(func() {
			err := st.InTx(t.Context(), func(ctx context.Context, tx *store.Tx) error {
				runs[i]++
				if err := tx.LockBorrower(ctx, ids[i]); err != nil {
					return err
				}
				if runs[i] == 1 {
					meet.Done()
					meet.Wait()
				}
				return tx.LockBorrower(ctx, ids[1-i])
			})
			if err != nil {
				t.Errorf("transaction %d: %v", i, err)
			}
		})
	}
	both.Wait()
	if runs[0]+runs[1] < 3 {
		t.Errorf("ran %v times: there was no deadlock to survive", runs)
	}
}

// A pool without a free connection is waited for as long as it says, not for as long as its connections are held.
func TestAnExhaustedPoolAnswersInTime(t *testing.T) {
	url := testkit.Database(t, func(ctx context.Context, url string) error {
		_, err := store.Migrate(ctx, url, slog.New(slog.DiscardHandler))
		return err
	}, store.MigrationsKey())
	st, err := store.Open(store.Options{URL: url, MaxConns: 2, AcquireTimeout: time.Second, Log: slog.New(slog.DiscardHandler)}, testkit.Keys(t), clock.System{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = st.Close() })
	release := make(chan struct{})
	var held, done sync.WaitGroup
	held.Add(2)
	for range 2 {
		done.Go(func() {
			for { // a busy machine may take more than a second to open a connection
				err := st.InTx(t.Context(), func(context.Context, *store.Tx) error {
					held.Done()
					<-release
					return nil
				})
				if !fault.Has(err, catalog.Unavailable) {
					if err != nil {
						t.Error(err)
					}
					return
				}
			}
		})
	}
	held.Wait()
	started := time.Now()
	err = st.InTx(t.Context(), func(context.Context, *store.Tx) error { return nil })
	if !fault.Has(err, catalog.Unavailable) || time.Since(started) > 5*time.Second {
		t.Errorf("%v after %s", err, time.Since(started))
	}
	close(release)
	done.Wait()
	if err := st.InTx(t.Context(), func(context.Context, *store.Tx) error { return nil }); err != nil {
		t.Errorf("afterwards: %v", err)
	}
}
