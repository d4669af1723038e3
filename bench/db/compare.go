//go:build linux

package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"runtime/pprof"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/creditpocket/creditpocket/bench/rig"
	"github.com/creditpocket/creditpocket/internal/store"
	"github.com/creditpocket/creditpocket/internal/store/pglocal"
)

// sample is what one side did in one round.
type sample struct {
	rate  float64 // calls a second
	times []time.Duration
}

// call is one call of either side.
type call struct {
	ended time.Time
	took  time.Duration
}

// warmUp is how long either side is loaded before its calls are counted: until then connections are opened and statements planned.
const warmUp = 2 * time.Second

// loaded is how long a side is loaded so that calls can be counted for so long.
func loaded(length time.Duration) time.Duration { return warmUp + length + time.Second }

// steady counts the calls that ended in a time that begins when the first has ended and the side is warm.
func steady(calls []call, length time.Duration) (sample, error) {
	if len(calls) == 0 {
		return sample{}, errors.New("no call came to an end")
	}
	first, last := calls[0].ended, calls[0].ended
	for _, c := range calls {
		if c.ended.Before(first) {
			first = c.ended
		}
		if c.ended.After(last) {
			last = c.ended
		}
	}
	from := first.Add(warmUp)
	until := from.Add(length)
	if last.Before(until) {
		return sample{}, fmt.Errorf("the calls ended %v too early to be counted for %v", until.Sub(last), length)
	}
	s := sample{}
	for _, c := range calls {
		if c.ended.After(from) && !c.ended.After(until) {
			s.times = append(s.times, c.took)
		}
	}
	s.rate = float64(len(s.times)) / length.Seconds()
	return s, nil
}

// p99 is what the slowest hundredth of the calls took at least.
func (s sample) p99() time.Duration {
	if len(s.times) == 0 {
		return 0
	}
	sorted := slices.Clone(s.times)
	slices.Sort(sorted)
	return sorted[len(sorted)*99/100]
}

var clientCounts = []int{16, 32}

// bench is one run of the command.
type bench struct {
	options
	cluster *pglocal.Cluster
	dir     string
	world   *world
	scripts map[string]recording
	cases   []useCase
	next    map[string]int // the number of the next call, by use case and side
	found   map[string][]pair
}

// recording is what pgbench sends for a use case.
type recording struct {
	text              string
	trips, statements int
}

// pair is one round of both sides.
type pair struct{ ours, theirs sample }

// settings are what an operator sets on a small server. fsync stays on.
func settings() map[string]string {
	return map[string]string{"shared_buffers": "1GB", "max_wal_size": "8GB", "checkpoint_timeout": "30min", "wal_compression": "on"}
}

func run(ctx context.Context, o options) (err error) {
	r, err := rig.New("bench-db")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, r.Close(ctx)) }()
	cluster, err := r.Cluster(ctx, "pg", settings())
	if err != nil {
		return err
	}
	b := &bench{options: o, cluster: cluster, dir: r.Dir, scripts: map[string]recording{}, next: map[string]int{}, found: map[string][]pair{}}
	started := time.Now()
	if b.world, err = newWorld(ctx, r, cluster.URL()); err != nil {
		return err
	}
	fmt.Printf("populated in %.1f s\n", time.Since(started).Seconds())
	if err := b.record(ctx); err != nil {
		return err
	}
	if o.profile != "" {
		f, err := os.Create(o.profile)
		if err != nil {
			return err
		}
		defer f.Close()
		if err := pprof.StartCPUProfile(f); err != nil {
			return err
		}
		defer pprof.StopCPUProfile()
	}
	// The first load of a new database is another thing: its tables are nearly empty when statements are planned, and the last of what was
	// populated is still on its way to the disk. Both sides are loaded once for nothing, and connect anew afterwards.
	if err := b.round(ctx, warming, clientCounts[0]); err != nil {
		return err
	}
	for round := range o.rounds {
		for _, clients := range clientCounts {
			if err := b.round(ctx, round, clients); err != nil {
				return err
			}
		}
	}
	return b.conclude(ctx)
}

// record calls every use case a few times, and makes a script of what the last call sent.
func (b *bench) record(ctx context.Context) error {
	r := &recorder{}
	st, err := b.world.open(ctx, 1, r)
	if err != nil {
		return err
	}
	p, err := newProgram(ctx, b.world, st)
	if err != nil {
		return err
	}
	defer p.close()
	b.cases = p.useCases(b.world)
	for _, u := range b.cases {
		n := 0
		for range 3 { // what is done once a connection is over
			r.trips = nil
			n = b.next[u.name]
			if err := u.call(store.ForBrand(ctx, brand), n); err != nil {
				return fmt.Errorf("%s: %w", u.name, err)
			}
			b.next[u.name] = n + 1
		}
		text, err := script(u.set, r.trips, u.values(b.world, n))
		if err != nil {
			return fmt.Errorf("%s: %w", u.name, err)
		}
		s := recording{text: text, trips: len(r.trips)}
		for _, t := range r.trips {
			s.statements += len(t)
		}
		b.scripts[u.name] = s
		fmt.Printf("%s: %d statements in %d round trips\n", u.name, s.statements, s.trips)
		if b.show {
			fmt.Println(text)
		}
	}
	return b.world.reopen(ctx)
}

func key(name string, clients int) string { return fmt.Sprintf("%s_%d", name, clients) }

// warming is the number of the round that does not count.
const warming = -1

// round loads both sides with every use case. Who comes first changes from round to round.
func (b *bench) round(ctx context.Context, round, clients int) error {
	conns := b.maxConns
	if conns == 0 {
		conns = clients
	}
	st, err := b.world.open(ctx, conns, nil)
	if err != nil {
		return err
	}
	p, err := newProgram(ctx, b.world, st)
	if err != nil {
		return err
	}
	defer p.close()
	for _, u := range p.useCases(b.world) {
		if b.only != "" && u.name != b.only {
			continue
		}
		var both pair
		sides := []func() error{
			func() (err error) { both.ours, err = b.load(ctx, u, clients); return err },
			func() (err error) {
				name := u.name + "/pgbench"
				var most int
				both.theirs, most, err = pgbench(ctx, b.cluster, b.world.url, b.dir, b.scripts[u.name].text, clients, b.next[name], b.seconds)
				b.next[name] = (b.next[name]/clients + 2 + most) * clients
				return err
			},
		}
		if round%2 == 1 {
			slices.Reverse(sides)
		}
		for _, side := range sides {
			if err := side(); err != nil {
				return fmt.Errorf("%s: %w", u.name, err)
			}
			if u.reset {
				if err := b.world.reopen(ctx); err != nil {
					return err
				}
			}
		}
		if round == warming {
			continue
		}
		b.found[key(u.name, clients)] = append(b.found[key(u.name, clients)], both)
		fmt.Printf("round %d, %d clients, %-11s ours %6.0f/s p99 %5.1f ms, pgbench %6.0f/s p99 %5.1f ms, share %.2f\n", round+1, clients, u.name,
			both.ours.rate, ms(both.ours.p99()), both.theirs.rate, ms(both.theirs.p99()), both.ours.rate/both.theirs.rate)
	}
	return nil
}

func ms(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }

// load lets so many clients do a use case in turn until the time is over.
func (b *bench) load(ctx context.Context, u useCase, clients int) (sample, error) {
	ctx = store.ForBrand(ctx, brand)
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var next atomic.Int64
	next.Store(int64(b.next[u.name]))
	calls := make([][]call, clients)
	started := time.Now()
	var all sync.WaitGroup
	for c := range clients {
		all.Go(func() {
			for ctx.Err() == nil && time.Since(started) < loaded(b.seconds) {
				n := int(next.Add(1) - 1)
				if u.spent > 0 && n >= u.spent {
					cancel(fmt.Errorf("all %d rows are used up", u.spent))
					return
				}
				began := time.Now()
				if err := u.call(ctx, n); err != nil {
					cancel(err)
					return
				}
				ended := time.Now()
				calls[c] = append(calls[c], call{ended, ended.Sub(began)})
			}
		})
	}
	all.Wait()
	b.next[u.name] = int(next.Load())
	if err := context.Cause(ctx); err != nil {
		return sample{}, err
	}
	return steady(slices.Concat(calls...), b.seconds)
}

func median(pairs []pair, of func(pair) float64) float64 {
	var values []float64
	for _, p := range pairs {
		values = append(values, of(p))
	}
	slices.Sort(values)
	n := len(values)
	if n%2 == 1 {
		return values[n/2]
	}
	return (values[n/2-1] + values[n/2]) / 2
}
