package pglocal

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// initialise builds a cluster in a directory aside and renames it into place, so that a crash in between leaves only a
// directory that never held anything.
func (s *starter) initialise(ctx context.Context) error {
	unfinished, _ := filepath.Glob(s.file("init-*"))
	for _, dir := range unfinished {
		if err := os.RemoveAll(dir); err != nil {
			return fmt.Errorf("pglocal: %w", err)
		}
	}
	pw, err := s.password()
	if err != nil {
		return err
	}
	aside, err := os.MkdirTemp(s.dir, "init-")
	if err != nil {
		return fmt.Errorf("pglocal: %w", err)
	}
	defer os.RemoveAll(aside)
	pwfile, data := filepath.Join(aside, "password"), filepath.Join(aside, "data")
	if err := os.WriteFile(pwfile, []byte(pw+"\n"), 0o600); err != nil {
		return fmt.Errorf("pglocal: %w", err)
	}
	if err := s.account.give(aside); err != nil {
		return fmt.Errorf("pglocal: %w", err)
	}
	args := []string{
		"--pgdata=" + data, "--username=" + superuser, "--pwfile=" + pwfile, "--auth=scram-sha-256",
		"--encoding=UTF8", "--locale=C", "--no-instructions",
	}
	if s.Fast {
		args = append(args, "--no-sync")
	} else {
		args = append(args, "--data-checksums")
	}
	var out bytes.Buffer
	cmd := exec.CommandContext(ctx, s.program("initdb"), args...)
	cmd.Dir, cmd.Env, cmd.Stdout, cmd.Stderr, cmd.WaitDelay = aside, cleanEnv(), &out, &out, 2*time.Second
	p, err := s.account.start(cmd, false)
	if err != nil {
		return fmt.Errorf("pglocal: initdb: %w", err)
	}
	if <-p.ended; p.err != nil {
		return fmt.Errorf("pglocal: initdb: %w: %s", errors.Join(p.err, context.Cause(ctx)), strings.TrimSpace(out.String()))
	}
	// An empty directory in its place is nobody's data; Remove takes nothing else.
	if err := os.Remove(s.data()); err != nil && !os.IsNotExist(err) {
		return fmt.Errorf("pglocal: %w", err)
	}
	if err := os.Rename(data, s.data()); err != nil {
		return fmt.Errorf("pglocal: %w", err)
	}
	return syncDir(s.dir)
}

func (s *starter) serverArgs(port int) []string {
	return append([]string{
		"-D", s.data(), "-c", "listen_addresses=127.0.0.1", "-c", "port=" + strconv.Itoa(port),
		"-c", "unix_socket_directories=", "-c", "logging_collector=off", "-c", "log_destination=stderr",
	}, s.settings()...)
}

// run starts the server on existing data and waits until it answers.
func (s *starter) run(ctx context.Context, source Source) (*Cluster, error) {
	if owner, _ := ownerOf(s.data()); s.account.switched && owner.uid == 0 {
		if err := s.account.give(s.data()); err != nil {
			return nil, fmt.Errorf("pglocal: %w", err)
		}
	}
	preferred, began := s.savedPort(), time.Now()
	for {
		port, err := FreePort(preferred)
		if err != nil {
			return nil, err
		}
		from, err := s.rotateLog()
		if err != nil {
			return nil, err
		}
		p, err := s.launchProcess(port)
		if err != nil {
			return nil, fmt.Errorf("pglocal: start %s: %w", s.program("postgres"), err)
		}
		pid, err := s.ready(ctx, p, port)
		if err == nil {
			return &Cluster{s: s, pid: pid, port: port, source: source}, errors.Join(s.savePort(port), s.saveBin())
		}
		said := s.logSince(from)
		switch {
		case ctx.Err() != nil || time.Since(began) > 30*time.Second:
		case strings.Contains(said, "could not bind"): // somebody took the port in between
			preferred = 0
			continue
		case strings.Contains(said, "pre-existing shared memory block"): // sessions of a killed server, about to notice
			if pause(ctx, 100*time.Millisecond) == nil {
				continue
			}
		}
		return nil, fmt.Errorf("pglocal: PostgreSQL did not start: %w\n%s(log: %s)", err, said, s.logFile())
	}
}

// ready waits until the server answers and returns its process id.
func (s *starter) ready(ctx context.Context, p *process, port int) (int, error) {
	began, told := time.Now(), time.Now()
	for wait := 5 * time.Millisecond; ; wait = min(2*wait, 50*time.Millisecond) {
		select {
		case <-p.ended:
			return 0, fmt.Errorf("the server ended: %w", p.err)
		case <-ctx.Done():
			if p.pid != 0 {
				err := s.stopPostmaster(ctx, p.pid)
				return 0, errors.Join(context.Cause(ctx), err)
			}
			return 0, context.Cause(ctx)
		case <-time.After(wait):
		}
		err := s.answers(ctx, port)
		pm, up := s.readPostmaster()
		ours := up && pm.port == port && (p.pid == pm.pid || p.pid == 0)
		if err == nil && ours {
			return pm.pid, nil
		}
		if errors.Is(err, ErrForeign) && ours { // e.g. another password file: no patience helps
			return 0, errors.Join(err, s.stopPostmaster(ctx, pm.pid))
		}
		if p.ended == nil && !up && time.Since(began) > 10*time.Second {
			return 0, errors.New("the server ended")
		}
		if time.Since(told) > 10*time.Second {
			told = time.Now()
			s.Log.Info("PostgreSQL is still starting, probably recovering", "waited", time.Since(began).Round(time.Second), "log", s.logFile())
		}
	}
}

// rotateLog keeps the log below 8 MB plus one predecessor and returns its size.
func (s *starter) rotateLog() (int64, error) {
	info, err := os.Stat(s.logFile())
	if os.IsNotExist(err) {
		return 0, nil
	}
	if err != nil {
		return 0, fmt.Errorf("pglocal: %w", err)
	}
	if info.Size() < 8<<20 {
		return info.Size(), nil
	}
	if err := os.Rename(s.logFile(), s.logFile()+".1"); err != nil {
		return 0, fmt.Errorf("pglocal: %w", err)
	}
	return 0, nil
}

// logSince is what the server wrote after the given offset, at most 4 KB.
func (s *starter) logSince(from int64) string {
	f, err := os.Open(s.logFile())
	if err != nil {
		return ""
	}
	defer f.Close()
	text, err := io.ReadAll(io.NewSectionReader(f, from, 4<<10))
	if err != nil {
		return ""
	}
	return string(text)
}
