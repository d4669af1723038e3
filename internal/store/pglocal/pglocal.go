// Package pglocal gets a process a PostgreSQL of its own, so that a newcomer needs no database server and a test needs
// no mock. It adopts the cluster that already runs in the data directory, or else starts one with, in this order:
// binaries found on this machine, pinned binaries downloaded into the user's cache, a container. Failing all, it says
// what to install.
//
// Laws:
//   - A data directory is never deleted and never upgraded: another major version stops with ErrVersion.
//   - The server listens on loopback only, and asks a random password kept in a 0600 file beside the data.
//   - A new cluster is built aside and renamed into place, so a crash while it is built leaves nothing half-made.
//   - One process starts a cluster, all others on the same directory adopt it. Its owner stops it; on Linux it also
//     stops when its owner dies, elsewhere the next Start adopts the orphan and owns it.
//   - root runs it under another account, because PostgreSQL refuses root.
//
// It imports nothing of this module.
package pglocal

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// Errors to be told apart with errors.Is. Their text is written for the person at the terminal.
var (
	// ErrNoPostgres: no way to a PostgreSQL worked; the message names the four ways out.
	ErrNoPostgres = errors.New("no PostgreSQL to be had")
	// ErrVersion: the data directory belongs to a major version that was not found here. Nothing was touched.
	ErrVersion = errors.New("data directory of another major version")
	// ErrForeign: what is in the data directory, or answers in its name, is not this package's.
	ErrForeign = errors.New("not a cluster of ours")
	// ErrChecksum: a download is not the pinned archive. Nothing of it was unpacked or run.
	ErrChecksum = errors.New("download does not match its checksum")
	// ErrNotOwner: the cluster was adopted from a living owner, who alone restarts or kills it.
	ErrNotOwner = errors.New("the cluster belongs to another process")
)

// Start returns the running cluster of o.DataDir with the application's database in it. It waits for another process
// that is just starting or stopping the same cluster, and for crash recovery, as long as ctx allows.
func Start(ctx context.Context, o Options) (*Cluster, error) { return start(ctx, o, thisHost()) }

// StopDir stops the cluster of o.DataDir whoever started it, and returns nil when none runs.
func StopDir(ctx context.Context, o Options) error {
	s, err := newStarter(o, thisHost())
	if err != nil {
		return err
	}
	lock, err := AcquireLock(ctx, s.file("start.lock"), false)
	if err != nil {
		return err
	}
	defer lock.Release()
	if s.containerised() {
		return s.stopContainer(ctx)
	}
	pm, ok := s.readPostmaster()
	if !ok || !alive(pm.pid) || !isPostmaster(pm.pid, s.data()) {
		return nil
	}
	s.bin = s.savedBin()
	return s.stopPostmaster(ctx, pm.pid)
}

func start(ctx context.Context, o Options, h host) (*Cluster, error) {
	began := time.Now()
	s, err := newStarter(o, h)
	if err != nil {
		return nil, err
	}
	lock, err := AcquireLock(ctx, s.file("start.lock"), false)
	if err != nil {
		return nil, fmt.Errorf("pglocal: %w", err)
	}
	defer lock.Release()

	c, err := s.adopt(ctx)
	if err == nil && c == nil {
		c, err = s.launch(ctx)
	}
	if err != nil {
		return nil, err
	}
	if c.password, err = s.password(); err != nil {
		return nil, err
	}
	if err := c.takeOwnership(); err != nil {
		return nil, err
	}
	if err := s.ensureDatabase(ctx, c.port); err != nil {
		if !c.adopted {
			err = errors.Join(err, c.end(context.WithoutCancel(ctx)))
		}
		c.owner.Release()
		return nil, err
	}
	s.Log.Info("PostgreSQL is ready", "port", c.port, "source", string(c.source), "data", s.data(), "took", time.Since(began).Round(time.Millisecond))
	return c, nil
}

// launch starts the cluster, building it first when there is none.
func (s *starter) launch(ctx context.Context) (*Cluster, error) {
	if s.containerised() {
		return s.launchContainer(ctx)
	}
	major, err := s.dataMajor()
	if err != nil {
		return nil, err
	}
	bin, tried, err := s.findBinaries(ctx, major)
	if err != nil {
		return nil, err
	}
	switch {
	case bin.dir != "":
		s.bin = bin.dir
		if _, err := s.password(); err != nil {
			return nil, err
		}
		if major == 0 {
			if err := s.initialise(ctx); err != nil {
				return nil, err
			}
		}
		return s.run(ctx, bin.source)
	case major != 0:
		return nil, fmt.Errorf("pglocal: %s was made by PostgreSQL %d: %w\n%s\nIt was not touched. Install PostgreSQL %d or name its programs in PG_BIN_DIR; or move the data to a newer version with pg_upgrade or pg_dump; or choose another data directory",
			s.data(), major, ErrVersion, list(tried), major)
	}
	why := s.engineUnavailable(ctx)
	if why == "" {
		return s.launchContainer(ctx)
	}
	return nil, fmt.Errorf("pglocal: %w\n%s\nFour ways out, each enough:\n"+
		"  1. point DATABASE_URL at a PostgreSQL server, version %d or newer\n"+
		"  2. install PostgreSQL (Debian: apt-get install postgresql; macOS: brew install postgresql), or name the directory of its initdb and postgres in PG_BIN_DIR\n"+
		"  3. allow the download of pinned binaries (drop --no-download), or name another archive in CP_PG_DOWNLOAD_URL with its CP_PG_DOWNLOAD_SHA256\n"+
		"  4. start a Docker engine",
		ErrNoPostgres, list(append(tried, why)), oldestMajor)
}

func list(lines []string) string {
	out := "Tried:"
	for _, l := range lines {
		out += "\n  - " + l
	}
	return out
}
