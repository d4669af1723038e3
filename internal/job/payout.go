package job

import (
	"context"
	"time"

	"github.com/riverqueue/river"

	"github.com/creditpocket/creditpocket/internal/store"
)

// After holds a job back for a while, by the machine's clock: jobs run on real time whatever the business clock says.
func After(d time.Duration) *river.InsertOpts {
	if d <= 0 {
		return nil
	}
	return &river.InsertOpts{ScheduledAt: time.Now().Add(d)}
}

// payoutTimeout bounds one attempt to pay out: up to three calls of the gateway. It is below the time after which a job counts as stuck.
const payoutTimeout = 100 * time.Second

// StartPayout pays an approved loan out, or goes on where an earlier attempt stopped.
type StartPayout struct {
	LoanID int64 `json:"loanId"`
}

// Kind names the job.
func (StartPayout) Kind() string { return "payout.start" }

// InsertOpts bounds the attempts: what they leave is taken up by the sweep.
func (StartPayout) InsertOpts() river.InsertOpts {
	return river.InsertOpts{Queue: store.GatewayQueue, MaxAttempts: 10}
}

// PayoutWorker works StartPayout.
type PayoutWorker struct {
	river.WorkerDefaults[StartPayout]
	start func(ctx context.Context, loan int64) error
}

// NewPayoutWorker makes the worker of StartPayout; start is origination.Service.StartPayout.
func NewPayoutWorker(start func(ctx context.Context, loan int64) error) *PayoutWorker {
	return &PayoutWorker{start: start}
}

// Work takes one loan's payout as far as it goes.
func (w *PayoutWorker) Work(ctx context.Context, j *river.Job[StartPayout]) error {
	return patient(w.start(ctx, j.Args.LoanID))
}

// Timeout bounds one attempt.
func (w *PayoutWorker) Timeout(*river.Job[StartPayout]) time.Duration { return payoutTimeout }

// NextRetry waits 2, 4, 8 ... seconds, at most about eight minutes.
func (w *PayoutWorker) NextRetry(j *river.Job[StartPayout]) time.Time {
	return time.Now().Add(2 * time.Second << min(len(j.Errors), 8))
}

// SweepPayouts asks the gateway about the payouts that no event has told us about, and starts those that a crash has left.
type SweepPayouts struct{}

// Kind names the job.
func (SweepPayouts) Kind() string { return "payout.sweep" }

// InsertOpts keeps one sweep at a time; the next one makes up for what one that fails leaves.
func (SweepPayouts) InsertOpts() river.InsertOpts {
	return river.InsertOpts{Queue: store.GatewayQueue, MaxAttempts: 1, UniqueOpts: river.UniqueOpts{ByPeriod: 10 * time.Second}}
}

// SweepPayoutsWorker works SweepPayouts.
type SweepPayoutsWorker struct {
	river.WorkerDefaults[SweepPayouts]
	sweep func(ctx context.Context) error
}

// NewSweepPayoutsWorker makes the worker of SweepPayouts; sweep is origination.Service.SweepPayouts.
func NewSweepPayoutsWorker(sweep func(ctx context.Context) error) *SweepPayoutsWorker {
	return &SweepPayoutsWorker{sweep: sweep}
}

// Work sweeps once.
func (w *SweepPayoutsWorker) Work(ctx context.Context, _ *river.Job[SweepPayouts]) error {
	return w.sweep(ctx)
}

// Timeout bounds one sweep; what it does not reach, the next one does.
func (w *SweepPayoutsWorker) Timeout(*river.Job[SweepPayouts]) time.Duration { return payoutTimeout }

// SweepPayoutsEvery is the periodic job: every ten seconds, by one replica at a time.
func SweepPayoutsEvery() *river.PeriodicJob {
	return river.NewPeriodicJob(river.PeriodicInterval(10*time.Second), func() (river.JobArgs, *river.InsertOpts) {
		return SweepPayouts{}, nil
	}, &river.PeriodicJobOpts{RunOnStart: true})
}
