package store

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"strconv"
	"strings"
	"sync"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// bun writes its arguments into the statement, so that the server parses and plans it anew each time, which is most of what it does for a
// small statement. What requests do all the time is sent with parameters instead: the server keeps such a statement's plan for the
// connection. Behind a pooler that cannot keep them, the driver writes the arguments into these statements, too.

// statement is one statement with parameters. The text may only vary as far as there are fixed pieces to make it of: each text is kept.
type statement struct {
	run  runner
	text string
	args []any
}

// runner sends a statement and hands over its rows, before it lets go of the connection.
type runner interface {
	query(ctx context.Context, text string, args []any, read func(pgx.Rows) error) error
}

// prepared is a statement whose arguments stand in it as bun's do: ? one after the other, or ?0, ?1 by their numbers.
func (r reader) prepared(text string, args ...any) *statement {
	return &statement{r.run, numbered(text), args}
}

// Scan reads the rows into a slice, or the one row into a struct or single values; without a row it is sql.ErrNoRows then.
func (s *statement) Scan(ctx context.Context, dest ...any) error {
	return s.run.query(ctx, s.text, s.args, func(rows pgx.Rows) error { return scan(rows, dest) })
}

// Each reads the rows one after the other into the struct that row points to, calls start before the first and use after each. What the
// struct's slices and pointers lead to holds until use returns. Where the statement is sent once more, start is called once more.
func (s *statement) Each(ctx context.Context, row any, start func(), use func() error) error {
	return s.run.query(ctx, s.text, s.args, func(rows pgx.Rows) error {
		start()
		return each(rows, row, use)
	})
}

// Exec runs a write; the result tells how many rows it touched.
func (s *statement) Exec(ctx context.Context) (sql.Result, error) {
	var touched int64
	err := s.run.query(ctx, s.text, s.args, func(rows pgx.Rows) error {
		rows.Close()
		touched = rows.CommandTag().RowsAffected()
		return rows.Err()
	})
	return driver.RowsAffected(touched), err
}

var numberedTexts sync.Map // by text

// numbered turns the marks of bun into those of PostgreSQL. Texts have no question mark in a literal.
func numbered(text string) string {
	if known, ok := numberedTexts.Load(text); ok {
		return known.(string)
	}
	var b strings.Builder
	next := 0
	for i := 0; i < len(text); i++ {
		if text[i] != '?' {
			b.WriteByte(text[i])
			continue
		}
		end := i + 1
		for end < len(text) && text[end] >= '0' && text[end] <= '9' {
			end++
		}
		number := next
		if end > i+1 {
			number, _ = strconv.Atoi(text[i+1 : end])
		} else {
			next++
		}
		b.WriteString("$" + strconv.Itoa(number+1))
		i = end - 1
	}
	numberedTexts.Store(text, b.String())
	return b.String()
}

// query runs a statement in the transaction, after what waits.
func (t *Tx) query(ctx context.Context, text string, args []any, read func(pgx.Rows) error) error {
	return t.send(ctx, part{statement: &statement{t, text, args}, read: read})
}

// query runs a read on a pooled connection, behind the wall where the context has a brand. It tries another connection where this one
// turns out to be dead.
func (r *reads) query(ctx context.Context, text string, args []any, read func(pgx.Rows) error) (err error) {
	for range readAttempts {
		var sent bool
		sent, err = r.once(ctx, text, args, read)
		var pg *pgconn.PgError
		if (sent || err == nil) && !(errors.As(err, &pg) && replanned(pg)) {
			break
		}
	}
	return err
}

// once is query on one connection; sent says that the statement may have run.
func (r *reads) once(ctx context.Context, text string, args []any, read func(pgx.Rows) error) (sent bool, err error) {
	conn, err := r.store.acquire(ctx)
	if err != nil {
		return true, err // acquire has tried
	}
	defer conn.Close()
	session, err := sessionOf(conn.Conn)
	if err != nil {
		return true, err
	}
	var rows pgx.Rows
	if brand, confined := r.store.confined(ctx); confined {
		// One message, which the server runs as one transaction: no round trip more, and nothing of it outlives the query.
		batch := &pgx.Batch{}
		batch.Queue(confine, appRole, brand)
		batch.Queue(text, args...)
		results := session.SendBatch(ctx, batch)
		defer results.Close()
		if _, err := results.Exec(); err != nil {
			return !pgconn.SafeToRetry(err), err
		}
		rows, err = results.Query()
	} else {
		rows, err = session.Query(ctx, text, args...)
	}
	if err != nil {
		return !pgconn.SafeToRetry(err), err
	}
	defer rows.Close()
	return true, read(rows)
}

// outside sends statements on a connection without a transaction: only a planted bug does.
type outside struct{ session *pgx.Conn }

func (o outside) query(ctx context.Context, text string, args []any, read func(pgx.Rows) error) error {
	rows, err := o.session.Query(ctx, text, args...)
	if err != nil {
		return err
	}
	defer rows.Close()
	return read(rows)
}
