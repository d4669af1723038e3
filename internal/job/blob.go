package job

import (
	"context"
	"time"

	"github.com/riverqueue/river"
)

// SweepPhotos deletes photographs that were uploaded and that no application refers to.
type SweepPhotos struct{}

// Kind names the job.
func (SweepPhotos) Kind() string { return "photo.sweep" }

// InsertOpts keeps one sweep at a time; the next one makes up for what one that fails leaves.
func (SweepPhotos) InsertOpts() river.InsertOpts {
	return river.InsertOpts{MaxAttempts: 1, UniqueOpts: river.UniqueOpts{ByPeriod: 30 * time.Minute}}
}

// SweepPhotosWorker works SweepPhotos.
type SweepPhotosWorker struct {
	river.WorkerDefaults[SweepPhotos]
	sweep func(ctx context.Context) (int, error)
}

// NewSweepPhotosWorker makes the worker of SweepPhotos; sweep is origination.Service.SweepPhotos.
func NewSweepPhotosWorker(sweep func(ctx context.Context) (int, error)) *SweepPhotosWorker {
	return &SweepPhotosWorker{sweep: sweep}
}

// Work sweeps once.
func (w *SweepPhotosWorker) Work(ctx context.Context, _ *river.Job[SweepPhotos]) error {
	_, err := w.sweep(ctx)
	return err
}

// Timeout bounds one sweep; it lists the whole blob store.
func (w *SweepPhotosWorker) Timeout(*river.Job[SweepPhotos]) time.Duration { return payoutTimeout }

// SweepPhotosEvery is the periodic job: every hour, by one replica at a time.
func SweepPhotosEvery() *river.PeriodicJob {
	return river.NewPeriodicJob(river.PeriodicInterval(time.Hour), func() (river.JobArgs, *river.InsertOpts) {
		return SweepPhotos{}, nil
	}, nil)
}
