// Package testapp starts a whole server for a test: HTTP on loopback, workers, the gateway simulator and the SMS inbox, over
// a database of the test's own. It stands apart from testkit because it imports every capability, whose own tests import
// testkit.
package testapp

import (
	"context"
	"log/slog"
	"net"
	"os"
	"testing"
	"time"

	"github.com/creditpocket/creditpocket/internal/access"
	"github.com/creditpocket/creditpocket/internal/app"
	"github.com/creditpocket/creditpocket/internal/clock"
	"github.com/creditpocket/creditpocket/internal/config"
	"github.com/creditpocket/creditpocket/internal/seal"
	"github.com/creditpocket/creditpocket/internal/seed"
	"github.com/creditpocket/creditpocket/internal/store"
	"github.com/creditpocket/creditpocket/internal/testkit"
)

// Options choose how a test's server differs from a development server. Zero values mean the development server with
// limits off and cheap password hashes.
type Options struct {
	// Env are settings as "NAME=value", over those of the test server.
	Env []string
	// Clock is the server's clock; nil is the machine's.
	Clock clock.Clock
	// Limits replaces "no limits".
	Limits *access.LimiterOptions
	// Passwords is what password hashes cost; nil makes cheap ones.
	Passwords *access.PasswordParams
	// DatabaseURL is a database of the test's own (a second replica, a cluster that the test stops); "" makes a fresh one.
	DatabaseURL string
	// Keys are the deployment's keys; nil makes fresh ones. Two replicas share them.
	Keys *seal.Keys
	// Log receives the server's log; nil drops it.
	Log *slog.Logger
}

// App is a whole server that listens on loopback, with its simulator, inbox and workers.
type App struct {
	*app.App
	BaseURL     string
	DatabaseURL string
	stop        func()
}

// SeededDatabase is a fresh database with the schema and the base data.
func SeededDatabase(t testing.TB) string {
	t.Helper()
	return testkit.Database(t, func(ctx context.Context, url string) error {
		quiet := slog.New(slog.DiscardHandler)
		if _, err := store.Migrate(ctx, url, quiet); err != nil {
			return err
		}
		st, err := store.Open(store.Options{URL: url, Log: quiet}, testkit.Keys(t), clock.System{})
		if err != nil {
			return err
		}
		defer st.Close()
		_, err = seed.Base(ctx, st)
		return err
	}, "seeded_"+store.MigrationsKey())
}

// New starts a server and stops it at the test's end.
func New(t testing.TB, o Options) *App {
	t.Helper()
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Keys == nil {
		o.Keys = testkit.Keys(t)
	}
	if o.DatabaseURL == "" {
		o.DatabaseURL = SeededDatabase(t)
	}
	if o.Limits == nil {
		o.Limits = &access.LimiterOptions{Off: true}
	}
	if o.Passwords == nil {
		o.Passwords = &access.PasswordParams{MemoryKiB: 64, Passes: 1}
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	environ := append([]string{
		"DATABASE_URL=" + o.DatabaseURL, "CP_ADDR=" + listener.Addr().String(), "CP_DATA_DIR=" + t.TempDir(), "CP_SIMULATOR_ADDR=127.0.0.1:0",
		"CP_OPS_ADDR=127.0.0.1:0", "CP_MAX_IN_FLIGHT=400",
		"CP_BLOB_URL=mem://", "CP_PAYOUT_HOLD=0s", "CP_EVENT_PATIENCE=2s", "CP_SIMULATOR_TRANSFER_TIME=300ms", "CP_DB_MAX_CONNS=12", "CP_WORKERS=4", "CP_DRAIN_TIME=5s",
	}, o.Env...)
	for _, name := range []string{"CP_CONTRACT_CHECK", "CP_DB_ISOLATION", "CP_DB_STATEMENTS"} {
		if value := os.Getenv(name); value != "" {
			environ = append(environ, name+"="+value) // the whole suite by the other check, or under the other isolation
		}
	}
	c, err := config.Load(environ)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	a, err := app.New(ctx, c, app.Options{Clock: o.Clock, Keys: o.Keys, Limits: o.Limits,
		Passwords: *o.Passwords}, o.Log)
	if err != nil {
		cancel()
		t.Fatal(err)
	}
	served := make(chan error, 1)
	go func() { served <- a.Serve(ctx, listener) }()
	ta := &App{App: a, BaseURL: "http://" + listener.Addr().String(), DatabaseURL: o.DatabaseURL}
	stopped := false
	ta.stop = func() {
		if stopped {
			return
		}
		stopped = true
		cancel()
		select {
		case <-served:
		case <-time.After(time.Minute):
			t.Error("the server did not stop")
		}
		a.Close(context.Background())
	}
	t.Cleanup(ta.stop)
	return ta
}

// Stop ends the server before the test's end; a second call does nothing.
func (a *App) Stop() { a.stop() }
