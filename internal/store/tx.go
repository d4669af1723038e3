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

	"github.com/creditpocket/creditpocket/internal/planted"
	"github.com/creditpocket/creditpocket/internal/seal"
)

// attempts is how often a transaction is tried in all when it fails for a passing reason.
const attempts = 5

// serialAttempts is that for conflicts under Serializable. There the database ends transactions that would merely have waited for each
// other otherwise, also some that never met, so that one of twenty for the same row meets more than five.
const serialAttempts = 25

// Tx is a running transaction: all writes are its methods, so nothing can be written outside one. It is for one
// goroutine. It reads like Store, and sees its own writes.
type Tx struct {
	reader
	store   *Store
	session *pgx.Conn
	now     time.Time

	claimed *OperationKey // what ClaimOperation has claimed anew
	held    heldReference // what LockCharge holds

	waiting []part // see pipeline.go
	opening int    // how many parts waited from the first
	begun   bool   // BEGIN was sent
	failed  error  // of what waited, found by the program and not by the server: nothing may be committed any more
}

// Now is the instant of the transaction by the injected clock: the same for all its rows.
func (t *Tx) Now() time.Time { return t.now }

// InTx runs work in one transaction and commits it. Work may run more than once, so it must have no effect but through
// tx, and must not call the network. It is run again, at most five times with jitter, only where it certainly did not
// commit: serialization failure, deadlock, lock time-out, a server that shuts down or is full, a broken connection. Under Serializable a
// serialization failure is how transactions wait for each other: there it is run again for that up to 25 times.
// It returns work's own error, or UNAVAILABLE, or INTERNAL.
//
// Where work has claimed an operation and ends with a business rule's no (404, 409 or 422, and not "later"), nothing of it is written
// but that no: it is the answer of the key from then on.
func (s *Store) InTx(ctx context.Context, work func(ctx context.Context, tx *Tx) error) error {
	var claimed *OperationKey
	err := s.transact(ctx, func(ctx context.Context, tx *Tx) error {
		err := work(ctx, tx)
		claimed = tx.claimed
		return err
	})
	if err != nil && claimed != nil {
		return s.Refused(ctx, *claimed, err)
	}
	return err
}

// transact is InTx without the keeping of refusals.
func (s *Store) transact(ctx context.Context, work func(ctx context.Context, tx *Tx) error) error {
	var err error
	for attempt := range serialAttempts {
		if attempt > 0 {
			if waitErr := backOff(ctx, attempt); waitErr != nil {
				break
			}
		}
		if err = s.once(ctx, work); err == nil || !retryable(err) || ctx.Err() != nil {
			break
		}
		if attempt >= attempts-1 && (attempt == serialAttempts-1 || s.opts.Isolation != Serializable || !conflict(err)) {
			s.counts.gaveUp.Add(1)
			break
		}
		s.counts.retried(err)
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

// backOff waits up to 20 ms, then twice as long each time, at most 160 ms, with full jitter: longer than most transactions take.
func backOff(ctx context.Context, attempt int) error {
	ceiling := 10 * time.Millisecond << min(attempt, 4)
	timer := time.NewTimer(time.Duration(rand.Int64N(int64(ceiling)))) // #nosec G404 -- spreads retries, keeps no secret
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// once pins a connection, so that bun's statements and River's inserts share one transaction and database/sql never
// repeats a statement on its own. What waits goes before what they send.
func (s *Store) once(ctx context.Context, work func(ctx context.Context, tx *Tx) error) error {
	conn, err := s.acquire(ctx)
	if err != nil {
		return err
	}
	defer conn.Close()
	session, err := sessionOf(conn.Conn)
	if err != nil {
		return err
	}
	tx := &Tx{reader: reader{idb: conn, keys: s.keys, clk: s.clk, opened: map[int64]*seal.DataKey{}}, store: s, session: session,
		now: s.clk.Now().UTC().Truncate(time.Microsecond), waiting: s.beginning(ctx)}
	tx.run, tx.opening = tx, len(tx.waiting)
	if planted.Is(planted.ProcessClock) {
		tx.now = time.Now().UTC().Truncate(time.Microsecond)
	}
	if err := precede(conn.Conn, tx.flush); err != nil {
		return err
	}
	over := false
	defer func() {
		_ = precede(conn.Conn, nil)
		if !over && tx.begun {
			rollBack(ctx, session)
		}
	}()
	if err := work(ctx, tx); err != nil {
		return err
	}
	over, err = tx.commit(ctx)
	return err
}

// rollBack ends a transaction that must not happen. The request's context may be gone; a rollback must still reach the server, or the
// connection is dropped.
func rollBack(ctx context.Context, session *pgx.Conn) {
	if session.PgConn().TxStatus() == 'I' { // it failed to begin
		return
	}
	end, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
	defer cancel()
	if _, err := session.Exec(end, "rollback"); err != nil || session.PgConn().TxStatus() != 'I' {
		_ = session.Close(end)
	}
}

// concluded says what became of a transaction by what COMMIT was answered.
func (s *Store) concluded(ctx context.Context, session *pgx.Conn, err error) (over bool, _ error) {
	notice := session.PgConn().CustomData()[warned]
	if err == nil && notice == nil {
		return true, nil
	}
	if planted.Is(planted.SwallowedCommit) {
		_ = session.Close(ctx)
		return true, nil
	}
	if err == nil {
		err = fmt.Errorf("COMMIT was answered with a warning: %v", notice)
	} else if refused(err) {
		return session.PgConn().TxStatus() == 'I', err
	}
	s.counts.unknown.Add(1)
	end, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
	defer cancel()
	_ = session.Close(end)
	return true, errors.Join(errCommitUnknown, err)
}

// refused tells whether the server answered COMMIT, or what was sent with it, with a plain no. An error that also ends the session proves nothing: the
// commit may have been in the log already.
func refused(err error) bool {
	if errors.Is(err, pgx.ErrTxCommitRollback) {
		return true
	}
	var pg *pgconn.PgError
	return errors.As(err, &pg) && pg.Severity == "ERROR" && pg.Code[:2] != "08" && pg.Code[:3] != "57P"
}

// warned is where a connection keeps the last warning.
const warned = "creditpocket.warning"

// noteWarning remembers warnings. One matters: where the wait for a synchronous standby is broken off, by the statement time-out
// for example, PostgreSQL answers COMMIT with success and a warning that the standby may not have it. What it cannot be sure of
// we must not acknowledge.
func noteWarning(conn *pgconn.PgConn, notice *pgconn.Notice) {
	if notice.SeverityUnlocalized == "WARNING" {
		conn.CustomData()[warned] = notice.Code + " " + notice.Message
	}
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
