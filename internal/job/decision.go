package job

import (
	"context"
	"time"

	"github.com/riverqueue/river"
)

// DecideLoan makes the automatic decision about an application. It is enqueued in the transaction that stores the application.
type DecideLoan struct {
	LoanID int64 `json:"loanId"`
}

// Kind names the job.
func (DecideLoan) Kind() string { return "loan.decide" }

// DecisionWorker works DecideLoan.
type DecisionWorker struct {
	river.WorkerDefaults[DecideLoan]
	decide func(ctx context.Context, loan int64) error
}

// NewDecisionWorker makes the worker of DecideLoan; decide is origination.Service.Decide.
func NewDecisionWorker(decide func(ctx context.Context, loan int64) error) *DecisionWorker {
	return &DecisionWorker{decide: decide}
}

// Work decides about one application.
func (w *DecisionWorker) Work(ctx context.Context, j *river.Job[DecideLoan]) error {
	return w.decide(ctx, j.Args.LoanID)
}

// NextRetry waits 1, 2, 4 ... seconds, at most about four minutes: the borrower is looking at the phone.
func (w *DecisionWorker) NextRetry(j *river.Job[DecideLoan]) time.Time {
	return time.Now().Add(time.Second << min(len(j.Errors), 8))
}
