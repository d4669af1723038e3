package store

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
)

// insertClient makes a River client that only inserts: it needs no pool, because jobs are inserted in the caller's
// transaction.
func insertClient(log *slog.Logger) (*river.Client[pgx.Tx], error) {
	return river.NewClient(riverpgxv5.New(nil), &river.Config{Logger: quiet(log)})
}

// Enqueue inserts a background job in this transaction: it exists exactly if the transaction commits. A job must be
// idempotent, as it runs at least once.
//
// River inserts a job in two round trips that ask for the whole row. Of a job that need not be the only one nobody wants to know more than
// that it is there, so it is written here, as River documents its table, and waits for the next round trip.
func (t *Tx) Enqueue(ctx context.Context, args river.JobArgs, opts *river.InsertOpts) error {
	if opts == nil {
		opts = &river.InsertOpts{}
	}
	var own river.InsertOpts
	if with, ok := args.(river.JobArgsWithInsertOpts); ok {
		own = with.InsertOpts()
	}
	if !plain(own) || !plain(*opts) {
		if err := t.flush(ctx); err != nil {
			return fromTx(err)
		}
		_, err := t.store.inserts.InsertTx(ctx, riverTx{session: t.session}, args, opts)
		return fromTx(err)
	}
	encoded, err := json.Marshal(args)
	if err != nil {
		return err
	}
	queue, state := cmp.Or(opts.Queue, own.Queue, river.QueueDefault), "available"
	var at *time.Time
	if scheduled := cmp.Or(opts.ScheduledAt, own.ScheduledAt); !scheduled.IsZero() {
		at, state = &scheduled, "scheduled"
	}
	text := `INSERT INTO river_job (args, kind, max_attempts, priority, queue, scheduled_at, state, tags)
		VALUES (?0::text::jsonb, ?1, ?2::smallint, ?3::smallint, ?4, coalesce(?5::timestamptz, now()), ?6::text::river_job_state, '{}')`
	if at == nil && t.store.calls.due(queue, time.Now()) {
		text = "WITH job AS (" + text + ") SELECT pg_notify(current_schema() || '.river_insert', json_build_object('queue', ?4::text)::text)"
	}
	t.later(t.prepared(text, string(encoded), args.Kind(), cmp.Or(opts.MaxAttempts, own.MaxAttempts, river.MaxAttemptsDefault),
		cmp.Or(opts.Priority, own.Priority, river.PriorityDefault), queue, at, state).written())
	return nil
}

// plain tells whether a job's options are among those that Enqueue sees to itself.
func plain(o river.InsertOpts) bool {
	u := o.UniqueOpts
	return !o.Pending && len(o.Metadata) == 0 && len(o.Tags) == 0 && !u.ByArgs && u.ByPeriod == 0 && !u.ByQueue && len(u.ByState) == 0 && !u.ExcludeKind
}

// callEvery is how often the workers of a queue are called to new jobs. They look by themselves four times a second; and transactions that
// call commit one after the other, as PostgreSQL keeps notifications in the order of commits.
const callEvery = 100 * time.Millisecond

// calls remembers when each queue's workers were last called.
type calls struct {
	mu   sync.Mutex
	last map[string]time.Time
}

func (c *calls) due(queue string, now time.Time) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if since := now.Sub(c.last[queue]); since >= 0 && since < callEvery {
		return false
	}
	if c.last == nil {
		c.last = map[string]time.Time{}
	}
	c.last[queue] = now
	return true
}

// riverTx is the running transaction as River's driver asks for one. River's insert begins nothing inside of it and ends nothing.
type riverTx struct {
	pgx.Tx
	session *pgx.Conn
}

// Exec implements pgx.Tx.
func (r riverTx) Exec(ctx context.Context, sql string, args ...any) (pgconn.CommandTag, error) {
	return r.session.Exec(ctx, sql, args...)
}

// Query implements pgx.Tx.
func (r riverTx) Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error) {
	return r.session.Query(ctx, sql, args...)
}

// QueryRow implements pgx.Tx.
func (r riverTx) QueryRow(ctx context.Context, sql string, args ...any) pgx.Row {
	return r.session.QueryRow(ctx, sql, args...)
}

// SendBatch implements pgx.Tx.
func (r riverTx) SendBatch(ctx context.Context, b *pgx.Batch) pgx.BatchResults {
	return r.session.SendBatch(ctx, b)
}

// CopyFrom implements pgx.Tx.
func (r riverTx) CopyFrom(ctx context.Context, table pgx.Identifier, columns []string, rows pgx.CopyFromSource) (int64, error) {
	return r.session.CopyFrom(ctx, table, columns, rows)
}

// Conn implements pgx.Tx.
func (r riverTx) Conn() *pgx.Conn { return r.session }

// Begin implements pgx.Tx: it refuses.
func (r riverTx) Begin(context.Context) (pgx.Tx, error) {
	return nil, errors.New("store: a job's insert may not begin a transaction of its own")
}
