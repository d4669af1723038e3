package job

import (
	"context"
	"time"

	"github.com/riverqueue/river"

	"github.com/creditpocket/creditpocket/internal/store"
)

// Refund gives money of a paid charge back through the gateway, or asks how far that is. It is enqueued in the transaction that
// stores the refund.
type Refund struct {
	ID int64 `json:"id"` // of the stored refund
}

// Kind names the job.
func (Refund) Kind() string { return "refund" }

// InsertOpts bounds the attempts: what they leave is taken up by the sweep of refunds.
func (Refund) InsertOpts() river.InsertOpts {
	return river.InsertOpts{Queue: store.GatewayQueue, MaxAttempts: 10}
}

// RefundWorker works Refund.
type RefundWorker struct {
	river.WorkerDefaults[Refund]
	refund func(ctx context.Context, id int64) error
}

// NewRefundWorker makes the worker of Refund; refund is servicing.Service.RefundCharge.
func NewRefundWorker(refund func(ctx context.Context, id int64) error) *RefundWorker {
	return &RefundWorker{refund: refund}
}

// Work takes one step of a refund.
func (w *RefundWorker) Work(ctx context.Context, j *river.Job[Refund]) error {
	return patient(w.refund(ctx, j.Args.ID))
}

// NextRetry waits 5, 10, 20 ... seconds, at most about ten minutes.
func (w *RefundWorker) NextRetry(j *river.Job[Refund]) time.Time {
	return time.Now().Add(5 * time.Second << min(len(j.Errors), 7))
}
