// Package store is the only package that knows bun, pgx and SQL. It owns the schema, the rows and the queries, and the
// rule that writes exist only inside a transaction: reads are methods of Store and of Tx, writes are methods of Tx alone.
// It may import the pure packages (money, fault, clock, seal, ledger, lending) and nothing above it.
package store

import (
	"context"
	"database/sql"
	"fmt"
	"log/slog"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/riverqueue/river"
	"github.com/uptrace/bun"
	"github.com/uptrace/bun/dialect/pgdialect"

	"github.com/creditpocket/creditpocket/internal/clock"
	"github.com/creditpocket/creditpocket/internal/seal"
)

// Options says how the store reaches PostgreSQL. Zero values mean the stated defaults.
type Options struct {
	URL              string        // a PostgreSQL connection URL; required
	MaxConns         int           // connections for requests; default 16
	AcquireTimeout   time.Duration // how long a request waits for a connection; default 1 s
	StatementTimeout time.Duration // default 5 s
	LockTimeout      time.Duration // default 2 s
	Log              *slog.Logger
}

// Store is one deployment's database. It is safe for use by many goroutines.
type Store struct {
	reader
	db      *bun.DB
	opts    Options
	inserts *river.Client[pgx.Tx]
}

// reader carries every query; Store runs them on any connection, Tx inside its transaction.
type reader struct {
	idb  bun.IDB
	keys *seal.Keys
	clk  clock.Clock
}

// Open prepares the connections without requiring the database to be up: the first query finds out.
func Open(opts Options, keys *seal.Keys, clk clock.Clock) (*Store, error) {
	if opts.MaxConns == 0 {
		opts.MaxConns = 16
	}
	if opts.AcquireTimeout == 0 {
		opts.AcquireTimeout = time.Second
	}
	if opts.StatementTimeout == 0 {
		opts.StatementTimeout = 5 * time.Second
	}
	if opts.LockTimeout == 0 {
		opts.LockTimeout = 2 * time.Second
	}
	if opts.Log == nil {
		opts.Log = slog.Default()
	}
	config, err := pgx.ParseConfig(opts.URL)
	if err != nil {
		return nil, fmt.Errorf("DATABASE_URL: %w", redactedURLError(err))
	}
	bound(config, opts)
	sqldb := stdlib.OpenDB(*config)
	sqldb.SetMaxOpenConns(opts.MaxConns)
	sqldb.SetMaxIdleConns(opts.MaxConns)
	sqldb.SetConnMaxIdleTime(5 * time.Minute)
	db := bun.NewDB(sqldb, pgdialect.New())
	inserts, err := insertClient(opts.Log)
	if err != nil {
		return nil, err
	}
	return &Store{reader: reader{idb: db, keys: keys, clk: clk}, db: db, opts: opts, inserts: inserts}, nil
}

// bound gives every wait at the database an end. bun writes its arguments into the statement, so the statement cache of
// pgx would prepare every query anew: the simple protocol is the fast mode here.
func bound(config *pgx.ConnConfig, opts Options) {
	config.DefaultQueryExecMode = pgx.QueryExecModeSimpleProtocol
	if config.ConnectTimeout == 0 || config.ConnectTimeout > time.Second {
		config.ConnectTimeout = time.Second
	}
	set := func(name string, d time.Duration) {
		if _, ok := config.RuntimeParams[name]; !ok {
			config.RuntimeParams[name] = fmt.Sprintf("%d", d.Milliseconds())
		}
	}
	set("statement_timeout", opts.StatementTimeout)
	set("lock_timeout", opts.LockTimeout)
	set("idle_in_transaction_session_timeout", 2*opts.StatementTimeout)
	config.RuntimeParams["timezone"] = "UTC"
	if _, ok := config.RuntimeParams["application_name"]; !ok {
		config.RuntimeParams["application_name"] = "creditpocket"
	}
}

// Close ends all connections.
func (s *Store) Close() error { return s.db.Close() }

// Ping answers whether the database can be reached, within the context's deadline. It returns the fault UNAVAILABLE.
func (s *Store) Ping(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, s.opts.AcquireTimeout)
	defer cancel()
	return fromDB(s.db.PingContext(ctx))
}

// Stats are the connection pool's figures, for metrics.
func (s *Store) Stats() sql.DBStats { return s.db.Stats() }

// Keys gives the deployment's keys, for values that must be hashed the same way outside the store.
func (s *Store) Keys() *seal.Keys { return s.keys }

// newPool opens the pool that background workers use: their queries are parameterised, so they keep pgx's own modes.
func (s *Store) newPool(ctx context.Context, maxConns int) (*pgxpool.Pool, error) {
	config, err := pgxpool.ParseConfig(s.opts.URL)
	if err != nil {
		return nil, fmt.Errorf("DATABASE_URL: %w", redactedURLError(err))
	}
	bound(config.ConnConfig, s.opts)
	config.MaxConns = int32(maxConns)
	return pgxpool.NewWithConfig(ctx, config)
}
