// Package store is the only package that knows bun, pgx and SQL. It owns the schema, the rows and the queries, and the
// rule that writes exist only inside a transaction: reads are methods of Store and of Tx, writes are methods of Tx alone.
// It may import the pure packages (money, fault, clock, seal, ledger, lending) and nothing above it.
package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"
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
	DirectURL        string        // the same database past a transaction pooler, for background workers; default URL
	Pooled           bool          // URL leads to a pooler that hands out connections by the transaction
	Unprepared       bool          // the server is not asked to keep statements: for a pooler that does not follow them
	MaxConns         int           // connections for requests; default 16
	AcquireTimeout   time.Duration // how long a request waits for a connection; default 1 s
	StatementTimeout time.Duration // default 5 s
	LockTimeout      time.Duration // default 2 s
	Isolation        Isolation     // of all transactions; default ReadCommitted
	Log              *slog.Logger
	Tracer           pgx.QueryTracer // told of every statement of requests, for measurements; nil for nobody
}

// Isolation is how transactions are kept apart.
type Isolation string

// The isolations. Under Serializable the database ends transactions that would not have happened so one after the other, and
// InTx runs them again: that the program stands this is what opens the way to databases that know nothing else.
const (
	ReadCommitted Isolation = "read-committed"
	Serializable  Isolation = "serializable"
)

// Store is one deployment's database. It is safe for use by many goroutines.
type Store struct {
	reader
	db       *bun.DB
	opts     Options
	settings statement // sets what holds for a transaction where sessions are not ours; no text where they are
	inserts  *river.Client[pgx.Tx]
	calls    calls
	counts   counts
	walled   atomic.Bool // see wall.go
}

// reader carries every query; Store runs them on any connection, Tx inside its transaction.
type reader struct {
	idb  bun.IDB
	run  runner
	keys *seal.Keys
	clk  clock.Clock

	opened map[int64]*seal.DataKey // data keys that this transaction has opened, by borrower; nil outside
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
	config.Tracer = opts.Tracer
	s := &Store{opts: opts}
	if opts.Pooled {
		s.settings = pooledSettings(config)
	}
	sqldb := sql.OpenDB(wallConnector{stdlib.GetConnector(*config, stdlib.OptionAfterConnect(inUTC)), s})
	sqldb.SetMaxOpenConns(opts.MaxConns)
	sqldb.SetMaxIdleConns(opts.MaxConns)
	sqldb.SetConnMaxIdleTime(5 * time.Minute)
	// Columns that this version does not know are those of the next one, whose first process has migrated while this one still runs.
	s.db = bun.NewDB(sqldb, pgdialect.New(), bun.WithConnResolver(&reads{s}), bun.WithDiscardUnknownColumns())
	s.reader = reader{idb: s.db, run: &reads{s}, keys: keys, clk: clk}
	if s.inserts, err = insertClient(opts.Log); err != nil {
		return nil, err
	}
	return s, nil
}

// bound gives every wait at the database an end, and says how statements with parameters are sent.
func bound(config *pgx.ConnConfig, opts Options) {
	config.DefaultQueryExecMode = pgx.QueryExecModeCacheStatement
	if opts.Unprepared {
		config.DefaultQueryExecMode = pgx.QueryExecModeSimpleProtocol
	}
	// A silent host must leave time to reach the next one within the wait for a connection.
	if most := min(time.Second, opts.AcquireTimeout) / time.Duration(hosts(config)); config.ConnectTimeout == 0 || config.ConnectTimeout > most {
		config.ConnectTimeout = most
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
	config.OnNotice = noteWarning
	if _, ok := config.RuntimeParams["application_name"]; !ok {
		config.RuntimeParams["application_name"] = "creditpocket"
	}
}

// inUTC makes a connection give instants in UTC, wherever the machine is.
func inUTC(_ context.Context, conn *pgx.Conn) error {
	conn.TypeMap().RegisterType(&pgtype.Type{Name: "timestamptz", OID: pgtype.TimestamptzOID, Codec: &pgtype.TimestamptzCodec{ScanLocation: time.UTC}})
	return nil
}

// hosts counts the servers that a URL names.
func hosts(config *pgx.ConnConfig) int {
	seen := map[string]bool{fmt.Sprint(config.Host, config.Port): true}
	for _, f := range config.Fallbacks {
		seen[fmt.Sprint(f.Host, f.Port)] = true
	}
	return len(seen)
}

// timeouts are the parameters of a session that bound its waits.
var timeouts = []string{"statement_timeout", "lock_timeout", "idle_in_transaction_session_timeout"}

// pooledSettings takes the time-outs out of config: behind a pooler sessions are not ours to set parameters of, so every transaction sets its
// own, in the round trip that begins it.
func pooledSettings(config *pgx.ConnConfig) statement {
	calls := make([]string, len(timeouts))
	args := make([]any, 0, 2*len(timeouts))
	for i, name := range timeouts {
		calls[i] = fmt.Sprintf("set_config($%d, $%d, true)", len(args)+1, len(args)+2)
		args = append(args, name, config.RuntimeParams[name])
		delete(config.RuntimeParams, name)
	}
	return statement{text: "select " + strings.Join(calls, ", "), args: args}
}

// Close ends all connections.
func (s *Store) Close() error { return s.db.Close() }

// ErrStandby says that the database answers but takes no writes: a standby that is not promoted.
var ErrStandby = errors.New("store: the database takes no writes")

// ErrPoolExhausted is the cause of UNAVAILABLE where no connection came free in time.
var ErrPoolExhausted = errors.New("store: no connection came free")

// Ping answers whether the database can be reached and takes writes, within twice AcquireTimeout. It returns ErrStandby, or the
// fault UNAVAILABLE, caused by ErrPoolExhausted where it was the pool.
func (s *Store) Ping(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, 2*s.opts.AcquireTimeout)
	defer cancel()
	var readOnly bool
	if err := s.idb.NewRaw(`SELECT current_setting('transaction_read_only')::boolean`).Scan(ctx, &readOnly); err != nil {
		return fromDB(err)
	}
	if readOnly {
		return ErrStandby
	}
	return nil
}

// Stats are the connection pool's figures, for metrics.
func (s *Store) Stats() sql.DBStats { return s.db.Stats() }

// Keys gives the deployment's keys, for values that must be hashed the same way outside the store.
func (s *Store) Keys() *seal.Keys { return s.keys }

// newPool opens the pool that background workers use: their queries are parameterised, so they keep pgx's own modes.
func (s *Store) newPool(ctx context.Context, maxConns int) (*pgxpool.Pool, error) {
	url, setting := s.opts.URL, "DATABASE_URL"
	if s.opts.DirectURL != "" {
		url, setting = s.opts.DirectURL, "CP_DATABASE_DIRECT_URL"
	}
	config, err := pgxpool.ParseConfig(url)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", setting, redactedURLError(err))
	}
	bound(config.ConnConfig, s.opts)
	config.MaxConns = int32(maxConns)
	return pgxpool.NewWithConfig(ctx, config)
}
