package job

import (
	"context"
	"time"

	"github.com/riverqueue/river"
)

// SealTrail gives the newest entries of the audit trail their places in the hash chain.
type SealTrail struct{}

// Kind names the job.
func (SealTrail) Kind() string { return "trail.sweep" }

// InsertOpts keeps one sealer at a time; the next one makes up for what one that fails leaves.
func (SealTrail) InsertOpts() river.InsertOpts {
	return river.InsertOpts{MaxAttempts: 1, UniqueOpts: river.UniqueOpts{ByPeriod: 10 * time.Second}}
}

// SealTrailWorker works SealTrail.
type SealTrailWorker struct {
	river.WorkerDefaults[SealTrail]
	seal func(ctx context.Context) error
}

// NewSealTrailWorker makes the worker of SealTrail; seal is backoffice.Service.SealTrail.
func NewSealTrailWorker(seal func(ctx context.Context) error) *SealTrailWorker {
	return &SealTrailWorker{seal: seal}
}

// Work seals once.
func (w *SealTrailWorker) Work(ctx context.Context, _ *river.Job[SealTrail]) error {
	return w.seal(ctx)
}

// SealTrailEvery is the periodic job: every fifteen seconds, by one replica at a time. Until then an entry stands under its own hash.
func SealTrailEvery() *river.PeriodicJob {
	return river.NewPeriodicJob(river.PeriodicInterval(15*time.Second), func() (river.JobArgs, *river.InsertOpts) {
		return SealTrail{}, nil
	}, &river.PeriodicJobOpts{RunOnStart: true})
}
