//go:build linux

package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/creditpocket/creditpocket/bench/rig"
	"github.com/creditpocket/creditpocket/internal/clock"
	"github.com/creditpocket/creditpocket/internal/seal"
	"github.com/creditpocket/creditpocket/internal/store"
)

// wallReads is how many reads of each kind the cost of the wall is the median of.
const wallReads = 1500

// wall asks through the pooler for one brand, for another one and for none at once, on the few connections it hands out: nobody may get
// another one's rows, and nothing of a brand may stay behind on a connection. Then it measures what the wall costs a read.
func wall(ctx context.Context, direct, pooled string) error {
	if _, err := rig.Query(ctx, direct, `INSERT INTO brands (code, name, indent_prefix) VALUES ('WallBrand', 'Wall', 'WB') ON CONFLICT DO NOTHING RETURNING code`); err != nil {
		return err
	}
	found, err := rig.Query(ctx, direct, `SELECT p.loan_id::text || ' ' || l.borrower_id || ' ' || l.brand FROM payouts p JOIN loans l ON l.id = p.loan_id
		WHERE EXISTS (SELECT FROM sessions s WHERE s.borrower_id = l.borrower_id AND s.revoked_at IS NULL) LIMIT 1`)
	if err != nil || len(found) == 0 {
		return errors.Join(err, errors.New("there is no payout to look for"))
	}
	var loan, borrower int64
	var brand string
	if _, err := fmt.Sscan(found[0], &loan, &borrower, &brand); err != nil {
		return err
	}
	through, err := walledStore(ctx, store.Options{URL: pooled, DirectURL: direct, Pooled: true, Unprepared: true}) // as the program asks this pooler
	if err != nil {
		return err
	}
	defer through.Close()
	beside, err := walledStore(ctx, store.Options{URL: direct})
	if err != nil {
		return err
	}
	defer beside.Close()

	var reads, leaks, losses atomic.Int64
	var workers sync.WaitGroup
	failed := make(chan error, 8)
	for n := range 8 {
		workers.Go(func() {
			random := rand.New(rand.NewPCG(1, uint64(n)))
			for range 400 {
				who, visible := ctx, true
				switch random.IntN(3) {
				case 0:
					who = store.ForBrand(ctx, brand)
				case 1:
					who, visible = store.ForBrand(ctx, "WallBrand"), false
				}
				ask := func(ctx context.Context, r interface {
					LatestPayout(context.Context, int64) (store.Payout, error)
				}) error {
					_, err := r.LatestPayout(ctx, loan)
					reads.Add(1)
					switch {
					case err == nil && !visible:
						leaks.Add(1)
					case errors.Is(err, store.ErrNotFound) && visible:
						losses.Add(1)
					case err != nil && !errors.Is(err, store.ErrNotFound):
						return err
					}
					return nil
				}
				err := ask(who, through)
				if err == nil && random.IntN(2) == 0 {
					err = through.InTx(who, func(ctx context.Context, tx *store.Tx) error { return ask(ctx, tx) })
				}
				if err != nil {
					failed <- err
					return
				}
			}
		})
	}
	workers.Wait()
	select {
	case err := <-failed:
		return err
	default:
	}
	fmt.Printf("RESULT wall-pgbouncer reads=%d leaks=%d losses=%d\n", reads.Load(), leaks.Load(), losses.Load())
	for name, ask := range map[string]func(context.Context, *store.Store) error{
		"payout-of-a-loan": func(ctx context.Context, s *store.Store) error { _, err := s.LatestPayout(ctx, loan); return err },
		"sessions-of-a-borrower": func(ctx context.Context, s *store.Store) error {
			_, err := s.OpenSessions(ctx, borrower, 20)
			return err
		},
		"codes-of-a-brand": func(ctx context.Context, s *store.Store) error {
			_, _, err := s.CodeUse(ctx, brand, time.Now().Add(-time.Hour))
			return err
		},
	} {
		open, walled, err := wallCost(ctx, store.ForBrand(ctx, brand), func(ctx context.Context) error { return ask(ctx, beside) })
		if err != nil {
			return err
		}
		openPooled, walledPooled, err := wallCost(ctx, store.ForBrand(ctx, brand), func(ctx context.Context) error { return ask(ctx, through) })
		if err != nil {
			return err
		}
		fmt.Printf("RESULT wall-cost query=%s reads=%d open_us=%d walled_us=%d pooled_open_us=%d pooled_walled_us=%d\n", name, wallReads,
			open.Microseconds(), walled.Microseconds(), openPooled.Microseconds(), walledPooled.Microseconds())
	}
	if leaks.Load()+losses.Load() > 0 {
		return errors.New("the wall between brands does not hold through the pooler: " + strconv.FormatInt(leaks.Load(), 10) + " leaks")
	}
	return nil
}

// walledStore opens a store and raises the wall.
func walledStore(ctx context.Context, o store.Options) (*store.Store, error) {
	master, err := seal.NewMasterKey()
	if err != nil {
		return nil, err
	}
	raw, err := seal.ParseMasterKey(master)
	if err != nil {
		return nil, err
	}
	keys, err := seal.New(raw) // nothing that is sealed is read
	if err != nil {
		return nil, err
	}
	o.Log = slog.New(slog.DiscardHandler)
	st, err := store.Open(o, keys, clock.System{})
	if err != nil {
		return nil, err
	}
	up, err := st.RaiseWall(ctx)
	if err == nil && !up {
		err = errors.New("the wall cannot be raised")
	}
	return st, err
}

// wallCost is the median time of a read without the wall and behind it, in turns.
func wallCost(open, walled context.Context, ask func(context.Context) error) (without, with time.Duration, err error) {
	times := map[bool][]time.Duration{}
	for i := range 2 * wallReads {
		ctx := open
		if i%2 == 1 {
			ctx = walled
		}
		started := time.Now()
		if err := ask(ctx); err != nil {
			return 0, 0, err
		}
		times[i%2 == 1] = append(times[i%2 == 1], time.Since(started))
	}
	median := func(all []time.Duration) time.Duration {
		slices.Sort(all)
		return all[len(all)/2]
	}
	return median(times[false]), median(times[true]), nil
}
