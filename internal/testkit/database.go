package testkit

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// Database returns the URL of a fresh database for this test, dropped when the test ends. It is a copy of a template
// that migrate filled once for the given key: pass the hash of the migrations, so that a changed migration makes a new
// template. migrate must close its connections. Costs 10 to 30 ms.
func Database(t testing.TB, migrate func(ctx context.Context, url string) error, key string) string {
	t.Helper()
	s, err := connected()
	if err != nil {
		t.Fatal(err)
	}
	template, err := s.template(t.Context(), migrate, key)
	if err != nil {
		t.Fatalf("testkit: template database: %v", err)
	}
	name := databaseName(t.Name())
	if err := s.clone(t.Context(), template, name); err != nil {
		t.Fatalf("testkit: database: %v", err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
		defer cancel()
		if _, err := s.pool.Exec(ctx, "DROP DATABASE IF EXISTS "+quote(name)+" WITH (FORCE)"); err != nil {
			t.Errorf("testkit: %v", err)
		}
	})
	return s.url(name)
}

func quote(name string) string { return pgx.Identifier{name}.Sanitize() }

// databaseName is readable in pg_stat_activity and unique on the server.
func databaseName(test string) string {
	short := strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= '0' && r <= '9' {
			return r
		}
		return '_'
	}, strings.ToLower(test))
	return fmt.Sprintf("t_%.40s_%s", short, strings.ToLower(rand.Text()[:12]))
}

// url is the server's URL with another database.
func (s *server) url(database string) string {
	u, err := url.Parse(s.pool.Config().ConnString())
	if err != nil { // a "host=... dbname=..." string of TEST_DATABASE_URL: the last of two settings holds
		return s.pool.Config().ConnString() + " dbname=" + database
	}
	if u.Scheme == "" {
		return s.pool.Config().ConnString() + " dbname=" + database
	}
	u.Path = "/" + database
	return u.String()
}

// template returns the name of the template for key, filling it if no process has done so.
func (s *server) template(ctx context.Context, migrate func(context.Context, string) error, key string) (string, error) {
	sum := sha256.Sum256([]byte(key))
	name := "tpl_" + hex.EncodeToString(sum[:8])
	if _, known := s.templates.Load(name); known {
		return name, nil
	}
	conn, err := s.pool.Acquire(ctx)
	if err != nil {
		return "", err
	}
	defer conn.Release()
	// Test processes start together: one fills the template, the others wait for it.
	if _, err := conn.Exec(ctx, "SELECT pg_advisory_lock(hashtextextended($1, 0))", name); err != nil {
		return "", err
	}
	defer func() {
		if _, err := conn.Exec(context.WithoutCancel(ctx), "SELECT pg_advisory_unlock(hashtextextended($1, 0))", name); err != nil {
			_ = conn.Conn().Close(context.WithoutCancel(ctx)) // the lock ends with its session
		}
	}()
	var whole, exists bool
	err = conn.QueryRow(ctx, "SELECT coalesce(bool_or(datistemplate), false), count(*) > 0 FROM pg_database WHERE datname = $1", name).Scan(&whole, &exists)
	if err != nil {
		return "", err
	}
	if !whole {
		if exists { // its process died while filling it
			if _, err := conn.Exec(ctx, "DROP DATABASE "+quote(name)+" WITH (FORCE)"); err != nil {
				return "", err
			}
		}
		if err := s.fill(ctx, conn.Conn(), migrate, name); err != nil {
			return "", err
		}
	}
	s.templates.Store(name, true)
	return name, nil
}

// fill makes the template. Marking it as one comes last: it says that the template is whole.
func (s *server) fill(ctx context.Context, conn *pgx.Conn, migrate func(context.Context, string) error, name string) error {
	if _, err := conn.Exec(ctx, "CREATE DATABASE "+quote(name)+" TEMPLATE template0 ENCODING 'UTF8' LC_COLLATE 'C' LC_CTYPE 'C'"); err != nil {
		return err
	}
	if err := migrate(ctx, s.url(name)); err != nil {
		return fmt.Errorf("migrate: %w", err)
	}
	for _, sql := range []string{
		"ALTER DATABASE " + quote(name) + " ALLOW_CONNECTIONS false",
		"ALTER DATABASE " + quote(name) + " IS_TEMPLATE true",
	} {
		if _, err := conn.Exec(ctx, sql); err != nil {
			return err
		}
	}
	return nil
}

// clone copies the template. FILE_COPY copies files instead of logging every page: three times faster for a database
// of a few megabytes.
func (s *server) clone(ctx context.Context, template, name string) error {
	sql := "CREATE DATABASE " + quote(name) + " TEMPLATE " + quote(template) + " STRATEGY FILE_COPY"
	for began := time.Now(); ; {
		_, err := s.pool.Exec(ctx, sql)
		pe, ok := errors.AsType[*pgconn.PgError](err)
		inUse := ok && pe.Code == "55006" // a session of migrate that is just ending
		if !inUse || time.Since(began) > 10*time.Second {
			return err
		}
		time.Sleep(20 * time.Millisecond)
	}
}
