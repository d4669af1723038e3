package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/creditpocket/creditpocket/internal/planted"
	"github.com/creditpocket/creditpocket/internal/store/pglocal"
)

// aim is a run that gives one planted bug its chance, and what the audit must call it then.
type aim struct {
	bug    planted.Bug
	caught []kind // any of them
	set    func(p *plan)
}

// aims has one for each bug.
var aims = []aim{
	{planted.DroppedIndex, []kind{weakSchema}, func(p *plan) { p.storm = time.Second }},
	{planted.CheckThenInsert, []kind{secondLoan}, func(p *plan) { p.rivals = 100 }},
	{planted.NewReference, []kind{doubled, offGateway}, func(p *plan) { p.ending = "06" }},
	{planted.SkippedSignature, []kind{forged}, func(p *plan) { p.chaos = 200 }},
	{planted.WebhookAmount, []kind{offGateway}, func(p *plan) { p.chaos, p.copies, p.dawdle, p.storm = 1500, 2, 3*time.Second, 16*time.Second }},
	{planted.AutocommitWrite, []kind{stuck}, func(p *plan) { p.rivals = 100 }},
	{planted.LostSweep, []kind{stuck}, func(p *plan) {
		p.ending = "01"
		p.orders = []map[string]any{{"kind": "webhook_drop", "times": -1}}
	}},
	{planted.SwallowedCommit, []kind{lost}, func(p *plan) { p.cuts, p.storm = 250, 10*time.Second }},
	{planted.NonIdempotentJob, []kind{doubled}, func(p *plan) {
		p.cards, p.repay, p.chaos, p.storm = 100, 85, 500, 12*time.Second
		p.orders = []map[string]any{{"kind": "cut_after", "times": -1, "match": "POST /refund"}}
	}},
	{planted.StaleLease, []kind{doubled}, func(p *plan) {
		p.cards, p.repay, p.chaos, p.copies, p.storm = 100, 85, 900, 1, 12*time.Second
		p.orders = []map[string]any{{"kind": "slow", "times": -1, "match": "POST /refund", "delay_ms": 5000}}
	}},
	{planted.UnbalancedPosting, []kind{unbalanced}, func(*plan) {}},
	{planted.ProcessClock, []kind{foreignClock}, func(p *plan) { p.jump = 10 * 24 * time.Hour }},
	{planted.EarlyAnswer, []kind{lost}, func(p *plan) { p.cuts, p.chaos, p.copies = 250, 500, 2 }},
	{planted.TimeoutIsFailure, []kind{wrongEnd}, func(p *plan) { p.ending = "06" }},
	{planted.CachedReading, []kind{unordered}, func(p *plan) { p.cards, p.repay = 100, 50 }},
	{planted.ForgottenReplay, []kind{doubled}, func(p *plan) { p.late = 100 }},
}

// plantedAtOnce is how many of these runs go on at a time: each waits more than it works.
const plantedAtOnce = 5

// chances is how often a bug that is not seen gets another, longer run: on a slow machine less happens in the same time. What is
// counted is whether the audit names it, never how soon.
const chances = 4

// provePlanted runs every aim, or the one asked for, against the binary with that bug. It ends with one RESULT line, and with an
// error when a bug is not called by its name.
func provePlanted(ctx context.Context, o options) error {
	began := time.Now()
	fmt.Fprintf(o.out, "prove: seed %d, planted bugs\n", o.seed)
	dir, remove, err := workDir(o)
	if err != nil {
		return err
	}
	defer remove()
	binary, err := build(ctx, dir, "planted")
	if err != nil {
		return err
	}
	verdicts, err := plantedRuns(ctx, o, dir, binary)
	if err != nil {
		return err
	}
	fmt.Fprintf(o.out, "RESULT prove-planted seed=%d bugs=%d caught=%d seconds=%.1f\n", o.seed, len(verdicts), caught(verdicts), time.Since(began).Seconds())
	if missed := len(verdicts) - caught(verdicts); missed > 0 {
		return fmt.Errorf("%d of %d planted bugs were not caught", missed, len(verdicts))
	}
	return nil
}

// verdict is what the audit called one planted bug, with the number of such findings; "" if it did not see it.
type verdict struct {
	bug planted.Bug
	as  string
}

func caught(verdicts []verdict) (n int) {
	for _, v := range verdicts {
		if v.as != "" {
			n++
		}
	}
	return n
}

// plantedRuns runs the aims against a binary with the bugs, on a PostgreSQL of their own. The verdicts are in the order of the aims.
func plantedRuns(ctx context.Context, o options, dir, binary string) (verdicts []verdict, err error) {
	if missing := len(planted.All()) - len(aims); missing != 0 {
		return nil, fmt.Errorf("%d planted bugs have no aim", missing)
	}
	if dir, err = os.MkdirTemp(dir, "planted-"); err != nil {
		return nil, err
	}
	if err := os.Chmod(dir, 0o711); err != nil {
		return nil, err
	}
	cluster, err := startCluster(ctx, dir, false)
	if err != nil {
		return nil, err
	}
	defer func() {
		end, cancel := context.WithTimeout(context.WithoutCancel(ctx), 30*time.Second)
		defer cancel()
		err = errors.Join(err, cluster.Stop(end))
	}()
	var mu sync.Mutex
	var failed []error
	var runs sync.WaitGroup
	slots := make(chan struct{}, plantedAtOnce)
	chosen := slices.DeleteFunc(slices.Clone(aims), func(a aim) bool { return o.only != "" && o.only != string(a.bug) })
	if len(chosen) == 0 {
		return nil, fmt.Errorf("-only: there is no bug %q", o.only)
	}
	verdicts = make([]verdict, len(chosen))
	for i, a := range chosen {
		slots <- struct{}{}
		runs.Go(func() {
			defer func() { <-slots }()
			var as string
			var lines []string
			var err error
			for chance := 1; chance <= chances && as == "" && err == nil; chance++ {
				var said []string
				as, said, err = a.run(ctx, o, dir, binary, cluster, fmt.Sprintf("planted_%d_%d", i, chance), time.Duration(chance))
				lines = append(lines, said...)
			}
			mu.Lock()
			defer mu.Unlock()
			verdicts[i] = verdict{a.bug, as}
			if err != nil {
				failed = append(failed, fmt.Errorf("%s: %w", a.bug, err))
			}
			fmt.Fprintln(o.out, strings.Join(lines, "\n"))
		})
	}
	runs.Wait()
	return verdicts, errors.Join(failed...)
}

// run is one aimed run. It answers what the audit called the bug, and what it said.
func (a aim) run(ctx context.Context, o options, dir, binary string, cluster *pglocal.Cluster, database string, longer time.Duration) (string, []string, error) {
	began := time.Now()
	p := plan{name: string(a.bug), replicas: 2, slots: 4, storm: 7 * time.Second, finish: 10 * time.Second, drain: 12 * time.Second, copies: 5, env: []string{"PLANTED=" + string(a.bug)}}
	a.set(&p)
	p.storm, p.chaos = p.storm*longer, p.chaos*int(longer)
	if err := createDatabase(ctx, cluster, database); err != nil {
		return "", nil, err
	}
	w, f, err := run(ctx, p, o.seed, dir, binary, cluster, database, o)
	if err != nil {
		return "", nil, err
	}
	as := names(a.caught, f)
	said := "caught as " + as
	if as == "" {
		said = fmt.Sprintf("MISSED as any of %v", a.caught)
	}
	lines := []string{fmt.Sprintf("  %-24s %s (%d findings, %d lifecycles, %d COMMITs of which %d cut, %.0f s)", a.bug, said, len(f.all), w.counts.of("lifecycles"), w.wire.Commits(), w.wire.Total(), time.Since(began).Seconds())}
	for _, k := range a.caught {
		for _, one := range f.all {
			if one.Kind == k {
				lines = append(lines, "      "+string(k)+": "+one.What[:min(len(one.What), 160)])
				break
			}
		}
	}
	if as == "" || o.keep {
		for _, text := range append(f.show(4), w.notes...) {
			lines = append(lines, "      "+text)
		}
	}
	return as, lines, nil
}

func names(expected []kind, f *findings) string {
	var out []string
	for _, k := range expected {
		if n := f.of(k); n > 0 {
			out = append(out, fmt.Sprintf("%s (%d)", k, n))
		}
	}
	return strings.Join(out, ", ")
}

func createDatabase(ctx context.Context, cluster *pglocal.Cluster, name string) error {
	conn, err := pgx.Connect(ctx, cluster.URLFor("postgres"))
	if err != nil {
		return err
	}
	defer conn.Close(ctx)
	_, err = conn.Exec(ctx, "CREATE DATABASE "+pgx.Identifier{name}.Sanitize())
	return err
}
