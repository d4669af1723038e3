package servicing

import (
	"context"
	"errors"
	"fmt"

	"github.com/creditpocket/creditpocket/internal/clock"
	"github.com/creditpocket/creditpocket/internal/crashpoint"
	"github.com/creditpocket/creditpocket/internal/fault"
	"github.com/creditpocket/creditpocket/internal/money"
	"github.com/creditpocket/creditpocket/internal/store"
)

// The daily run brings all loans to a business date in Lagos. It works in steps, each in batches of one transaction that also
// moves the step's cursor, so that it goes on where it was killed, and a date is worked once:
//
//  1. past_due, for every missed date in turn: loans become overdue and are charged the penalty of the date.
//  2. expiry: approvals that were never paid out lapse.
//  3. reminder:N: messages about loans due N days ago.
//  4. sweep:NAME: what other capabilities clear away once a day.
//  5. done.
//
// Missed dates are charged one by one, under their own dates: loans and ledger are those of a run on each day. Steps 2 to 4 are
// worked for the last date only, because a lapse holds for all later dates, and a reminder is about its own day: one that was missed
// would be wrong, or one of several at once. The first run of a deployment charges under its own date what is owed until then.

// Steps of the daily run.
const (
	stepPastDue  = "past_due"
	stepExpiry   = "expiry"
	stepReminder = "reminder:"
	stepSweep    = "sweep:"
	stepDone     = "done"
)

// ErrDailyRunning says that another process works the daily run.
var ErrDailyRunning = errors.New("servicing: another process works the daily run")

// DailyConfig is what a deployment can choose of the daily run. Zero values mean the defaults named at each field.
type DailyConfig struct {
	// Batch is how many loans one transaction looks at: it bounds how long a payment waits for it. Default 1,000.
	Batch int
	// ApprovalLife is how many days after its own day an approval lapses that was never paid out. Default 7.
	ApprovalLife int
	// Reminders are sent in this order. Default DefaultReminders; an empty list sends none.
	Reminders []Reminder
	// Sweeps clear away what is kept for a time only. One that fails runs again at the next call.
	Sweeps []DailySweep
}

// DailySweep is work to be done once a business date. It must be safe to run again.
type DailySweep struct {
	Name string
	Run  func(ctx context.Context, date clock.Date) error
}

func (c DailyConfig) withDefaults() DailyConfig {
	if c.Batch == 0 {
		c.Batch = 1000
	}
	if c.ApprovalLife == 0 {
		c.ApprovalLife = 7
	}
	if c.Reminders == nil {
		c.Reminders = DefaultReminders()
	}
	return c
}

// DailyProgress is how far a step has come.
type DailyProgress struct {
	Date  clock.Date
	Step  string
	Loans int64 // acted on so far
}

// DailyReport is what a call of RunDaily did; what an earlier call did of the same date is not in it.
type DailyReport struct {
	Dates    int // business dates charged
	Overdue  int64
	Charged  int64 // penalties
	Penalty  money.Kobo
	Expired  int64
	Reminded int64
}

// RunDaily works the daily run up to a business date, or what is left of it; without anything left it changes nothing.
// progress, which may be nil, is told after each batch. It returns VALIDATION_FAILED for a date after today, and ErrDailyRunning
// while another process is at it. An error leaves whole batches: the next call goes on behind them.
func (s *Service) RunDaily(ctx context.Context, through clock.Date, c DailyConfig, progress func(DailyProgress)) (DailyReport, error) {
	if through.After(clock.DateOf(s.clock.Now())) {
		return DailyReport{}, fault.Invalid("through", "must not be after today")
	}
	run := dailyRun{Service: s, config: c.withDefaults(), through: through, progress: progress}
	if done, err := run.done(ctx); err != nil || done {
		return DailyReport{}, err
	}
	lock, err := s.store.TryDailyLock(ctx)
	if errors.Is(err, store.ErrLocked) {
		return DailyReport{}, ErrDailyRunning
	}
	if err != nil {
		return DailyReport{}, err
	}
	defer lock.Release()
	run.lock = lock
	err = run.work(ctx)
	return run.report, err
}

// RunDailyNow is RunDaily up to the present business date, for the periodic job. That another process is at it already is no error.
func (s *Service) RunDailyNow(ctx context.Context, c DailyConfig) error {
	through := clock.DateOf(s.clock.Now())
	report, err := s.RunDaily(ctx, through, c, nil)
	if errors.Is(err, ErrDailyRunning) {
		return nil
	}
	if err == nil && report != (DailyReport{}) {
		s.log.InfoContext(ctx, "daily run", "through", through.String(), "dates", report.Dates, "overdue", report.Overdue, "charged", report.Charged,
			"penaltyKobo", int64(report.Penalty), "expired", report.Expired, "reminded", report.Reminded)
	}
	return err
}

// dailyRun is one call of RunDaily.
type dailyRun struct {
	*Service
	config   DailyConfig
	through  clock.Date
	progress func(DailyProgress)
	lock     *store.RunLock
	report   DailyReport
}

func (r *dailyRun) done(ctx context.Context) (bool, error) {
	last, _, err := r.store.DailyDates(ctx, stepDone)
	return !last.IsZero() && !r.through.After(last), err
}

func (r *dailyRun) work(ctx context.Context) error {
	if err := r.chargeDates(ctx); err != nil {
		return err
	}
	if err := r.step(ctx, r.through, stepExpiry, r.expire); err != nil {
		return err
	}
	for _, reminder := range r.config.Reminders {
		remind := func(ctx context.Context, tx *store.Tx, s *store.DailyStep) (func(), error) {
			return r.remind(ctx, tx, s, reminder)
		}
		if err := r.step(ctx, r.through, reminder.step(), remind); err != nil {
			return err
		}
	}
	if err := r.sweep(ctx); err != nil {
		return err
	}
	return r.step(ctx, r.through, stepDone, func(_ context.Context, _ *store.Tx, s *store.DailyStep) (func(), error) {
		s.Done = true
		return nil, nil
	})
}

// chargeDates charges every date after the last one that is done.
func (r *dailyRun) chargeDates(ctx context.Context) error {
	done, begun, err := r.store.DailyDates(ctx, stepPastDue)
	if err != nil {
		return err
	}
	date := r.through
	switch {
	case !done.IsZero():
		date = done.AddDays(1)
	case !begun.IsZero():
		date = begun
	}
	for ; !date.After(r.through); date = date.AddDays(1) {
		if err := r.step(ctx, date, stepPastDue, r.charge); err != nil {
			return err
		}
		r.report.Dates++
	}
	return nil
}

// batch works the next batch of a step, moves its cursor, and returns what to count once the batch is committed.
type batch func(ctx context.Context, tx *store.Tx, s *store.DailyStep) (count func(), err error)

// step works the batches of a step until it is done.
func (r *dailyRun) step(ctx context.Context, date clock.Date, name string, work batch) error {
	for {
		var s store.DailyStep
		var count func()
		err := r.store.InTx(ctx, func(ctx context.Context, tx *store.Tx) (err error) {
			count = nil
			if s, err = tx.LockDailyStep(ctx, name, date); err != nil || s.Done {
				return err
			}
			if count, err = work(ctx, tx, &s); err != nil {
				return err
			}
			return tx.SaveDailyStep(ctx, s)
		})
		if err != nil {
			return fmt.Errorf("%s of %s: %w", name, date, err)
		}
		crashpoint.Reach(crashpoint.DailyBatch)
		if count != nil {
			count()
		}
		if r.progress != nil {
			r.progress(DailyProgress{Date: date, Step: name, Loans: s.Loans})
		}
		if s.Done {
			crashpoint.Reach(crashpoint.DailyStep)
			return nil
		}
		if err := r.lock.Keep(ctx); err != nil {
			return err
		}
	}
}

func (r *dailyRun) charge(ctx context.Context, tx *store.Tx, s *store.DailyStep) (func(), error) {
	did, err := tx.ChargePastDue(ctx, s, r.config.Batch)
	return func() {
		r.report.Overdue += did.Overdue
		r.report.Charged += did.Charged
		r.report.Penalty += did.Penalty
	}, err
}

// expire ends approvals. One of day A with a life of n days lapses when day A+n+1 begins.
func (r *dailyRun) expire(ctx context.Context, tx *store.Tx, s *store.DailyStep) (func(), error) {
	before := s.Date.AddDays(-r.config.ApprovalLife).Start()
	loans, err := tx.ExpireApproved(ctx, s, before, r.config.Batch)
	if err != nil {
		return nil, err
	}
	messages := make([]store.NewMessage, len(loans))
	for i, l := range loans {
		messages[i] = store.NewMessage{Borrower: l.BorrowerID, Event: store.EventApplicationExpired, DedupeKey: fmt.Sprintf("expired:%d", l.ID),
			Params: map[string]string{"amount": l.Principal.String()}}
	}
	return func() { r.report.Expired += int64(len(loans)) }, tx.AddMessages(ctx, messages)
}

// sweep runs the sweeps that have not run for the date. One that fails does not stop the others.
func (r *dailyRun) sweep(ctx context.Context) error {
	var failed []error
	for _, sweep := range r.config.Sweeps {
		name := stepSweep + sweep.Name
		last, _, err := r.store.DailyDates(ctx, name)
		if err != nil {
			return err
		}
		if !r.through.After(last) {
			continue
		}
		if err := sweep.Run(ctx, r.through); err != nil {
			failed = append(failed, fmt.Errorf("%s of %s: %w", name, r.through, err))
			continue
		}
		err = r.step(ctx, r.through, name, func(_ context.Context, _ *store.Tx, s *store.DailyStep) (func(), error) {
			s.Done = true
			return nil, nil
		})
		if err != nil {
			return err
		}
	}
	return errors.Join(failed...)
}
