package app

import (
	"context"

	"github.com/riverqueue/river"

	"github.com/creditpocket/creditpocket/internal/job"
	"github.com/creditpocket/creditpocket/internal/onboarding"
	"github.com/creditpocket/creditpocket/internal/origination"
	"github.com/creditpocket/creditpocket/internal/servicing"
	"github.com/creditpocket/creditpocket/internal/store"
)

// StartWorkers starts the background jobs.
func (a *App) StartWorkers(ctx context.Context) error {
	workers := river.NewWorkers()
	river.AddWorker(workers, job.NewSMSWorker(a.Access.SendSMS))
	river.AddWorker(workers, job.NewSweepAccessWorker(a.Access.Sweep))
	river.AddWorker(workers, job.NewBindingWorker(a.Onboarding.WorkBinding))
	river.AddWorker(workers, job.NewSweepBindingsWorker(a.Onboarding.SweepBindings))
	river.AddWorker(workers, job.NewRefundWorker(a.Servicing.RefundCharge))
	river.AddWorker(workers, job.NewSweepChargesWorker(a.Servicing.Sweep))
	appliers := a.appliers()
	river.AddWorker(workers, job.NewEventWorker(func(ctx context.Context, id int64) error { return a.Servicing.ApplyEvent(ctx, id, appliers) }))
	river.AddWorker(workers, job.NewDecisionWorker(a.Origination.Decide))
	river.AddWorker(workers, job.NewPayoutWorker(a.Origination.StartPayout))
	river.AddWorker(workers, job.NewSweepPayoutsWorker(a.Origination.SweepPayouts))
	river.AddWorker(workers, job.NewSweepPhotosWorker(a.Origination.SweepPhotos))
	river.AddWorker(workers, job.NewDailyWorker(func(ctx context.Context) error { return a.Servicing.RunDailyNow(ctx, dailyConfig(a.Support)) }))
	river.AddWorker(workers, job.NewSweepReceiptsWorker(a.Backoffice.CollectReceipts))
	river.AddWorker(workers, job.NewSealTrailWorker(a.Backoffice.SealTrail))
	river.AddWorker(workers, job.NewReconcileWorker(a.reconcileNow))
	periodic := []*river.PeriodicJob{job.SweepAccessEvery(), job.SweepBindingsEvery(), job.SweepChargesEvery(), job.SweepPayoutsEvery(), job.SweepPhotosEvery(), job.DailyEvery(),
		job.SweepReceiptsEvery(), job.SealTrailEvery(), job.ReconcileEvery()}
	// Jobs outlive the signal that stops the requests: Close ends them in its own time.
	if err := patiently(ctx, a.patience, a.log, "workers", func() (err error) {
		a.workers, err = a.Store.StartWorkers(context.WithoutCancel(ctx), workers, periodic, a.Config.Workers, a.log)
		return err
	}); err != nil {
		return err
	}
	return patiently(ctx, a.patience, a.log, "catch up", func() error { return a.catchUp(ctx) })
}

// catchUp looks at once for what a crash may have left in the middle, without waiting for the periodic jobs.
func (a *App) catchUp(ctx context.Context) error {
	return a.Store.InTx(ctx, func(ctx context.Context, tx *store.Tx) error {
		for _, sweep := range []river.JobArgs{job.SweepPayouts{}, job.SweepCharges{}, job.SweepBindings{}} {
			if err := tx.Enqueue(ctx, sweep, nil); err != nil {
				return err
			}
		}
		return nil
	})
}

func (a *App) stopWorkers(ctx context.Context) error {
	if a.workers == nil {
		return nil
	}
	err := a.workers.Stop(ctx)
	a.workers = nil
	return err
}

// appliers find who asks the gateway about a reference, by its prefix.
func (a *App) appliers() servicing.Appliers {
	return servicing.Appliers{
		servicing.CheckoutPrefix:  a.Servicing.ApplyCharge,
		servicing.CardPrefix:      a.Servicing.ApplyCharge,
		servicing.ExtensionPrefix: a.Servicing.ApplyCharge,
		onboarding.BindPrefix:     a.Onboarding.WorkBinding,
		origination.PayoutPrefix:  a.Origination.ApplyPayout,
	}
}
