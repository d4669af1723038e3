package store

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// Round trips are most of what a small transaction costs the program. So a transaction sends nothing of which nobody waits for the answer:
// BEGIN and such writes wait for the next statement that somebody does wait for, and go before it in one round trip; the last of them go
// with COMMIT. The server runs them one after the other in the order of the calls, so locks are taken in that order, each statement sees
// what those before it did, and what fails lets nothing after it run. The error comes to whoever sent them.

// part is one of several statements that are sent in one round trip, and what becomes of its answer.
type part struct {
	*statement
	read func(pgx.Rows) error
	// then runs when the round trip is over, and may send more or let it wait; nil for nothing. It may run while bun waits with a statement of
	// its own on the same connection, so it must not use bun.
	then func(ctx context.Context) error
	must bool // see changed
}

// scanned is a part whose rows are read as Scan does.
func (s *statement) scanned(dest any) part {
	return part{statement: s, read: func(rows pgx.Rows) error { return scan(rows, []any{dest}) }}
}

// written is a part that writes.
func (s *statement) written() part {
	return part{statement: s, read: func(rows pgx.Rows) error {
		rows.Close()
		return rows.Err()
	}}
}

// counted is a part that writes, and tells how many rows it touched.
func (s *statement) counted(touched *int64) part {
	return part{statement: s, read: func(rows pgx.Rows) error {
		rows.Close()
		*touched = rows.CommandTag().RowsAffected()
		return rows.Err()
	}}
}

// changed is a part that must change a row. The server itself sees to that: where there is none it fails, so that a COMMIT that was sent
// with it does not happen. The error is ErrStale then. The statement is an UPDATE or a DELETE of at most one row, by its key.
func (s *statement) changed() part {
	p := (&statement{s.run, "WITH changed AS (" + s.text + " RETURNING 1) SELECT 1 / count(*) FROM changed", s.args}).written()
	p.must = true
	return p
}

// explained is an error of the part's.
func (p part) explained(err error) error {
	var pg *pgconn.PgError
	if p.must && errors.As(err, &pg) && pg.Code == divisionByZero {
		return errors.Join(ErrStale, err)
	}
	return err
}

const divisionByZero = "22012"

// later lets writes wait.
func (t *Tx) later(parts ...part) { t.waiting = append(t.waiting, parts...) }

// together sends what waits and the parts in one round trip. It returns the first error; nothing after it was run.
func (t *Tx) together(ctx context.Context, parts ...part) error {
	return fromTx(t.send(ctx, parts...))
}

// along is together for what needs nothing of that which waits: also not what its answers make.
func (t *Tx) along(ctx context.Context, parts ...part) error {
	return fromTx(t.exchange(ctx, append(t.take(), parts...)))
}

// flush sends what waits.
func (t *Tx) flush(ctx context.Context) error {
	for len(t.waiting) > 0 {
		if err := t.exchange(ctx, t.take()); err != nil {
			return err
		}
	}
	return nil
}

// send is together with the error as the driver gave it.
func (t *Tx) send(ctx context.Context, parts ...part) error {
	if err := t.hear(ctx); err != nil {
		return err
	}
	return t.exchange(ctx, append(t.take(), parts...))
}

// hear sends what waits where something must be heard of it first: its answer makes more statements.
func (t *Tx) hear(ctx context.Context) error {
	for t.failed == nil && t.asks() {
		if err := t.exchange(ctx, t.take()); err != nil {
			return err
		}
	}
	return t.failed
}

func (t *Tx) asks() bool {
	for _, p := range t.waiting {
		if p.then != nil {
			return true
		}
	}
	return false
}

func (t *Tx) take() []part {
	parts := t.waiting
	t.waiting = nil
	return parts
}

// exchange is one round trip.
func (t *Tx) exchange(ctx context.Context, parts []part) error {
	t.begun = true
	if err := t.converse(ctx, parts); err != nil {
		return err
	}
	for _, p := range parts {
		if p.then == nil {
			continue
		}
		if t.failed = p.then(ctx); t.failed != nil {
			return t.failed
		}
	}
	return nil
}

// converse sends the parts and reads their answers, up to the first error.
func (t *Tx) converse(ctx context.Context, parts []part) (err error) {
	if len(parts) == 1 {
		rows, err := t.session.Query(ctx, parts[0].text, parts[0].args...)
		if err == nil {
			err = parts[0].read(rows)
			rows.Close()
		}
		return parts[0].explained(err)
	}
	batch := &pgx.Batch{}
	for _, p := range parts {
		batch.Queue(p.text, p.args...)
	}
	results := t.session.SendBatch(ctx, batch)
	for _, p := range parts {
		var rows pgx.Rows
		if rows, err = results.Query(); err == nil {
			err = p.read(rows)
			rows.Close()
		}
		if err != nil {
			err = p.explained(err)
			break
		}
	}
	if closed := results.Close(); err == nil {
		err = closed
	}
	return err
}

// beginning is how a transaction of the context begins.
func (s *Store) beginning(ctx context.Context) []part {
	begin := "begin"
	if s.opts.Isolation == Serializable {
		begin += " isolation level serializable"
	}
	parts := []part{(&statement{text: begin}).written()}
	if s.settings.text != "" {
		parts = append(parts, s.settings.written())
	}
	if brand, ok := s.confined(ctx); ok {
		parts = append(parts, (&statement{text: confine, args: []any{appRole, brand}}).written())
	}
	return parts
}

// commit ends the transaction, with what waits sent before COMMIT in the same round trip. over says that nothing is left to roll back. The
// error is errCommitUnknown, unless the server refused and nothing happened.
func (t *Tx) commit(ctx context.Context) (over bool, err error) {
	if err := t.hear(ctx); err != nil {
		return false, err
	}
	if !t.begun && len(t.waiting) == t.opening {
		return true, nil // nothing was asked and nothing written
	}
	t.begun = true
	return t.store.concluded(ctx, t.session, t.sendCommit(ctx))
}

// sendCommit sends what waits and COMMIT.
func (t *Tx) sendCommit(ctx context.Context) error {
	delete(t.session.PgConn().CustomData(), warned)
	end := part{statement: &statement{text: "commit"}, read: func(rows pgx.Rows) error {
		rows.Close()
		if err := rows.Err(); err != nil {
			return err
		}
		if tag := rows.CommandTag().String(); tag != "COMMIT" {
			return fmt.Errorf("%w: %s", pgx.ErrTxCommitRollback, tag)
		}
		return nil
	}}
	return t.converse(ctx, append(t.take(), end))
}
