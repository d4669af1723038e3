package pglocal

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"time"
)

// process is a program this process started. ended is nil where the system hides the end (Windows, through pg_ctl).
type process struct {
	pid   int
	ended chan struct{}
	err   error // its exit, once ended is closed
}

// startLoose starts cmd and reaps it; nothing but a signal of ours ends it.
func startLoose(cmd *exec.Cmd) (*process, error) {
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	p := &process{pid: cmd.Process.Pid, ended: make(chan struct{})}
	go func() {
		p.err = cmd.Wait()
		close(p.ended)
	}()
	return p, nil
}

// waitGone waits until the process pid no longer runs.
func waitGone(ctx context.Context, pid int) error {
	for alive(pid) {
		if err := pause(ctx, 10*time.Millisecond); err != nil {
			return err
		}
	}
	return nil
}

// stopPostmaster shuts pid down fast; when ctx ends first, immediately, which loses nothing either.
func (s *starter) stopPostmaster(ctx context.Context, pid int) error {
	if err := s.shutdown(pid); err != nil {
		return err
	}
	if waitGone(ctx, pid) == nil {
		return nil
	}
	if err := s.quit(pid); err != nil {
		return err
	}
	last, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
	defer cancel()
	if err := waitGone(last, pid); err != nil {
		return fmt.Errorf("pglocal: PostgreSQL (process %d) does not stop: %w", pid, err)
	}
	return nil
}

// cleanEnv is this process's environment without what would steer PostgreSQL's programs: PGDATA, PGPORT, locales.
func cleanEnv() []string {
	var env []string
	for _, kv := range os.Environ() {
		name, _, _ := strings.Cut(kv, "=")
		if strings.HasPrefix(name, "PG") || strings.HasPrefix(name, "LC_") || strings.HasPrefix(name, "LANG") || name == "TZ" {
			continue
		}
		env = append(env, kv)
	}
	return append(env, "LC_ALL=C")
}
