package testkit

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"time"

	"github.com/creditpocket/creditpocket/internal/store/pglocal"
)

// The reaper stops the shared server when no test process is left. No test process can: none knows that it is the last,
// and a killed one does nothing at all. So the first starts a copy of itself that runs no test. Every test process holds
// users.lock shared; the reaper that gets it alone, several times over a few seconds, is alone.

const (
	reapVariable = "CP_TESTKIT_REAP"
	reapEvery    = 500 * time.Millisecond
	reapAfter    = 10 // looks in a row that found nobody: the next package of a run may still be linking
)

// A test binary offers no other door before its tests than the initialisation of a package: `go test` owns main.
var _ = reapIfAsked()

func reapIfAsked() struct{} {
	if dir := os.Getenv(reapVariable); dir != "" {
		if err := (&scratch{dir: dir}).reap(); err != nil {
			_ = os.WriteFile(filepath.Join(dir, "reaper.error"), []byte(err.Error()+"\n"), 0o600)
			os.Exit(1)
		}
		os.Exit(0)
	}
	return struct{}{}
}

// callReaper starts the reaper unless one is on watch. The caller holds the gate.
func (s *scratch) callReaper() error {
	watch, err := pglocal.TryLock(s.file("reaper.lock"), false)
	if errors.Is(err, pglocal.ErrLocked) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("testkit: %w", err)
	}
	watch.Release()
	self, err := os.Executable()
	if err != nil {
		return fmt.Errorf("testkit: %w", err)
	}
	cmd := exec.Command(self)
	cmd.Dir, cmd.SysProcAttr = s.dir, detached()
	cmd.Env = append(os.Environ(), reapVariable+"="+s.dir)
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("testkit: reaper: %w", err)
	}
	return cmd.Process.Release()
}

func (s *scratch) reap() error {
	watch, err := pglocal.TryLock(s.file("reaper.lock"), false)
	if errors.Is(err, pglocal.ErrLocked) {
		return nil // two were called at once
	}
	if err != nil {
		return err
	}
	defer watch.Release()
	for alone := 0; ; {
		time.Sleep(reapEvery)
		gate, err := pglocal.TryLock(s.file("gate.lock"), false)
		if errors.Is(err, pglocal.ErrLocked) {
			alone = 0
			continue
		}
		if err != nil {
			return err
		}
		users, err := pglocal.TryLock(s.file("users.lock"), false)
		if err == nil {
			alone++
		} else {
			alone = 0
		}
		if alone == reapAfter {
			err := s.clear()
			watch.Release() // before the gate: whoever passes it next must find the watch open
			users.Release()
			gate.Release()
			return err
		}
		users.Release()
		gate.Release()
	}
}

// clear stops every server and deletes what they kept. The lock files stay.
func (s *scratch) clear() error {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	var errs []error
	dirs, _ := filepath.Glob(s.file("private/*"))
	for _, dir := range append(dirs, s.file("pg")) {
		if _, err := os.Stat(dir); err == nil {
			errs = append(errs, pglocal.StopDir(ctx, localOptions(dir)))
		}
	}
	if _, err := os.Stat(s.file("container")); err == nil {
		errs = append(errs, removeContainer(ctx, s.containerName()))
	}
	if err := errors.Join(errs...); err != nil {
		return err
	}
	for _, name := range []string{"server", "container", "private", "pg"} {
		errs = append(errs, os.RemoveAll(s.file(name)))
	}
	return errors.Join(errs...)
}
