package testkit

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/creditpocket/creditpocket/internal/store/pglocal"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

// fillBorrowers stands for a set of migrations.
func fillBorrowers(ctx context.Context, url string) error {
	conn, err := pgx.Connect(ctx, url)
	if err != nil {
		return err
	}
	defer conn.Close(ctx)
	if log := os.Getenv("TESTKIT_MIGRATIONS"); log != "" {
		f, err := os.OpenFile(log, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
		if err != nil {
			return err
		}
		defer f.Close()
		fmt.Fprintln(f, "migrated")
	}
	_, err = conn.Exec(ctx, "CREATE TABLE borrower (id bigint PRIMARY KEY); INSERT INTO borrower SELECT generate_series(1, 1000)")
	return err
}

func key() string { return "testkit's own " + os.Getenv("TESTKIT_KEY") }

func count(t *testing.T, url string) (n int) {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(context.Background())
	if err := conn.QueryRow(t.Context(), "SELECT count(*) FROM borrower").Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

func exec1(t *testing.T, url, sql string) {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(context.Background())
	if _, err := conn.Exec(t.Context(), sql); err != nil {
		t.Fatal(err)
	}
}

// The tests below also run this one in other processes.
func TestDatabaseIsFreshAndOwn(t *testing.T) {
	first := Database(t, fillBorrowers, key())
	exec1(t, first, "DELETE FROM borrower WHERE id > 10")
	second := Database(t, fillBorrowers, key())
	if a, b := count(t, first), count(t, second); a != 10 || b != 1000 {
		t.Errorf("%d and %d borrowers, want 10 and 1000", a, b)
	}
	var took time.Duration
	const clones = 10
	for range clones {
		began := time.Now()
		Database(t, fillBorrowers, key())
		took += time.Since(began)
	}
	t.Logf("a database takes %v", (took / clones).Round(100*time.Microsecond))
	if report := os.Getenv("TESTKIT_REPORT"); report != "" {
		if err := os.WriteFile(report, []byte(first), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if os.Getenv("TESTKIT_HANG") != "" {
		time.Sleep(time.Minute) // until killed
	}
}

func TestDatabaseIsDroppedAfterItsTest(t *testing.T) {
	var url string
	t.Run("uses one", func(t *testing.T) {
		url = Database(t, fillBorrowers, key())
		pool, err := pgxpool.New(t.Context(), url) // left open: the drop must not wait for it
		if err != nil {
			t.Fatal(err)
		}
		if err := pool.Ping(t.Context()); err != nil {
			t.Fatal(err)
		}
	})
	conn, err := pgx.Connect(t.Context(), url)
	if err == nil {
		conn.Close(t.Context())
	}
	if err == nil || !strings.Contains(err.Error(), "3D000") {
		t.Errorf("the database is still there: %v", err)
	}
}

func TestParallelTestsShareNothing(t *testing.T) {
	var mu sync.Mutex
	seen := map[string]bool{}
	for i := range 8 {
		t.Run(fmt.Sprint(i), func(t *testing.T) {
			t.Parallel()
			url := Database(t, fillBorrowers, key())
			exec1(t, url, "DELETE FROM borrower WHERE id = 1")
			if n := count(t, url); n != 999 {
				t.Errorf("%d borrowers", n)
			}
			mu.Lock()
			defer mu.Unlock()
			if seen[url] {
				t.Error("handed out twice")
			}
			seen[url] = true
		})
	}
}

// privateServer is the template logic over a cluster of its own.
func privateServer(t *testing.T) *server {
	t.Helper()
	pool, err := pgxpool.New(t.Context(), PrivateCluster(t).URLFor("postgres"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(pool.Close)
	return &server{pool: pool}
}

func TestUnfinishedTemplateIsMadeAnew(t *testing.T) {
	s := privateServer(t)
	broken := errors.New("migration 7 is broken")
	name := ""
	_, err := s.template(t.Context(), func(ctx context.Context, u string) error {
		parsed, err := url.Parse(u)
		if err != nil {
			return err
		}
		name = strings.TrimPrefix(parsed.Path, "/")
		return errors.Join(fillBorrowers(ctx, u), broken)
	}, "k")
	if !errors.Is(err, broken) {
		t.Fatalf("%v", err)
	}
	var there int
	if err := s.pool.QueryRow(t.Context(), "SELECT count(*) FROM pg_database WHERE datname = $1", name).Scan(&there); err != nil || there != 1 {
		t.Fatalf("nothing half-made to recover from: %d, %v", there, err)
	}
	got, err := s.template(t.Context(), fillBorrowers, "k")
	if err != nil || got != name {
		t.Fatalf("%q, %v; want %q", got, err, name)
	}
	if err := s.clone(t.Context(), got, "copy"); err != nil {
		t.Fatal(err)
	}
	if n := count(t, s.url("copy")); n != 1000 {
		t.Errorf("%d borrowers", n)
	}
	if other, err := s.template(t.Context(), fillBorrowers, "k2"); err != nil || other == name {
		t.Errorf("another key gave %q, %v", other, err)
	}
}

func TestPrivateClusterSurvivesKill(t *testing.T) {
	c := PrivateCluster(t)
	if err := fillBorrowers(t.Context(), c.URL()); err != nil {
		t.Fatal(err)
	}
	exec1(t, c.URL(), "DELETE FROM borrower WHERE id > 500")
	if err := c.Kill(t.Context()); err != nil {
		t.Fatal(err)
	}
	if conn, err := pgx.Connect(t.Context(), c.URL()); err == nil {
		conn.Close(t.Context())
		t.Error("it answers after Kill")
	}
	if err := c.Restart(t.Context()); err != nil {
		t.Fatal(err)
	}
	if n := count(t, c.URL()); n != 500 {
		t.Errorf("%d borrowers", n)
	}
}

func TestServerURLForms(t *testing.T) {
	for given, want := range map[string]string{
		"postgres://u:p@127.0.0.1:5/postgres?sslmode=disable":          "postgres://u:p@127.0.0.1:5/x?sslmode=disable",
		"host=127.0.0.1 port=5 user=u password=p dbname=postgres":      "host=127.0.0.1 port=5 user=u password=p dbname=postgres dbname=x",
		"postgresql://u:p@127.0.0.1:5/?pool_max_conns=4&sslmode=allow": "postgresql://u:p@127.0.0.1:5/x?pool_max_conns=4&sslmode=allow",
	} {
		config, err := pgxpool.ParseConfig(given)
		if err != nil {
			t.Fatal(err)
		}
		pool, err := pgxpool.NewWithConfig(t.Context(), config)
		if err != nil {
			t.Fatal(err)
		}
		got := (&server{pool: pool}).url("x")
		pool.Close()
		if got != want {
			t.Errorf("%s gave %s", given, got)
		}
		if c, err := pgx.ParseConfig(got); err != nil || c.Database != "x" {
			t.Errorf("%s does not lead to x: %v", got, err)
		}
	}
}

// otherRun is `go test` of another checkout: same binary, other directory, so a scratch directory and server of its own.
type otherRun struct {
	t   *testing.T
	dir string
}

func newRun(t *testing.T) otherRun {
	r := otherRun{t: t, dir: t.TempDir()}
	t.Cleanup(func() {
		for _, how := range []string{"auto", "local", "docker"} {
			r.awaitReaper(scratchDir(how, r.dir))
		}
	})
	return r
}

// awaitReaper removes what no later run will come back to.
func (r otherRun) awaitReaper(scratch string) {
	if _, err := os.Stat(scratch); err != nil {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	watch, err := pglocal.AcquireLock(ctx, filepath.Join(scratch, "reaper.lock"), false)
	if err != nil {
		r.t.Error(err)
		return
	}
	defer watch.Release()
	if said, err := os.ReadFile(filepath.Join(scratch, "reaper.error")); err == nil {
		r.t.Errorf("the reaper failed: %s", said)
	}
	if err := os.RemoveAll(scratch); err != nil {
		r.t.Error(err)
	}
}

func (r otherRun) command(out *bytes.Buffer, env ...string) *exec.Cmd {
	cmd := exec.Command(os.Args[0], "-test.run=^TestDatabaseIsFreshAndOwn$", "-test.v")
	cmd.Dir = r.dir
	cmd.Env = append(os.Environ(), "TEST_DATABASE_URL=", "CP_TEST_POSTGRES=local", "TESTKIT_REPORT="+filepath.Join(r.dir, "report"))
	cmd.Env = append(cmd.Env, env...)
	cmd.Stdout, cmd.Stderr = out, out
	return cmd
}

// reported waits for the process's first database.
func (r otherRun) reported() string {
	r.t.Helper()
	var text []byte
	within(r.t, 30*time.Second, "the other process reports", func() bool {
		text, _ = os.ReadFile(filepath.Join(r.dir, "report"))
		return len(text) > 0
	})
	return string(text)
}

func within(t *testing.T, limit time.Duration, what string, cond func() bool) {
	t.Helper()
	for end := time.Now().Add(limit); !cond(); time.Sleep(50 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("not within %v: %s", limit, what)
		}
	}
}

func hostOf(t *testing.T, text string) string {
	t.Helper()
	u, err := url.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	return u.Host
}

func listens(host string) bool {
	conn, err := net.DialTimeout("tcp", host, time.Second)
	if err == nil {
		conn.Close()
	}
	return err == nil
}

func TestProcessesShareOneServerAndOneMigration(t *testing.T) {
	r := newRun(t)
	log := filepath.Join(r.dir, "migrations")
	var wg sync.WaitGroup
	reports := make([]string, 3)
	for i := range reports {
		wg.Go(func() {
			var out bytes.Buffer
			reports[i] = filepath.Join(r.dir, fmt.Sprint("report", i))
			if err := r.command(&out, "TESTKIT_MIGRATIONS="+log, "TESTKIT_REPORT="+reports[i]).Run(); err != nil {
				t.Errorf("%v\n%s", err, out.String())
			}
		})
	}
	wg.Wait()
	hosts := map[string]bool{}
	for _, report := range reports {
		text, err := os.ReadFile(report)
		if err != nil {
			t.Fatal(err)
		}
		hosts[hostOf(t, string(text))] = true
	}
	migrations, err := os.ReadFile(log)
	if err != nil || len(hosts) != 1 || string(migrations) != "migrated\n" {
		t.Errorf("%d servers, migrations %q, %v", len(hosts), migrations, err)
	}
	for host := range hosts {
		within(t, 30*time.Second, "the server ends after the last process", func() bool { return !listens(host) })
	}
}

// Killed test processes run no cleanup; the reaper does.
func TestNothingIsLeftBehindByKilledProcesses(t *testing.T) {
	r := newRun(t)
	var out1, out2 bytes.Buffer
	first := r.command(&out1, "TESTKIT_HANG=1")
	if err := first.Start(); err != nil {
		t.Fatal(err)
	}
	host := hostOf(t, r.reported())
	if err := first.Process.Kill(); err != nil { // it started the server
		t.Fatal(err)
	}
	_ = first.Wait()
	if err := os.Remove(filepath.Join(r.dir, "report")); err != nil {
		t.Fatal(err)
	}
	second := r.command(&out2, "TESTKIT_HANG=1")
	if err := second.Start(); err != nil {
		t.Fatal(err)
	}
	if again := hostOf(t, r.reported()); again != host {
		t.Errorf("the second process has server %s, the first had %s", again, host)
	}
	time.Sleep((reapAfter + 4) * reapEvery)
	if !listens(host) {
		t.Error("the server was taken from a living process")
	}
	if err := second.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = second.Wait()
	within(t, 30*time.Second, "the server ends after the last process", func() bool { return !listens(host) })
	scratch := scratchDir("local", r.dir)
	within(t, 10*time.Second, "its files are gone", func() bool {
		left, _ := filepath.Glob(filepath.Join(scratch, "*"))
		for _, file := range left {
			if filepath.Ext(file) != ".lock" {
				return false
			}
		}
		return len(left) > 0
	})
}

func TestWithoutPostgresTestsFail(t *testing.T) {
	for name, tc := range map[string]struct {
		env []string
		say string
	}{
		"no URL":      {[]string{"CP_TEST_POSTGRES=url"}, "TEST_DATABASE_URL is empty"},
		"no programs": {[]string{"CP_TEST_POSTGRES=local", "PG_BIN_DIR=/nowhere", "CI=true"}, "PG_BIN_DIR"},
		"no engine":   {[]string{"CP_TEST_POSTGRES=docker", "DOCKER_HOST=unix:///nowhere.sock"}, "no Docker engine answers"},
		"no such way": {[]string{"CP_TEST_POSTGRES=sqlite"}, "want auto, url, docker or local"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var out bytes.Buffer
			err := newRun(t).command(&out, tc.env...).Run()
			var exit *exec.ExitError
			if !errors.As(err, &exit) || !strings.Contains(out.String(), tc.say) || !strings.Contains(out.String(), "--- FAIL") {
				t.Errorf("%v\n%s", err, out.String())
			}
		})
	}
}

func TestGivenURL(t *testing.T) {
	c := PrivateCluster(t)
	r := newRun(t)
	var out bytes.Buffer
	if err := r.command(&out, "CP_TEST_POSTGRES=", "TEST_DATABASE_URL="+c.URLFor("postgres")).Run(); err != nil {
		t.Fatalf("%v\n%s", err, out.String())
	}
	if host := hostOf(t, r.reported()); host != hostOf(t, c.URL()) {
		t.Errorf("the tests ran on %s", host)
	}
}

// Where a Docker engine answers, the container path runs for real.
func TestContainerPath(t *testing.T) {
	if !engineAnswers(t.Context(), 5*time.Second) {
		var out bytes.Buffer
		began := time.Now()
		if err := newRun(t).command(&out, "CP_TEST_POSTGRES=auto").Run(); err != nil {
			t.Errorf("auto without an engine: %v after %v\n%s", err, time.Since(began), out.String())
		}
		return
	}
	r := newRun(t)
	for _, how := range []string{"docker", "docker"} { // made, then found
		var out bytes.Buffer
		began := time.Now()
		if err := r.command(&out, "CP_TEST_POSTGRES="+how).Run(); err != nil {
			t.Fatalf("%v\n%s", err, out.String())
		}
		t.Logf("%s: %v", how, time.Since(began))
	}
	host := hostOf(t, r.reported())
	within(t, 60*time.Second, "the container ends after the last process", func() bool { return !listens(host) })
}
