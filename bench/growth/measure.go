//go:build linux

package main

import (
	"bytes"
	"context"
	crand "crypto/rand"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
	"golang.org/x/sync/errgroup"

	"github.com/creditpocket/creditpocket/bench/rig"
	"github.com/creditpocket/creditpocket/internal/journey"
	"github.com/creditpocket/creditpocket/internal/lending"
	"github.com/creditpocket/creditpocket/internal/seal"
)

// callersAtOnce is how many requests are on their way: few, so that nobody waits for a processor.
const callersAtOnce = 2

// request is one of the four that are measured.
type request struct {
	name, key string
	writes    bool
	send      func(ctx context.Context, s *site, n int) error
}

var requests = []request{
	{"history page", "page", false, func(ctx context.Context, s *site, _ int) error {
		return s.ask(ctx, s.reader(), http.MethodGet, "/loan/record/page?pageNum=1&pageSize=10", "", nil)
	}},
	{"latest open loan", "open", false, func(ctx context.Context, s *site, _ int) error {
		return s.ask(ctx, s.reader(), http.MethodGet, "/loan/record/latest/open", "", nil)
	}},
	{"application", "apply", true, func(ctx context.Context, s *site, n int) error {
		return s.ask(ctx, s.crowd.Applicants[n%len(s.crowd.Applicants)], http.MethodPost, "/loan/record/apply", s.formType, s.form)
	}},
	{"repayment", "repay", true, func(ctx context.Context, s *site, n int) error {
		c := s.crowd.Debtors[n%len(s.crowd.Debtors)]
		return s.ask(ctx, c, http.MethodPost, "/loan/record/repay", "application/json", fmt.Appendf(nil, `{"id":"%d","cardId":"%d","amount":"100"}`, c.Loan, c.Account))
	}},
}

// findings are what was measured at one size.
type findings struct {
	loans     int64
	made      time.Duration
	megabytes int64
	took      [][]time.Duration // by request
	scanned   []string          // large tables that were read from end to end
}

func (f *findings) quantile(i int, q float64) time.Duration {
	took := f.took[i]
	return took[min(int(q*float64(len(took))), len(took)-1)]
}

// site is a server on a database of one size.
type site struct {
	server   *rig.Process
	dbURL    string
	crowd    rig.Crowd
	client   *http.Client
	form     []byte
	formType string
}

func (s *site) reader() rig.Caller { return s.crowd.Readers[rand.IntN(len(s.crowd.Readers))] }

func (s *site) ask(ctx context.Context, c rig.Caller, method, path, contentType string, body []byte) error {
	req, err := http.NewRequestWithContext(ctx, method, s.server.Base()+path, bytes.NewReader(body))
	if err != nil {
		return err
	}
	req.Header.Set("Authorization", "Bearer "+c.Token)
	if contentType != "" {
		req.Header.Set("Content-Type", contentType)
		req.Header.Set("Idempotency-Key", crand.Text())
	}
	resp, err := s.client.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	raw, err := io.ReadAll(resp.Body)
	if err == nil && resp.StatusCode != http.StatusOK {
		err = fmt.Errorf("%s: %s %s", path, resp.Status, raw)
	}
	return err
}

func measure(ctx context.Context, o options, size int64) (f *findings, err error) {
	r, err := rig.New("growth")
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, r.Close(ctx)) }()
	f = &findings{loans: size}
	s, err := open(ctx, r, f)
	if err != nil {
		return nil, err
	}
	if err := s.server.Start(ctx); err != nil {
		return nil, err
	}
	before, err := s.scans(ctx)
	if err != nil {
		return nil, err
	}
	for i := range requests {
		n := o.reads
		if requests[i].writes {
			n = o.writes
		}
		say("%d loans: %s", f.loans, requests[i].name)
		if _, err := s.measure(ctx, i, max(n/5, 1)); err != nil { // warm
			return nil, err
		}
		took, err := s.measure(ctx, i, n)
		if err != nil {
			return nil, err
		}
		f.took = append(f.took, took)
	}
	if err := s.server.Terminate(20 * time.Second); err != nil { // its sessions tell their counts at their end
		return nil, err
	}
	after, err := s.scans(ctx)
	if err != nil {
		return nil, err
	}
	for table, n := range after {
		if n > before[table] {
			f.scanned = append(f.scanned, table)
		}
	}
	slices.Sort(f.scanned)
	return f, nil
}

func open(ctx context.Context, r *rig.Rig, f *findings) (*site, error) {
	binary, err := r.Binary(ctx)
	if err != nil {
		return nil, err
	}
	cluster, err := r.Cluster(ctx, "pg", map[string]string{"max_wal_size": "4GB", "wal_level": "minimal", "max_wal_senders": "0", "wal_compression": "on", "shared_buffers": "512MB", "checkpoint_timeout": "30min"})
	if err != nil {
		return nil, err
	}
	gateway, err := r.Gateway(ctx)
	if err != nil {
		return nil, err
	}
	master, err := seal.NewMasterKey()
	if err != nil {
		return nil, err
	}
	s := &site{dbURL: cluster.URL(), client: &http.Client{Timeout: 15 * time.Second, Transport: &http.Transport{MaxIdleConnsPerHost: 2 * callersAtOnce}}}
	s.server, err = r.Serve(binary, "server", "DATABASE_URL="+s.dbURL, gateway.Env(), "CP_MASTER_KEY="+master, "CP_ROLES=http", "CP_LOG_LEVEL=warn")
	if err != nil {
		return nil, err
	}
	say("making %d loans", f.loans)
	began := time.Now()
	if _, err := s.server.Command(ctx, "seed", "--loans", strconv.FormatInt(f.loans, 10), "--seed", "11"); err != nil {
		return nil, err
	}
	f.made = time.Since(began)
	if _, err := rig.Query(ctx, s.dbURL, "CHECKPOINT"); err != nil {
		return nil, err
	}
	facts, err := rig.Query(ctx, s.dbURL, `SELECT (pg_database_size(current_database()) / 1000000)::text UNION ALL SELECT count(*)::text FROM loans`)
	if err != nil {
		return nil, err
	}
	f.megabytes, _ = strconv.ParseInt(facts[0], 10, 64) // PostgreSQL writes numbers
	f.loans, _ = strconv.ParseInt(facts[1], 10, 64)
	if s.crowd, err = rig.Invite(ctx, s.dbURL, master, gateway, rig.CrowdSize{Readers: int(min(f.loans/25, 4000)), Debtors: 150, Applicants: 40}); err != nil {
		return nil, err
	}
	photo, err := journey.Photo(480, 640, 1)
	if err != nil {
		return nil, err
	}
	s.form, s.formType, err = journey.ApplyForm(fmt.Sprint(lending.DemoProducts()[0].ID), "", photo)
	return s, err
}

// measure sends n requests of a kind and gives their latencies, sorted. The applications that it makes are withdrawn in between.
func (s *site) measure(ctx context.Context, i, n int) ([]time.Duration, error) {
	db, err := pgx.Connect(ctx, s.dbURL)
	if err != nil {
		return nil, err
	}
	defer db.Close(context.WithoutCancel(ctx))
	var mu sync.Mutex
	took := make([]time.Duration, 0, n)
	for from := 0; from < n; {
		// A round asks everybody who writes at most once, so that nobody is in her own way.
		to := min(from+len(s.crowd.Applicants), n)
		group, inner := errgroup.WithContext(ctx)
		group.SetLimit(callersAtOnce)
		for ; from < to; from++ {
			at := from
			group.Go(func() error {
				began := time.Now()
				err := requests[i].send(inner, s, at)
				mu.Lock()
				took = append(took, time.Since(began))
				mu.Unlock()
				return err
			})
		}
		if err := group.Wait(); err != nil {
			return nil, err
		}
		if _, err := db.Exec(ctx, `UPDATE loans SET status = 61, closed_at = now() WHERE status = 1`); err != nil {
			return nil, err
		}
	}
	slices.Sort(took)
	return took, nil
}

// scans counts how often each large table was read from end to end.
func (s *site) scans(ctx context.Context) (map[string]int64, error) {
	db, err := pgx.Connect(ctx, s.dbURL)
	if err != nil {
		return nil, err
	}
	defer db.Close(context.WithoutCancel(ctx))
	rows, err := db.Query(ctx, `SELECT relname::text, seq_scan FROM pg_stat_user_tables WHERE relname IN ('borrowers', 'borrower_keys', 'profiles', 'bank_accounts', 'loans', 'loan_events',
		'payouts', 'payment_intents', 'payments', 'ledger_batches', 'ledger_postings')`)
	if err != nil {
		return nil, err
	}
	found := map[string]int64{}
	var table string
	var n int64
	_, err = pgx.ForEachRow(rows, []any{&table, &n}, func() error { found[table] = n; return nil })
	return found, err
}
