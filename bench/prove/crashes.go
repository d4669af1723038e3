package main

import (
	"context"
	"errors"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"time"

	"github.com/creditpocket/creditpocket/internal/crashpoint"
	"github.com/creditpocket/creditpocket/internal/store"
)

// daily are the points that only a new business date leads to.
var daily = []crashpoint.Point{crashpoint.DailyBatch, crashpoint.DailyStep}

// arm lets the next process that comes to the point end there.
func (f *fleet) arm(p crashpoint.Point) error {
	return os.WriteFile(filepath.Join(f.crashes, string(p)), nil, 0o600)
}

func (f *fleet) armed(p crashpoint.Point) bool {
	_, err := os.Stat(filepath.Join(f.crashes, string(p)))
	return !errors.Is(err, fs.ErrNotExist)
}

// disarm takes all points back that nobody came to.
func (f *fleet) disarm() {
	for _, p := range crashpoint.All() {
		_ = os.Remove(filepath.Join(f.crashes, string(p)))
	}
}

// crashPoints arms one point after the other, in an order of the seed, and notes those that were reached. A point that was
// reached is armed again in the next round.
func (w *world) crashPoints(ctx context.Context) {
	r := rand.New(rand.NewPCG(w.seed, streamCrashes))
	defer w.fleet.disarm()
	waiting := map[crashpoint.Point]bool{}
	settle := func() {
		for p := range waiting {
			if !w.fleet.armed(p) {
				delete(waiting, p)
				w.counts.add("crash point "+string(p), 1)
			}
		}
	}
	points := crashpoint.All()
	points = points[:len(points)-len(daily)]
	for {
		r.Shuffle(len(points), func(i, j int) { points[i], points[j] = points[j], points[i] })
		for _, p := range points {
			if !waiting[p] && w.fleet.arm(p) == nil {
				waiting[p] = true
			}
			err := pause(ctx, 500*time.Millisecond)
			settle()
			if err != nil {
				return
			}
		}
	}
}

// days lets more than a week go by once the backlog is gone: loans become overdue, penalties accrue, and the daily run is
// killed in the middle and must go on where it was.
func (w *world) days(ctx context.Context) error {
	for _, p := range daily {
		if err := w.fleet.arm(p); err != nil {
			return err
		}
	}
	if err := w.jump(ctx, 9*24*time.Hour); err != nil {
		return err
	}
	_, st, err := w.capability()
	if err != nil {
		return err
	}
	defer st.Close()
	err = until(ctx, 3*time.Minute, "the daily run of the last date", func() (bool, error) {
		for _, p := range daily {
			if w.fleet.armed(p) {
				return false, nil
			}
		}
		return w.dailyDone(ctx, st)
	})
	for _, p := range daily {
		if !w.fleet.armed(p) {
			w.counts.add("crash point "+string(p), 1)
		}
	}
	w.fleet.disarm()
	if err != nil {
		w.note("%v", err)
		return nil // the audit says what is missing
	}
	overdue, err := w.numbers(ctx, `SELECT 'overdue', count(*) FROM loans WHERE status = 21`)
	w.counts.add("loans overdue after nine days", overdue["overdue"])
	return err
}

// dailyDone says whether the run of the present business date is over.
func (w *world) dailyDone(ctx context.Context, st *store.Store) (bool, error) {
	offset, err := st.BusinessClock(ctx)
	if err != nil {
		return false, err
	}
	last, _, err := st.DailyDates(ctx, "done")
	if err != nil || last.IsZero() {
		return false, err
	}
	return !last.Start().Add(24 * time.Hour).Before(time.Now().Add(offset)), nil
}

// unvisited are the crash points that nobody came to.
func (w *world) unvisited() []string {
	var out []string
	for _, p := range crashpoint.All() {
		if w.counts.of("crash point "+string(p)) == 0 {
			out = append(out, string(p))
		}
	}
	return out
}
