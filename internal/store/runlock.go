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

// dailyLock is the advisory lock of the daily run.
const dailyLock = 0x63706472 // "cpdr"

// dailyLockIdle is how long the lock outlives a holder that is cut off without a word.
const dailyLockIdle = time.Minute

// DailyLock makes one process at a time work the daily run. It is an advisory lock inside an idle transaction, so it ends with
// its connection, and also holds behind a pooler that hands out connections by the transaction. It keeps two runs from doing
// the same work twice; that neither does harm if they meet is the matter of LockDailyStep.
type DailyLock struct {
	conn    *sql.Conn
	session *pgx.Conn
	tx      pgx.Tx
}

// TryDailyLock takes the lock, or returns ErrLocked. The holder calls Keep between batches and Release at the end.
func (s *Store) TryDailyLock(ctx context.Context) (*DailyLock, error) {
	conn, err := s.acquire(ctx)
	if err != nil {
		return nil, fromDB(err)
	}
	l := &DailyLock{conn: conn.Conn}
	if err := l.begin(ctx); err != nil {
		l.Release()
		return nil, err
	}
	return l, nil
}

func (l *DailyLock) begin(ctx context.Context) error {
	var err error
	if l.session, err = sessionOf(l.conn); err != nil {
		return fromDB(err)
	}
	if l.tx, err = l.session.Begin(ctx); err != nil {
		return fromDB(err)
	}
	var got bool
	err = l.tx.QueryRow(ctx, `SELECT pg_try_advisory_xact_lock($1), set_config('idle_in_transaction_session_timeout', $2, true)`,
		int64(dailyLock), strconv.FormatInt(dailyLockIdle.Milliseconds(), 10)).Scan(&got, nil)
	if err != nil {
		return fromDB(err)
	}
	if !got {
		return ErrLocked
	}
	return nil
}

// Keep tells the database that the holder is alive. An error means that the lock is lost.
func (l *DailyLock) Keep(ctx context.Context) error {
	_, err := l.tx.Exec(ctx, "SELECT 1")
	return fromDB(err)
}

// Release gives the lock up.
func (l *DailyLock) Release() {
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	if l.tx != nil && l.tx.Rollback(ctx) != nil {
		_ = l.session.Close(ctx)
	}
	_ = l.conn.Close()
}
