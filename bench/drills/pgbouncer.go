//go:build linux

package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/creditpocket/creditpocket/bench/rig"
)

// runPgbouncer runs two processes through pgbouncer in transaction mode: journeys, background jobs, the daily run. The wall between brands is
// tried on the same connections.
func runPgbouncer(ctx context.Context, args []string) (err error) {
	f := flags("pgbouncer")
	walks := f.Int("journeys", 6, "journeys to walk")
	_ = f.Parse(args)
	s, err := newSite(ctx, "pgbouncer")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.Close(ctx)) }()
	cluster, err := s.Fast(ctx, "pg")
	if err != nil {
		return err
	}
	pooled, err := s.Pool(ctx, cluster)
	if err != nil {
		return err
	}
	// Without the setting the pooler is recognised, and nothing is done through it.
	unaware, err := s.serve("unaware", pooled)
	if err != nil {
		return err
	}
	_, unawareErr := unaware.Command(ctx, "migrate")
	refused := unawareErr != nil && strings.Contains(unawareErr.Error(), "CP_DB_POOLER=transaction")
	env := []string{"CP_DB_POOLER=transaction", "CP_DATABASE_DIRECT_URL=" + cluster.URL()}
	var processes []*rig.Process
	var bases []string
	for i := range 2 {
		p, err := s.serve(fmt.Sprintf("app%d", i+1), pooled, env...)
		if err != nil {
			return err
		}
		if i == 0 {
			if err := seed(ctx, p); err != nil {
				return err
			}
		}
		if err := p.Start(ctx); err != nil {
			return err
		}
		processes, bases = append(processes, p), append(bases, p.Base())
	}
	s.gateway.Events(bases[0])
	load, err := rig.Start(ctx, rig.LoadOptions{Bases: bases, Writers: 2, Walkers: 2})
	if err != nil {
		return err
	}
	err = rig.Until(ctx, 3*time.Minute, fmt.Sprintf("%d journeys", *walks), func() bool { return load.Walks() >= *walks || len(load.Wrong()) > 0 })
	load.Stop()
	if err != nil {
		return err
	}
	if err := wall(ctx, cluster.URL(), pooled); err != nil {
		return err
	}
	// A killed process's jobs go back to the queue: the lock that says it lives is past the pooler, too.
	processes[1].Kill()
	if _, err := processes[0].Command(ctx, "clock", "advance", "2d"); err != nil {
		return err
	}
	daily, err := processes[0].Command(ctx, "daily")
	if err != nil {
		return err
	}
	loans, found, err := verify(ctx, processes[0])
	if err != nil {
		return err
	}
	lost, doubled, err := load.Lost(ctx, cluster.URL())
	if err != nil {
		return err
	}
	stuck, err := rig.Query(ctx, cluster.URL(), `SELECT kind || ' ' || state FROM river_job WHERE state IN ('discarded', 'cancelled')`)
	if err != nil {
		return err
	}
	jobs, err := rig.Query(ctx, cluster.URL(), `SELECT count(*)::text FROM river_job WHERE state = 'completed'`)
	if err != nil {
		return err
	}
	ok, unavailable, silent := load.Acknowledged()
	wrong := append(load.Wrong(), stuck...)
	fmt.Printf("RESULT test-pgbouncer journeys=%d writes=%d answered_503=%d no_answer=%d other_answers=%d jobs_completed=%s jobs_failed=%d loans=%s differences=%s lost=%d doubled=%d daily=%t refused_without_setting=%t\n",
		load.Walks(), ok, unavailable, silent, len(load.Wrong()), jobs[0], len(stuck), loans, found, len(lost), len(doubled), strings.Contains(daily, "RESULT"), refused)
	if !refused {
		wrong = append(wrong, fmt.Sprintf("migrate through the pooler without CP_DB_POOLER: %v", unawareErr))
	}
	if unavailable+silent > 0 {
		wrong = append(wrong, fmt.Sprintf("%d requests were answered 503 and %d not at all", unavailable, silent))
	}
	return rig.Verdict(lost, doubled, wrong)
}
