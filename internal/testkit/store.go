package testkit

import (
	"context"
	"log/slog"
	"os"
	"testing"
	"time"

	"github.com/creditpocket/creditpocket/internal/clock"
	"github.com/creditpocket/creditpocket/internal/seal"
	"github.com/creditpocket/creditpocket/internal/store"
)

// Store opens a store over a fresh database with the binary's whole schema and no data, closed at the test's end.
func Store(t testing.TB, clk clock.Clock) *store.Store {
	t.Helper()
	url := Database(t, func(ctx context.Context, url string) error {
		_, err := store.Migrate(ctx, url, slog.New(slog.DiscardHandler))
		return err
	}, store.MigrationsKey())
	return OpenStore(t, url, Keys(t), clk)
}

// OpenStore opens one more store over an existing test database, as a second replica would. It
// waits longer for a connection than a server: tests let many callers meet on few connections. CP_DB_ISOLATION chooses how its
// transactions are kept apart, and CP_DB_STATEMENTS=simple sends its statements with the arguments in them.
func OpenStore(t testing.TB, url string, keys *seal.Keys, clk clock.Clock) *store.Store {
	t.Helper()
	st, err := store.Open(store.Options{URL: url, MaxConns: 8, AcquireTimeout: 10 * time.Second, Isolation: store.Isolation(os.Getenv("CP_DB_ISOLATION")),
		Unprepared: os.Getenv("CP_DB_STATEMENTS") == "simple", Log: slog.New(slog.DiscardHandler)}, keys, clk)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = st.Close() })
	return st
}

// Keys makes a fresh set of keys.
func Keys(t testing.TB) *seal.Keys {
	t.Helper()
	text, err := seal.NewMasterKey()
	if err != nil {
		t.Fatal(err)
	}
	master, err := seal.ParseMasterKey(text)
	if err != nil {
		t.Fatal(err)
	}
	keys, err := seal.New(master)
	if err != nil {
		t.Fatal(err)
	}
	return keys
}

// Noon is a fixed instant for tests: 2026-03-10 12:00 in Lagos, a working day far from any midnight.
func Noon() time.Time { return time.Date(2026, 3, 10, 11, 0, 0, 0, time.UTC) }
