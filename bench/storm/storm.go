// Package storm calls the store's write path while a proxy cuts its connections before and after COMMIT and in the middle of
// statements, and then counts in the database what really happened. An acknowledged call must be there once; a call that failed
// may be there once or not at all; a call that was repeated under its key until it was acknowledged must be there once.
//
// Its control does the same with a single statement outside a transaction, which database/sql over pgx runs a second time when
// the answer to the first is lost: it must be caught doubling, or the storm proves nothing.
package storm

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net/url"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/riverqueue/river"

	"github.com/creditpocket/creditpocket/bench/cutproxy"
	"github.com/creditpocket/creditpocket/gen/catalog"
	"github.com/creditpocket/creditpocket/internal/clock"
	"github.com/creditpocket/creditpocket/internal/fault"
	"github.com/creditpocket/creditpocket/internal/seal"
	"github.com/creditpocket/creditpocket/internal/store"
)

// Options choose a storm. Zero values mean the stated defaults.
type Options struct {
	URL       string // a database of the storm's own, unencrypted, on loopback; it is migrated
	Calls     int    // default 4,000
	Workers   int    // callers at once; default 16
	Seed      uint64
	Isolation store.Isolation
	// Rates of cuts; default 1.5 % of commits before and after each, 0.3 % of the other statements mid-way and after each.
	Rates map[cutproxy.Point]float64
}

// Report is what a storm came to.
type Report struct {
	Calls, Acknowledged, Failed int
	Cuts                        map[string]int64
	Doubled                     int // calls with more than one effect
	FalselyAcknowledged         int // acknowledged calls without an effect
	Halves                      int // calls of which one of the two effects is there
	Unclear                     int // failed calls whose effect is there: their COMMIT's answer was lost
	Wrong                       int // failures that were not UNAVAILABLE
	Counts                      store.Counts
	Took                        time.Duration
}

// Err says what should not be.
func (r Report) Err() error {
	if r.Doubled+r.FalselyAcknowledged+r.Halves+r.Wrong > 0 {
		return fmt.Errorf("storm: %d doubled, %d falsely acknowledged, %d half done, %d failed otherwise than UNAVAILABLE", r.Doubled, r.FalselyAcknowledged, r.Halves, r.Wrong)
	}
	return nil
}

// effect is the background job that each call enqueues beside its row; nobody works it.
type effect struct {
	Call int `json:"call"`
}

// Kind names the job.
func (effect) Kind() string { return "storm.effect" }

var _ river.JobArgs = effect{}

func (o Options) withDefaults() Options {
	if o.Calls == 0 {
		o.Calls = 4000
	}
	if o.Workers == 0 {
		o.Workers = 16
	}
	if o.Rates == nil {
		o.Rates = map[cutproxy.Point]float64{cutproxy.BeforeCommit: 0.015, cutproxy.AfterCommit: 0.015, cutproxy.MidStatement: 0.003, cutproxy.LostReply: 0.003}
	}
	return o
}

// target is the host and port of a connection URL.
func target(text string) (string, error) {
	u, err := url.Parse(text)
	if err != nil || u.Host == "" {
		return "", errors.New("storm: the database must be given as a URL with a host")
	}
	return u.Host, nil
}

// Run runs the storm through the store. The error says that it could not be run; what it found is the report's.
func Run(ctx context.Context, o Options) (Report, error) {
	o = o.withDefaults()
	quiet := slog.New(slog.DiscardHandler)
	if _, err := store.Migrate(ctx, o.URL, quiet); err != nil {
		return Report{}, err
	}
	host, err := target(o.URL)
	if err != nil {
		return Report{}, err
	}
	proxy, err := cutproxy.Start(cutproxy.Options{Target: host, Rates: o.Rates, Seed: o.Seed})
	if err != nil {
		return Report{}, err
	}
	defer proxy.Close()
	through, err := proxy.URL(o.URL)
	if err != nil {
		return Report{}, err
	}
	keys, err := newKeys()
	if err != nil {
		return Report{}, err
	}
	st, err := store.Open(store.Options{URL: through, MaxConns: o.Workers, Isolation: o.Isolation, Log: quiet}, keys, clock.System{})
	if err != nil {
		return Report{}, err
	}
	defer st.Close()
	proxy.Calm(true)
	borrower, err := someone(ctx, st)
	if err != nil {
		return Report{}, err
	}
	proxy.Calm(false)
	w := &weather{Options: o, store: st, borrower: borrower, outcomes: make([]outcome, o.Calls)}
	began := time.Now()
	if err := w.blow(ctx); err != nil {
		return Report{}, err
	}
	proxy.Calm(true)
	r := Report{Calls: o.Calls, Took: time.Since(began), Cuts: map[string]int64{}, Counts: st.Counts()}
	for _, at := range cutproxy.Points() {
		r.Cuts[at.String()] = proxy.Cuts(at)
	}
	return w.judge(ctx, r)
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

func someone(ctx context.Context, st *store.Store) (id int64, err error) {
	err = st.InTx(ctx, func(ctx context.Context, tx *store.Tx) error {
		const brand = "Storm"
		if _, err := tx.SeedBrand(ctx, store.Brand{Code: brand, Name: brand, IndentPrefix: "ST"}); err != nil {
			return err
		}
		id, err = tx.AddBorrower(ctx, brand, fmt.Sprintf("+23470%08d", rand.IntN(100_000_000)), "hash")
		return err
	})
	return id, err
}

// outcome is what a call was told.
type outcome struct{ acknowledged, wrong bool }

// weather is a storm under way.
type weather struct {
	Options
	store    *store.Store
	borrower int64
	outcomes []outcome // by call
}

// patience is how long a caller repeats a call under its key.
const patience = 2 * time.Minute

func (w *weather) blow(ctx context.Context) error {
	var next atomic.Int64
	var callers sync.WaitGroup
	for range w.Workers {
		callers.Go(func() {
			for ctx.Err() == nil {
				call := int(next.Add(1)) - 1
				if call >= w.Calls {
					return
				}
				w.outcomes[call] = w.call(ctx, call)
			}
		})
	}
	callers.Wait()
	return ctx.Err()
}

// call makes one call. Every other one has a key and is repeated until it is acknowledged, as a client does.
func (w *weather) call(ctx context.Context, call int) outcome {
	if call%2 == 0 {
		err := w.store.InTx(ctx, func(ctx context.Context, tx *store.Tx) error { return w.act(ctx, tx, call) })
		return outcome{acknowledged: err == nil, wrong: err != nil && !fault.Has(err, catalog.Unavailable)}
	}
	for deadline := time.Now().Add(patience); ; {
		err := w.store.InTx(ctx, func(ctx context.Context, tx *store.Tx) error {
			op, err := tx.ClaimOperation(ctx, store.OperationKey{Borrower: w.borrower, Kind: "storm", Key: strconv.Itoa(call), Params: []byte("{}")})
			if err != nil || op.Replayed {
				return err
			}
			if err := w.act(ctx, tx, call); err != nil {
				return err
			}
			return tx.FinishOperation(ctx, op, call)
		})
		if err == nil || !fault.Has(err, catalog.Unavailable) || time.Now().After(deadline) {
			return outcome{acknowledged: err == nil, wrong: err != nil}
		}
	}
}

// act has two effects, one through bun and one through the job library; neither has a key that would refuse a second one.
func (w *weather) act(ctx context.Context, tx *store.Tx, call int) error {
	if err := tx.AddActivity(ctx, w.borrower, 1, strconv.Itoa(call), tx.Now()); err != nil {
		return err
	}
	return tx.Enqueue(ctx, effect{Call: call}, nil)
}
