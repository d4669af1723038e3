package pglocal

import (
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

func TestFreshStartThenRestartKeepsData(t *testing.T) {
	o := options(openDir(t))
	o.Fast = false // as an operator has it
	began := time.Now()
	c := must(t, o)
	t.Logf("first start %v", time.Since(began))
	if c.Adopted() || c.Source() != Local || c.Pid() == 0 {
		t.Errorf("adopted %v, source %q, pid %d", c.Adopted(), c.Source(), c.Pid())
	}
	execute(t, c.URL(), "CREATE TABLE kept (kobo bigint); INSERT INTO kept VALUES (4200)")
	for setting, want := range map[string]string{
		"fsync": "on", "data_checksums": "on", "listen_addresses": "127.0.0.1", "unix_socket_directories": "",
		"password_encryption": "scram-sha-256", "server_encoding": "UTF8", "TimeZone": "UTC",
	} {
		if got := query[string](t, c.URL(), "SHOW "+setting); got != want {
			t.Errorf("%s is %q, want %q", setting, got, want)
		}
	}
	if got := query[string](t, c.URL(), "SELECT current_database()"); got != "creditpocket" {
		t.Errorf("database %q", got)
	}
	url := c.URL()
	stop(t, c)
	if answering(c.Port()) {
		t.Fatal("it answers after Stop")
	}
	began = time.Now()
	again := must(t, o)
	t.Logf("second start %v", time.Since(began))
	if again.URL() != url {
		t.Error("the URL changed over a restart")
	}
	if got := query[int64](t, again.URL(), "SELECT kobo FROM kept"); got != 4200 {
		t.Errorf("read %d", got)
	}
}

func TestPasswordIsPrivateAndNotPrinted(t *testing.T) {
	dir := openDir(t)
	c := must(t, options(dir))
	file := filepath.Join(dir, "password")
	info, err := os.Stat(file)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Fatalf("%v, %v", info, err)
	}
	pw, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	secret := strings.TrimSpace(string(pw))
	if len(secret) < 20 {
		t.Errorf("a password of %d characters", len(secret))
	}
	if strings.Contains(fmt.Sprint(c), secret) {
		t.Error("the password is in the cluster's description")
	}
	if _, err := os.Stat(filepath.Join(dir, "data", "password")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a copy in the data directory: %v", err)
	}
	wrong := strings.Replace(c.URL(), secret, "guess", 1)
	if err := ping(t, wrong); err == nil || strings.Contains(err.Error(), secret) {
		t.Errorf("a wrong password: %v", err)
	}
}

func TestSecondStartAdoptsAndDoesNotStop(t *testing.T) {
	o := options(openDir(t))
	owner := must(t, o)
	guest := must(t, o)
	if !guest.Adopted() || guest.Source() != Adopted || guest.Pid() != owner.Pid() || guest.URL() != owner.URL() {
		t.Errorf("adopted %v, source %q", guest.Adopted(), guest.Source())
	}
	stop(t, guest)
	if err := ping(t, owner.URL()); err != nil {
		t.Errorf("the guest stopped the owner's cluster: %v", err)
	}
	for name, act := range map[string]error{"Kill": guest.Kill(t.Context()), "Restart": guest.Restart(t.Context())} {
		if !errors.Is(act, ErrNotOwner) {
			t.Errorf("%s by a guest: %v", name, act)
		}
	}
}

func TestAnotherDatabaseInTheSameCluster(t *testing.T) {
	o := options(openDir(t))
	must(t, o)
	o.DatabaseName = "second"
	if got := query[string](t, must(t, o).URL(), "SELECT current_database()"); got != "second" {
		t.Errorf("database %q", got)
	}
	for _, bad := range []string{"Upper", `x"; DROP`, "1st", strings.Repeat("x", 64)} {
		o.DatabaseName = bad
		if _, err := Start(t.Context(), o); err == nil {
			t.Errorf("%q was taken for a database name", bad)
		}
	}
}

func TestStartAfterKill(t *testing.T) {
	o := options(openDir(t))
	o.Fast = false // whose asynchronous commits a kill may lose
	c := must(t, o)
	execute(t, c.URL(), "CREATE TABLE kept AS SELECT 7 AS kobo")
	busy := connect(t, c.URL()) // its backend outlives the postmaster for a moment
	ended := make(chan error, 1)
	go func() {
		_, err := busy.Exec(t.Context(), "SELECT pg_sleep(60)")
		ended <- err
	}()
	eventually(t, "the session sleeps", func() bool {
		return query[bool](t, c.URL(), "SELECT EXISTS (SELECT FROM pg_stat_activity WHERE wait_event = 'PgSleep')")
	})
	if err := c.Kill(t.Context()); err != nil {
		t.Fatal(err)
	}
	again := must(t, o)
	if again.Adopted() || again.Pid() == c.Pid() {
		t.Error("a dead server was adopted")
	}
	if got := query[int](t, again.URL(), "SELECT kobo FROM kept"); got != 7 {
		t.Errorf("read %d", got)
	}
	if err := <-ended; err == nil {
		t.Error("a statement survived its server")
	}
}

func TestRestartKeepsURL(t *testing.T) {
	c := must(t, options(openDir(t)))
	execute(t, c.URL(), "CREATE TABLE kept AS SELECT 7 AS kobo")
	url, pid := c.URL(), c.Pid()
	for _, crash := range []bool{false, true} {
		if crash {
			if err := c.Kill(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		if err := c.Restart(t.Context()); err != nil {
			t.Fatal(err)
		}
		if c.URL() != url || c.Pid() == pid {
			t.Errorf("crash %v: pid %d, was %d", crash, c.Pid(), pid)
		}
		if got := query[int](t, url, "SELECT kobo FROM kept"); got != 7 {
			t.Errorf("read %d", got)
		}
		pid = c.Pid()
	}
}

func TestTakenPortIsReplaced(t *testing.T) {
	o := options(openDir(t))
	c := must(t, o)
	stop(t, c)
	squatter, err := net.Listen("tcp4", "127.0.0.1:"+strconv.Itoa(c.Port()))
	if err != nil {
		t.Fatal(err)
	}
	defer squatter.Close()
	again := must(t, o)
	if again.Port() == c.Port() {
		t.Error("two servers on one port")
	}
	if err := ping(t, again.URL()); err != nil {
		t.Error(err)
	}
}

func TestStaleLockFileIsNoServer(t *testing.T) {
	for name, content := range map[string]string{
		"pid of another program": fmt.Sprintf("%d\n%%s\n1\n5432\n\n127.0.0.1\n\nready\n", os.Getpid()),
		"pid of nobody":          "4194300\n%s\n1\n5432\n\n127.0.0.1\n\nready\n",
		"nothing in it":          "",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := options(openDir(t))
			c := must(t, o)
			stop(t, c)
			text := content
			if text != "" {
				text = fmt.Sprintf(content, c.s.data())
			}
			writeFile(t, text, c.s.pidFile())
			if err := c.s.account.give(c.s.pidFile()); err != nil {
				t.Fatal(err)
			}
			if again := must(t, o); again.Adopted() {
				t.Error("adopted")
			}
		})
	}
}

func TestOtherMajorVersionIsRefusedAndKept(t *testing.T) {
	o := options(openDir(t))
	version := writeFile(t, "11\n", o.DataDir, "data", "PG_VERSION")
	row := writeFile(t, "a borrower's money", o.DataDir, "data", "base", "1", "1259")
	for _, binDir := range []string{"", someBin(t)} {
		o.BinDir = binDir
		_, err := Start(t.Context(), o)
		if !errors.Is(err, ErrVersion) || !strings.Contains(err.Error(), "PostgreSQL 11") || !strings.Contains(err.Error(), "not touched") {
			t.Errorf("bin %q: %v", binDir, err)
		}
	}
	for _, file := range []string{version, row} {
		if _, err := os.Stat(file); err != nil {
			t.Error(err)
		}
	}
}

func TestStrangersFilesAreRefusedAndKept(t *testing.T) {
	t.Run("data without version", func(t *testing.T) {
		o := options(openDir(t))
		file := writeFile(t, "mine", o.DataDir, "data", "letter.txt")
		if _, err := Start(t.Context(), o); !errors.Is(err, ErrForeign) {
			t.Error(err)
		}
		if _, err := os.Stat(file); err != nil {
			t.Error(err)
		}
	})
	t.Run("a data directory itself", func(t *testing.T) {
		o := options(openDir(t))
		writeFile(t, "15\n", o.DataDir, "PG_VERSION")
		if _, err := Start(t.Context(), o); !errors.Is(err, ErrForeign) {
			t.Error(err)
		}
	})
	t.Run("data without password", func(t *testing.T) {
		o := options(openDir(t))
		c := must(t, o)
		stop(t, c)
		if err := os.Remove(filepath.Join(o.DataDir, "password")); err != nil {
			t.Fatal(err)
		}
		if _, err := Start(t.Context(), o); !errors.Is(err, ErrForeign) {
			t.Error(err)
		}
		if _, err := os.Stat(filepath.Join(o.DataDir, "data", "PG_VERSION")); err != nil {
			t.Error(err)
		}
	})
	t.Run("data with another password", func(t *testing.T) {
		o := options(openDir(t))
		c := must(t, o)
		stop(t, c)
		writeFile(t, "guess\n", o.DataDir, "password")
		if _, err := Start(t.Context(), o); !errors.Is(err, ErrForeign) {
			t.Error(err)
		}
		if answering(c.Port()) {
			t.Error("the refused server is left running")
		}
	})
	t.Run("an empty data directory is nobody's", func(t *testing.T) {
		o := options(openDir(t))
		if err := os.Mkdir(filepath.Join(o.DataDir, "data"), 0o755); err != nil {
			t.Fatal(err)
		}
		must(t, o)
	})
}

func TestConcurrentStarts(t *testing.T) {
	o := options(openDir(t))
	var wg sync.WaitGroup
	clusters := make([]*Cluster, 4)
	for i := range clusters {
		wg.Go(func() {
			c, err := Start(t.Context(), o)
			if err != nil {
				t.Error(err)
				return
			}
			clusters[i] = c
		})
	}
	var others []*child
	for range 2 {
		others = append(others, spawn(t, os.Args[0], o.DataDir, nil))
	}
	wg.Wait()
	pids, owners := map[int]bool{}, 0
	for _, c := range clusters {
		if c == nil {
			t.FailNow()
		}
		pids[c.Pid()] = true
		if !c.Adopted() {
			owners++
		}
	}
	for _, other := range others {
		pid, _, adopted := other.told()
		pids[pid] = true
		if !adopted {
			owners++
		}
	}
	if len(pids) != 1 || owners != 1 {
		t.Errorf("%d servers, %d starters", len(pids), owners)
	}
	for _, other := range others {
		if err := other.finish(); err != nil {
			t.Error(err)
		}
	}
	for _, c := range clusters {
		stop(t, c)
	}
	if answering(clusters[0].Port()) {
		t.Error("a server is left behind")
	}
}

func TestNothingFoundNamesFourWaysOut(t *testing.T) {
	h := host{platform: "plan9/mips", docker: "no-such-engine", pins: pinned(), refuge: openDir(t)}
	o := options(openDir(t))
	o.NoDownload, o.NoDocker = false, false
	_, err := start(t.Context(), o, h)
	if !errors.Is(err, ErrNoPostgres) {
		t.Fatal(err)
	}
	for _, want := range []string{"DATABASE_URL", "PG_BIN_DIR", "CP_PG_DOWNLOAD_URL", "Docker", "plan9/mips", "no-such-engine"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%q is not in: %v", want, err)
		}
	}
	o.BinDir = openDir(t)
	if _, err := start(t.Context(), o, h); err == nil || !strings.Contains(err.Error(), "PG_BIN_DIR") {
		t.Errorf("a wrong PG_BIN_DIR: %v", err)
	}
}

func TestNewestPackageFirst(t *testing.T) {
	root := openDir(t)
	for _, v := range []string{"9.6", "14", "15", "18"} {
		writeFile(t, "", root, v, "bin", "initdb"+exe)
		writeFile(t, "", root, v, "bin", "postgres"+exe)
	}
	writeFile(t, "", root, "19", "bin", "psql"+exe) // a client alone is no server
	s := &starter{host: host{globs: []string{filepath.Join(root, "*", "bin")}, path: filepath.Join(root, "14", "bin")}}
	var got []string
	for _, dir := range s.localDirs() {
		got = append(got, filepath.Base(filepath.Dir(dir)))
	}
	if want := "14 18 15 9.6"; strings.Join(got, " ") != want {
		t.Errorf("order %v, want %s", got, want)
	}
}

// someBin is a directory of server programs of this machine.
func someBin(t *testing.T) string {
	t.Helper()
	s, err := newStarter(options(openDir(t)), thisHost())
	if err != nil {
		t.Fatal(err)
	}
	b, tried, err := s.findBinaries(t.Context(), 0)
	if err != nil || b.dir == "" {
		t.Fatalf("no PostgreSQL here: %v %v", tried, err)
	}
	return b.dir
}
