package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/stdlib"

	"github.com/creditpocket/creditpocket/gen/catalog"
	"github.com/creditpocket/creditpocket/internal/fault"
)

// attempts is how often a transaction is tried in all when it fails for a passing reason.
const attempts = 5

// Tx is a running transaction: all writes are its methods, so nothing can be written outside one. It is for one
// goroutine. It reads like Store, and sees its own writes.
type Tx struct {
	reader
	store *Store
	pgx   pgx.Tx
	now   time.Time
}

// Now is the instant of the transaction by the injected clock: the same for all its rows.
func (t *Tx) Now() time.Time { return t.now }

// InTx runs work in one transaction and commits it. Work may run more than once, so it must have no effect but through
// tx, and must not call the network. It is run again, at most five times with jitter, only where it certainly did not
// commit: serialization failure, deadlock, lock time-out, a server that shuts down or is full, a broken connection.
// It returns work's own error, or UNAVAILABLE, or INTERNAL.
func (s *Store) InTx(ctx context.Context, work func(ctx context.Context, tx *Tx) error) error {
	var err error
	for attempt := range attempts {
		if attempt > 0 {
			if waitErr := backOff(ctx, attempt); waitErr != nil {
				break
			}
		}
		if err = s.once(ctx, work); err == nil || !retryable(err) || ctx.Err() != nil {
			break
		}
	}
	return final(err)
}

// final translates what the database said and leaves work's own errors as they are.
func final(err error) error {
	var pg *pgconn.PgError
	if retryable(err) || errors.Is(err, errCommitUnknown) || errors.As(err, &pg) {
		return fromDB(err)
	}
	return err
}

// backOff waits 5-40 ms, doubling, with full jitter.
func backOff(ctx context.Context, attempt int) error {
	ceiling := 5 * time.Millisecond << attempt
	timer := time.NewTimer(time.Duration(rand.Int64N(int64(ceiling))))
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// once pins a connection, so that bun's statements and River's inserts share one transaction and database/sql never
// repeats a statement on its own.
func (s *Store) once(ctx context.Context, work func(ctx context.Context, tx *Tx) error) error {
	acquire, cancel := context.WithTimeout(ctx, s.opts.AcquireTimeout)
	conn, err := s.db.Conn(acquire)
	cancel()
	if err != nil {
		if errors.Is(err, context.DeadlineExceeded) && ctx.Err() == nil {
			return fault.New(catalog.Unavailable).WithRetryAfter(time.Second).WithCause(fmt.Errorf("no connection free: %w", err))
		}
		return err
	}
	defer conn.Close()
	var session *pgx.Conn
	if err := conn.Raw(func(raw any) error {
		session = raw.(*stdlib.Conn).Conn()
		return nil
	}); err != nil {
		return err
	}
	ptx, err := session.Begin(ctx)
	if err != nil {
		return err
	}
	done := false
	defer func() {
		if !done {
			// The request's context may be gone; a rollback must still reach the server, or the connection is dropped.
			end, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
			defer cancel()
			if ptx.Rollback(end) != nil {
				_ = session.Close(end)
			}
		}
	}()
	tx := &Tx{reader: reader{idb: conn, keys: s.keys, clk: s.clk}, store: s, pgx: ptx, now: s.clk.Now().UTC().Truncate(time.Microsecond)}
	if err := work(ctx, tx); err != nil {
		return err
	}
	done = true
	if err := ptx.Commit(ctx); err != nil {
		var pg *pgconn.PgError
		if errors.As(err, &pg) && pg.Code[:2] != "08" && pg.Code[:3] != "57P" {
			return err // the server refused the commit: nothing happened
		}
		if errors.Is(err, pgx.ErrTxCommitRollback) {
			return err
		}
		end, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
		defer cancel()
		_ = session.Close(end)
		return errors.Join(errCommitUnknown, err)
	}
	return nil
}

// exactly checks that a write touched one row; none means that a compare-and-set lost, ErrStale.
func exactly(n int64, result sql.Result, err error) error {
	if err != nil {
		return fromTx(err)
	}
	got, err := result.RowsAffected()
	if err != nil {
		return err
	}
	if got != n {
		return ErrStale
	}
	return nil
}

// fromTx is fromDB. What a driver said stays the fault's cause, so that InTx still sees whether to run the work again, and
// a read outside of a transaction answers UNAVAILABLE, not INTERNAL, while the database is away.
func fromTx(err error) error { return fromDB(err) }
