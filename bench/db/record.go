//go:build linux

package main

import (
	"context"
	"strings"
	"sync"

	"github.com/jackc/pgx/v5"
)

// statement is one statement as the driver was given it.
type statement struct {
	sql  string
	args []any
}

// trip is what went to the server in one round trip.
type trip []statement

// recorder remembers the statements that one store sends. It is a tracer of the driver, so nothing that the store does escapes it.
type recorder struct {
	mu    sync.Mutex
	trips []trip
}

// TraceQueryStart implements pgx.QueryTracer.
func (r *recorder) TraceQueryStart(ctx context.Context, _ *pgx.Conn, data pgx.TraceQueryStartData) context.Context {
	r.mu.Lock()
	defer r.mu.Unlock()
	var t trip
	for _, sql := range strings.Split(data.SQL, "; ") { // only what begins a transaction is several statements
		t = append(t, statement{sql, arguments(data.Args).values()})
	}
	r.trips = append(r.trips, t)
	return ctx
}

// TraceQueryEnd implements pgx.QueryTracer.
func (r *recorder) TraceQueryEnd(context.Context, *pgx.Conn, pgx.TraceQueryEndData) {}

// TraceBatchStart implements pgx.BatchTracer.
func (r *recorder) TraceBatchStart(ctx context.Context, _ *pgx.Conn, data pgx.TraceBatchStartData) context.Context {
	r.mu.Lock()
	defer r.mu.Unlock()
	var t trip
	for _, q := range data.Batch.QueuedQueries {
		t = append(t, statement{q.SQL, q.Arguments})
	}
	r.trips = append(r.trips, t)
	return ctx
}

// TraceBatchQuery implements pgx.BatchTracer.
func (r *recorder) TraceBatchQuery(context.Context, *pgx.Conn, pgx.TraceBatchQueryData) {}

// TraceBatchEnd implements pgx.BatchTracer.
func (r *recorder) TraceBatchEnd(context.Context, *pgx.Conn, pgx.TraceBatchEndData) {}

// arguments are what a query was called with, options of the driver among them.
type arguments []any

// values are the arguments without the driver's options.
func (a arguments) values() []any {
	var values []any
	for _, v := range a {
		switch v.(type) {
		case pgx.QueryExecMode, pgx.QueryResultFormats, pgx.QueryResultFormatsByOID:
			continue
		}
		values = append(values, v)
	}
	return values
}
