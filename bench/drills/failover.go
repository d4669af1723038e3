//go:build linux

package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/creditpocket/creditpocket/bench/rig"
)

// runFailover kills a primary under load and promotes its synchronous standby. The second part loses the standby first: commits
// that no standby has confirmed must not be acknowledged, although PostgreSQL answers them with success when the wait is broken
// off.
func runFailover(ctx context.Context, args []string) (err error) {
	f := flags("failover")
	writes := f.Int("writes", 500, "acknowledged writes before and after the fail-over")
	_ = f.Parse(args)
	s, err := newSite(ctx, "failover")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.Close(ctx)) }()
	a, err := s.failOver(ctx, *writes)
	if err != nil {
		return err
	}
	b, err := s.lonelyPrimary(ctx)
	if err != nil {
		return err
	}
	fmt.Printf("RESULT drill-failover acknowledged=%d answered_503=%d no_answer=%d other_answers=%d journeys=%d lost=%d doubled=%d loans=%s differences=%s payouts=%d payouts_unknown=%d paid_twice=%d away_s=%.1f "+
		"alone_acknowledged=%d alone_answered_503=%d alone_unknown_commits=%.0f alone_lost_unacknowledged=%d alone_lost=%d\n",
		a.ok, a.unavailable, a.silent, len(a.wrong), a.walks, len(a.lost), len(a.doubled), a.loans, a.differences, a.paid, a.unknown, a.twice, a.away.Seconds(),
		b.ok, b.unavailable, b.unknownCommits, b.vanished, len(b.lost))
	if a.unknown+a.twice > 0 || a.walks == 0 {
		a.wrong = append(a.wrong, fmt.Sprintf("%d journeys, %d loans paid out twice, %d transfers that we know nothing of", a.walks, a.twice, a.unknown))
	}
	if b.unknownCommits == 0 || b.vanished == 0 {
		b.wrong = append(b.wrong, "no commit went unconfirmed while the primary was alone: the second part shows nothing")
	}
	return errors.Join(rig.Verdict(a.lost, a.doubled, a.wrong), rig.Verdict(b.lost, b.doubled, b.wrong))
}

// failedOver is what a fail-over came to.
type failedOver struct {
	ok, unavailable, silent, walks, paid, unknown, twice int
	lost, doubled, wrong                                 []string
	loans, differences                                   string
	away                                                 time.Duration // from the kill to the next acknowledged write
	unknownCommits                                       float64
	vanished                                             int // rows the old primary had, unacknowledged, and the new one has not
}

func (s *site) failOver(ctx context.Context, writes int) (r failedOver, err error) {
	servers, err := newPair(ctx, s.Rig, "pg")
	if err != nil {
		return r, err
	}
	var processes []*rig.Process
	var bases []string
	for i := range 2 {
		p, err := s.serve(fmt.Sprintf("app%d", i+1), servers.url())
		if err != nil {
			return r, err
		}
		if i == 0 {
			if err := seed(ctx, p); err != nil {
				return r, err
			}
		}
		if err := p.Start(ctx); err != nil {
			return r, err
		}
		processes, bases = append(processes, p), append(bases, p.Base())
	}
	s.gateway.Events(bases[0])
	load, err := rig.Start(ctx, rig.LoadOptions{Bases: bases, Writers: 6, Walkers: 4, Patience: 2 * time.Minute})
	if err != nil {
		return r, err
	}
	if err := load.WaitFor(ctx, writes, 2*time.Minute); err != nil {
		return r, err
	}
	say("failover: the primary is killed")
	killed := time.Now()
	if err := servers.primary.Kill(ctx); err != nil {
		return r, err
	}
	if err := servers.promote(ctx); err != nil {
		return r, err
	}
	say("failover: the standby is promoted after %s", time.Since(killed).Round(time.Millisecond))
	if err := load.WaitFor(ctx, 1, time.Minute); err != nil {
		return r, err
	}
	r.away = time.Since(killed)
	if err := load.WaitFor(ctx, writes, 2*time.Minute); err != nil {
		return r, err
	}
	load.Stop()
	if r.lost, r.doubled, err = load.Lost(ctx, servers.standby.URL()); err != nil {
		return r, err
	}
	if r.loans, r.differences, err = verify(ctx, processes[0]); err != nil {
		return r, err
	}
	if r.paid, r.unknown, r.twice, err = s.payouts(ctx, servers.standby.URL()); err != nil {
		return r, err
	}
	r.ok, r.unavailable, r.silent = load.Acknowledged()
	r.wrong, r.walks = load.Wrong(), load.Walks()
	for _, p := range processes {
		if err := p.Terminate(time.Minute); err != nil {
			return r, err
		}
	}
	return r, nil
}

func (s *site) lonelyPrimary(ctx context.Context) (r failedOver, err error) {
	servers, err := newPair(ctx, s.Rig, "alone")
	if err != nil {
		return r, err
	}
	p, err := s.serve("lonely", servers.url(), "CP_ROLES=http")
	if err != nil {
		return r, err
	}
	if err := seed(ctx, p); err != nil {
		return r, err
	}
	if err := p.Start(ctx); err != nil {
		return r, err
	}
	load, err := rig.Start(ctx, rig.LoadOptions{Bases: []string{p.Base()}, Writers: 6})
	if err != nil {
		return r, err
	}
	if err := load.WaitFor(ctx, 100, time.Minute); err != nil {
		return r, err
	}
	say("failover: the standby goes away, and the primary goes on alone")
	if err := servers.standby.Stop(ctx); err != nil {
		return r, err
	}
	// Every writer meets the wait for the standby at least twice.
	if err := load.WaitUnavailable(ctx, 12, time.Minute); err != nil {
		return r, err
	}
	if r.unknownCommits, err = p.Metric(ctx, "creditpocket_db_commits_unknown_total"); err != nil {
		return r, err
	}
	before, err := rig.Query(ctx, servers.primary.URL(), `SELECT app_version FROM device_activity`)
	if err != nil {
		return r, err
	}
	say("failover: the primary is killed, and the standby is promoted without what it had not been sent")
	if err := servers.primary.Kill(ctx); err != nil {
		return r, err
	}
	if err := servers.standby.Restart(ctx); err != nil {
		return r, err
	}
	if err := servers.promote(ctx); err != nil {
		return r, err
	}
	if err := load.WaitFor(ctx, 100, time.Minute); err != nil {
		return r, err
	}
	load.Stop()
	after, err := rig.Query(ctx, servers.standby.URL(), `SELECT app_version FROM device_activity`)
	if err != nil {
		return r, err
	}
	there := map[string]bool{}
	for _, mark := range after {
		there[mark] = true
	}
	for _, mark := range before {
		if !there[mark] {
			r.vanished++
		}
	}
	r.lost, r.doubled, err = load.Lost(ctx, servers.standby.URL())
	r.ok, r.unavailable, r.silent = load.Acknowledged()
	r.wrong = load.Wrong()
	return r, err
}
