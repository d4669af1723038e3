package store

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/uptrace/bun"

	"github.com/creditpocket/creditpocket/gen/catalog"
	"github.com/creditpocket/creditpocket/internal/fault"
)

// readAttempts is how many connections a read outside a transaction tries when those it gets turn out to be dead.
const readAttempts = 3

// errWriteOutside refuses a statement that is executed outside a transaction: on this driver database/sql may run it twice.
var errWriteOutside = errors.New("store: a statement was executed outside a transaction")

// acquire takes a connection of the request pool, waiting at most AcquireTimeout. It returns UNAVAILABLE when none comes free,
// or what the database said.
func (s *Store) acquire(ctx context.Context) (bun.Conn, error) {
	bounded, cancel := context.WithTimeout(ctx, s.opts.AcquireTimeout)
	defer cancel()
	conn, err := s.db.Conn(bounded)
	for err != nil && errors.Is(err, context.DeadlineExceeded) && bounded.Err() == nil {
		conn, err = s.db.Conn(bounded) // a busy server did not answer a new connection in time: another may be free by now
	}
	if err != nil && errors.Is(err, context.DeadlineExceeded) && ctx.Err() == nil {
		s.counts.exhausted.Add(1)
		return bun.Conn{}, fault.New(catalog.Unavailable).WithRetryAfter(time.Second).WithCause(ErrPoolExhausted)
	}
	return conn, err
}

// reads runs the store's queries outside transactions. database/sql would let them wait for a connection until their context
// ends; here the wait has the same bound as a transaction's.
type reads struct{ store *Store }

// ResolveConn implements bun.ConnResolver: bun asks it where a query has no connection of its own, which is outside Tx.
func (r *reads) ResolveConn(context.Context, bun.Query) bun.IConn { return r }

// Close implements bun.ConnResolver; the pool is the Store's to close.
func (r *reads) Close() error { return nil }

// QueryContext runs a read on a pooled connection, which goes back when the rows are closed.
func (r *reads) QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	var err error
	for range readAttempts {
		var conn bun.Conn
		if conn, err = r.store.acquire(ctx); err != nil {
			return nil, err
		}
		var rows *sql.Rows
		if rows, err = conn.Conn.QueryContext(ctx, query, args...); err == nil {
			go conn.Close() // waits for the rows
			return rows, nil
		}
		_ = conn.Close()
		if !errors.Is(err, driver.ErrBadConn) {
			break
		}
	}
	return nil, err
}

// QueryRowContext implements bun.IConn for bun's counts; it waits as database/sql does.
func (r *reads) QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row {
	return r.store.db.DB.QueryRowContext(ctx, query, args...)
}

// ExecContext refuses.
func (r *reads) ExecContext(context.Context, string, ...any) (sql.Result, error) {
	return nil, errWriteOutside
}

// sessionOf is the driver's connection under a pinned one.
func sessionOf(conn *sql.Conn) (session *pgx.Conn, err error) {
	err = conn.Raw(func(raw any) error {
		session = raw.(interface{ Conn() *pgx.Conn }).Conn()
		return nil
	})
	return session, err
}
