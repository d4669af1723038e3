package pglocal

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"time"
)

// Command prepares a program that came with the server, such as pg_basebackup or psql, to run under the server's account with
// the superuser's name, password, host and port in its environment. It fails where the cluster runs in a container.
func (c *Cluster) Command(ctx context.Context, program string, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, c.s.find(program), args...)
	cmd.Env = append(cleanEnv(), "PGHOST=127.0.0.1", "PGPORT="+strconv.Itoa(c.Port()), "PGUSER="+superuser, "PGPASSWORD="+c.password, "PGDATABASE="+c.s.DatabaseName)
	cmd.Dir, cmd.SysProcAttr, cmd.WaitDelay = c.s.dir, c.s.account.attributes(), 2*time.Second
	return cmd
}

// find is where a program that comes with the server is: beside the server, or where a link to the server leads, or on the PATH.
func (s *starter) find(program string) string {
	path := s.program(program)
	if _, err := os.Stat(path); err == nil {
		return path
	}
	if server, err := filepath.EvalSymlinks(s.program("postgres")); err == nil {
		beside := filepath.Join(filepath.Dir(server), program+exe)
		if _, err := os.Stat(beside); err == nil {
			return beside
		}
	}
	if found, err := exec.LookPath(program); err == nil {
		return found
	}
	return path
}

// Lend makes a directory that the server's account can write to, such as one for backups. Its parents must let that account pass.
func (c *Cluster) Lend(path string) error {
	if err := os.MkdirAll(path, 0o700); err != nil {
		return err
	}
	return c.s.account.give(path)
}

// DataPath is the server's own data directory.
func (c *Cluster) DataPath() string { return c.s.data() }
