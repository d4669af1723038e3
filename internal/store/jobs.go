package store

import (
	"context"
	"log/slog"
	"math/rand/v2"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
)

// Workers runs background jobs. It owns a pool of its own, so that jobs and requests do not starve each other.
type Workers struct {
	client *river.Client[pgx.Tx]
	pool   *pgxpool.Pool
	end    context.CancelFunc // ends the lifeline
	ended  chan struct{}
}

// GatewayQueue is the queue of jobs that ask the gateway. They have workers of their own: while the gateway is silent all of these wait
// for it, and the texts, decisions and sweeps of the default queue must not wait behind them.
const GatewayQueue = "gateway"

// StartWorkers starts working jobs with the given workers and periodic jobs; concurrency is the number of jobs at once in each of
// the two queues. The
// jobs of a process that was killed go back to the queue within seconds.
func (s *Store) StartWorkers(ctx context.Context, workers *river.Workers, periodic []*river.PeriodicJob, concurrency int, log *slog.Logger) (*Workers, error) {
	pool, err := s.newPool(ctx, concurrency+3)
	if err != nil {
		return nil, err
	}
	alive := pool.Config().ConnConfig
	alive.RuntimeParams["idle_in_transaction_session_timeout"] = "0"
	life := &lifeline{config: alive, number: rand.Int32(), log: log.With("part", "jobs")} // #nosec G404 -- tells replicas apart, keeps no secret
	client, err := river.NewClient(riverpgxv5.New(pool), &river.Config{
		ID:                   life.clientID(),
		Logger:               quiet(log),
		Workers:              workers,
		PeriodicJobs:         periodic,
		Queues:               map[string]river.QueueConfig{river.QueueDefault: {MaxWorkers: concurrency}, GatewayQueue: {MaxWorkers: concurrency}},
		FetchCooldown:        50 * time.Millisecond,
		FetchPollInterval:    250 * time.Millisecond,
		RescueStuckJobsAfter: 2 * time.Minute,
		JobTimeout:           time.Minute,
	})
	if err != nil {
		pool.Close()
		return nil, err
	}
	if err := life.beat(ctx); err != nil {
		pool.Close()
		return nil, fromDB(err)
	}
	if err := client.Start(ctx); err != nil {
		life.drop()
		pool.Close()
		return nil, fromDB(err)
	}
	living, end := context.WithCancel(context.WithoutCancel(ctx))
	w := &Workers{client: client, pool: pool, end: end, ended: make(chan struct{})}
	go func() {
		defer close(w.ended)
		life.run(living)
	}()
	return w, nil
}

// Stop lets running jobs finish until ctx ends, then cancels them. A cancelled job runs again later.
func (w *Workers) Stop(ctx context.Context) error {
	defer func() {
		w.end()
		<-w.ended
		w.pool.Close()
	}()
	err := w.client.Stop(ctx)
	if ctx.Err() != nil {
		hard, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
		defer cancel()
		return w.client.StopAndCancel(hard)
	}
	return err
}
