package app

import (
	"context"
	"log/slog"
	"sync/atomic"
	"testing"
	"time"

	"github.com/riverqueue/river"

	"github.com/creditpocket/creditpocket/internal/clock"
	"github.com/creditpocket/creditpocket/internal/job"
	"github.com/creditpocket/creditpocket/internal/servicing"
	"github.com/creditpocket/creditpocket/internal/testkit"
)

func TestReplicasWorkOneDailyRun(t *testing.T) {
	_, url := commandEnviron(t)
	clk := clock.NewManual(testkit.Noon())
	log := slog.New(slog.DiscardHandler)
	var sweeps, attempts atomic.Int32
	config := servicing.DailyConfig{Sweeps: []servicing.DailySweep{{Name: "count", Run: func(context.Context, clock.Date) error {
		sweeps.Add(1)
		return nil
	}}}}
	for range 2 {
		st := testkit.OpenStore(t, url, testkit.Keys(t), clk)
		service := servicing.New(st, nil, clk, servicing.Config{}, log)
		workers := river.NewWorkers()
		river.AddWorker(workers, job.NewDailyWorker(func(ctx context.Context) error {
			defer attempts.Add(1)
			return service.RunDailyNow(ctx, config)
		}))
		running, err := st.StartWorkers(t.Context(), workers, []*river.PeriodicJob{job.DailyEvery()}, 2, log)
		if err != nil {
			t.Fatal(err)
		}
		defer func() {
			ctx, cancel := context.WithTimeout(context.WithoutCancel(t.Context()), 10*time.Second)
			defer cancel()
			if err := running.Stop(ctx); err != nil {
				t.Error(err)
			}
		}()
	}
	for deadline := time.Now().Add(30 * time.Second); attempts.Load() == 0; time.Sleep(20 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("the periodic job did not run")
		}
	}
	st := testkit.OpenStore(t, url, testkit.Keys(t), clk)
	if done, _, err := st.DailyDates(t.Context(), "done"); err != nil || done != clock.DateOf(testkit.Noon()) || sweeps.Load() != 1 {
		t.Errorf("done up to %s with %d sweeps, %v", done, sweeps.Load(), err)
	}
}
