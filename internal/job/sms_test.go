package job_test

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"testing"
	"time"

	"github.com/creditpocket/creditpocket/internal/clock"
	"github.com/creditpocket/creditpocket/internal/job"
	"github.com/creditpocket/creditpocket/internal/provider"
	"github.com/creditpocket/creditpocket/internal/store"
	"github.com/creditpocket/creditpocket/internal/testkit"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/rivertype"
)

// A text whose vendor stumbles twice, once by asking for patience, is sent by the third attempt within seconds; a job of a
// transaction that was rolled back never runs.
func TestSendSMSIsWorkedAgainSoon(t *testing.T) {
	st := testkit.Store(t, clock.System{})
	var mu sync.Mutex
	attempts := map[int64]int{}
	done := make(chan struct{})
	workers := river.NewWorkers()
	river.AddWorker(workers, job.NewSMSWorker(func(_ context.Context, id int64) error {
		mu.Lock()
		defer mu.Unlock()
		attempts[id]++
		switch attempts[id] {
		case 1:
			return provider.ErrInconclusive
		case 2:
			return &provider.RateLimitedError{RetryAfter: time.Second}
		}
		close(done)
		return nil
	}))
	running, err := st.StartWorkers(t.Context(), workers, nil, 2, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		if err := running.Stop(ctx); err != nil {
			t.Error(err)
		}
	})
	enqueue := func(id int64, end error) error {
		return st.InTx(t.Context(), func(ctx context.Context, tx *store.Tx) error {
			return errors.Join(tx.Enqueue(ctx, job.SendSMS{ID: id}, nil), end)
		})
	}
	if err := enqueue(8, errors.New("changed our mind")); err == nil {
		t.Fatal("the transaction committed")
	}
	if err := enqueue(7, nil); err != nil {
		t.Fatal(err)
	}
	select {
	case <-done:
	case <-time.After(30 * time.Second):
		t.Error("not sent")
	}
	mu.Lock()
	defer mu.Unlock()
	if attempts[7] != 3 || attempts[8] != 0 {
		t.Errorf("%v", attempts)
	}
}

func TestSMSBackOff(t *testing.T) {
	w := job.NewSMSWorker(nil)
	for failed, want := range []time.Duration{time.Second, 2 * time.Second, 4 * time.Second, 8 * time.Second, 16 * time.Second, 30 * time.Second, 30 * time.Second} {
		j := &river.Job[job.SendSMS]{JobRow: &rivertype.JobRow{Errors: make([]rivertype.AttemptError, failed)}}
		if got := time.Until(w.NextRetry(j)); got > want || got < want-time.Second/2 {
			t.Errorf("after %d failures: %s, want %s", failed, got, want)
		}
	}
}
