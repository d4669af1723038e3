package main

import (
	"context"
	"math/rand/v2"
	"time"
)

// breakers are the sources of faults of the plan; each runs until its context ends.
func (w *world) breakers() []func(ctx context.Context) {
	p := w.plan
	w.wire.Calm(false)
	var out []func(ctx context.Context)
	every := func(mean time.Duration, stream uint64, strike func(ctx context.Context, r *rand.Rand)) {
		if mean <= 0 {
			return
		}
		r := rand.New(rand.NewPCG(w.seed, stream))
		out = append(out, func(ctx context.Context) {
			for pause(ctx, mean/2+time.Duration(r.Int64N(int64(mean)))) == nil {
				strike(ctx, r)
			}
		})
	}
	every(p.kills, streamKills, func(_ context.Context, r *rand.Rand) { w.fleet.kill(w.victim(r), r.IntN(6) == 0) })
	every(p.freezes, streamFreezes, func(ctx context.Context, r *rand.Rand) {
		w.fleet.freeze(ctx, r.IntN(p.replicas+p.workers), 300*time.Millisecond+time.Duration(r.Int64N(int64(1700*time.Millisecond))))
	})
	every(p.databases, streamDatabase, w.killDatabase)
	every(p.troubles, streamGateway, w.trouble)
	every(p.outages, streamGateway+1<<16, w.outage)
	every(p.abuse, streamAbuse, w.abuse)
	if p.haste > 1 {
		out = append(out, func(ctx context.Context) {
			for pause(ctx, time.Second) == nil {
				_ = w.advance(ctx, time.Duration(p.haste-1)*time.Second) // the database may be away
			}
		})
	}
	if p.chaos > 0 {
		out = append(out, w.chaos)
	}
	if p.crashes {
		out = append(out, w.crashPoints)
	}
	return out
}

// victim draws a process: where there are workers, seven in eight times one of them, so that somebody still answers.
func (w *world) victim(r *rand.Rand) int {
	if w.plan.workers > 0 && r.IntN(8) > 0 {
		return w.plan.replicas + r.IntN(w.plan.workers)
	}
	return r.IntN(w.plan.replicas)
}

// killDatabase ends PostgreSQL with SIGKILL and starts it again after a while.
func (w *world) killDatabase(ctx context.Context, r *rand.Rand) {
	// The prover's own errand is not cut off by the end of the storm.
	ctx = context.WithoutCancel(ctx)
	if err := w.cluster.Kill(ctx); err != nil {
		w.note("PostgreSQL could not be killed: %v", err)
		return
	}
	w.counts.add("PostgreSQL killed", 1)
	_ = pause(ctx, time.Duration(r.Int64N(int64(time.Second))))
	for range 20 {
		err := w.cluster.Restart(ctx)
		if err == nil {
			return
		}
		w.note("PostgreSQL does not start: %v", err)
		_ = pause(ctx, 500*time.Millisecond)
	}
}

// troubles are the ways of the gateway to misbehave, and how much each weighs.
var troubles = []struct {
	name   string
	weight int
	fault  map[string]any
}{
	{"gateway slow", 4, map[string]any{"kind": "slow", "times": 4, "delay_ms": 1500}},
	{"gateway silent", 2, map[string]any{"kind": "silent", "times": 2}},
	{"gateway 500 before it acts", 3, map[string]any{"kind": "error_before", "times": 3}},
	{"gateway 500 after it acted", 3, map[string]any{"kind": "error_after", "times": 3}},
	{"gateway cuts before it acts", 3, map[string]any{"kind": "cut_before", "times": 3}},
	{"gateway cuts after it acted", 4, map[string]any{"kind": "cut_after", "times": 3}},
	{"gateway 429", 1, map[string]any{"kind": "rate_limit", "times": 2}},
	{"gateway answers a page of HTML", 2, map[string]any{"kind": "garbage", "times": 2}},
	{"gateway lies about an amount", 1, map[string]any{"kind": "wrong_amount", "times": 1, "match": "cpp-"}},
	{"webhooks lost", 3, map[string]any{"kind": "webhook_drop", "times": 3}},
	{"webhooks repeated", 4, map[string]any{"kind": "webhook_duplicate", "times": 3, "copies": 7}},
	{"webhooks repeated 20 times", 1, map[string]any{"kind": "webhook_duplicate", "times": 1, "copies": 19}},
	{"webhooks reordered", 3, map[string]any{"kind": "webhook_reorder", "times": 3}},
	{"webhooks late", 2, map[string]any{"kind": "webhook_delay", "times": 3, "delay_ms": 2500}},
	{"webhooks forged", 2, map[string]any{"kind": "webhook_forge", "times": 2}},
	{"refunds that fail", 1, map[string]any{"kind": "refund_fail", "times": 1}},
}

func (w *world) trouble(ctx context.Context, r *rand.Rand) {
	total := 0
	for _, t := range troubles {
		total += t.weight
	}
	n := r.IntN(total)
	for _, t := range troubles {
		if n -= t.weight; n >= 0 {
			continue
		}
		if w.gateway.inject(ctx, t.fault) == nil {
			w.counts.add(t.name, 1)
		}
		return
	}
}

// outage ends the gateway's process and starts it again after a while.
func (w *world) outage(ctx context.Context, r *rand.Rand) {
	w.gateway.kill()
	w.counts.add("gateway down", 1)
	_ = pause(ctx, 200*time.Millisecond+time.Duration(r.Int64N(int64(1500*time.Millisecond))))
	if err := w.gateway.start(context.WithoutCancel(ctx)); err != nil {
		w.note("the gateway does not start: %v", err)
	}
}
