package store

import (
	"context"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
	"github.com/riverqueue/river/rivermigrate"
	"github.com/uptrace/bun"
	"github.com/uptrace/bun/dialect/pgdialect"
	"github.com/uptrace/bun/migrate"

	"github.com/creditpocket/creditpocket/internal/lending"
)

//go:embed migrations/*.sql
var migrationFiles embed.FS

// migrationLock is the advisory lock that lets one process migrate at a time; the others wait and find nothing to do.
const migrationLock = 0x63706d69 // "cpmi"

// ErrSchemaOutdated says that the database has not all migrations of this binary.
var ErrSchemaOutdated = errors.New("the database schema is older than this binary: run `creditpocket migrate`")

// Migrate brings the database at url to this binary's schema and returns the names of the migrations it applied. It is
// safe for several processes at once: an advisory lock on a connection of its own guards bun's lock table, whose row a
// crash would otherwise leave behind for ever.
func Migrate(ctx context.Context, url string, log *slog.Logger) ([]string, error) {
	config, err := pgx.ParseConfig(url)
	if err != nil {
		return nil, redactedURLError(err)
	}
	config.DefaultQueryExecMode = pgx.QueryExecModeSimpleProtocol
	// A lock of a session means nothing behind a pooler, which refuses this parameter and is found out by it.
	config.RuntimeParams["lock_timeout"] = "0"
	guard, err := pgx.ConnectConfig(ctx, config)
	if err != nil {
		if viaPooler(err) == ErrPooler {
			return nil, ErrPooler
		}
		return nil, fromDB(err)
	}
	defer guard.Close(context.WithoutCancel(ctx))
	if _, err := guard.Exec(ctx, fmt.Sprintf("SELECT pg_advisory_lock(%d)", migrationLock)); err != nil {
		return nil, fromDB(err)
	}

	sqldb := stdlib.OpenDB(*config)
	db := bun.NewDB(sqldb, pgdialect.New())
	defer db.Close()
	migrator, err := newMigrator(db)
	if err != nil {
		return nil, err
	}
	if err := migrator.Init(ctx); err != nil {
		return nil, fmt.Errorf("prepare the migration tables: %w", err)
	}
	// Under the advisory lock nobody else holds bun's own lock: a row there is what a crash left.
	_ = migrator.Unlock(ctx)
	group, err := migrator.Migrate(ctx)
	if err != nil {
		return nil, fmt.Errorf("migrate: %w", err)
	}
	var applied []string
	for _, m := range group.Migrations.Applied() {
		applied = append(applied, m.Name+"_"+m.Comment)
	}
	riverApplied, err := migrateRiver(ctx, url, log)
	if err != nil {
		return nil, fmt.Errorf("migrate the job tables: %w", err)
	}
	applied = append(applied, riverApplied...)
	if err := writeStateTable(ctx, db); err != nil {
		return applied, err
	}
	if err := buildWall(ctx, db); err != nil {
		return applied, err
	}
	return applied, plantSchema(ctx, db)
}

func newMigrator(db *bun.DB) (*migrate.Migrator, error) {
	set := migrate.NewMigrations()
	sub, err := fs.Sub(migrationFiles, "migrations")
	if err != nil {
		return nil, err
	}
	if err := set.Discover(sub); err != nil {
		return nil, err
	}
	return migrate.NewMigrator(db, set, migrate.WithMarkAppliedOnSuccess(true)), nil
}

func migrateRiver(ctx context.Context, url string, log *slog.Logger) ([]string, error) {
	pool, err := pgxpool.New(ctx, url)
	if err != nil {
		return nil, redactedURLError(err)
	}
	defer pool.Close()
	m, err := rivermigrate.New(riverpgxv5.New(pool), &rivermigrate.Config{Logger: quiet(log)})
	if err != nil {
		return nil, err
	}
	result, err := m.Migrate(ctx, rivermigrate.DirectionUp, nil)
	if err != nil {
		return nil, err
	}
	var applied []string
	for _, v := range result.Versions {
		applied = append(applied, fmt.Sprintf("jobs_%03d_%s", v.Version, strings.ReplaceAll(v.Name, " ", "_")))
	}
	return applied, nil
}

// writeStateTable makes the database's table of loan states and moves equal to the code's, which is the single source.
func writeStateTable(ctx context.Context, db *bun.DB) error {
	return db.RunInTx(ctx, nil, func(ctx context.Context, tx bun.Tx) error {
		for _, s := range lending.States() {
			if _, err := tx.NewRaw(`INSERT INTO loan_states (code, name, is_open) VALUES (?, ?, ?)
				ON CONFLICT (code) DO UPDATE SET name = excluded.name, is_open = excluded.is_open`,
				int(s.State), s.Name, s.State.Open()).Exec(ctx); err != nil {
				return err
			}
		}
		if _, err := tx.NewRaw(`DELETE FROM loan_transitions`).Exec(ctx); err != nil {
			return err
		}
		for _, m := range lending.Transitions() {
			if _, err := tx.NewRaw(`INSERT INTO loan_transitions (from_code, to_code, trigger) VALUES (?, ?, ?)`,
				int(m.From), int(m.To), string(m.Trigger)).Exec(ctx); err != nil {
				return err
			}
		}
		return nil
	})
}

// CheckSchema returns ErrSchemaOutdated where a migration of this binary is missing, ErrPooler, or UNAVAILABLE.
func (s *Store) CheckSchema(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	migrator, err := newMigrator(s.db)
	if err != nil {
		return err
	}
	missing, err := migrator.MigrationsWithStatus(ctx)
	if err != nil {
		if strings.Contains(err.Error(), "42P01") {
			return ErrSchemaOutdated
		}
		if viaPooler(err) == ErrPooler {
			return ErrPooler
		}
		return fromDB(err)
	}
	if len(missing.Unapplied()) > 0 {
		return ErrSchemaOutdated
	}
	return nil
}

// MigrationsKey names the schema: a hash over all migration files, under which tests keep template databases.
func MigrationsKey() string {
	h := sha256.New()
	_ = fs.WalkDir(migrationFiles, ".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		content, err := migrationFiles.ReadFile(path)
		fmt.Fprintf(h, "%s %d\n%s\n", path, len(content), content)
		return err
	})
	fmt.Fprintf(h, "%s %v %v\n", wallSQL, appendOnly, shared)
	for _, m := range lending.Transitions() {
		fmt.Fprintf(h, "%d>%d %s\n", m.From, m.To, m.Trigger)
	}
	return hex.EncodeToString(h.Sum(nil))[:16]
}
