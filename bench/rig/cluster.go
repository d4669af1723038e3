//go:build linux

// Package rig builds what drills run on: clusters of PostgreSQL with standbys and backups, processes of the real binary, a
// balancer and a pooler in front of them, the gateway simulator beside them, and callers that remember what was acknowledged. All
// of it listens on loopback and lives in one temporary directory.
package rig

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/creditpocket/creditpocket/internal/store/pglocal"
)

// Rig is one drill's place. Close ends everything that was started in it.
type Rig struct {
	Dir    string
	ending []func(ctx context.Context) error
}

// New makes a rig in a temporary directory.
func New(name string) (*Rig, error) {
	dir, err := os.MkdirTemp("", "creditpocket-"+name+"-")
	if err != nil {
		return nil, err
	}
	r := &Rig{Dir: dir}
	r.AtEnd(func(context.Context) error { return os.RemoveAll(dir) })
	return r, os.Chmod(dir, 0o711) // the server's account passes through
}

// AtEnd adds something to do when the rig is closed, before what was added earlier.
func (r *Rig) AtEnd(f func(ctx context.Context) error) { r.ending = append(r.ending, f) }

// Close ends what was started, the last first, and removes the directory.
func (r *Rig) Close(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Minute)
	defer cancel()
	var errs []error
	for i := len(r.ending) - 1; i >= 0; i-- {
		errs = append(errs, r.ending[i](ctx))
	}
	return errors.Join(errs...)
}

// Path is a place in the rig.
func (r *Rig) Path(elements ...string) string {
	return filepath.Join(append([]string{r.Dir}, elements...)...)
}

// durable are settings of a server that must lose nothing, on a small machine.
func durable(more map[string]string) map[string]string {
	s := map[string]string{"max_connections": "200", "shared_buffers": "128MB", "dynamic_shared_memory_type": "mmap", "jit": "off"}
	maps.Copy(s, more)
	return s
}

// Cluster starts a PostgreSQL of the rig's own, which writes as a production server does, under the given name.
func (r *Rig) Cluster(ctx context.Context, name string, settings map[string]string) (*pglocal.Cluster, error) {
	return r.ClusterIn(ctx, r.Path(name), settings)
}

// ClusterIn is Cluster in a directory of the caller's choice, such as one with existing data.
func (r *Rig) ClusterIn(ctx context.Context, dir string, settings map[string]string) (*pglocal.Cluster, error) {
	c, err := pglocal.Start(ctx, pglocal.Options{DataDir: dir, BinDir: os.Getenv("PG_BIN_DIR"), NoDocker: true, Settings: durable(settings), Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		return nil, err
	}
	r.AtEnd(c.Stop)
	return c, nil
}

// Fast starts a cluster that writes without fsync, for what kills no server.
func (r *Rig) Fast(ctx context.Context, name string) (*pglocal.Cluster, error) {
	c, err := pglocal.Start(ctx, pglocal.Options{DataDir: r.Path(name), BinDir: os.Getenv("PG_BIN_DIR"), NoDocker: true, Fast: true, Settings: durable(nil), Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		return nil, err
	}
	r.AtEnd(c.Stop)
	return c, nil
}

// Tool runs a program that came with the server.
func Tool(ctx context.Context, c *pglocal.Cluster, program string, args ...string) error {
	out, err := c.Command(ctx, program, args...).CombinedOutput()
	if err != nil {
		return fmt.Errorf("%s: %w: %s", program, err, strings.TrimSpace(string(out)))
	}
	return nil
}

// Backup copies a running cluster into DIR/data with pg_basebackup, and the superuser's password beside it, so that Cluster can be
// started on it. With follow it is a standby of its source.
func Backup(ctx context.Context, c *pglocal.Cluster, dir string, follow bool) error {
	if err := os.MkdirAll(dir, 0o711); err != nil {
		return err
	}
	if err := c.Lend(filepath.Join(dir, "data")); err != nil {
		return err
	}
	password, err := os.ReadFile(filepath.Join(c.Dir(), "password"))
	if err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(dir, "password"), password, 0o600); err != nil {
		return err
	}
	args := []string{"--pgdata=" + filepath.Join(dir, "data"), "--checkpoint=fast", "--wal-method=stream"}
	if follow {
		args = append(args, "--write-recovery-conf")
	}
	return Tool(ctx, c, "pg_basebackup", args...)
}

// Query runs one statement on a connection of its own and returns the first column as text.
func Query(ctx context.Context, url, sql string, args ...any) ([]string, error) {
	conn, err := pgx.Connect(ctx, url)
	if err != nil {
		return nil, err
	}
	defer conn.Close(ctx)
	rows, err := conn.Query(ctx, sql, args...)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowTo[string])
}

// Until asks every 20 ms until what is waited for is true, at most for the given time.
func Until(ctx context.Context, limit time.Duration, what string, ready func() bool) error {
	for deadline := time.Now().Add(limit); !ready(); {
		if time.Now().After(deadline) {
			return fmt.Errorf("waited %s for %s", limit, what)
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(20 * time.Millisecond):
		}
	}
	return nil
}
