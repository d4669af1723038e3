package store_test

import (
	"context"
	"log/slog"
	"testing"
	"time"

	"github.com/riverqueue/river"

	"github.com/creditpocket/creditpocket/internal/clock"
	"github.com/creditpocket/creditpocket/internal/store"
	"github.com/creditpocket/creditpocket/internal/testkit"
)

type left struct{}

func (left) Kind() string { return "test.left" }

type leftWorker struct {
	river.WorkerDefaults[left]
	worked chan struct{}
}

func (w *leftWorker) Work(context.Context, *river.Job[left]) error {
	close(w.worked)
	return nil
}

// A job that is marked as running by a process that is gone, and a lease of that process, hold nothing up.
func TestTheJobsOfADeadProcessAreTakenOver(t *testing.T) {
	url := testkit.Database(t, func(ctx context.Context, url string) error {
		_, err := store.Migrate(ctx, url, slog.New(slog.DiscardHandler))
		return err
	}, store.MigrationsKey())
	st := testkit.OpenStore(t, url, testkit.Keys(t), clock.System{})
	write(t, st, func(ctx context.Context, tx *store.Tx) error { return tx.Enqueue(ctx, left{}, nil) })
	testkit.Exec(t, url, `UPDATE river_job SET state = 'running', attempt = 1, attempted_at = now() - interval '3 seconds', attempted_by = ARRAY['creditpocket:12345']`)
	testkit.Exec(t, url, `INSERT INTO river_leader (elected_at, expires_at, leader_id) VALUES (now(), now() + interval '1 hour', 'creditpocket:12345')`)
	worker := &leftWorker{worked: make(chan struct{})}
	workers := river.NewWorkers()
	river.AddWorker(workers, worker)
	running, err := st.StartWorkers(t.Context(), workers, nil, 2, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := running.Stop(context.WithoutCancel(t.Context())); err != nil {
			t.Error(err)
		}
	})
	select {
	case <-worker.worked:
	case <-time.After(time.Minute):
		t.Fatal("nobody took the job over")
	}
	if got := testkit.Texts(t, url, `SELECT leader_id FROM river_leader WHERE leader_id = 'creditpocket:12345'`); len(got) != 0 {
		t.Error("the dead process still leads")
	}
}
