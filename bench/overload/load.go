//go:build linux

package main

import (
	"context"
	"math/rand/v2"
	"slices"
	"sync"
	"time"
)

// load is what a phase of the measurement saw.
type load struct {
	name     string
	offered  float64 // requests a second
	length   time.Duration
	outcomes []outcome
	memory   int64 // the most the server had, MiB
}

// openLoop sends requests at a rate for a time, with exponential gaps, whatever becomes of those before. Latency counts from the
// moment at which a request was due.
func (s *site) openLoop(ctx context.Context, name string, rate float64, length time.Duration) (*load, error) {
	say("%s: %.0f requests a second for %s", name, rate, length)
	l := &load{name: name, offered: rate, length: length}
	var mu sync.Mutex
	var running sync.WaitGroup
	began, due := time.Now(), time.Duration(0)
	for sent := 0; ctx.Err() == nil; sent++ {
		due += time.Duration(rand.ExpFloat64() / rate * float64(time.Second))
		if due >= length {
			break
		}
		if wait := due - time.Since(began); wait > 0 {
			time.Sleep(wait)
		}
		at, i := due, s.mix.draw()
		running.Go(func() {
			status, wrong := s.mix.send(ctx, i)
			o := outcome{kind: i, due: at, took: time.Since(began) - at, status: status, wrong: wrong}
			mu.Lock()
			l.outcomes = append(l.outcomes, o)
			mu.Unlock()
		})
		if sent%512 == 0 {
			l.remember(s)
		}
	}
	l.remember(s)
	running.Wait()
	return l, ctx.Err()
}

// closedLoop lets a number of callers ask one request after the other: what the server can do.
func (s *site) closedLoop(ctx context.Context, name string, callers int, length time.Duration) (*load, error) {
	say("%s: %d callers for %s", name, callers, length)
	l := &load{name: name, length: length}
	var mu sync.Mutex
	var running sync.WaitGroup
	began := time.Now()
	for range callers {
		running.Go(func() {
			for ctx.Err() == nil {
				at, i := time.Since(began), s.mix.draw()
				if at >= length {
					return
				}
				status, wrong := s.mix.send(ctx, i)
				o := outcome{kind: i, due: at, took: time.Since(began) - at, status: status, wrong: wrong}
				mu.Lock()
				l.outcomes = append(l.outcomes, o)
				mu.Unlock()
			}
		})
	}
	running.Wait()
	l.remember(s)
	l.offered = float64(len(l.outcomes)) / length.Seconds()
	return l, ctx.Err()
}

func (l *load) remember(s *site) {
	if m, err := s.server.Resident(); err == nil {
		l.memory = max(l.memory, m)
	}
}

// goodput is successes a second of the kinds that are chosen.
func (l *load) goodput(of func(k kind) bool) float64 {
	n := 0
	for _, o := range l.outcomes {
		if o.good() && of(kinds[o.kind]) {
			n++
		}
	}
	return float64(n) / l.length.Seconds()
}

func all(kind) bool           { return true }
func isCostly(k kind) bool    { return k.costly }
func (l *load) good() float64 { return l.goodput(all) }

// turned is the share of requests that were answered 503 or 429.
func (l *load) turned() float64 {
	n := 0
	for _, o := range l.outcomes {
		if o.turned() {
			n++
		}
	}
	return float64(n) / float64(max(len(l.outcomes), 1))
}

// wrong is what should not have happened.
func (l *load) wrong() (all []string) {
	for _, o := range l.outcomes {
		if o.wrong != "" {
			all = append(all, o.wrong)
		}
	}
	return all
}

// slow is a quantile of the latency of successes.
func (l *load) slow(q float64) time.Duration {
	var took []time.Duration
	for _, o := range l.outcomes {
		if o.good() {
			took = append(took, o.took)
		}
	}
	return quantile(took, q)
}

func quantile(took []time.Duration, q float64) time.Duration {
	if len(took) == 0 {
		return 0
	}
	slices.Sort(took)
	return took[min(int(q*float64(len(took))), len(took)-1)]
}

func middle(took []time.Duration) time.Duration { return quantile(took, 0.5) }

// slice is the length of the pieces that recovery is looked for in.
const slice = 500 * time.Millisecond

// recovered is how long after the overload a load at half the capacity was answered as before it: nobody turned away and half of the
// requests within twice the usual time, for a second and a half. It is the whole length where that never came.
func recovered(after, usual *load) time.Duration {
	pieces := int(after.length / slice)
	fine := make([]bool, pieces)
	for i := range fine {
		var took []time.Duration
		fine[i] = true
		for _, o := range after.outcomes {
			if int(o.due/slice) != i {
				continue
			}
			took = append(took, o.took)
			fine[i] = fine[i] && o.good()
		}
		fine[i] = fine[i] && quantile(took, 0.5) <= 2*usual.slow(0.5)+5*time.Millisecond
	}
	for i := range fine {
		if i+2 < pieces && fine[i] && fine[i+1] && fine[i+2] {
			return time.Duration(i) * slice
		}
	}
	return after.length
}
