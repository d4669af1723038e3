package store

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"io"
	"net"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/creditpocket/creditpocket/gen/catalog"
	"github.com/creditpocket/creditpocket/internal/fault"
)

// ErrNotFound says that no row answers the query. A capability turns it into the fault that names what is missing.
var ErrNotFound = errors.New("store: not found")

// ErrStale says that a compare-and-set found another state than the caller had seen: somebody else was faster.
var ErrStale = errors.New("store: the row has changed meanwhile")

// DuplicateError says that a unique constraint refused a row. Constraint is its name in the schema.
type DuplicateError struct{ Constraint string }

// Error names the constraint.
func (e *DuplicateError) Error() string { return "store: duplicate under " + e.Constraint }

// IsDuplicate tells whether err comes from the named unique constraint.
func IsDuplicate(err error, constraint string) bool {
	var d *DuplicateError
	return errors.As(err, &d) && d.Constraint == constraint
}

// errCommitUnknown marks a COMMIT whose answer was lost: it may have happened. It is never retried here, because only
// the caller's idempotency key can tell.
var errCommitUnknown = errors.New("store: the outcome of COMMIT is unknown")

// fromDB turns a driver's error into the store's own errors or a fault: nil, ErrNotFound, *DuplicateError,
// UNAVAILABLE (the database is away or busy; repeating may help) or INTERNAL.
func fromDB(err error) error {
	if err == nil {
		return nil
	}
	var known *fault.Error
	var dup *DuplicateError
	if errors.As(err, &known) || errors.As(err, &dup) || errors.Is(err, ErrNotFound) || errors.Is(err, ErrStale) {
		return err
	}
	if errors.Is(err, sql.ErrNoRows) || errors.Is(err, pgx.ErrNoRows) {
		return ErrNotFound
	}
	var pg *pgconn.PgError
	if errors.As(err, &pg) && pg.Code == "23505" {
		return &DuplicateError{Constraint: pg.ConstraintName}
	}
	if temporary(err) {
		return fault.New(catalog.Unavailable).WithRetryAfter(time.Second).WithCause(err)
	}
	return fault.New(catalog.Internal).WithCause(err)
}

// MayPass tells whether what failed may succeed by itself after a while: the database is busy, starting, failing over, or cannot be
// reached. A refused user or password, and a database that does not exist, do not pass.
func MayPass(err error) bool {
	var pg *pgconn.PgError
	if errors.As(err, &pg) && (pg.Code[:min(2, len(pg.Code))] == "28" || pg.Code == "3D000") {
		return false
	}
	return temporary(err) || fault.Has(err, catalog.Unavailable)
}

// temporary tells whether the same work may succeed later.
func temporary(err error) bool {
	if retryable(err) || errors.Is(err, errCommitUnknown) {
		return true
	}
	if errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled) {
		return true
	}
	var pg *pgconn.PgError
	if !errors.As(err, &pg) {
		return false
	}
	if pg.Severity == "FATAL" || pg.Severity == "PANIC" {
		return true // the server ended the session: whatever it was, another session may do better
	}
	switch pg.Code[:min(2, len(pg.Code))] {
	case "08", "53", "57", "58": // connection, resources (disk, memory, limits), operator and statement_timeout, I/O
		return true
	}
	return pg.Code == "25P03" || pg.Code == "25006" // an idle transaction that was ended; a standby that is not promoted yet
}

// retryable tells whether a whole transaction may be run again: it certainly did not commit, and the cause passes.
func retryable(err error) bool {
	if errors.Is(err, errCommitUnknown) {
		return false
	}
	var pg *pgconn.PgError
	if errors.As(err, &pg) {
		switch pg.Code {
		case "40001", "40P01", "55P03", "57P01", "57P02", "57P03", "53300":
			return true
		}
		return replanned(pg)
	}
	return broken(err)
}

// conflict tells whether the database ended a transaction in favour of another one.
func conflict(err error) bool {
	var pg *pgconn.PgError
	return errors.As(err, &pg) && (pg.Code == "40001" || pg.Code == "40P01")
}

// replanned tells whether a kept statement was refused because a migration changed what it gives, or because its session does not know
// it. The driver has dropped it, and the next try prepares it anew.
func replanned(pg *pgconn.PgError) bool {
	return pg.Code == "26000" || (pg.Code == "0A000" && strings.Contains(pg.Message, "cached plan"))
}

// broken tells whether the connection itself failed.
func broken(err error) bool {
	var netErr net.Error
	var connErr *pgconn.ConnectError
	return errors.Is(err, driver.ErrBadConn) || errors.Is(err, sql.ErrConnDone) || errors.Is(err, io.EOF) ||
		errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, net.ErrClosed) || errors.As(err, &connErr) ||
		(errors.As(err, &netErr) && !errors.Is(err, context.DeadlineExceeded)) || pgconn.SafeToRetry(err)
}

// ErrPooler says that a connection URL leads to a pooler that hands out connections by the transaction, though nobody said so.
var ErrPooler = errors.New("DATABASE_URL leads to a connection pooler: set CP_DB_POOLER=transaction, and CP_DATABASE_DIRECT_URL past it")

// viaPooler turns a pooler's refusal of a session's parameters into ErrPooler, which says what to do about it.
func viaPooler(err error) error {
	var pg *pgconn.PgError
	if errors.As(err, &pg) && pg.Code == "08P01" && strings.Contains(pg.Message, "startup parameter") {
		return ErrPooler
	}
	return err
}

// redactedURLError keeps a parse error from repeating the password of the URL.
func redactedURLError(err error) error {
	var parse *pgconn.ParseConfigError
	if errors.As(err, &parse) {
		return errors.New("not a valid PostgreSQL connection URL")
	}
	return err
}
