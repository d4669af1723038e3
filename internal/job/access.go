package job

import (
	"context"
	"time"

	"github.com/riverqueue/river"
)

// SweepAccess deletes what access has no use for any more: old rate limits and codes, texts that were not sent in time.
type SweepAccess struct{}

// Kind names the job.
func (SweepAccess) Kind() string { return "access.sweep" }

// InsertOpts keeps one sweep at a time; the next one makes up for what one that fails leaves.
func (SweepAccess) InsertOpts() river.InsertOpts {
	return river.InsertOpts{MaxAttempts: 1, UniqueOpts: river.UniqueOpts{ByPeriod: time.Minute}}
}

// SweepAccessWorker works SweepAccess.
type SweepAccessWorker struct {
	river.WorkerDefaults[SweepAccess]
	sweep func(ctx context.Context) error
}

// NewSweepAccessWorker makes the worker of SweepAccess; sweep is access.Service.Sweep.
func NewSweepAccessWorker(sweep func(ctx context.Context) error) *SweepAccessWorker {
	return &SweepAccessWorker{sweep: sweep}
}

// Work sweeps once.
func (w *SweepAccessWorker) Work(ctx context.Context, _ *river.Job[SweepAccess]) error {
	return w.sweep(ctx)
}

// SweepAccessEvery is the periodic job: every five minutes, by one replica at a time.
func SweepAccessEvery() *river.PeriodicJob {
	return river.NewPeriodicJob(river.PeriodicInterval(5*time.Minute), func() (river.JobArgs, *river.InsertOpts) {
		return SweepAccess{}, nil
	}, &river.PeriodicJobOpts{RunOnStart: true})
}
