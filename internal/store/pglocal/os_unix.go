//go:build unix

package pglocal

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"syscall"
)

const exe = ""

func lockFile(f *os.File, shared bool) error {
	how := syscall.LOCK_EX
	if shared {
		how = syscall.LOCK_SH
	}
	for {
		err := syscall.Flock(int(f.Fd()), how|syscall.LOCK_NB)
		switch {
		case errors.Is(err, syscall.EINTR):
			continue
		case errors.Is(err, syscall.EWOULDBLOCK):
			return ErrLocked
		case err != nil:
			return fmt.Errorf("lock %s: %w", f.Name(), err)
		}
		return nil
	}
}

// account is who runs the server's programs; the zero value is the user of this process.
type account struct {
	switched bool
	uid, gid uint32
	name     string
}

// serverAccount names who runs the server. PostgreSQL refuses root, so root lends it an account: the owner of existing
// data, else postgres, else nobody.
func serverAccount(data string) (account, error) {
	owner, exists := ownerOf(data)
	if me := os.Geteuid(); me != 0 {
		if exists && owner.uid != uint32(me) {
			return account{}, fmt.Errorf("pglocal: %s belongs to user %d and this process runs as user %d: run it as that user, or choose another data directory", data, owner.uid, me)
		}
		return account{}, nil
	}
	if exists && owner.uid != 0 {
		return owner, nil
	}
	for _, name := range []string{"postgres", "nobody"} {
		u, err := user.Lookup(name)
		if err != nil {
			continue
		}
		uid, err1 := strconv.ParseUint(u.Uid, 10, 32)
		gid, err2 := strconv.ParseUint(u.Gid, 10, 32)
		if err1 == nil && err2 == nil && uid != 0 {
			return account{switched: true, uid: uint32(uid), gid: uint32(gid), name: name}, nil
		}
	}
	return account{}, errors.New("pglocal: PostgreSQL refuses to run as root and this system has neither a user postgres nor nobody: add one, or run as another user")
}

func ownerOf(path string) (account, bool) {
	info, err := os.Lstat(path)
	if err != nil {
		return account{}, false
	}
	st, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return account{}, false
	}
	return account{switched: true, uid: st.Uid, gid: st.Gid, name: strconv.Itoa(int(st.Uid))}, true
}

// reaches reports whether a may pass through dir and all its parents. Access lists are not looked at: they can only be
// more generous, and the cost of a wrong no is a changed location, announced.
func (a account) reaches(dir string) bool {
	if !a.switched {
		return true
	}
	for p := dir; ; p = filepath.Dir(p) {
		info, err := os.Stat(p)
		if err != nil {
			return false
		}
		st, ok := info.Sys().(*syscall.Stat_t)
		if !ok {
			return false
		}
		mode := info.Mode().Perm()
		switch {
		case st.Uid == a.uid:
			mode >>= 6
		case st.Gid == a.gid:
			mode >>= 3
		}
		if mode&1 == 0 {
			return false
		}
		if p == filepath.Dir(p) {
			return true
		}
	}
}

// give makes path and all below it the account's.
func (a account) give(path string) error {
	if !a.switched {
		return nil
	}
	return filepath.WalkDir(path, func(p string, _ fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		return os.Lchown(p, int(a.uid), int(a.gid))
	})
}

// attributes start a program under the account and in a session of its own, so that Ctrl-C in the terminal reaches this
// process alone and the server keeps its database until it has drained.
func (a account) attributes() *syscall.SysProcAttr {
	attr := &syscall.SysProcAttr{Setsid: true}
	if a.switched {
		attr.Credential = &syscall.Credential{Uid: a.uid, Gid: a.gid}
	}
	return attr
}

// start starts cmd, tied to this process unless detached, and reports its end.
func (a account) start(cmd *exec.Cmd, detached bool) (*process, error) {
	cmd.SysProcAttr = a.attributes()
	if detached {
		return startLoose(cmd)
	}
	return startTied(cmd)
}

// A postmaster's signals: SIGINT is the fast shutdown (sessions end, everything is written), SIGQUIT the immediate one
// (the next start recovers from the log).
func (s *starter) shutdown(pid int) error { return send(pid, syscall.SIGINT) }
func (s *starter) quit(pid int) error     { return send(pid, syscall.SIGQUIT) }
func (s *starter) kill(pid int) error     { return send(pid, syscall.SIGKILL) }

func send(pid int, sig syscall.Signal) error {
	if err := syscall.Kill(pid, sig); err != nil && !errors.Is(err, syscall.ESRCH) {
		return fmt.Errorf("signal process %d: %w", pid, err)
	}
	return nil
}

// pidTaken reports whether the kernel knows pid, be it a zombie.
func pidTaken(pid int) bool {
	err := syscall.Kill(pid, 0)
	return err == nil || errors.Is(err, syscall.EPERM)
}

// launchProcess starts the postmaster itself.
func (s *starter) launchProcess(port int) (*process, error) {
	log, err := os.OpenFile(s.logFile(), os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o600)
	if err != nil {
		return nil, err
	}
	defer log.Close()
	cmd := exec.Command(s.program("postgres"), s.serverArgs(port)...)
	cmd.Dir, cmd.Env, cmd.Stdout, cmd.Stderr = s.data(), cleanEnv(), log, log
	return s.account.start(cmd, s.Detached)
}

func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	defer d.Close()
	return d.Sync()
}
