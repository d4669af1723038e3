//go:build unix

package pglocal

import (
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

func uidOf(t *testing.T, pid int) int {
	t.Helper()
	out, err := exec.Command("ps", "-o", "uid=", "-p", strconv.Itoa(pid)).Output()
	if err != nil {
		t.Fatal(err)
	}
	uid, err := strconv.Atoi(strings.TrimSpace(string(out)))
	if err != nil {
		t.Fatal(err)
	}
	return uid
}

func TestServerNeverRunsAsRoot(t *testing.T) {
	c := must(t, options(openDir(t)))
	if uid := uidOf(t, c.Pid()); uid == 0 || os.Geteuid() != 0 && uid != os.Geteuid() {
		t.Errorf("it runs as user %d under user %d", uid, os.Geteuid())
	}
}

// An ordinary user starts a cluster; when the tests run as root, user nobody does.
func TestOrdinaryUser(t *testing.T) {
	dir, program, want := openDir(t), os.Args[0], os.Geteuid()
	var prepare func(*exec.Cmd)
	if want == 0 {
		nobody := account{switched: true, uid: 65534, gid: 65534}
		want = int(nobody.uid)
		program = copyProgram(t, openDir(t))
		if err := nobody.give(dir); err != nil {
			t.Fatal(err)
		}
		prepare = func(cmd *exec.Cmd) { cmd.SysProcAttr, cmd.Dir = nobody.attributes(), "/" }
	}
	other := spawn(t, program, dir, prepare)
	pid, port, adopted := other.told()
	if uid := uidOf(t, pid); uid != want || adopted {
		t.Errorf("the server runs as user %d, want %d; adopted %v", uid, want, adopted)
	}
	if err := other.finish(); err != nil {
		t.Error(err)
	}
	if answering(port) {
		t.Error("the server is left behind")
	}
	if os.Geteuid() == 0 { // root runs it as its owner, not as postgres
		c := must(t, options(dir))
		if uid := uidOf(t, c.Pid()); uid != want {
			t.Errorf("root runs user %d's data as user %d", want, uid)
		}
	}
}

func copyProgram(t *testing.T, dir string) string {
	t.Helper()
	in, err := os.Open(os.Args[0])
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	name := filepath.Join(dir, "other")
	out, err := os.OpenFile(name, os.O_CREATE|os.O_WRONLY, 0o755)
	if err != nil {
		t.Fatal(err)
	}
	_, err = io.Copy(out, in)
	if err := firstError(err, out.Close()); err != nil {
		t.Fatal(err)
	}
	return name
}

func TestClosedParentDirectory(t *testing.T) {
	closed := openDir(t)
	if err := os.Chmod(closed, 0o700); err != nil {
		t.Fatal(err)
	}
	stranger := account{switched: true, uid: 54321, gid: 54321}
	if stranger.reaches(closed) || !stranger.reaches(openDir(t)) || !(account{}).reaches(closed) {
		t.Error("reaches is wrong about who may pass")
	}
	var said records
	o, h := options(filepath.Join(closed, "pg")), thisHost()
	o.Log, h.refuge = said.logger(), openDir(t)
	c := mustOn(t, o, h)
	if os.Geteuid() != 0 {
		if c.Dir() != o.DataDir {
			t.Errorf("an ordinary user's data moved to %s", c.Dir())
		}
		return
	}
	if !strings.HasPrefix(c.Dir(), h.refuge) || !strings.Contains(said.String(), c.Dir()) {
		t.Errorf("the data is in %s; announced: %s", c.Dir(), said.String())
	}
	where, err := os.ReadFile(filepath.Join(o.DataDir, "location"))
	if err != nil || strings.TrimSpace(string(where)) != c.Dir() {
		t.Errorf("location says %q, %v", where, err)
	}
	if again := mustOn(t, o, h); !again.Adopted() {
		t.Error("the second start went elsewhere")
	}
}

// A start that is killed in initdb leaves nothing that stops the next one.
func TestKilledWhileBuilding(t *testing.T) {
	dir := openDir(t)
	other := spawn(t, os.Args[0], dir, nil)
	var built []string
	eventually(t, "initdb runs", func() bool {
		built, _ = filepath.Glob(filepath.Join(dir, "init-*", "data", "PG_VERSION"))
		return len(built) > 0
	})
	other.kill()
	if _, err := os.Stat(filepath.Join(dir, "data")); err == nil {
		t.Fatal("the cluster was in place before the kill: nothing was tested")
	}
	c := must(t, options(dir))
	if err := ping(t, c.URL()); err != nil {
		t.Error(err)
	}
	if rest, _ := filepath.Glob(filepath.Join(dir, "init-*")); len(rest) > 0 {
		t.Errorf("left: %v", rest)
	}
}

func TestDetachedOutlivesItsStarter(t *testing.T) {
	dir := openDir(t)
	other := spawn(t, os.Args[0], dir, nil, "PGLOCAL_TEST_DETACHED=1")
	pid, port, _ := other.told()
	other.kill()
	o := options(dir)
	c := must(t, o)
	if !c.Adopted() || c.Pid() != pid {
		t.Errorf("adopted %v, pid %d, want %d", c.Adopted(), c.Pid(), pid)
	}
	stop(t, c)
	if !answering(port) {
		t.Error("a guest stopped a detached cluster")
	}
	for range 2 { // the second time nothing runs
		if err := StopDir(t.Context(), o); err != nil {
			t.Error(err)
		}
	}
	if answering(port) {
		t.Error("StopDir left it running")
	}
}

// The death of the owner stops the server on Linux; elsewhere the next start adopts the orphan and owns it.
func TestOwnerKilled(t *testing.T) {
	dir := openDir(t)
	other := spawn(t, os.Args[0], dir, nil)
	pid, port, _ := other.told()
	o := options(dir)
	guest := must(t, o)
	execute(t, guest.URL(), "CREATE TABLE kept AS SELECT 7 AS kobo")
	other.kill()
	c := must(t, o) // at once: the server may still be shutting down
	if runtime.GOOS == "linux" {
		eventually(t, "the first server is gone", func() bool { return !alive(pid) })
		if c.Adopted() && c.Pid() == pid {
			c = must(t, o) // adopted in the instant before the signal
		}
	}
	if got := query[int](t, c.URL(), "SELECT kobo FROM kept"); got != 7 {
		t.Errorf("read %d", got)
	}
	stop(t, c)
	if answering(port) {
		t.Error("a server is left behind")
	}
}

// The kernel sends the death signal when the starting thread ends; the server must survive any thread of ours but all.
func TestServerOutlivesThreads(t *testing.T) {
	var c *Cluster
	done := make(chan struct{})
	go func() {
		defer close(done)
		runtime.LockOSThread() // not unlocked: this thread ends with the goroutine
		var err error
		if c, err = Start(t.Context(), options(openDir(t))); err != nil {
			t.Error(err)
		}
	}()
	<-done
	if c == nil {
		t.FailNow()
	}
	t.Cleanup(func() { stop(t, c) })
	var wg sync.WaitGroup
	for range 32 {
		wg.Go(func() {
			runtime.LockOSThread()
			time.Sleep(10 * time.Millisecond)
		})
	}
	wg.Wait()
	time.Sleep(200 * time.Millisecond)
	if err := ping(t, c.URL()); err != nil {
		t.Error(err)
	}
}

func TestInterruptAtTheTerminalSparesTheServer(t *testing.T) {
	c := must(t, options(openDir(t)))
	group, err := syscall.Getpgid(c.Pid())
	if err != nil || group == syscall.Getpgrp() {
		t.Errorf("group %d is the terminal's, %v", group, err)
	}
}
