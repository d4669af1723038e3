package pglocal

import (
	"context"
	"errors"
	"fmt"
	"os"
	"sync"
	"time"
)

// Source says how a cluster was had.
type Source string

const (
	// Adopted: it was already running.
	Adopted Source = "adopted"
	// Local: started with programs found on this machine.
	Local Source = "local"
	// Downloaded: started with the pinned download.
	Downloaded Source = "download"
	// Container: started by a container engine.
	Container Source = "container"
)

// Cluster is a running managed cluster. Its methods may be called from several goroutines.
type Cluster struct {
	s        *starter
	password string

	mu      sync.Mutex
	pid     int // 0 in a container
	port    int
	source  Source
	adopted bool
	owner   *Lock // nil when another process owns the cluster, or nobody does (Detached)
	stopped bool
}

// URL is the connection string of the application's database. It contains the password.
func (c *Cluster) URL() string { return c.URLFor(c.s.DatabaseName) }

// URLFor is the connection string of another database of the cluster, "postgres" for administration.
func (c *Cluster) URLFor(database string) string {
	return connectionURL(c.password, c.Port(), database)
}

// Port is the loopback port; it stays the same over restarts as long as it is free.
func (c *Cluster) Port() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.port
}

// Pid is the postmaster's process id, 0 when it runs in a container.
func (c *Cluster) Pid() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.pid
}

// Adopted reports whether Start found the cluster running.
func (c *Cluster) Adopted() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.adopted
}

// Source says how the cluster was had.
func (c *Cluster) Source() Source {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.source
}

// Dir is the directory that holds the cluster: DataDir, or what was announced instead.
func (c *Cluster) Dir() string { return c.s.dir }

// String describes the cluster without its password.
func (c *Cluster) String() string {
	return fmt.Sprintf("PostgreSQL on 127.0.0.1:%d (%s), data in %s", c.Port(), c.Source(), c.s.data())
}

// Stop shuts the cluster down if this process owns it (it started it, or adopted an orphan) and leaves another owner's
// alone. When ctx ends before the orderly shutdown does, the server stops at once and recovers at its next start.
func (c *Cluster) Stop(ctx context.Context) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.stop(ctx)
}

func (c *Cluster) stop(ctx context.Context) error {
	if c.stopped || (c.adopted && c.owner == nil) {
		return nil
	}
	if _, limited := ctx.Deadline(); !limited {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, 30*time.Second)
		defer cancel()
	}
	lock, err := AcquireLock(ctx, c.s.file("start.lock"), false)
	if err != nil {
		return err
	}
	defer lock.Release()
	if err := c.end(ctx); err != nil {
		return err
	}
	c.stopped = true
	c.owner.Release()
	return nil
}

// end stops the server itself.
func (c *Cluster) end(ctx context.Context) error {
	if c.pid == 0 {
		return c.s.stopContainer(ctx)
	}
	if !alive(c.pid) || !isPostmaster(c.pid, c.s.data()) {
		return nil
	}
	return c.s.stopPostmaster(ctx, c.pid)
}

// Kill ends the postmaster as a crash would (SIGKILL), for tests of what follows. It fails with ErrNotOwner on another
// process's cluster.
func (c *Cluster) Kill(ctx context.Context) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.adopted && c.owner == nil {
		return ErrNotOwner
	}
	if c.pid == 0 {
		return c.s.killContainer(ctx)
	}
	if err := c.s.kill(c.pid); err != nil {
		return err
	}
	return waitGone(ctx, c.pid)
}

// Restart stops the cluster, if it still runs, and starts it again: same data, and the same URL while the port is free.
// It fails with ErrNotOwner on another process's cluster.
func (c *Cluster) Restart(ctx context.Context) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.adopted && c.owner == nil {
		return ErrNotOwner
	}
	if err := c.stop(ctx); err != nil {
		return err
	}
	n, err := start(ctx, c.s.Options, c.s.host)
	if err != nil {
		return err
	}
	c.s.bin = n.s.bin
	c.pid, c.port, c.source, c.adopted, c.owner, c.stopped = n.pid, n.port, n.source, n.adopted, n.owner, false
	return nil
}

// takeOwnership makes this process the cluster's owner if it started it, or if nobody alive owns it.
func (c *Cluster) takeOwnership() error {
	detached, ownerLock := c.s.file("detached"), c.s.file("owner.lock")
	if c.adopted {
		if _, err := os.Stat(detached); err == nil || c.s.Detached {
			return nil
		}
	} else {
		// The lock of a server that is gone, which its owner may hold still, says nothing of this one. Everybody looks at
		// it under the start lock, so replacing it is safe; where an open file cannot be replaced it keeps guests away.
		_ = os.Remove(ownerLock)
		if c.s.Detached {
			return c.s.write("detached", "stops by order only\n", 0o644)
		}
		if err := os.Remove(detached); err != nil && !os.IsNotExist(err) {
			return err
		}
	}
	lock, err := TryLock(ownerLock, false)
	if errors.Is(err, ErrLocked) {
		return nil
	}
	c.owner = lock
	return err
}
