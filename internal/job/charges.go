package job

import (
	"context"
	"time"

	"github.com/riverqueue/river"

	"github.com/creditpocket/creditpocket/internal/store"
)

// SweepCharges asks the gateway about repayments and refunds that no event has told us about.
type SweepCharges struct{}

// Kind names the job.
func (SweepCharges) Kind() string { return "charge.sweep" }

// InsertOpts keeps one sweep at a time; the next one makes up for what one that fails leaves.
func (SweepCharges) InsertOpts() river.InsertOpts {
	return river.InsertOpts{Queue: store.GatewayQueue, MaxAttempts: 1, UniqueOpts: river.UniqueOpts{ByPeriod: 10 * time.Second}}
}

// SweepChargesWorker works SweepCharges.
type SweepChargesWorker struct {
	river.WorkerDefaults[SweepCharges]
	sweep func(ctx context.Context) error
}

// NewSweepChargesWorker makes the worker of SweepCharges; sweep is servicing.Service.Sweep.
func NewSweepChargesWorker(sweep func(ctx context.Context) error) *SweepChargesWorker {
	return &SweepChargesWorker{sweep: sweep}
}

// Work sweeps once.
func (w *SweepChargesWorker) Work(ctx context.Context, _ *river.Job[SweepCharges]) error {
	return w.sweep(ctx)
}

// SweepChargesEvery is the periodic job: every 15 seconds, by one replica at a time.
func SweepChargesEvery() *river.PeriodicJob {
	return river.NewPeriodicJob(river.PeriodicInterval(15*time.Second), func() (river.JobArgs, *river.InsertOpts) {
		return SweepCharges{}, nil
	}, &river.PeriodicJobOpts{RunOnStart: true})
}
