package job

import (
	"context"
	"time"

	"github.com/riverqueue/river"

	"github.com/creditpocket/creditpocket/internal/store"
)

// reconcileTimeout bounds one attempt at holding the gateway's books against ours.
const reconcileTimeout = 30 * time.Minute

// Reconcile holds the gateway's books against ours.
type Reconcile struct{}

// Kind names the job.
func (Reconcile) Kind() string { return "reconcile.run" }

// InsertOpts keeps one run an hour, however many replicas ask for it; the next day's run makes up for what one that fails leaves.
func (Reconcile) InsertOpts() river.InsertOpts {
	return river.InsertOpts{Queue: store.GatewayQueue, MaxAttempts: 5, UniqueOpts: river.UniqueOpts{ByPeriod: time.Hour}}
}

// ReconcileWorker works Reconcile.
type ReconcileWorker struct {
	river.WorkerDefaults[Reconcile]
	run func(ctx context.Context) error
}

// NewReconcileWorker makes the worker of Reconcile; run is reconcile.Service.Run since the last run.
func NewReconcileWorker(run func(ctx context.Context) error) *ReconcileWorker {
	return &ReconcileWorker{run: run}
}

// Work runs once.
func (w *ReconcileWorker) Work(ctx context.Context, _ *river.Job[Reconcile]) error {
	return patient(w.run(ctx))
}

// Timeout bounds one attempt.
func (w *ReconcileWorker) Timeout(*river.Job[Reconcile]) time.Duration { return reconcileTimeout }

// ReconcileEvery is the periodic job: once a day at three in the night in Lagos, when the gateway's day is closed.
func ReconcileEvery() *river.PeriodicJob {
	return river.NewPeriodicJob(nightly{}, func() (river.JobArgs, *river.InsertOpts) { return Reconcile{}, nil }, nil)
}

// nightly is every day at 02:00 UTC, which is 03:00 in Lagos: there is no summer time.
type nightly struct{}

// Next is the first of these instants after another.
func (nightly) Next(after time.Time) time.Time {
	after = after.UTC()
	next := time.Date(after.Year(), after.Month(), after.Day(), 2, 0, 0, 0, time.UTC)
	if !next.After(after) {
		next = next.AddDate(0, 0, 1)
	}
	return next
}
