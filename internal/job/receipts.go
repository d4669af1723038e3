package job

import (
	"context"
	"time"

	"github.com/riverqueue/river"

	"github.com/creditpocket/creditpocket/internal/store"
)

// SweepReceipts asks the gateway about payments that no loan has, and books them for an operator to assign.
type SweepReceipts struct{}

// Kind names the job.
func (SweepReceipts) Kind() string { return "receipt.sweep" }

// InsertOpts keeps one sweep at a time; the next one makes up for what one that fails leaves.
func (SweepReceipts) InsertOpts() river.InsertOpts {
	return river.InsertOpts{Queue: store.GatewayQueue, MaxAttempts: 1, UniqueOpts: river.UniqueOpts{ByPeriod: 10 * time.Second}}
}

// SweepReceiptsWorker works SweepReceipts.
type SweepReceiptsWorker struct {
	river.WorkerDefaults[SweepReceipts]
	sweep func(ctx context.Context) error
}

// NewSweepReceiptsWorker makes the worker of SweepReceipts; sweep is backoffice.Service.CollectReceipts.
func NewSweepReceiptsWorker(sweep func(ctx context.Context) error) *SweepReceiptsWorker {
	return &SweepReceiptsWorker{sweep: sweep}
}

// Work sweeps once.
func (w *SweepReceiptsWorker) Work(ctx context.Context, _ *river.Job[SweepReceipts]) error {
	return w.sweep(ctx)
}

// SweepReceiptsEvery is the periodic job: every 30 seconds, by one replica at a time.
func SweepReceiptsEvery() *river.PeriodicJob {
	return river.NewPeriodicJob(river.PeriodicInterval(30*time.Second), func() (river.JobArgs, *river.InsertOpts) {
		return SweepReceipts{}, nil
	}, &river.PeriodicJobOpts{RunOnStart: true})
}
