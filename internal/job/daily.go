package job

import (
	"context"
	"time"

	"github.com/riverqueue/river"
)

// dailyTimeout bounds one attempt at the daily run; the next one goes on where it stopped.
const dailyTimeout = 30 * time.Minute

// Daily works the daily run if the business date has moved on since the last one, or what is left of it.
type Daily struct{}

// Kind names the job.
func (Daily) Kind() string { return "daily.run" }

// InsertOpts keeps attempts a minute apart. One that comes while a run is under way ends at once: the run has a lock of its own,
// which, unlike a job, ends with the process that holds it.
func (Daily) InsertOpts() river.InsertOpts {
	return river.InsertOpts{MaxAttempts: 1, UniqueOpts: river.UniqueOpts{ByPeriod: 30 * time.Second}}
}

// DailyWorker works Daily.
type DailyWorker struct {
	river.WorkerDefaults[Daily]
	run func(ctx context.Context) error
}

// NewDailyWorker makes the worker of Daily; run is servicing.Service.RunDailyNow under the deployment's settings.
func NewDailyWorker(run func(ctx context.Context) error) *DailyWorker {
	return &DailyWorker{run: run}
}

// Work runs what is to be run.
func (w *DailyWorker) Work(ctx context.Context, _ *river.Job[Daily]) error { return w.run(ctx) }

// Timeout bounds one attempt.
func (w *DailyWorker) Timeout(*river.Job[Daily]) time.Duration { return dailyTimeout }

// DailyEvery is the periodic job: every minute, by one replica at a time.
func DailyEvery() *river.PeriodicJob {
	return river.NewPeriodicJob(river.PeriodicInterval(time.Minute), func() (river.JobArgs, *river.InsertOpts) {
		return Daily{}, nil
	}, &river.PeriodicJobOpts{RunOnStart: true})
}
