package job

import (
	"context"
	"time"

	"github.com/riverqueue/river"
)

// SendSMS sends one outgoing text. It is enqueued in the transaction that stores the text; number and text stay in the
// store, sealed.
type SendSMS struct {
	ID int64 `json:"id"` // of the stored text
}

// Kind names the job.
func (SendSMS) Kind() string { return "sms.send" }

// InsertOpts gives the job more attempts than fit into the life of a code: the text's own expiry ends it.
func (SendSMS) InsertOpts() river.InsertOpts { return river.InsertOpts{MaxAttempts: smsAttempts} }

const smsAttempts = 25

// SMSWorker works SendSMS.
type SMSWorker struct {
	river.WorkerDefaults[SendSMS]
	send func(ctx context.Context, id int64) error
}

// NewSMSWorker makes the worker of SendSMS; send is access.Service.SendSMS.
func NewSMSWorker(send func(ctx context.Context, id int64) error) *SMSWorker {
	return &SMSWorker{send: send}
}

// Work sends the text. A vendor that asks for patience gets it, without counting an attempt.
func (w *SMSWorker) Work(ctx context.Context, j *river.Job[SendSMS]) error {
	return patient(w.send(ctx, j.Args.ID))
}

// Timeout bounds one attempt: somebody looks at their phone and waits.
func (w *SMSWorker) Timeout(*river.Job[SendSMS]) time.Duration { return 20 * time.Second }

// NextRetry waits 1, 2, 4, 8, 16 and from then on 30 seconds: a code lives for minutes, so the usual back-off of hours is of no use.
func (w *SMSWorker) NextRetry(j *river.Job[SendSMS]) time.Time {
	wait := 30 * time.Second
	if failed := len(j.Errors); failed < 5 {
		wait = time.Second << failed
	}
	return time.Now().Add(wait)
}
