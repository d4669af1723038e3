package pglocal

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"syscall"

	"golang.org/x/sys/windows"
)

const exe = ".exe"

func lockFile(f *os.File, shared bool) error {
	flags := uint32(windows.LOCKFILE_FAIL_IMMEDIATELY)
	if !shared {
		flags |= windows.LOCKFILE_EXCLUSIVE_LOCK
	}
	err := windows.LockFileEx(windows.Handle(f.Fd()), flags, 0, 1, 0, &windows.Overlapped{})
	switch {
	case errors.Is(err, windows.ERROR_LOCK_VIOLATION), errors.Is(err, windows.ERROR_IO_PENDING):
		return ErrLocked
	case err != nil:
		return fmt.Errorf("lock %s: %w", f.Name(), err)
	}
	return nil
}

// account is always the user of this process: pg_ctl and initdb drop an administrator's rights themselves.
type account struct {
	switched bool
	uid, gid uint32
	name     string
}

func serverAccount(string) (account, error) { return account{}, nil }
func (a account) reaches(string) bool       { return true }
func (a account) give(string) error         { return nil }
func (a account) attributes() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{CreationFlags: windows.CREATE_NEW_PROCESS_GROUP}
}

func (a account) start(cmd *exec.Cmd, _ bool) (*process, error) {
	cmd.SysProcAttr = a.attributes()
	return startLoose(cmd)
}

func (s *starter) shutdown(int) error { return s.pgctl("stop", "-D", s.data(), "-m", "fast", "-W") }
func (s *starter) quit(int) error     { return s.pgctl("stop", "-D", s.data(), "-m", "immediate", "-W") }

func (s *starter) kill(pid int) error {
	p, err := os.FindProcess(pid)
	if err != nil {
		return err
	}
	return p.Kill()
}

// launchProcess asks pg_ctl, which alone can start a server for an administrator here. The server outlives it, so the
// process has no end to wait for.
func (s *starter) launchProcess(port int) (*process, error) {
	args := s.serverArgs(port)
	for i, a := range args {
		args[i] = `"` + strings.ReplaceAll(a, `"`, `\"`) + `"`
	}
	if err := s.pgctl("start", "-W", "-D", s.data(), "-l", s.logFile(), "-o", strings.Join(args, " ")); err != nil {
		return nil, err
	}
	return &process{}, nil
}

func (s *starter) pgctl(args ...string) error {
	cmd := exec.Command(s.program("pg_ctl"), args...)
	cmd.Env = cleanEnv()
	// No pipe for its output: the server inherits it and would hold it open.
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("pg_ctl %s: %w; see %s", args[0], err, s.logFile())
	}
	return nil
}

func pidTaken(pid int) bool {
	h, err := windows.OpenProcess(windows.PROCESS_QUERY_LIMITED_INFORMATION, false, uint32(pid))
	if err != nil {
		return errors.Is(err, windows.ERROR_ACCESS_DENIED)
	}
	defer windows.CloseHandle(h)
	var code uint32
	const stillActive = 259
	return windows.GetExitCodeProcess(h, &code) != nil || code == stillActive
}

func alive(pid int) bool             { return pidTaken(pid) }
func isPostmaster(int, string) bool  { return true }
func syncDir(string) error           { return nil }
func ownerOf(string) (account, bool) { return account{}, false }
