package job

import (
	"context"
	"time"

	"github.com/riverqueue/river"

	"github.com/creditpocket/creditpocket/internal/store"
)

// ApplyBinding asks the gateway what became of a card check and applies it.
type ApplyBinding struct {
	Reference string `json:"reference"` // ours, of the intent
}

// Kind names the job.
func (ApplyBinding) Kind() string { return "binding.apply" }

// InsertOpts bounds the attempts: what they leave is taken up by the sweep.
func (ApplyBinding) InsertOpts() river.InsertOpts {
	return river.InsertOpts{Queue: store.GatewayQueue, MaxAttempts: 8}
}

// BindingWorker works ApplyBinding.
type BindingWorker struct {
	river.WorkerDefaults[ApplyBinding]
	apply func(ctx context.Context, reference string) error
}

// NewBindingWorker makes the worker of ApplyBinding; apply is onboarding.Service.WorkBinding.
func NewBindingWorker(apply func(ctx context.Context, reference string) error) *BindingWorker {
	return &BindingWorker{apply: apply}
}

// Work applies the outcome of one card check.
func (w *BindingWorker) Work(ctx context.Context, j *river.Job[ApplyBinding]) error {
	return patient(w.apply(ctx, j.Args.Reference))
}

// NextRetry waits 2, 4, 8 ... seconds: the borrower is looking at the phone.
func (w *BindingWorker) NextRetry(j *river.Job[ApplyBinding]) time.Time {
	return time.Now().Add(2 * time.Second << min(len(j.Errors), 8))
}

// SweepBindings asks the gateway about the card checks that no event has told us about.
type SweepBindings struct{}

// Kind names the job.
func (SweepBindings) Kind() string { return "binding.sweep" }

// InsertOpts keeps one sweep at a time; the next one makes up for what one that fails leaves.
func (SweepBindings) InsertOpts() river.InsertOpts {
	return river.InsertOpts{Queue: store.GatewayQueue, MaxAttempts: 1, UniqueOpts: river.UniqueOpts{ByPeriod: 30 * time.Second}}
}

// SweepBindingsWorker works SweepBindings.
type SweepBindingsWorker struct {
	river.WorkerDefaults[SweepBindings]
	sweep func(ctx context.Context) error
}

// NewSweepBindingsWorker makes the worker of SweepBindings; sweep is onboarding.Service.SweepBindings.
func NewSweepBindingsWorker(sweep func(ctx context.Context) error) *SweepBindingsWorker {
	return &SweepBindingsWorker{sweep: sweep}
}

// Work sweeps once.
func (w *SweepBindingsWorker) Work(ctx context.Context, _ *river.Job[SweepBindings]) error {
	return w.sweep(ctx)
}

// SweepBindingsEvery is the periodic job: every minute, by one replica at a time.
func SweepBindingsEvery() *river.PeriodicJob {
	return river.NewPeriodicJob(river.PeriodicInterval(time.Minute), func() (river.JobArgs, *river.InsertOpts) {
		return SweepBindings{}, nil
	}, &river.PeriodicJobOpts{RunOnStart: true})
}
