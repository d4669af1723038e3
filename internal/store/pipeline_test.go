package store_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"

	"github.com/creditpocket/creditpocket/internal/store"
	"github.com/creditpocket/creditpocket/internal/testkit"
)

// tripCounter writes down what went to the server in which round trip.
type tripCounter struct {
	mu    sync.Mutex
	trips []string
}

func (c *tripCounter) add(texts ...string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	words := make([]string, len(texts))
	for i, text := range texts {
		words[i], _, _ = strings.Cut(strings.TrimSpace(text), " ")
	}
	c.trips = append(c.trips, strings.Join(words, ","))
}

func (c *tripCounter) taken() []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	trips := c.trips
	c.trips = nil
	return trips
}

func (c *tripCounter) TraceQueryStart(ctx context.Context, _ *pgx.Conn, d pgx.TraceQueryStartData) context.Context {
	c.add(d.SQL)
	return ctx
}
func (c *tripCounter) TraceQueryEnd(context.Context, *pgx.Conn, pgx.TraceQueryEndData) {}
func (c *tripCounter) TraceBatchStart(ctx context.Context, _ *pgx.Conn, d pgx.TraceBatchStartData) context.Context {
	var texts []string
	for _, q := range d.Batch.QueuedQueries {
		texts = append(texts, q.SQL)
	}
	c.add(texts...)
	return ctx
}
func (c *tripCounter) TraceBatchQuery(context.Context, *pgx.Conn, pgx.TraceBatchQueryData) {}
func (c *tripCounter) TraceBatchEnd(context.Context, *pgx.Conn, pgx.TraceBatchEndData)     {}

// Whichever way statements are sent, a write waits for what is read next or for COMMIT, and is seen by all that comes after it.
func TestAWriteWaitsForTheNextRoundTrip(t *testing.T) {
	for _, unprepared := range []bool{false, true} {
		t.Run(fmt.Sprintf("unprepared=%v", unprepared), func(t *testing.T) {
			c := &tripCounter{}
			st, _ := openWith(t, func(o *store.Options) { o.Tracer, o.Unprepared = c, unprepared })
			alert := func(ctx context.Context, tx *store.Tx, subject string) error {
				return tx.RaiseBrandAlert(ctx, "", "test", subject, "detail")
			}
			for _, k := range []struct {
				name  string
				work  func(ctx context.Context, tx *store.Tx) error
				trips []string
			}{
				{"nothing", func(context.Context, *store.Tx) error { return nil }, nil},
				{"one write", func(ctx context.Context, tx *store.Tx) error { return alert(ctx, tx, "1") }, []string{"begin,WITH,commit"}},
				{"two writes and a read by bun", func(ctx context.Context, tx *store.Tx) error {
					if err := errors.Join(alert(ctx, tx, "2"), alert(ctx, tx, "3")); err != nil {
						return err
					}
					if open, err := tx.OpenAlerts(ctx, "test", 10); err != nil || len(open) != 3 {
						return fmt.Errorf("%d alerts are seen, %w", len(open), err)
					}
					return nil
				}, []string{"begin,WITH,WITH", "SELECT", "commit"}},
				{"a prepared read", func(ctx context.Context, tx *store.Tx) error {
					if _, err := tx.AccountTotals(ctx); err != nil {
						return err
					}
					return alert(ctx, tx, "4")
				}, []string{"begin,SELECT", "WITH,commit"}},
			} {
				c.taken()
				if err := st.InTx(t.Context(), k.work); err != nil {
					t.Fatalf("%s: %v", k.name, err)
				}
				if trips := c.taken(); !slices.Equal(trips, k.trips) {
					t.Errorf("%s: %q", k.name, trips)
				}
			}
			if open, err := st.OpenAlerts(t.Context(), "test", 10); err != nil || len(open) != 4 {
				t.Errorf("%d alerts are there, %v", len(open), err)
			}
		})
	}
}

// COMMIT was sent together with a statement that fails: nothing of the transaction is there, and the connection is as good as before.
func TestWhatFailsBesideCommitLeavesNothing(t *testing.T) {
	st, _ := openWith(t, func(o *store.Options) { o.MaxConns = 1 })
	addBrand(t, st)
	for _, k := range []struct {
		name string
		work func(ctx context.Context, tx *store.Tx) error
		want error
	}{
		{"nobody's message", func(ctx context.Context, tx *store.Tx) error {
			return tx.AddMessage(ctx, store.NewMessage{Borrower: 1, Event: store.EventRegistered, DedupeKey: "1"})
		}, store.ErrNotFound},
		{"nobody's message, and the caller minds not", func(ctx context.Context, tx *store.Tx) error {
			if err := tx.AddMessage(ctx, store.NewMessage{Borrower: 1, Event: store.EventRegistered, DedupeKey: "1"}); err != nil {
				return err
			}
			_, err := tx.Borrower(ctx, 1)
			if !errors.Is(err, store.ErrNotFound) {
				return fmt.Errorf("the borrower was found: %w", err)
			}
			return nil
		}, store.ErrNotFound},
		{"an intent that is not there", func(ctx context.Context, tx *store.Tx) error {
			return tx.MoveIntent(ctx, store.IntentCreated, store.Intent{ID: 1, State: store.IntentOpen})
		}, store.ErrStale},
	} {
		err := st.InTx(t.Context(), func(ctx context.Context, tx *store.Tx) error {
			if err := tx.RaiseBrandAlert(ctx, "", "test", "1", "detail"); err != nil {
				return err
			}
			return k.work(ctx, tx)
		})
		if !errors.Is(err, k.want) {
			t.Errorf("%s: %v", k.name, err)
		}
		if open, err := st.OpenAlerts(t.Context(), "test", 10); err != nil || len(open) != 0 {
			t.Errorf("%s: %d alerts are there, %v", k.name, len(open), err)
		}
	}
}

// plainJob is a job with options of its own, none of which makes it unique.
type plainJob struct {
	Loan int64 `json:"loan"`
}

func (plainJob) Kind() string { return "test.plain" }
func (plainJob) InsertOpts() river.InsertOpts {
	return river.InsertOpts{MaxAttempts: 7, Queue: "other"}
}

// A job that is written without River's client is the row that the client writes.
func TestAJobIsTheRowThatRiverWrites(t *testing.T) {
	st, url := openWith(t, func(*store.Options) {})
	pool, err := pgxpool.New(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(pool.Close)
	client, err := river.NewClient(riverpgxv5.New(pool), &river.Config{})
	if err != nil {
		t.Fatal(err)
	}
	for _, opts := range []*river.InsertOpts{nil, {}, {Priority: 3, Queue: "third"}, {ScheduledAt: testkit.Noon().AddDate(100, 0, 0)}} {
		write(t, st, func(ctx context.Context, tx *store.Tx) error { return tx.Enqueue(ctx, plainJob{77}, opts) })
		if _, err := client.Insert(t.Context(), plainJob{77}, opts); err != nil {
			t.Fatal(err)
		}
		var rows []string
		found, err := pool.Query(t.Context(), `DELETE FROM river_job RETURNING ((to_jsonb(river_job) - 'id' - 'created_at')
			|| jsonb_build_object('scheduled_at', CASE WHEN scheduled_at > created_at + interval '1 minute' THEN scheduled_at END))::text`)
		if err == nil {
			rows, err = pgx.CollectRows(found, pgx.RowTo[string])
		}
		if err != nil || len(rows) != 2 || rows[0] != rows[1] {
			t.Errorf("%+v: %v\n%s", opts, err, strings.Join(rows, "\n"))
		}
	}
}
