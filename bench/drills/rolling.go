//go:build linux

package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/creditpocket/creditpocket/bench/rig"
)

// runRolling restarts every process of a deployment, one after the other, again and again, behind a balancer and under load. Not one
// request may fail: no 503, no broken connection.
func runRolling(ctx context.Context, args []string) (err error) {
	f := flags("rolling")
	rounds := f.Int("rounds", 3, "times that every process is restarted")
	_ = f.Parse(args)
	s, err := newSite(ctx, "rolling")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.Close(ctx)) }()
	cluster, err := s.Cluster(ctx, "pg", nil)
	if err != nil {
		return err
	}
	var web, all []*rig.Process
	for _, role := range []string{"http", "http", "http", "worker", "worker"} {
		p, err := s.serve(fmt.Sprintf("%s%d", role, len(all)+1), cluster.URL(), "CP_ROLES="+role, "CP_DRAIN_DELAY=2s")
		if err != nil {
			return err
		}
		all = append(all, p)
		if role == "http" {
			web = append(web, p)
		}
	}
	if err := seed(ctx, all[0]); err != nil {
		return err
	}
	for _, p := range all {
		if err := p.Start(ctx); err != nil {
			return err
		}
	}
	base, err := s.Balance(ctx, web...)
	if err != nil {
		return err
	}
	s.gateway.Events(base)
	load, err := rig.Start(ctx, rig.LoadOptions{Bases: []string{base}, Writers: 4, Walkers: 3})
	if err != nil {
		return err
	}
	began, restarts := time.Now(), 0
	for round := range *rounds {
		for _, p := range all {
			if err := p.Terminate(40 * time.Second); err != nil {
				return err
			}
			if err := p.Start(ctx); err != nil {
				return err
			}
			restarts++
			// The balancer takes the process back, and some work goes through all of them, before the next one goes.
			if err := load.WaitFor(ctx, 50, 30*time.Second); err != nil {
				return err
			}
			say("rolling: round %d, %s restarted", round+1, p.Name)
		}
	}
	load.Stop()
	took := time.Since(began)
	ok, unavailable, silent := load.Acknowledged()
	lost, doubled, err := load.Lost(ctx, cluster.URL())
	if err != nil {
		return err
	}
	loans, found, err := verify(ctx, all[0])
	if err != nil {
		return err
	}
	paid, unknown, twice, err := s.payouts(ctx, cluster.URL())
	if err != nil {
		return err
	}
	wrong := load.Wrong()
	fmt.Printf("RESULT drill-rolling http=%d worker=%d restarts=%d writes=%d journeys=%d failed_requests=%d answered_503=%d no_answer=%d lost=%d doubled=%d loans=%s differences=%s payouts=%d payouts_unknown=%d paid_twice=%d seconds=%.0f\n",
		len(web), len(all)-len(web), restarts, ok, load.Walks(), unavailable+silent+len(wrong), unavailable, silent, len(lost), len(doubled), loans, found, paid, unknown, twice, took.Seconds())
	if unavailable+silent > 0 {
		wrong = append(wrong, fmt.Sprintf("%d requests were answered 503 and %d not at all", unavailable, silent))
	}
	if load.Walks() == 0 || twice+unknown > 0 {
		wrong = append(wrong, fmt.Sprintf("%d journeys, %d loans paid out twice, %d transfers that we know nothing of", load.Walks(), twice, unknown))
	}
	return rig.Verdict(lost, doubled, wrong)
}
