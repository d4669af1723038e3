// Command population lets a generated population of borrowers live for virtual days on a PostgreSQL of its own and checks the books
// against the ledger, the price core and the population's own, at the end also as a server answers the borrowers over HTTP. It ends
// with RESULT lines, and with an error when anything differs or it took longer than a limit. -seed replays the behaviour of an earlier
// population. fsync is off: what is measured is whether the books agree.
package main

import (
	"context"
	"flag"
	"fmt"
	"log/slog"
	"os"
	"runtime"
	"time"

	"github.com/creditpocket/creditpocket/bench/cli"
	"github.com/creditpocket/creditpocket/internal/clock"
	"github.com/creditpocket/creditpocket/internal/population"
	"github.com/creditpocket/creditpocket/internal/seal"
	"github.com/creditpocket/creditpocket/internal/seed"
	"github.com/creditpocket/creditpocket/internal/store"
	"github.com/creditpocket/creditpocket/internal/store/pglocal"
)

type options struct {
	name                         string
	borrowers, days, every, rest int
	answers                      int
	seed                         uint64
	limit, verifyLimit           time.Duration
}

func main() {
	var o options
	flag.StringVar(&o.name, "name", "lending-check", "name of the RESULT line")
	flag.IntVar(&o.borrowers, "n", 2000, "borrowers")
	flag.IntVar(&o.days, "days", 30, "virtual days")
	flag.IntVar(&o.every, "every", 10, "days between two checks of the wire")
	flag.IntVar(&o.rest, "rest", 0, "days between two loans of a borrower on average; 0: 6")
	flag.IntVar(&o.answers, "answers", 0, "borrowers who read their loans over HTTP at the end; 0: all")
	flag.Uint64Var(&o.seed, "seed", 0, "seed of the random behaviour; 0: a new one")
	flag.DurationVar(&o.limit, "limit", 0, "the longest it may take; 0: no limit")
	flag.DurationVar(&o.verifyLimit, "verify-limit", 0, "the longest that creditpocket verify may take over all loans; 0: it is not run by itself")
	flag.Parse()
	if o.borrowers < 1 || o.days < 1 {
		cli.Usage("population", "-n and -days must be above zero")
	}
	if o.seed == 0 {
		o.seed = uint64(time.Now().UnixNano())
	}
	fmt.Fprintf(os.Stderr, "seed %d: -seed %d replays it\n", o.seed, o.seed)
	cli.Main("population", func(ctx context.Context) error { return run(ctx, o) })
}

func run(ctx context.Context, o options) (err error) {
	began := time.Now()
	dir, err := os.MkdirTemp("", "population-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	if err := os.Chmod(dir, 0o711); err != nil {
		return err
	}
	quiet := slog.New(slog.DiscardHandler)
	cluster, err := pglocal.Start(ctx, pglocal.Options{DataDir: dir, BinDir: os.Getenv("PG_BIN_DIR"), NoDocker: true, Fast: true, Log: quiet,
		Settings: map[string]string{"shared_buffers": "512MB", "max_wal_size": "4GB"}})
	if err != nil {
		return err
	}
	defer func() {
		end, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Minute)
		defer cancel()
		if stopErr := cluster.Stop(end); err == nil {
			err = stopErr
		}
	}()
	url := cluster.URLFor("postgres")
	if _, err := store.Migrate(ctx, url, quiet); err != nil {
		return err
	}
	keys, err := newKeys()
	if err != nil {
		return err
	}
	clk := clock.NewManual(clock.DateOf(time.Now()).Start().Add(12 * time.Hour))
	st, err := store.Open(store.Options{URL: url, MaxConns: 8, StatementTimeout: time.Minute, LockTimeout: 10 * time.Second, Log: quiet}, keys, clk)
	if err != nil {
		return err
	}
	defer st.Close()
	if _, err := seed.Base(ctx, st); err != nil {
		return err
	}
	d := deployment{url: url, dir: dir, keys: keys, clock: clk, store: st}
	if err := live(ctx, d, o, began); err != nil || o.verifyLimit == 0 {
		return err
	}
	return verify(ctx, d, o.verifyLimit)
}

// deployment is where the population lives.
type deployment struct {
	url, dir string
	keys     *seal.Keys
	clock    *clock.Manual
	store    *store.Store
}

func live(ctx context.Context, d deployment, o options, began time.Time) error {
	show := throttle()
	seeding := time.Now()
	plan := population.Plan{Borrowers: o.borrowers, Seed: o.seed, Products: population.AllProducts(), Rest: o.rest}
	people, err := population.Seed(ctx, d.store, plan, d.clock.Now(), func(done, total int) { show("%d of %d borrowers made", done, total) })
	if err != nil {
		return err
	}
	fmt.Fprintf(os.Stderr, "%d borrowers made in %.1f s\n", people.Borrowers(), time.Since(seeding).Seconds())
	world, err := population.NewWorld(ctx, d.store, d.clock, people)
	if err != nil {
		return err
	}
	living := time.Now()
	r, err := world.Live(ctx, o.days, o.every, func(day int, r population.Report) {
		show("day %d of %d: %d loans, %d payments, %.0f s", day, o.days, r.Loans, r.Payments, time.Since(living).Seconds())
	})
	if err != nil {
		return err
	}
	fmt.Fprintf(os.Stderr, "%d days lived and checked in %.0f s\n", r.Days, time.Since(living).Seconds())
	if r, err = answers(ctx, d, world, o.answers, show); err != nil {
		return err
	}
	for _, d := range r.Differences {
		fmt.Println(d)
	}
	took := time.Since(began)
	fmt.Printf("RESULT %s %s seed=%d cores=%d fsync=off seconds=%.1f\n", o.name, r.Figures(), o.seed, runtime.NumCPU(), took.Seconds())
	switch {
	case len(r.Differences) > 0:
		return fmt.Errorf("%d differences", len(r.Differences))
	case o.limit > 0 && took > o.limit:
		return fmt.Errorf("it took %s, the limit is %s", took.Round(time.Second), o.limit)
	}
	return nil
}

// throttle prints at most one line of progress in two seconds.
func throttle() func(format string, args ...any) {
	last := time.Now()
	return func(format string, args ...any) {
		if time.Since(last) > 2*time.Second {
			last = time.Now()
			fmt.Fprintf(os.Stderr, format+"\n", args...)
		}
	}
}

func newKeys() (*seal.Keys, error) {
	text, err := seal.NewMasterKey()
	if err != nil {
		return nil, err
	}
	master, err := seal.ParseMasterKey(text)
	if err != nil {
		return nil, err
	}
	return seal.New(master)
}
