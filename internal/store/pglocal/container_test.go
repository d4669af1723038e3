package pglocal

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// A cluster in a container, over an engine played by this binary; and over the real one where root finds it running
// with the image in store.
func TestContainer(t *testing.T) {
	h := host{platform: "plan9/mips", refuge: openDir(t)}
	t.Run("played engine", func(t *testing.T) {
		t.Setenv("PGLOCAL_TEST_PART", "engine")
		t.Setenv("PGLOCAL_TEST_ENGINE", openDir(t))
		t.Setenv("PGLOCAL_TEST_BIN", someBin(t))
		h.docker = os.Args[0]
		testContainer(t, h)
	})
	if exec.Command("docker", "image", "inspect", defaultImage).Run() == nil && os.Geteuid() == 0 {
		t.Run("real engine", func(t *testing.T) {
			h.docker = "docker"
			testContainer(t, h)
		})
	}
}

func testContainer(t *testing.T, h host) {
	o := options(openDir(t))
	o.NoDocker, o.Settings = false, map[string]string{"synchronous_commit": "on"}
	c := mustOn(t, o, h)
	if c.Source() != Container || c.Pid() != 0 {
		t.Errorf("source %q, pid %d", c.Source(), c.Pid())
	}
	execute(t, c.URL(), "CREATE TABLE kept AS SELECT 7 AS kobo")
	if got := query[string](t, c.URL(), "SHOW fsync"); got != "off" {
		t.Errorf("settings did not arrive: fsync %s", got)
	}
	if guest := mustOn(t, o, h); !guest.Adopted() || guest.URL() != c.URL() {
		t.Error("a second start did not adopt the container")
	}
	if err := c.Kill(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := c.Restart(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := query[int](t, c.URL(), "SELECT kobo FROM kept"); got != 7 {
		t.Errorf("read %d", got)
	}
	stop(t, c)
	if answering(c.Port()) {
		t.Error("it answers after Stop")
	}

	gone := h
	gone.docker = "no-such-engine"
	if _, err := start(t.Context(), o, gone); !errors.Is(err, ErrNoPostgres) || !strings.Contains(err.Error(), "lives in a container") {
		t.Errorf("without its engine: %v", err)
	}
	again := mustOn(t, o, h)
	if got := query[int](t, again.URL(), "SELECT kobo FROM kept"); got != 7 {
		t.Errorf("read %d", got)
	}
	stop(t, again)

	// A first start that was cut off: its data is put aside, not deleted.
	cut := options(openDir(t))
	cut.NoDocker = false
	writeFile(t, "initialising\n", cut.DataDir, "container")
	writeFile(t, "half", cut.DataDir, "data", "base", "1")
	stop(t, mustOn(t, cut, h))
	if aside, _ := filepath.Glob(filepath.Join(cut.DataDir, "data.unfinished-*", "base", "1")); len(aside) != 1 {
		t.Errorf("put aside: %v", aside)
	}
}

// fakeEngine answers the commands this package gives to docker, with a real server behind.
func fakeEngine(args []string) int {
	state := os.Getenv("PGLOCAL_TEST_ENGINE")
	running := func(name string) (pid, port int) {
		text, err := os.ReadFile(filepath.Join(state, name))
		if err != nil {
			return 0, 0
		}
		if _, err := fmt.Sscan(string(text), &pid, &port); err != nil || !alive(pid) {
			return 0, port
		}
		return pid, port
	}
	s := &starter{bin: os.Getenv("PGLOCAL_TEST_BIN")}
	last := args[len(args)-1]
	var err error
	switch args[0] {
	case "version":
		fmt.Println("28.0.0")
	case "port":
		pid, port := running(args[1])
		if pid == 0 {
			return 1
		}
		fmt.Printf("127.0.0.1:%d\n", port)
	case "inspect":
		pid, _ := running(last)
		fmt.Println(pid != 0)
	case "stop", "rm":
		if pid, _ := running(last); pid != 0 {
			err = s.stopPostmaster(context.Background(), pid)
		}
		if args[0] == "rm" {
			_ = os.Remove(filepath.Join(state, last))
		}
	case "kill":
		pid, _ := running(last)
		if err = s.quit(pid); err == nil { // an engine leaves no process of the container alive
			err = waitGone(context.Background(), pid)
		}
	case "logs":
		fmt.Println("none kept")
	case "run":
		err = s.fakeRun(state, args)
	default:
		err = fmt.Errorf("unknown command %q", args)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return 0
}

// fakeRun does what the official image does: build a cluster in the volume if it has none, then serve it.
func (s *starter) fakeRun(state string, args []string) error {
	flags, env := map[string]string{}, map[string]string{}
	i := 2 // after run --detach
	for ; strings.HasPrefix(args[i], "--"); i += 2 {
		if args[i] == "--env" {
			name, value, given := strings.Cut(args[i+1], "=")
			if !given {
				value = os.Getenv(name)
			}
			env[name] = value
			continue
		}
		flags[args[i]] = args[i+1]
	}
	image, command, settings := args[i], args[i+1], args[i+2:]
	data, _, ok := strings.Cut(flags["--volume"], ":")
	publish := strings.Split(flags["--publish"], ":")
	if !ok || len(publish) != 3 || publish[0] != "127.0.0.1" || publish[2] != "5432" || image == "" || command != "postgres" || env["POSTGRES_PASSWORD"] == "" {
		return fmt.Errorf("not a run as it should be: %q", args)
	}
	who, err := serverAccount(data)
	if err != nil {
		return err
	}
	if err := who.give(data); err != nil {
		return err
	}
	start := func(program string, args ...string) (*process, error) {
		log, err := os.OpenFile(filepath.Join(state, "log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
		if err != nil {
			return nil, err
		}
		defer log.Close()
		cmd := exec.Command(s.program(program), args...)
		cmd.Env, cmd.Dir, cmd.Stdout, cmd.Stderr = cleanEnv(), data, log, log
		return who.start(cmd, true)
	}
	if _, err := os.Stat(filepath.Join(data, "PG_VERSION")); err != nil {
		pw := filepath.Join(state, "pw")
		if err := os.WriteFile(pw, []byte(env["POSTGRES_PASSWORD"]), 0o644); err != nil {
			return err
		}
		p, err := start("initdb", append(strings.Fields(env["POSTGRES_INITDB_ARGS"]), "-D", data, "-U", env["POSTGRES_USER"], "--pwfile", pw)...)
		if err != nil {
			return err
		}
		if <-p.ended; p.err != nil {
			return p.err
		}
	}
	port, err := strconv.Atoi(publish[1])
	if err != nil {
		return err
	}
	p, err := start("postgres", append([]string{"-D", data, "-c", "unix_socket_directories=", "-c", "listen_addresses=127.0.0.1", "-c", "port=" + publish[1]}, settings...)...)
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(state, flags["--name"]), fmt.Appendf(nil, "%d %d\n", p.pid, port), 0o600)
}
