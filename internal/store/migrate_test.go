package store_test

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/creditpocket/creditpocket/internal/clock"
	"github.com/creditpocket/creditpocket/internal/store"
	"github.com/creditpocket/creditpocket/internal/testkit"
)

// empty is a fresh database without any schema.
func empty(t *testing.T) string {
	t.Helper()
	return testkit.Database(t, func(context.Context, string) error { return nil }, "empty")
}

func TestFirstBootsAtOnceMigrateOnce(t *testing.T) {
	url := empty(t)
	quiet := slog.New(slog.DiscardHandler)
	var mu sync.Mutex
	var boots sync.WaitGroup
	working := 0
	for range 6 {
		boots.Go(func() {
			applied, err := store.Migrate(t.Context(), url, quiet)
			if err != nil {
				t.Error(err)
			}
			if len(applied) > 0 {
				mu.Lock()
				working++
				mu.Unlock()
			}
		})
	}
	boots.Wait()
	if working != 1 {
		t.Errorf("%d of 6 processes applied migrations, expected one", working)
	}
	st := testkit.OpenStore(t, url, testkit.Keys(t), clock.System{})
	if err := st.CheckSchema(t.Context()); err != nil {
		t.Error(err)
	}
}

func TestMigrateGoesOnAfterACrash(t *testing.T) {
	url := empty(t)
	quiet := slog.New(slog.DiscardHandler)
	if _, err := store.Migrate(t.Context(), url, quiet); err != nil {
		t.Fatal(err)
	}
	// A process that died in the middle leaves bun's lock row, and the last migration not marked as applied.
	conn, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(context.WithoutCancel(t.Context()))
	if _, err := conn.Exec(t.Context(), `INSERT INTO bun_migration_locks (table_name) VALUES ('bun_migrations')`); err != nil {
		t.Fatal(err)
	}
	if applied, err := store.Migrate(t.Context(), url, quiet); err != nil || len(applied) != 0 {
		t.Fatalf("%v %v", applied, err)
	}
}

func TestSchemaOfAnOlderBinaryIsRefused(t *testing.T) {
	st := testkit.OpenStore(t, empty(t), testkit.Keys(t), clock.System{})
	if err := st.CheckSchema(t.Context()); !errors.Is(err, store.ErrSchemaOutdated) {
		t.Fatalf("an empty database: %v", err)
	}
}
