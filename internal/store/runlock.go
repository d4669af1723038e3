package store

import (
	"context"
	"database/sql"
	"errors"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5"
)

// ErrLocked says that another process holds the lock.
var ErrLocked = errors.New("store: held by another process")

// The advisory locks of the runs of which one process at a time does one.
const (
	dailyLock     = 0x63706472 // "cpdr"
	reconcileLock = 0x63707263 // "cprc"
	rotationLock  = 0x63706b72 // "cpkr"
)

// runLockIdle is how long a lock outlives a holder that is cut off without a word.
const runLockIdle = time.Minute

// RunLock makes one process at a time do a run. It is an advisory lock inside an idle transaction, so it ends with its connection,
// and also holds behind a pooler that hands out connections by the transaction. It is not for use by several goroutines at once.
type RunLock struct {
	conn    *sql.Conn
	session *pgx.Conn
	tx      pgx.Tx
}

// TryDailyLock takes the lock of the daily run, or returns ErrLocked. The holder calls Keep between batches and Release at the end. It
// keeps two runs from doing the same work twice; that neither does harm if they meet is the matter of LockDailyStep.
func (s *Store) TryDailyLock(ctx context.Context) (*RunLock, error) {
	return s.tryRunLock(ctx, dailyLock)
}

// TryReconcileLock takes the lock of the reconciliation with the gateway, or returns ErrLocked. The holder calls Keep at least every half
// minute and Release at the end. Two runs at once would each close the breaks that the other has just found.
func (s *Store) TryReconcileLock(ctx context.Context) (*RunLock, error) {
	return s.tryRunLock(ctx, reconcileLock)
}

// TryRotationLock takes the lock of the change of the deployment's keys, or returns ErrLocked. The holder calls Keep between batches and Release
// at the end. Two runs do no harm to what is stored, but each would report what the other has left over, and two runs with different
// keys would take from each other what they have done.
func (s *Store) TryRotationLock(ctx context.Context) (*RunLock, error) {
	return s.tryRunLock(ctx, rotationLock)
}

func (s *Store) tryRunLock(ctx context.Context, number int64) (*RunLock, error) {
	conn, err := s.acquire(ctx)
	if err != nil {
		return nil, fromDB(err)
	}
	l := &RunLock{conn: conn.Conn}
	if err := l.begin(ctx, number); err != nil {
		l.Release()
		return nil, err
	}
	return l, nil
}

func (l *RunLock) begin(ctx context.Context, number int64) error {
	var err error
	if l.session, err = sessionOf(l.conn); err != nil {
		return fromDB(err)
	}
	if l.tx, err = l.session.Begin(ctx); err != nil {
		return fromDB(err)
	}
	var got bool
	err = l.tx.QueryRow(ctx, `SELECT pg_try_advisory_xact_lock($1), set_config('idle_in_transaction_session_timeout', $2, true)`,
		number, strconv.FormatInt(runLockIdle.Milliseconds(), 10)).Scan(&got, nil)
	if err != nil {
		return fromDB(err)
	}
	if !got {
		return ErrLocked
	}
	return nil
}

// Keep tells the database that the holder is alive. An error means that the lock is lost.
func (l *RunLock) Keep(ctx context.Context) error {
	_, err := l.tx.Exec(ctx, "SELECT 1")
	return fromDB(err)
}

// Release gives the lock up.
func (l *RunLock) Release() {
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	if l.tx != nil && l.tx.Rollback(ctx) != nil {
		_ = l.session.Close(ctx)
	}
	_ = l.conn.Close()
}
