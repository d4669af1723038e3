package store_test

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/creditpocket/creditpocket/gen/catalog"
	"github.com/creditpocket/creditpocket/internal/clock"
	"github.com/creditpocket/creditpocket/internal/fault"
	"github.com/creditpocket/creditpocket/internal/store"
	"github.com/creditpocket/creditpocket/internal/testkit"
)

// openWith opens a store with options of the test's own over a fresh database.
func openWith(t *testing.T, change func(o *store.Options)) (*store.Store, string) {
	t.Helper()
	db := testkit.Database(t, func(ctx context.Context, url string) error {
		_, err := store.Migrate(ctx, url, slog.New(slog.DiscardHandler))
		return err
	}, store.MigrationsKey())
	o := store.Options{URL: db, MaxConns: 4, Log: slog.New(slog.DiscardHandler)}
	change(&o)
	st, err := store.Open(o, testkit.Keys(t), clock.System{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = st.Close() })
	return st, db
}

func TestAStatementThatTakesTooLongIsEnded(t *testing.T) {
	st, _ := openWith(t, func(o *store.Options) { o.StatementTimeout = 200 * time.Millisecond })
	runs := 0
	err := st.InTx(t.Context(), func(ctx context.Context, tx *store.Tx) error {
		runs++
		return tx.Exec(ctx, `SELECT pg_sleep(30)`)
	})
	if !fault.Has(err, catalog.Unavailable) || runs != 1 {
		t.Errorf("%v after %d runs", err, runs)
	}
}

// A lock that somebody holds is waited for with an end, and the transaction is tried five times in all.
func TestALockThatIsHeldIsNotWaitedForForEver(t *testing.T) {
	st, db := openWith(t, func(o *store.Options) { o.LockTimeout = 50 * time.Millisecond })
	addBrand(t, st)
	var id int64
	write(t, st, func(ctx context.Context, tx *store.Tx) (err error) {
		id, err = tx.AddBorrower(ctx, "CycleCash", "+2347031234567", "hash")
		return err
	})
	holder := testkit.OpenStore(t, db, st.Keys(), clock.System{})
	held, release := make(chan struct{}), make(chan struct{})
	var holding sync.WaitGroup
	holding.Go(func() {
		if err := holder.InTx(t.Context(), func(ctx context.Context, tx *store.Tx) error {
			if err := tx.LockBorrower(ctx, id); err != nil {
				return err
			}
			close(held)
			<-release
			return nil
		}); err != nil {
			t.Error(err)
		}
	})
	<-held
	runs := 0
	err := st.InTx(t.Context(), func(ctx context.Context, tx *store.Tx) error {
		runs++
		return tx.LockBorrower(ctx, id)
	})
	if counts := st.Counts(); !fault.Has(err, catalog.Unavailable) || runs != 5 || counts.Retries["55P03"] != 4 || counts.GaveUp != 1 {
		t.Errorf("%v after %d runs, %+v", err, runs, counts)
	}
	close(release)
	holding.Wait()
}

// A transaction whose program has forgotten it is ended by the server, and its locks with it.
func TestAnIdleTransactionIsEnded(t *testing.T) {
	st, db := openWith(t, func(o *store.Options) { o.StatementTimeout = 500 * time.Millisecond }) // idle: twice that
	addBrand(t, st)
	var id int64
	write(t, st, func(ctx context.Context, tx *store.Tx) (err error) {
		id, err = tx.AddBorrower(ctx, "CycleCash", "+2347031234567", "hash")
		return err
	})
	other := testkit.OpenStore(t, db, st.Keys(), clock.System{})
	err := st.InTx(t.Context(), func(ctx context.Context, tx *store.Tx) error {
		if err := tx.LockBorrower(ctx, id); err != nil {
			return err
		}
		// The lock is free again only when the server has ended this transaction.
		if err := other.InTx(ctx, func(ctx context.Context, tx *store.Tx) error { return tx.LockBorrower(ctx, id) }); err != nil {
			t.Errorf("the lock of a forgotten transaction: %v", err)
		}
		_, err := tx.Text(ctx, `SELECT 'alive'`)
		return errors.Join(err, errors.New("work goes on"))
	})
	if err == nil || strings.Contains(err.Error(), "alive") {
		t.Errorf("%v", err)
	}
}

// Two transactions that each read what the other writes: only one after the other gives a result that keeps the rule.
func TestSerializableTransactionsAreRunAgain(t *testing.T) {
	st, _ := openWith(t, func(o *store.Options) { o.Isolation = store.Serializable })
	addBrand(t, st)
	write(t, st, func(ctx context.Context, tx *store.Tx) error {
		return tx.Exec(ctx, `CREATE TABLE duty (who integer PRIMARY KEY, present boolean NOT NULL); INSERT INTO duty VALUES (1, true), (2, true)`)
	})
	var meet sync.WaitGroup
	meet.Add(2)
	var both sync.WaitGroup
	for who := 1; who <= 2; who++ {
		both.Go(func() {
			first := true
			err := st.InTx(t.Context(), func(ctx context.Context, tx *store.Tx) error {
				level, err := tx.Text(ctx, `SELECT current_setting('transaction_isolation')`)
				if err != nil || level != "serializable" {
					t.Errorf("%s, %v", level, err)
				}
				n, err := tx.Text(ctx, `SELECT count(*)::text FROM duty WHERE present`)
				if err != nil {
					return err
				}
				if first {
					first = false
					meet.Done()
					meet.Wait()
				}
				if n != "2" {
					return nil // somebody must stay
				}
				return tx.Exec(ctx, `UPDATE duty SET present = false WHERE who = ?`, who)
			})
			if err != nil {
				t.Error(err)
			}
		})
	}
	both.Wait()
	if left := st.Texts(t, `SELECT count(*)::text FROM duty WHERE present`); left[0] != "1" || st.Counts().Retries["40001"] == 0 {
		t.Errorf("%s stayed, %+v", left[0], st.Counts())
	}
}

// Behind a pooler no session is ours: every transaction brings its bounds along and leaves none behind.
func TestBehindAPoolerTransactionsBoundThemselves(t *testing.T) {
	st, _ := openWith(t, func(o *store.Options) { o.Pooled, o.MaxConns = true, 1 })
	err := st.InTx(t.Context(), func(ctx context.Context, tx *store.Tx) error {
		got, err := tx.Text(ctx, `SELECT concat_ws(' ', current_setting('statement_timeout'), current_setting('lock_timeout'), current_setting('idle_in_transaction_session_timeout'))`)
		if got != "5s 2s 10s" {
			t.Errorf("in a transaction: %s", got)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if got := st.Texts(t, `SELECT concat_ws(' ', current_setting('statement_timeout'), current_setting('lock_timeout'))`); got[0] != "0 0" {
		t.Errorf("after it: %s", got[0])
	}
}

// Of several servers in the URL one may take connections and say nothing, as a machine does that hangs.
func TestASilentServerIsPassedOver(t *testing.T) {
	silent, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = silent.Close() })
	st, _ := openWith(t, func(o *store.Options) {
		u, err := url.Parse(o.URL)
		if err != nil {
			t.Fatal(err)
		}
		u.Host = silent.Addr().String() + "," + u.Host
		q := u.Query()
		q.Set("target_session_attrs", "read-write")
		u.RawQuery = q.Encode()
		o.URL = u.String()
	})
	if err := st.Ping(t.Context()); err != nil {
		t.Error(err)
	}
	addBrand(t, st)
}

func TestADatabaseThatTakesNoWritesIsNotReady(t *testing.T) {
	st, db := openWith(t, func(*store.Options) {})
	if err := st.Ping(t.Context()); err != nil {
		t.Fatal(err)
	}
	testkit.Exec(t, db, `DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET default_transaction_read_only = on', current_database()); END $$`)
	again := testkit.OpenStore(t, db, st.Keys(), clock.System{})
	if err := again.Ping(t.Context()); !errors.Is(err, store.ErrStandby) {
		t.Errorf("%v", err)
	}
}

// persist repeats what was UNAVAILABLE, as a caller does: five attempts are not always enough for writers of one row under
// SERIALIZABLE.
func persist(st *store.Store, work func(ctx context.Context, tx *store.Tx) error) (err error) {
	for range 20 {
		if err = st.InTx(context.Background(), work); !fault.Has(err, catalog.Unavailable) {
			break
		}
	}
	return err
}
