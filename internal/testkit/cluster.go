// Package testkit gives every test a PostgreSQL database of its own. Tests only.
//
// One server serves all test processes of a `go test ./...` run. Where it comes from is chosen by CP_TEST_POSTGRES:
//
//	auto    (default) TEST_DATABASE_URL if set, else a container if a Docker engine answers within a second, else
//	        programs of this machine
//	url     TEST_DATABASE_URL only: the URL of a superuser, or of a role with CREATEDB, on PostgreSQL 15 or newer
//	docker  a container through testcontainers-go only
//	local   programs of this machine (or PG_BIN_DIR) through internal/store/pglocal only
//
// With none of them a test fails; it never skips. With CI set nothing is downloaded.
//
// The server keeps its data in memory where it can (/dev/shm) and writes without fsync. The first test process starts
// it, the others find it in a scratch directory of this user and this checkout, and a small process of its own (see
// reaper.go) stops it a few seconds after the last test process ended, however that one ended.
package testkit

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/creditpocket/creditpocket/internal/store/pglocal"
	"github.com/jackc/pgx/v5/pgxpool"
)

// PrivateCluster starts a cluster for this test alone, to be stopped, killed (Cluster.Kill) and started again
// (Cluster.Restart) at will. A commit it has acknowledged survives a kill, unlike in the shared one; nothing survives
// the test.
func PrivateCluster(t testing.TB) *pglocal.Cluster {
	t.Helper()
	s, err := entered()
	if err != nil {
		t.Fatal(err)
	}
	dir, err := s.private()
	if err != nil {
		t.Fatal(err)
	}
	o := localOptions(dir)
	o.NoDocker = false
	o.Settings["synchronous_commit"] = "on"
	c, err := pglocal.Start(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
		defer cancel()
		if err := errors.Join(c.Stop(ctx), os.RemoveAll(dir)); err != nil {
			t.Error(err)
		}
	})
	return c
}

// What this process holds of the machine: its place among the test processes, and its connections to their server.
// They are process-wide because test processes share the server, and made on first use because most need none.
var (
	entered   = sync.OnceValues(enter)
	connected = sync.OnceValues(connect)
)

// server is the shared server as one test process sees it.
type server struct {
	pool      *pgxpool.Pool // to the database "postgres"
	templates sync.Map      // name -> true, once known to be whole
}

func connect() (*server, error) {
	ctx, cancel := context.WithTimeout(context.Background(), 3*time.Minute)
	defer cancel()
	url, err := serverURL(ctx)
	if err != nil {
		return nil, fmt.Errorf("testkit: no PostgreSQL for the tests: %w", err)
	}
	config, err := pgxpool.ParseConfig(url)
	if err != nil {
		return nil, fmt.Errorf("testkit: %w", err)
	}
	config.MaxConns = 4
	pool, err := pgxpool.NewWithConfig(ctx, config)
	if err != nil {
		return nil, fmt.Errorf("testkit: %w", err)
	}
	return &server{pool: pool}, nil
}

func choice() (string, error) {
	switch c := os.Getenv("CP_TEST_POSTGRES"); c {
	case "":
		return "auto", nil
	case "auto", "url", "docker", "local":
		return c, nil
	default:
		return "", fmt.Errorf("testkit: CP_TEST_POSTGRES is %q, want auto, url, docker or local", c)
	}
}

func serverURL(ctx context.Context) (string, error) {
	how, err := choice()
	if err != nil {
		return "", err
	}
	url := os.Getenv("TEST_DATABASE_URL")
	switch {
	case url != "" && (how == "auto" || how == "url"):
		return url, nil
	case how == "url":
		return "", errors.New("CP_TEST_POSTGRES is url and TEST_DATABASE_URL is empty")
	}
	s, err := entered()
	if err != nil {
		return "", err
	}
	return s.serve(ctx, how)
}

// scratch is the directory that the test processes of one user on one checkout share.
type scratch struct {
	dir   string
	users *pglocal.Lock // shared; held for as long as this process lives
}

func (s *scratch) file(name string) string { return filepath.Join(s.dir, name) }

// enter joins the test processes and makes sure that somebody cleans up behind the last of them.
func enter() (*scratch, error) {
	how, err := choice()
	if err != nil {
		return nil, err
	}
	wd, err := os.Getwd()
	if err != nil {
		return nil, fmt.Errorf("testkit: %w", err)
	}
	s := &scratch{dir: scratchDir(how, wd)}
	if err := s.make(); err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	gate, err := pglocal.AcquireLock(ctx, s.file("gate.lock"), false)
	if err != nil {
		return nil, fmt.Errorf("testkit: %w", err)
	}
	defer gate.Release()
	if s.users, err = pglocal.AcquireLock(ctx, s.file("users.lock"), true); err != nil {
		return nil, fmt.Errorf("testkit: %w", err)
	}
	return s, s.callReaper()
}

// scratchDir names the scratch directory of the checkout that wd is in. Another way to a server is another one, so that
// two runs at once do not take each other's.
func scratchDir(how, wd string) string {
	base := ramDir()
	if base == "" {
		base = os.TempDir()
	}
	sum := sha256.Sum256([]byte(moduleRoot(wd) + "\n" + how))
	return filepath.Join(base, fmt.Sprintf("creditpocket-test-%d-%s", os.Getuid(), hex.EncodeToString(sum[:4])))
}

// moduleRoot is the directory with go.mod at or above dir.
func moduleRoot(dir string) string {
	for d := dir; ; d = filepath.Dir(d) {
		if _, err := os.Stat(filepath.Join(d, "go.mod")); err == nil {
			return d
		}
		if d == filepath.Dir(d) {
			return dir
		}
	}
}

// make makes the directory. 0711: root's server runs under another account and must pass through.
func (s *scratch) make() error {
	if err := os.Mkdir(s.dir, 0o711); err != nil && !errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("testkit: %w", err)
	}
	info, err := os.Lstat(s.dir)
	if err != nil {
		return fmt.Errorf("testkit: %w", err)
	}
	if !info.IsDir() || !mine(info) {
		return fmt.Errorf("testkit: %s belongs to somebody else", s.dir)
	}
	return os.Chmod(s.dir, 0o711)
}

func (s *scratch) private() (string, error) {
	if err := os.MkdirAll(s.file("private"), 0o711); err != nil {
		return "", fmt.Errorf("testkit: %w", err)
	}
	dir, err := os.MkdirTemp(s.file("private"), "")
	if err == nil {
		err = os.Chmod(dir, 0o711)
	}
	if err != nil {
		return "", fmt.Errorf("testkit: %w", err)
	}
	return dir, nil
}

// serve returns the URL of the shared server's database "postgres", starting the server if it does not run.
func (s *scratch) serve(ctx context.Context, how string) (string, error) {
	gate, err := pglocal.AcquireLock(ctx, s.file("gate.lock"), false)
	if err != nil {
		return "", err
	}
	defer gate.Release()
	if text, err := os.ReadFile(s.file("server")); err == nil {
		url := strings.TrimSpace(string(text))
		if answers(ctx, url) {
			return url, nil
		}
	}
	var url string
	var refused error
	switch {
	case how == "docker" && !engineAnswers(ctx, 15*time.Second):
		return "", errors.New("CP_TEST_POSTGRES is docker and no Docker engine answers")
	case how == "docker", how == "auto" && engineAnswers(ctx, time.Second):
		// Said before it is true: the reaper must know of a container whose starter is killed on the way.
		if err := os.WriteFile(s.file("container"), []byte(s.containerName()+"\n"), 0o600); err != nil {
			return "", err
		}
		url, refused = startContainer(ctx, s.containerName())
	}
	if url == "" && how != "docker" {
		o := localOptions(s.file("pg"))
		o.Detached = true
		c, err := pglocal.Start(ctx, o)
		if err != nil {
			return "", errors.Join(err, refused)
		}
		url, refused = c.URLFor("postgres"), nil
	}
	if refused != nil {
		return "", refused
	}
	return url, os.WriteFile(s.file("server"), []byte(url+"\n"), 0o600)
}

func (s *scratch) containerName() string { return filepath.Base(s.dir) }

func answers(ctx context.Context, url string) bool {
	ctx, cancel := context.WithTimeout(ctx, 2*time.Second)
	defer cancel()
	pool, err := pgxpool.New(ctx, url)
	if err != nil {
		return false
	}
	defer pool.Close()
	return pool.Ping(ctx) == nil
}

// testSettings fit many short-lived databases: no background vacuum to wait for, a log that serves no replica.
func testSettings() map[string]string {
	return map[string]string{
		"max_connections": "600", "shared_buffers": "128MB", "autovacuum": "off", "jit": "off",
		"wal_level": "minimal", "max_wal_senders": "0", "checkpoint_timeout": "1h",
		// Shared memory in files of the data directory: a killed server leaves nothing outside of it.
		"dynamic_shared_memory_type": "mmap",
		"fsync":                      "off", "synchronous_commit": "off", "full_page_writes": "off",
	}
}

func localOptions(dir string) pglocal.Options {
	return pglocal.Options{
		DataDir: dir, DatabaseName: "test", BinDir: os.Getenv("PG_BIN_DIR"), Fast: true, Settings: testSettings(),
		NoDownload: os.Getenv("CI") != "", NoDocker: true, Log: slog.New(announcements{}),
	}
}
