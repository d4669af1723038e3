package pglocal

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// postmaster is what a data directory's postmaster.pid says. port is 0 while the server is still writing it.
type postmaster struct{ pid, port int }

func (s *starter) pidFile() string { return filepath.Join(s.data(), "postmaster.pid") }

func (s *starter) readPostmaster() (postmaster, bool) {
	text, err := os.ReadFile(s.pidFile())
	if err != nil {
		return postmaster{}, false
	}
	lines := strings.Split(string(text), "\n")
	var pm postmaster
	pm.pid, _ = strconv.Atoi(strings.TrimSpace(lines[0]))
	if len(lines) > 3 {
		pm.port, _ = strconv.Atoi(strings.TrimSpace(lines[3]))
	}
	return pm, true
}

// adopt returns the cluster that runs in the data directory, or nil when none does. A server that is just starting or
// shutting down is waited for; a file left by a crash is not mistaken for a server.
func (s *starter) adopt(ctx context.Context) (*Cluster, error) {
	if s.containerised() {
		return s.adoptContainer(ctx)
	}
	began, told := time.Now(), false
	for {
		pm, ok := s.readPostmaster()
		if !ok {
			return nil, nil
		}
		waited := time.Since(began)
		if pm.pid <= 0 && waited > 2*time.Second || pm.pid > 0 && (!alive(pm.pid) || !isPostmaster(pm.pid, s.data())) {
			return nil, s.dropStale(pm)
		}
		if pm.port > 0 {
			err := s.answers(ctx, pm.port)
			if err == nil {
				s.bin = s.savedBin()
				return &Cluster{s: s, pid: pm.pid, port: pm.port, source: Adopted, adopted: true}, nil
			}
			if errors.Is(err, ErrForeign) {
				return nil, err
			}
		}
		if waited > 5*time.Second && !told {
			told = true
			s.Log.Info("waiting for a PostgreSQL that is starting or stopping", "process", pm.pid, "data", s.data())
		}
		if waited > time.Minute {
			return nil, fmt.Errorf("pglocal: process %d holds %s but neither answers nor stops: %w", pm.pid, s.data(), ErrForeign)
		}
		if err := pause(ctx, 20*time.Millisecond); err != nil {
			return nil, fmt.Errorf("pglocal: waiting for process %d in %s: %w", pm.pid, s.data(), err)
		}
	}
}

// dropStale removes a postmaster.pid that a new server would take for a living one: its process id was given to another
// program, or stayed a zombie, or was never written. All other stale files the server handles itself. Sessions that
// outlived a killed postmaster are still seen by the server, through shared memory.
func (s *starter) dropStale(pm postmaster) error {
	if pm.pid > 0 && !pidTaken(pm.pid) {
		return nil
	}
	s.Log.Warn("removing the lock file of a PostgreSQL that no longer runs", "process", pm.pid, "data", s.data())
	if err := os.Remove(s.pidFile()); err != nil && !os.IsNotExist(err) {
		return fmt.Errorf("pglocal: %w", err)
	}
	return nil
}

// answers connects to the port and makes sure that our cluster is behind it. ErrForeign means it never will be; any
// other error may pass.
func (s *starter) answers(ctx context.Context, port int) error {
	url, err := s.url(port, "postgres")
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, 3*time.Second)
	defer cancel()
	conn, err := pgx.Connect(ctx, url)
	if err != nil {
		if pe, ok := errors.AsType[*pgconn.PgError](err); ok && strings.HasPrefix(pe.Code, "28") {
			return fmt.Errorf("pglocal: the server on port %d refuses the password in %s: %w", port, s.file("password"), ErrForeign)
		}
		return err
	}
	defer conn.Close(ctx)
	if s.containerised() {
		return nil // its data_directory is a path of the container
	}
	var dir string
	if err := conn.QueryRow(ctx, "SHOW data_directory").Scan(&dir); err != nil {
		return err
	}
	theirs, err1 := os.Stat(dir)
	ours, err2 := os.Stat(s.data())
	if err1 != nil || err2 != nil || !os.SameFile(theirs, ours) {
		return fmt.Errorf("pglocal: the server on port %d serves %s: %w", port, dir, ErrForeign)
	}
	return nil
}

// ensureDatabase creates the application's database when it is absent.
func (s *starter) ensureDatabase(ctx context.Context, port int) error {
	url, err := s.url(port, "postgres")
	if err != nil {
		return err
	}
	conn, err := pgx.Connect(ctx, url)
	if err != nil {
		return fmt.Errorf("pglocal: %w", err)
	}
	defer conn.Close(ctx)
	var there bool
	err = conn.QueryRow(ctx, "SELECT EXISTS (SELECT FROM pg_database WHERE datname = $1)", s.DatabaseName).Scan(&there)
	if err == nil && !there {
		_, err = conn.Exec(ctx, "CREATE DATABASE "+pgx.Identifier{s.DatabaseName}.Sanitize())
	}
	if err != nil {
		return fmt.Errorf("pglocal: database %s: %w", s.DatabaseName, err)
	}
	return nil
}
