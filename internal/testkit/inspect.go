package testkit

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

// inspected bounds one look into a database.
const inspected = 30 * time.Second

// withConn runs work on a connection of its own, which no pool of the server under test knows.
func withConn(t testing.TB, url string, work func(ctx context.Context, conn *pgx.Conn) error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), inspected)
	defer cancel()
	conn, err := pgx.Connect(ctx, url)
	if err != nil {
		t.Fatalf("testkit: %v", err)
	}
	defer conn.Close(ctx)
	if err := work(ctx, conn); err != nil {
		t.Fatalf("testkit: %v", err)
	}
}

// Exec changes a test's database behind the back of the server: for states that no request leads to.
func Exec(t testing.TB, url, sql string, args ...any) {
	t.Helper()
	withConn(t, url, func(ctx context.Context, conn *pgx.Conn) error {
		// What a test does to many tables at once may cross what the server does meanwhile. PostgreSQL ends the one that has waited for its
		// deadlock_timeout first: the server, which begins its transaction again. Only a superuser may say so.
		if _, err := conn.Exec(ctx, `SELECT set_config('deadlock_timeout', '1min', false) FROM pg_roles WHERE rolname = current_user AND rolsuper`); err != nil {
			return err
		}
		_, err := conn.Exec(ctx, sql, args...)
		return err
	})
}

// TryExec is Exec that returns what the database says against it.
func TryExec(t testing.TB, url, sql string, args ...any) (refused error) {
	t.Helper()
	withConn(t, url, func(ctx context.Context, conn *pgx.Conn) error {
		_, refused = conn.Exec(ctx, sql, args...)
		return nil
	})
	return refused
}

// Texts reads the first column of a query, as text.
func Texts(t testing.TB, url, sql string, args ...any) (all []string) {
	t.Helper()
	withConn(t, url, func(ctx context.Context, conn *pgx.Conn) error {
		rows, err := conn.Query(ctx, sql, args...)
		if err != nil {
			return err
		}
		all, err = pgx.CollectRows(rows, pgx.RowTo[string])
		return err
	})
	return all
}

// Checksums tells the state of every table of the public schema: equal sums, equal rows. Not counted is what changes by
// itself: River's own bookkeeping, the sweeps and the daily run among its jobs, counters of limits, the
// places that the sealer gives to the audit trail's entries, and when a session was last seen.
func Checksums(t testing.TB, url string) map[string]string {
	t.Helper()
	sums := map[string]string{}
	tables := Texts(t, url, `SELECT tablename::text FROM pg_tables WHERE schemaname = 'public' ORDER BY 1`)
	withConn(t, url, func(ctx context.Context, conn *pgx.Conn) error {
		for _, table := range tables {
			row, where := "t.*", ""
			switch {
			case table == "river_job":
				row, where = "t.id, t.kind, t.args", "WHERE t.kind NOT LIKE '%.sweep' AND t.kind <> 'daily.run'"
			case table == "rate_limits", table == "daily_runs", table == "audit_seals", table == "audit_head", strings.HasPrefix(table, "river_"):
				continue
			case table == "sessions":
				row = "t.id, t.borrower_id, t.token_hash, t.revoked_at"
			}
			var sum string
			if err := conn.QueryRow(ctx, fmt.Sprintf(`SELECT count(*) || ' rows ' || coalesce(md5(string_agg(h, '' ORDER BY h)), '')
				FROM (SELECT md5(ROW(%s)::text) AS h FROM %s t %s) x`, row, quote(table), where)).Scan(&sum); err != nil {
				return fmt.Errorf("%s: %w", table, err)
			}
			sums[table] = sum
		}
		return nil
	})
	return sums
}
