package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/creditpocket/creditpocket/bench/cutproxy"
	"github.com/creditpocket/creditpocket/internal/clock"
	"github.com/creditpocket/creditpocket/internal/journey"
	"github.com/creditpocket/creditpocket/internal/provider/paystack"
	"github.com/creditpocket/creditpocket/internal/seal"
	"github.com/creditpocket/creditpocket/internal/servicing"
	"github.com/creditpocket/creditpocket/internal/store"
	"github.com/creditpocket/creditpocket/internal/store/pglocal"
)

// world is everything of one run.
type world struct {
	plan   plan
	seed   uint64
	dir    string
	out    io.Writer
	photo  []byte
	counts *counts
	diary  *diary
	master string
	client *http.Client

	cluster *pglocal.Cluster
	name    string // of the database
	wire    *cutproxy.Proxy
	sms     *smsVendor
	gateway *gateway
	front   *balancer
	fleet   *fleet
	pool    *pgxpool.Pool // the prover's own, past the proxy
	began   time.Time     // business time at which the run began

	hooks   hooked
	closing atomic.Bool
	mu      sync.Mutex
	notes   []string
}

// note keeps what may help to understand a failure.
func (w *world) note(format string, args ...any) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.notes) < 400 {
		text, _, _ := strings.Cut(fmt.Sprintf(format, args...), "\n")
		w.notes = append(w.notes, fmt.Sprintf("%6.1fs ", w.diary.now().Seconds())+text)
	}
}

// say tells how far a full run is.
func (w *world) say(format string, args ...any) {
	if w.plan.days {
		fmt.Fprintf(w.out, "  %5.0fs %s\n", w.diary.now().Seconds(), fmt.Sprintf(format, args...))
	}
}

// startCluster starts a PostgreSQL for the prover alone.
func startCluster(ctx context.Context, dir string, durable bool) (*pglocal.Cluster, error) {
	settings := map[string]string{"max_connections": "300", "shared_buffers": "128MB", "dynamic_shared_memory_type": "mmap", "jit": "off"}
	if !durable {
		// What was acknowledged survives a killed server, if not a power cut.
		settings["fsync"], settings["full_page_writes"] = "off", "off"
	}
	return pglocal.Start(ctx, pglocal.Options{DataDir: filepath.Join(dir, "pg"), BinDir: os.Getenv("PG_BIN_DIR"), NoDocker: true, NoDownload: os.Getenv("CI") != "",
		Settings: settings, Log: slog.New(slog.DiscardHandler)})
}

// setUp starts everything on a database of the cluster that is new and empty.
func setUp(ctx context.Context, p plan, seed uint64, dir, binary string, cluster *pglocal.Cluster, database string, out io.Writer) (w *world, err error) {
	w = &world{plan: p, seed: seed, dir: dir, out: out, counts: newCounts(), diary: newDiary(), cluster: cluster, name: database, hooks: hooked{taken: map[string]bool{}}}
	defer func() {
		if err != nil {
			w.tearDown()
		}
	}()
	if w.photo, err = journey.Photo(96, 128, seed); err != nil {
		return w, err
	}
	if w.master, err = seal.NewMasterKey(); err != nil {
		return w, err
	}
	if w.pool, err = pgxpool.New(ctx, cluster.URLFor(database)); err != nil {
		return w, err
	}
	w.began = time.Now().Add(p.jump)
	each := float64(p.cuts) / 2000
	if w.wire, err = cutproxy.Start(cutproxy.Options{Target: fmt.Sprintf("127.0.0.1:%d", cluster.Port()), Seed: seed,
		Rates: map[cutproxy.Point]float64{cutproxy.BeforeCommit: each, cutproxy.AfterCommit: each}}); err != nil {
		return w, err
	}
	w.wire.Calm(true)
	if w.sms, err = startSMS(); err != nil {
		return w, err
	}
	addrs := make([]string, p.replicas+p.workers)
	for i := range addrs {
		if addrs[i], err = freeAddress(); err != nil {
			return w, err
		}
	}
	if w.front, err = startBalancer(addrs[:p.replicas]); err != nil {
		return w, err
	}
	w.client = &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 64, IdleConnTimeout: 20 * time.Second}}
	if w.gateway, err = startGateway(ctx, dir, w.front.url()+"/gateway/paystack/webhook", seed); err != nil {
		return w, err
	}
	proxied, err := w.wire.URL(cluster.URLFor(database))
	if err != nil {
		return w, err
	}
	w.fleet, err = startFleet(ctx, fleetPlan{binary: binary, dir: dir, addrs: addrs, http: p.replicas, skew: p.skew, env: append(p.env,
		"CP_OPS_ADDR=", "CP_DATA_DIR="+filepath.Join(dir, "data"), "DATABASE_URL="+proxied, "CP_MASTER_KEY="+w.master,
		"CP_GATEWAY=paystack", "CP_PAYSTACK_URL="+w.gateway.url(), "CP_PAYSTACK_SECRET_KEY="+gatewaySecret, "CP_SMS=termii",
		"CP_TERMII_URL="+w.sms.url, "CP_TERMII_API_KEY=prove", "CP_TERMII_SENDER=Prove", "CP_LIMITS=off", "CP_PAYOUT_HOLD=50ms", "CP_EVENT_PATIENCE=5s",
		"CP_VALIDATE_RESPONSES=off", "CP_LOG_LEVEL=warn", "CP_PUBLIC_URL="+w.front.url(), "CP_DB_MAX_CONNS=8", "CP_WORKERS=6",
	)}, w.counts)
	if err != nil {
		return w, err
	}
	if p.jump > 0 {
		if err := w.advance(ctx, p.jump); err != nil {
			return w, err
		}
	}
	return w, nil
}

func (w *world) tearDown() {
	if w.fleet != nil {
		w.fleet.close()
	}
	if w.front != nil {
		w.front.close()
	}
	if w.gateway != nil {
		w.gateway.kill()
	}
	if w.sms != nil {
		w.sms.close()
	}
	if w.wire != nil {
		_ = w.wire.Close()
	}
	if w.pool != nil {
		w.pool.Close()
	}
}

// advance moves the business clock of all replicas ahead; they follow within a second.
func (w *world) advance(ctx context.Context, by time.Duration) error {
	_, err := w.pool.Exec(ctx, `INSERT INTO business_clock AS c (offset_seconds) VALUES ($1)
		ON CONFLICT (one) DO UPDATE SET offset_seconds = c.offset_seconds + excluded.offset_seconds, changed_at = now()`, int64(by/time.Second))
	return err
}

// capability builds the part of the application that recomputes the books, in the prover's own process.
func (w *world) capability() (*servicing.Service, *store.Store, error) {
	master, err := seal.ParseMasterKey(w.master)
	if err != nil {
		return nil, nil, err
	}
	keys, err := seal.New(master)
	if err != nil {
		return nil, nil, err
	}
	quiet := slog.New(slog.DiscardHandler)
	st, err := store.Open(store.Options{URL: w.cluster.URLFor(w.name), MaxConns: 4, AcquireTimeout: time.Minute, StatementTimeout: time.Minute, Log: quiet}, keys, clock.System{})
	if err != nil {
		return nil, nil, err
	}
	gateway, err := paystack.New(paystack.Config{BaseURL: w.gateway.url(), SecretKey: gatewaySecret})
	if err != nil {
		return nil, nil, errors.Join(err, st.Close())
	}
	return servicing.New(st, gateway, clock.System{}, servicing.Config{}, quiet), st, nil
}

// storm lets the borrowers live while faults are injected, then lets them come to their end.
func (w *world) storm(ctx context.Context) error {
	for _, order := range w.plan.orders {
		if err := w.gateway.inject(ctx, order); err != nil {
			return err
		}
	}
	living, die := context.WithCancel(ctx)
	defer die()
	var borrowers sync.WaitGroup
	for slot := range w.plan.slots {
		borrowers.Go(func() { w.live(living, slot) })
	}
	faults, calm := context.WithCancel(ctx)
	defer calm()
	var breakers sync.WaitGroup
	for _, b := range w.breakers() {
		breakers.Go(func() { b(faults) })
	}
	if pause(ctx, w.plan.storm) == nil {
		w.stretch(ctx, nil, w.struck)
	}
	calm()
	breakers.Wait()
	w.closing.Store(true)
	w.say("the faults are over: %d lifecycles, %d kills", w.counts.of("lifecycles"), w.counts.of("kill -9 of a replica"))
	if err := w.calm(ctx); err != nil {
		return err
	}
	ended := make(chan struct{})
	go func() { borrowers.Wait(); close(ended) }()
	limit := time.NewTimer(w.plan.finish)
	defer limit.Stop()
	select {
	case <-ended:
	case <-limit.C:
		w.stretch(ctx, ended, func() bool { return w.counts.of("lifecycles") >= w.plan.least.lifecycles })
		die()
		<-ended
	case <-ctx.Done():
	}
	return ctx.Err()
}

// stretch waits until enough has happened, for as long as the plan lets a slow machine take, or until ended is closed.
func (w *world) stretch(ctx context.Context, ended <-chan struct{}, enough func() bool) {
	for over := time.Now().Add(w.plan.stretch); !enough() && time.Now().Before(over); {
		select {
		case <-ended:
			return
		case <-ctx.Done():
			return
		case <-time.After(100 * time.Millisecond):
		}
	}
}

// struck tells whether the faults have struck as often as the plan asks for.
func (w *world) struck() bool {
	least := w.plan.least
	return w.counts.of("kill -9 of a replica")+w.counts.of("crashed at a crash point") >= least.kills && w.counts.of("PostgreSQL killed") >= least.databases &&
		w.counts.of("webhook events posted beside the gateway's") >= least.events
}

// calm takes every fault back and waits until all parts answer again.
func (w *world) calm(ctx context.Context) error {
	w.wire.Calm(true)
	w.front.slow.Store(0)
	if w.gateway.cmd == nil {
		if err := w.gateway.start(ctx); err != nil {
			return err
		}
	}
	if err := w.gateway.clear(ctx); err != nil {
		return err
	}
	for _, r := range w.fleet.replicas {
		if err := w.fleet.ready(ctx, r, 2*time.Minute); err != nil {
			return fmt.Errorf("%w; its log ends:\n%s", err, tail(r.log, 2000))
		}
	}
	return nil
}
