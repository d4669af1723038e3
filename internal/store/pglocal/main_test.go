package pglocal

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

// The test binary plays three parts: the tests, another process that starts a cluster, and a container engine.
func TestMain(m *testing.M) {
	switch os.Getenv("PGLOCAL_TEST_PART") {
	case "process":
		os.Exit(otherProcess())
	case "engine":
		os.Exit(fakeEngine(os.Args[1:]))
	}
	os.Exit(m.Run())
}

// otherProcess starts the cluster of PGLOCAL_TEST_DIR, tells "pid port adopted", and stops it when its input ends.
func otherProcess() int {
	signal.Ignore(os.Interrupt)
	ctx := context.Background()
	c, err := Start(ctx, Options{
		DataDir: os.Getenv("PGLOCAL_TEST_DIR"), Fast: true, NoDownload: true, NoDocker: true,
		Detached: os.Getenv("PGLOCAL_TEST_DETACHED") != "", Log: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		fmt.Println("error", err)
		return 1
	}
	fmt.Println(c.Pid(), c.Port(), c.Adopted())
	_, _ = io.Copy(io.Discard, os.Stdin)
	if err := c.Stop(ctx); err != nil {
		fmt.Println("error", err)
		return 1
	}
	return 0
}

type child struct {
	t     *testing.T
	cmd   *exec.Cmd
	stdin io.WriteCloser
	out   *bufio.Reader
}

func spawn(t *testing.T, program, dir string, prepare func(*exec.Cmd), env ...string) *child {
	t.Helper()
	cmd := exec.Command(program)
	cmd.Env = append(os.Environ(), append(env, "PGLOCAL_TEST_PART=process", "PGLOCAL_TEST_DIR="+dir)...)
	cmd.Stderr = os.Stderr
	if prepare != nil {
		prepare(cmd)
	}
	stdin, err1 := cmd.StdinPipe()
	stdout, err2 := cmd.StdoutPipe()
	if err := firstError(err1, err2, cmd.Start()); err != nil {
		t.Fatal(err)
	}
	c := &child{t: t, cmd: cmd, stdin: stdin, out: bufio.NewReader(stdout)}
	t.Cleanup(func() {
		stdin.Close()
		if cmd.ProcessState == nil {
			_ = cmd.Wait()
		}
	})
	return c
}

// told waits for the child's report.
func (c *child) told() (pid, port int, adopted bool) {
	c.t.Helper()
	line, err := c.out.ReadString('\n')
	if err != nil || strings.HasPrefix(line, "error") {
		c.t.Fatalf("the other process said %q, %v", line, err)
	}
	if _, err := fmt.Sscan(line, &pid, &port, &adopted); err != nil {
		c.t.Fatalf("%q: %v", line, err)
	}
	return pid, port, adopted
}

func (c *child) kill() {
	c.t.Helper()
	if err := c.cmd.Process.Kill(); err != nil {
		c.t.Fatal(err)
	}
	_ = c.cmd.Wait()
}

func (c *child) finish() error {
	c.stdin.Close()
	return c.cmd.Wait()
}

func firstError(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

// openDir is a scratch directory that the server's account can reach, unlike t.TempDir as root.
func openDir(t *testing.T) string {
	t.Helper()
	base := ""
	if info, err := os.Stat("/dev/shm"); err == nil && info.IsDir() {
		base = "/dev/shm"
	}
	dir, err := os.MkdirTemp(base, "pglocal-test-")
	if err == nil {
		err = os.Chmod(dir, 0o755)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := os.RemoveAll(dir); err != nil {
			t.Error(err)
		}
	})
	return dir
}

func options(dir string) Options {
	return Options{DataDir: dir, Fast: true, NoDownload: true, NoDocker: true, Log: slog.New(slog.DiscardHandler)}
}

func must(t *testing.T, o Options) *Cluster { t.Helper(); return mustOn(t, o, thisHost()) }

func mustOn(t *testing.T, o Options, h host) *Cluster {
	t.Helper()
	c, err := start(t.Context(), o, h)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { stop(t, c) })
	return c
}

func stop(t *testing.T, c *Cluster) {
	t.Helper()
	if err := c.Stop(context.Background()); err != nil {
		t.Error(err)
	}
}

func connect(t *testing.T, url string) *pgx.Conn {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close(context.Background()) })
	return conn
}

func execute(t *testing.T, url, sql string) {
	t.Helper()
	if _, err := connect(t, url).Exec(t.Context(), sql); err != nil {
		t.Fatal(err)
	}
}

func query[T any](t *testing.T, url, sql string) T {
	t.Helper()
	var v T
	if err := connect(t, url).QueryRow(t.Context(), sql).Scan(&v); err != nil {
		t.Fatal(err)
	}
	return v
}

func ping(t *testing.T, url string) error {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), url)
	if err != nil {
		return err
	}
	defer conn.Close(context.Background())
	return conn.Ping(t.Context())
}

// eventually waits for a condition that another process brings about.
func eventually(t *testing.T, what string, cond func() bool) {
	t.Helper()
	for end := time.Now().Add(time.Minute); !cond(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("never happened: %s", what)
		}
	}
}

// ports that would answer tell of a postmaster left behind.
func answering(port int) bool {
	conn, err := net.DialTimeout("tcp4", "127.0.0.1:"+strconv.Itoa(port), time.Second)
	if err == nil {
		conn.Close()
	}
	return err == nil
}

// records collects a cluster's announcements.
type records struct {
	mu   sync.Mutex
	text strings.Builder
}

func (r *records) Write(p []byte) (int, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.text.Write(p)
}

func (r *records) String() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.text.String()
}

func (r *records) logger() *slog.Logger { return slog.New(slog.NewTextHandler(r, nil)) }

func writeFile(t *testing.T, text string, parts ...string) string {
	t.Helper()
	name := filepath.Join(parts...)
	if err := firstError(os.MkdirAll(filepath.Dir(name), 0o755), os.WriteFile(name, []byte(text), 0o600)); err != nil {
		t.Fatal(err)
	}
	return name
}
