package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/creditpocket/creditpocket/internal/store/pglocal"
)

// prove is one run of the storm, full or short.
func prove(ctx context.Context, o options) (err error) {
	p := fullPlan()
	switch o.mode {
	case "full":
	case "short":
		p = shortPlan()
	default:
		return fmt.Errorf("-mode: must be full, short or planted, not %q", o.mode)
	}
	if o.span > 0 {
		p.storm = o.span
	}
	fmt.Fprintf(o.out, "prove: seed %d, mode %s, faults for %s\n", o.seed, p.name, p.storm)
	dir, remove, err := workDir(o)
	if err != nil {
		return err
	}
	defer remove()
	binary, err := build(ctx, dir, "crashpoints")
	if err != nil {
		return err
	}
	var buggy string
	if p.planted {
		if buggy, err = build(ctx, dir, "planted"); err != nil {
			return err
		}
	}
	cluster, err := startCluster(ctx, dir, p.durable)
	if err != nil {
		return err
	}
	defer func() {
		end, cancel := context.WithTimeout(context.WithoutCancel(ctx), 30*time.Second)
		defer cancel()
		err = errors.Join(err, cluster.Stop(end))
	}()
	began := time.Now()
	w, f, err := run(ctx, p, o.seed, dir, binary, cluster, "creditpocket", o)
	if err != nil {
		return err
	}
	if err := w.cutStorm(ctx, f); err != nil {
		return fmt.Errorf("the storm of cut connections: %w", err)
	}
	r := &report{o: o, plan: p, world: w, findings: f, shortfalls: w.shortfalls()}
	if p.diskFull {
		short, err := w.diskFull(ctx, f)
		if err != nil {
			return err
		}
		if short != "" {
			r.shortfalls = append(r.shortfalls, short)
		}
	}
	if p.planted {
		w.say("the planted bugs: %d", len(aims))
		if r.verdicts, err = plantedRuns(ctx, o, dir, buggy); err != nil {
			return fmt.Errorf("the planted bugs: %w", err)
		}
		if n := caught(r.verdicts); n < len(aims) {
			r.shortfalls = append(r.shortfalls, fmt.Sprintf("planted bugs: %d of %d were called by their names", n, len(aims)))
		}
	}
	r.took = time.Since(began)
	return r.finish(ctx)
}

// workDir makes the directory of a run; PostgreSQL runs under another account than root and must pass through.
func workDir(o options) (dir string, remove func(), err error) {
	if dir, err = os.MkdirTemp("", "prove-"); err != nil {
		return "", nil, err
	}
	if err := os.Chmod(dir, 0o711); err != nil {
		return "", nil, err
	}
	return dir, func() {
		if o.keep {
			fmt.Fprintln(o.out, "kept:", dir)
			return
		}
		_ = os.RemoveAll(dir)
	}, nil
}

// run is storm, drain and audit on one database.
func run(ctx context.Context, p plan, seed uint64, dir, binary string, cluster *pglocal.Cluster, database string, o options) (*world, *findings, error) {
	work := filepath.Join(dir, database)
	if err := os.MkdirAll(work, 0o711); err != nil {
		return nil, nil, err
	}
	w, err := setUp(ctx, p, seed, work, binary, cluster, database, o.out)
	if err != nil {
		return nil, nil, fmt.Errorf("set up: %w", err)
	}
	defer w.tearDown()
	w.say("%d replicas and %d workers are ready", p.replicas, p.workers)
	if err := w.storm(ctx); err != nil {
		return w, nil, err
	}
	left, took, err := w.drain(ctx)
	if err != nil {
		return w, nil, fmt.Errorf("drain: %w", err)
	}
	w.counts.add("seconds until the backlog was gone", int64(took.Seconds()))
	w.say("drained: %d things are left", len(left))
	if p.days {
		if err := w.days(ctx); err != nil {
			return w, nil, fmt.Errorf("days: %w", err)
		}
		w.say("nine days are over")
		if left, _, err = w.drain(ctx); err != nil {
			return w, nil, fmt.Errorf("drain: %w", err)
		}
	}
	f, err := w.audit(ctx, left)
	if err != nil {
		return w, f, fmt.Errorf("audit: %w", err)
	}
	return w, f, nil
}

// shortfalls lists what the plan asked for and the run did not reach, and the bound that it broke.
func (w *world) shortfalls() []string {
	var out []string
	for _, want := range []struct {
		name  string
		least int64
	}{
		{"lifecycles", w.plan.least.lifecycles}, {"kills", w.plan.least.kills}, {"PostgreSQL killed", w.plan.least.databases},
		{"webhook events posted beside the gateway's", w.plan.least.events}, {"cut storm: calls", int64(w.plan.cutCalls)},
	} {
		got := w.counts.of(want.name)
		if want.name == "kills" {
			got = w.counts.of("kill -9 of a replica") + w.counts.of("crashed at a crash point")
		}
		if got < want.least {
			out = append(out, fmt.Sprintf("%s: %d, at least %d were asked for", want.name, got, want.least))
		}
	}
	if missed := w.unvisited(); w.plan.least.crashPoints && len(missed) > 0 {
		out = append(out, "crash points that nobody came to: "+strings.Join(missed, ", "))
	}
	if held := w.counts.of(mostMemory); held > memoryBound {
		out = append(out, fmt.Sprintf("memory: all replicas together held %d MiB, at most %d are allowed", held>>20, memoryBound>>20))
	}
	return out
}
