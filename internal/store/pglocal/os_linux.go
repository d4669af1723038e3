package pglocal

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"syscall"
)

// startTied starts cmd so that the kernel shuts it down when this process dies. The kernel watches the thread that
// started the child, not the process, so that thread is kept for as long as the child lives.
func startTied(cmd *exec.Cmd) (*process, error) {
	cmd.SysProcAttr.Pdeathsig = syscall.SIGINT
	p := &process{ended: make(chan struct{})}
	started := make(chan error, 1)
	go func() {
		runtime.LockOSThread() // never unlocked: the thread ends with this goroutine
		err := cmd.Start()
		if err == nil {
			p.pid = cmd.Process.Pid
		}
		started <- err
		if err == nil {
			p.err = cmd.Wait()
			close(p.ended)
		}
	}()
	if err := <-started; err != nil {
		return nil, err
	}
	return p, nil
}

// alive reports whether pid runs. A zombie does not: in a container whose first process reaps nobody, a killed
// postmaster stays one for ever.
func alive(pid int) bool {
	if !pidTaken(pid) {
		return false
	}
	stat, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
	if err != nil {
		return !os.IsNotExist(err)
	}
	i := bytes.LastIndexByte(stat, ')')
	return i < 0 || i+2 >= len(stat) || (stat[i+2] != 'Z' && stat[i+2] != 'X')
}

// isPostmaster reports whether pid may be the postmaster of data: its working directory is the data directory. What
// this process may not see counts as yes.
func isPostmaster(pid int, data string) bool {
	cwd, err := os.Readlink("/proc/" + strconv.Itoa(pid) + "/cwd")
	if err != nil {
		return !os.IsNotExist(err)
	}
	return filepath.Clean(cwd) == filepath.Clean(data)
}
