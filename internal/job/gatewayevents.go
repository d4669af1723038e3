package job

import (
	"context"
	"time"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/rivertype"

	"github.com/creditpocket/creditpocket/internal/store"
)

// ApplyEvent asks the gateway about what an event named, and applies the answer.
type ApplyEvent struct {
	ID int64 `json:"id"` // of the stored event
}

// Kind names the job.
func (ApplyEvent) Kind() string { return "gateway.event" }

// living are the states of a job that somebody still works on. River's own choice has completed ones too, which would keep a parked event
// from being taken up again.
var living = []rivertype.JobState{rivertype.JobStateAvailable, rivertype.JobStatePending, rivertype.JobStateRunning, rivertype.JobStateRetryable, rivertype.JobStateScheduled}

// InsertOpts bounds the attempts, and keeps one living job an event: a repeat of the event, or the sweep of charges, enqueues one
// whose attempts are used up anew.
func (ApplyEvent) InsertOpts() river.InsertOpts {
	return river.InsertOpts{Queue: store.GatewayQueue, MaxAttempts: 8, UniqueOpts: river.UniqueOpts{ByArgs: true, ByState: living}}
}

// EventWorker works ApplyEvent.
type EventWorker struct {
	river.WorkerDefaults[ApplyEvent]
	apply func(ctx context.Context, id int64) error
}

// NewEventWorker makes the worker of ApplyEvent; apply is servicing.Service.ApplyEvent.
func NewEventWorker(apply func(ctx context.Context, id int64) error) *EventWorker {
	return &EventWorker{apply: apply}
}

// Work applies one event.
func (w *EventWorker) Work(ctx context.Context, j *river.Job[ApplyEvent]) error {
	return patient(w.apply(ctx, j.Args.ID))
}

// NextRetry waits 2, 4, 8 ... seconds.
func (w *EventWorker) NextRetry(j *river.Job[ApplyEvent]) time.Time {
	return time.Now().Add(2 * time.Second << min(len(j.Errors), 8))
}
