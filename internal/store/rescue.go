package store

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"github.com/jackc/pgx/v5"
)

// A process that is killed leaves the jobs it was working marked as running. The job library finds them by their age,
// minutes later. Here each process holds an advisory lock under its own number for as long as it lives, on a connection of
// its own: a running job whose process holds no lock has nobody working it, and goes back to the queue at once. Where the
// connection is lost though the process lives, a job may run twice at a time, which jobs are made for.

// aliveLocks is the class of the advisory locks that say "this process lives".
const aliveLocks = 0x6370616c // "cpal"

// rescueEvery is how often each process looks for jobs of dead ones, and makes sure of its own lock.
const rescueEvery = 2 * time.Second

// lifeline keeps this process's lock and rescues the jobs of others.
type lifeline struct {
	config *pgx.ConnConfig
	number int32 // of this process
	log    *slog.Logger
	conn   *pgx.Conn
}

// clientID is the name under which the job library writes down who works a job.
func (l *lifeline) clientID() string { return fmt.Sprintf("creditpocket:%d", l.number) }

// run holds the lock and rescues until ctx ends.
func (l *lifeline) run(ctx context.Context) {
	ticker := time.NewTicker(rescueEvery)
	defer ticker.Stop()
	for {
		if err := l.beat(ctx); err != nil && ctx.Err() == nil {
			l.log.Warn("the jobs of dead processes could not be looked for", "error", fromDB(err))
			l.drop()
		}
		select {
		case <-ticker.C:
		case <-ctx.Done():
			l.drop()
			return
		}
	}
}

func (l *lifeline) drop() {
	if l.conn == nil {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	_ = l.conn.Close(ctx)
	l.conn = nil
}

func (l *lifeline) beat(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	if l.conn == nil {
		if err := l.hold(ctx); err != nil {
			return err
		}
	}
	// The age keeps off a job that was taken by a process whose lock this statement's snapshot cannot see yet.
	tag, err := l.conn.Exec(ctx, `UPDATE river_job SET state = 'available', scheduled_at = now()
		WHERE state = 'running' AND attempted_at < now() - interval '1 second' AND `+ofTheDead("attempted_by[array_upper(attempted_by, 1)]"))
	if err != nil {
		return err
	}
	if n := tag.RowsAffected(); n > 0 {
		l.log.Info("jobs of a process that is gone were put back", "jobs", n)
	}
	// A dead leader's lease would keep scheduled and periodic jobs waiting until it runs out.
	_, err = l.conn.Exec(ctx, `DELETE FROM river_leader WHERE `+ofTheDead("leader_id"))
	return err
}

// ofTheDead is the condition that a client id is one of ours whose process holds no lock.
func ofTheDead(id string) string {
	return fmt.Sprintf(`%[1]s LIKE 'creditpocket:%%' AND NOT EXISTS (SELECT FROM pg_locks a
		WHERE a.locktype = 'advisory' AND a.classid = %[2]d AND a.objsubid = 2 AND a.granted
		AND a.database = (SELECT oid FROM pg_database WHERE datname = current_database())
		AND a.objid::bigint = split_part(%[1]s, ':', 2)::bigint)`, id, aliveLocks)
}

// hold connects and takes this process's lock.
func (l *lifeline) hold(ctx context.Context) error {
	conn, err := pgx.ConnectConfig(ctx, l.config)
	if err != nil {
		return err
	}
	if _, err := conn.Exec(ctx, fmt.Sprintf(`SELECT pg_advisory_lock(%d, %d)`, aliveLocks, l.number)); err != nil {
		_ = conn.Close(ctx)
		return err
	}
	l.conn = conn
	return nil
}
