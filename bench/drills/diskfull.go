//go:build linux

package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"syscall"
	"time"

	"github.com/creditpocket/creditpocket/bench/rig"
)

// runDiskFull fills the disk under PostgreSQL while callers write, first so that tables cannot grow, then so that the log cannot
// either and the server stops. The API answers 503 and nothing else; when there is room again all that was acknowledged is there.
func runDiskFull(ctx context.Context, args []string) (err error) {
	f := flags("diskfull")
	megabytes := f.Int("size", 320, "size of the disk, megabytes")
	_ = f.Parse(args)
	s, err := newSite(ctx, "diskfull")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.Close(ctx)) }()
	disk := s.Path("disk")
	if err := os.Mkdir(disk, 0o755); err != nil {
		return err
	}
	if err := syscall.Mount("tmpfs", disk, "tmpfs", 0, fmt.Sprintf("size=%dm,mode=0755", *megabytes)); err != nil {
		return fmt.Errorf("a small disk could not be mounted (root only): %w", err)
	}
	s.AtEnd(func(context.Context) error { return syscall.Unmount(disk, syscall.MNT_DETACH) })
	cluster, err := s.ClusterIn(ctx, s.Path("disk", "pg"), map[string]string{"max_wal_size": "64MB", "min_wal_size": "32MB"})
	if err != nil {
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
	load, err := rig.Start(ctx, rig.LoadOptions{Bases: []string{p.Base()}, Writers: 6, Walkers: 2, Patience: 2 * time.Minute})
	if err != nil {
		return err
	}
	if err := load.WaitFor(ctx, 200, time.Minute); err != nil {
		return err
	}
	say("diskfull: the disk is filled")
	ballast := s.Path("disk", "ballast")
	if err := fill(ballast); err != nil {
		return err
	}
	_, before, _ := load.Acknowledged()
	err = rig.Until(ctx, time.Minute, "answers 503 because the disk is full", func() bool {
		_, now, _ := load.Acknowledged()
		return now > before+20 && strings.Contains(p.Log(), "53100")
	})
	if err != nil {
		return err
	}
	full := strings.Count(p.Log(), "53100")
	say("diskfull: tables cannot grow (%d times so far); now the log", full)
	stopped := logFull(ctx, cluster.URL())
	if err := load.WaitUnavailable(ctx, 20, 20*time.Second); err != nil {
		return err
	}
	if err := os.Remove(ballast); err != nil {
		return err
	}
	room := time.Now()
	// PostgreSQL ends by itself where it could not even recover: an operator starts it again.
	restarted := false
	if _, err := rig.Query(ctx, cluster.URL(), `SELECT 'up'`); err != nil {
		restarted = true
		if err := cluster.Restart(ctx); err != nil {
			return err
		}
	}
	if err := load.WaitFor(ctx, 100, time.Minute); err != nil {
		return err
	}
	recovered := time.Since(room)
	load.Stop()
	lost, doubled, err := load.Lost(ctx, cluster.URL())
	if err != nil {
		return err
	}
	loans, found, err := verify(ctx, p)
	if err != nil {
		return err
	}
	_, unknown, twice, err := s.payouts(ctx, cluster.URL())
	if err != nil {
		return err
	}
	ok, unavailable, silent := load.Acknowledged()
	wrong := load.Wrong()
	fmt.Printf("RESULT drill-diskfull disk_mb=%d acknowledged=%d answered_503=%d no_answer=%d other_answers=%d disk_full_errors=%d server_stopped=%t server_restarted=%t recovery_s=%.1f journeys=%d lost=%d doubled=%d loans=%s differences=%s payouts_unknown=%d paid_twice=%d\n",
		*megabytes, ok, unavailable, silent, len(wrong), full, stopped, restarted, recovered.Seconds(), load.Walks(), len(lost), len(doubled), loans, found, unknown, twice)
	if silent > 0 {
		wrong = append(wrong, fmt.Sprintf("%d requests got no answer although the server lived", silent))
	}
	if unknown+twice > 0 {
		wrong = append(wrong, fmt.Sprintf("%d loans paid out twice, %d transfers that we know nothing of", twice, unknown))
	}
	return rig.Verdict(lost, doubled, wrong)
}

// fill writes a file until there is no room.
func fill(path string) error {
	out, err := os.Create(path)
	if err != nil {
		return err
	}
	for _, chunk := range [][]byte{make([]byte, 1<<20), make([]byte, 4096)} {
		for err == nil {
			_, err = out.Write(chunk)
		}
		if !errors.Is(err, syscall.ENOSPC) {
			return errors.Join(err, out.Close())
		}
		err = nil
	}
	return out.Close()
}

// logFull makes the server begin new segments of its log until it finds no room for one, and tells whether that stopped it.
func logFull(ctx context.Context, url string) bool {
	for range 50 {
		if _, err := rig.Query(ctx, url, `SELECT pg_switch_wal()::text FROM (SELECT pg_logical_emit_message(false, 'drill', repeat('x', 100000))) m`); err != nil {
			return true
		}
	}
	return false
}
