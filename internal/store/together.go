package store

import (
	"context"

	"github.com/jackc/pgx/v5"
)

// part is one of several statements that are sent in one round trip, and who reads its rows.
type part struct {
	*statement
	read func(pgx.Rows) error
}

// scanned is a part whose rows are read as Scan does.
func (s *statement) scanned(dest any) part {
	return part{s, func(rows pgx.Rows) error { return scan(rows, []any{dest}) }}
}

// written is a part that writes.
func (s *statement) written() part {
	return part{s, func(rows pgx.Rows) error {
		rows.Close()
		return rows.Err()
	}}
}

// together sends statements in one round trip: the server runs one after the other, each seeing what those before it did. It returns the
// first error; nothing after it was run.
func (t *Tx) together(ctx context.Context, parts ...part) error {
	batch := &pgx.Batch{}
	for _, p := range parts {
		batch.Queue(p.text, p.args...)
	}
	results := t.pgx.SendBatch(ctx, batch)
	var first error
	for _, p := range parts {
		rows, err := results.Query()
		if err == nil {
			err = p.read(rows)
			rows.Close()
		}
		if first = err; first != nil {
			break
		}
	}
	if err := results.Close(); first == nil {
		first = err
	}
	return fromTx(first)
}
