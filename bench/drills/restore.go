//go:build linux

package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"time"

	"github.com/creditpocket/creditpocket/bench/rig"
	"github.com/creditpocket/creditpocket/internal/store/pglocal"
)

// runRestore follows docs/backup.md: a base backup and the archived log are taken under load, somebody destroys a table, and the
// books are restored to the point before it. The gateway is then ahead of the restored books.
func runRestore(ctx context.Context, args []string) (err error) {
	f := flags("restore")
	writes := f.Int("writes", 300, "acknowledged writes before the backup, after it, and after the restore point")
	_ = f.Parse(args)
	s, err := newSite(ctx, "restore")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.Close(ctx)) }()
	archive, base := s.Path("archive"), s.Path("restored")
	cluster, err := s.Cluster(ctx, "pg", map[string]string{"wal_level": "replica", "archive_mode": "on", "archive_timeout": "60",
		"archive_command": fmt.Sprintf("test ! -f %[1]s/%%f && cp %%p %[1]s/%%f", archive)})
	if err != nil {
		return err
	}
	if err := cluster.Lend(archive); err != nil {
		return err
	}
	p, err := s.serve("app", cluster.URL())
	if err != nil {
		return err
	}
	if err := seed(ctx, p); err != nil {
		return err
	}
	if err := p.Start(ctx); err != nil {
		return err
	}
	s.gateway.Events(p.Base())
	load, err := rig.Start(ctx, rig.LoadOptions{Bases: []string{p.Base()}, Writers: 4, Walkers: 4, Patience: 30 * time.Second})
	if err != nil {
		return err
	}
	if err := load.WaitFor(ctx, *writes, time.Minute); err != nil {
		return err
	}
	say("restore: the base backup is taken")
	if err := rig.Backup(ctx, cluster, base, false); err != nil {
		return err
	}
	if err := load.WaitFor(ctx, *writes, time.Minute); err != nil {
		return err
	}
	pointBegan := time.Now()
	if _, err := rig.Query(ctx, cluster.URL(), `SELECT pg_create_restore_point('before_accident')::text`); err != nil {
		return err
	}
	pointEnded := time.Now()
	say("restore: the restore point is set; the storm goes on")
	if err := load.WaitFor(ctx, *writes, time.Minute); err != nil {
		return err
	}
	load.Stop()
	if _, err := rig.Query(ctx, cluster.URL(), `TRUNCATE device_activity`); err != nil { // the accident
		return err
	}
	if err := p.Terminate(time.Minute); err != nil {
		return err
	}
	if err := archived(ctx, cluster); err != nil {
		return err
	}
	if err := cluster.Stop(ctx); err != nil {
		return err
	}
	began := time.Now()
	restored, err := restore(ctx, s.Rig, base, archive)
	if err != nil {
		return err
	}
	took := time.Since(began)
	q, err := s.serve("restored", restored.URL())
	if err != nil {
		return err
	}
	loans, found, err := verify(ctx, q)
	if err != nil {
		return err
	}
	missing, early, err := held(ctx, load, restored.URL(), pointBegan, pointEnded)
	if err != nil {
		return err
	}
	_, ahead, _, err := s.payouts(ctx, restored.URL())
	if err != nil {
		return err
	}
	// Reopened: loans that were approved before the point and paid out after it are paid out again, under the same reference.
	say("restore: the server is opened on the restored books")
	if err := q.Start(ctx); err != nil {
		return err
	}
	s.gateway.Events(q.Base())
	open := func() bool {
		n, err := rig.Query(ctx, restored.URL(), `SELECT count(*)::text FROM loans WHERE status IN (1, 2, 3, 4)`)
		return err == nil && n[0] == "0"
	}
	if err := rig.Until(ctx, 3*time.Minute, "the payouts that were under way", open); err != nil {
		return err
	}
	_, left, twice, err := s.payouts(ctx, restored.URL())
	if err != nil {
		return err
	}
	_, after, err := verify(ctx, q)
	if err != nil {
		return err
	}
	ok, _, _ := load.Acknowledged()
	wrong := load.Wrong()
	fmt.Printf("RESULT drill-restore acknowledged=%d before_point_missing=%d after_point_present=%d journeys=%d loans=%s differences=%s restore_s=%.1f gateway_ahead=%d gateway_ahead_after_reopening=%d differences_after_reopening=%s paid_twice=%d\n",
		ok, len(missing), len(early), load.Walks(), loans, found, took.Seconds(), ahead, left, after, twice)
	if len(early) > 0 {
		wrong = append(wrong, fmt.Sprintf("%d writes that began after the restore point are in the restored books, such as %s", len(early), early[0]))
	}
	if twice > 0 {
		wrong = append(wrong, fmt.Sprintf("%d loans were paid out twice", twice))
	}
	return rig.Verdict(missing, nil, wrong)
}

// archived waits until all that was written is in the archive.
func archived(ctx context.Context, c *pglocal.Cluster) error {
	last, err := rig.Query(ctx, c.URL(), `SELECT pg_walfile_name(pg_switch_wal())`)
	if err != nil {
		return err
	}
	return rig.Until(ctx, time.Minute, "the log to be archived", func() bool {
		done, err := rig.Query(ctx, c.URL(), `SELECT coalesce(last_archived_wal, '') FROM pg_stat_archiver`)
		return err == nil && done[0] >= last[0]
	})
}

// restore starts a server on a base backup, which reads the archive up to the restore point and then takes writes.
func restore(ctx context.Context, r *rig.Rig, base, archive string) (*pglocal.Cluster, error) {
	if err := os.WriteFile(filepath.Join(base, "data", "recovery.signal"), nil, 0o644); err != nil {
		return nil, err
	}
	c, err := r.ClusterIn(ctx, base, map[string]string{"archive_mode": "off", "restore_command": fmt.Sprintf("cp %s/%%f %%p", archive),
		"recovery_target_name": "before_accident", "recovery_target_action": "promote"})
	if err != nil {
		return nil, err
	}
	return c, rig.Until(ctx, time.Minute, "the end of the recovery", func() bool {
		state, err := rig.Query(ctx, c.URL(), `SELECT pg_is_in_recovery()::text`)
		return err == nil && state[0] == "false"
	})
}

// held compares the writes with a restored database: what was acknowledged before the point must be there, and what began after it
// must not.
func held(ctx context.Context, load *rig.Load, url string, pointBegan, pointEnded time.Time) (missing, early []string, err error) {
	marks, err := rig.Query(ctx, url, `SELECT app_version FROM device_activity`)
	found := map[string]bool{}
	for _, m := range marks {
		found[m] = true
	}
	for _, w := range load.Writes() {
		switch {
		case w.Status == http.StatusOK && w.Ended.Before(pointBegan) && !found[w.Mark]:
			missing = append(missing, w.Mark)
		case w.Began.After(pointEnded) && found[w.Mark]:
			early = append(early, w.Mark)
		}
	}
	return missing, early, err
}
