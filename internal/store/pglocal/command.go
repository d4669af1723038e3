package pglocal

import (
	"context"
	"os"
	"os/exec"
	"strconv"
	"time"
)

// Command prepares a program that came with the server, such as pg_basebackup or psql, to run under the server's account with
// the superuser's name, password, host and port in its environment. It fails where the cluster runs in a container.
func (c *Cluster) Command(ctx context.Context, program string, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, c.s.program(program), args...)
	cmd.Env = append(cleanEnv(), "PGHOST=127.0.0.1", "PGPORT="+strconv.Itoa(c.Port()), "PGUSER="+superuser, "PGPASSWORD="+c.password, "PGDATABASE="+c.s.DatabaseName)
	cmd.Dir, cmd.SysProcAttr, cmd.WaitDelay = c.s.dir, c.s.account.attributes(), 2*time.Second
	return cmd
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
