package store

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"io"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgtype"
	"github.com/jackc/pgx/v5/stdlib"
)

// wallConnector makes connections whose reads outside transactions stand behind the wall, too.
type wallConnector struct {
	driver.Connector
	store *Store
}

// Connect implements driver.Connector.
func (c wallConnector) Connect(ctx context.Context) (driver.Conn, error) {
	conn, err := c.Connector.Connect(ctx)
	if err != nil {
		return nil, err
	}
	return &wallConn{pgxConn: conn.(*stdlib.Conn), store: c.store}, nil
}

// pgxConn gives the driver's connection another name as a field, so that its method Conn is not hidden.
type pgxConn = stdlib.Conn

// wallConn is pgx's connection in all but a query of a context with a brand, outside a transaction, and what waits inside of one.
type wallConn struct {
	*pgxConn
	store  *Store
	before func(context.Context) error // sends what must go before the next statement; nil outside a transaction
}

// precede says what must be sent before every statement of a pinned connection; nil for nothing.
func precede(conn *sql.Conn, before func(context.Context) error) error {
	return conn.Raw(func(raw any) error {
		raw.(*wallConn).before = before
		return nil
	})
}

// ExecContext implements driver.ExecerContext.
func (c *wallConn) ExecContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Result, error) {
	if c.before != nil {
		if err := c.before(ctx); err != nil {
			return nil, err
		}
	}
	return c.pgxConn.ExecContext(ctx, query, args)
}

// QueryContext sends role, brand and query in one message of the simple protocol, which the server runs as one transaction: no round trip
// more, and nothing of it outlives the query. What comes through here has its arguments in it: a plan of it is of no further use.
func (c *wallConn) QueryContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Rows, error) {
	if c.before != nil {
		if err := c.before(ctx); err != nil {
			return nil, err
		}
	}
	session := c.Conn()
	scope := c.store.scope(ctx)
	if scope == "" || len(args) > 0 || session.IsClosed() || session.PgConn().TxStatus() != 'I' {
		simple := driver.NamedValue{Ordinal: 1, Value: pgx.QueryExecModeSimpleProtocol}
		return c.pgxConn.QueryContext(ctx, query, append([]driver.NamedValue{simple}, args...))
	}
	both := scope + "; " + query
	if tracer := c.store.opts.Tracer; tracer != nil {
		ctx = tracer.TraceQueryStart(ctx, session, pgx.TraceQueryStartData{SQL: both})
	}
	results := session.PgConn().Exec(ctx, both)
	if results.NextResult() {
		_, err := results.ResultReader().Close()
		if err == nil && results.NextResult() {
			r := &wallRows{rows: pgx.RowsFromResultReader(session.TypeMap(), results.ResultReader()), results: results, types: session.TypeMap()}
			if r.more = r.rows.Next(); r.more || r.rows.Err() == nil {
				return r, nil
			}
			defer r.Close()
			return nil, r.rows.Err()
		}
	}
	return nil, badConn(results.Close())
}

// badConn says to database/sql that another connection may do better, where nothing was sent yet.
func badConn(err error) error {
	if pgconn.SafeToRetry(err) {
		return driver.ErrBadConn
	}
	return err
}

// wallRows gives the rows of the query in a batch the types that database/sql knows.
type wallRows struct {
	rows    pgx.Rows
	results *pgconn.MultiResultReader
	types   *pgtype.Map
	more    bool // the first row is read already: before it the columns are not known
	begun   bool
}

// Columns implements driver.Rows.
func (r *wallRows) Columns() []string {
	fields := r.rows.FieldDescriptions()
	names := make([]string, len(fields))
	for i, f := range fields {
		names[i] = f.Name
	}
	return names
}

// Close implements driver.Rows.
func (r *wallRows) Close() error {
	r.rows.Close()
	if err := r.results.Close(); err != nil {
		return err
	}
	return r.rows.Err()
}

// Next implements driver.Rows.
func (r *wallRows) Next(dest []driver.Value) (err error) {
	if r.begun {
		r.more = r.rows.Next()
	}
	r.begun = true
	if !r.more {
		if err := r.rows.Err(); err != nil {
			return err
		}
		return io.EOF
	}
	fields := r.rows.FieldDescriptions()
	for i, raw := range r.rows.RawValues() {
		if dest[i] = nil; raw == nil {
			continue
		}
		if dest[i], err = r.value(fields[i], raw); err != nil {
			return err
		}
	}
	return nil
}

// value is one column's value as stdlib would give it: numbers, booleans, bytes and times in their own types, all else as text.
func (r *wallRows) value(field pgconn.FieldDescription, raw []byte) (driver.Value, error) {
	switch field.DataTypeOID {
	case pgtype.BoolOID, pgtype.ByteaOID, pgtype.Int2OID, pgtype.Int4OID, pgtype.Int8OID, pgtype.Float4OID, pgtype.Float8OID,
		pgtype.DateOID, pgtype.TimestampOID, pgtype.TimestamptzOID:
		t, _ := r.types.TypeForOID(field.DataTypeOID)
		return t.Codec.DecodeDatabaseSQLValue(r.types, field.DataTypeOID, field.Format, raw)
	}
	return string(raw), nil
}
