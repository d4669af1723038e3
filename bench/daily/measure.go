package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"runtime"
	"runtime/debug"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/creditpocket/creditpocket/internal/clock"
	"github.com/creditpocket/creditpocket/internal/seal"
	"github.com/creditpocket/creditpocket/internal/seed"
	"github.com/creditpocket/creditpocket/internal/servicing"
	"github.com/creditpocket/creditpocket/internal/store"
	"github.com/creditpocket/creditpocket/internal/store/pglocal"
)

// result is one portfolio's measurement.
type result struct {
	loans        int
	charged      int64
	took         time.Duration
	again        time.Duration
	changedAgain bool
	peakMB       float64
	differences  int
}

func (r result) perSecond() float64 { return float64(r.loans) / r.took.Seconds() }

// auditAll is the largest portfolio of which every loan is recomputed from its postings; larger ones are compared by their sums.
const auditAll = 100_000

// measure generates a portfolio, works yesterday's run so that loans and ledger are in the middle of their lives, and
// measures today's.
func measure(ctx context.Context, cluster *pglocal.Cluster, loans int, o options) (r result, err error) {
	name := fmt.Sprintf("loans_%d", loans)
	admin, err := pgx.Connect(ctx, cluster.URLFor("postgres"))
	if err != nil {
		return r, err
	}
	defer admin.Close(context.WithoutCancel(ctx))
	if _, err := admin.Exec(ctx, "CREATE DATABASE "+name); err != nil {
		return r, err
	}
	url := cluster.URLFor(name)
	quiet := slog.New(slog.DiscardHandler)
	if _, err := store.Migrate(ctx, url, quiet); err != nil {
		return r, err
	}
	today := clock.DateOf(time.Now())
	clk := clock.NewManual(today.AddDays(-1).Start().Add(time.Minute))
	keys, err := newKeys()
	if err != nil {
		return r, err
	}
	st, err := store.Open(store.Options{URL: url, MaxConns: 4, StatementTimeout: time.Minute, Log: quiet}, keys, clk)
	if err != nil {
		return r, err
	}
	defer st.Close()
	if _, err := seed.Base(ctx, st); err != nil {
		return r, err
	}
	began := time.Now()
	if err := populate(ctx, st, url, loans, today); err != nil {
		return r, err
	}
	generated := time.Since(began)

	service := servicing.New(st, nil, clk, servicing.Config{}, quiet)
	config := servicing.DailyConfig{Batch: o.batch}
	yesterday, err := service.RunDaily(ctx, today.AddDays(-1), config, nil)
	if err != nil {
		return r, err
	}
	if err := settle(ctx, url); err != nil {
		return r, err
	}
	clk.Set(today.Start().Add(time.Minute))
	resetPeak()
	began = time.Now()
	var steps stepTimes
	report, err := service.RunDaily(ctx, today, config, steps.note)
	r = result{loans: loans, charged: report.Charged, took: time.Since(began), peakMB: peakMB()}
	if err != nil {
		return r, err
	}
	began = time.Now()
	again, err := service.RunDaily(ctx, today, config, nil)
	if err != nil {
		return r, err
	}
	r.again, r.changedAgain = time.Since(began), again != (servicing.DailyReport{})
	if r.differences, err = differences(ctx, service, url, loans); err != nil {
		return r, err
	}
	if want := int64(loans) / 10; report.Charged+report.Overdue == 0 || yesterday.Charged == 0 || report.Charged > want+2 {
		return r, fmt.Errorf("the portfolio is not what it should be: %+v", report)
	}
	fmt.Fprintf(o.out, "%8d loans: run %6.2f s (%.0f loans/s), %d past due charged, %d fell overdue, %d reminders; generated in %.0f s, peak RSS %.0f MB, again %.1f ms;%s\n",
		loans, r.took.Seconds(), r.perSecond(), report.Charged, report.Overdue, report.Reminded, generated.Seconds(), r.peakMB, float64(r.again.Microseconds())/1000, steps.String())
	return r, nil
}

// stepTimes are how long the steps of a run took, and the slowest batch of each.
type stepTimes struct {
	last  time.Time
	names []string
	took  map[string]time.Duration
	worst map[string]time.Duration
}

func (s *stepTimes) note(p servicing.DailyProgress) {
	name, _, _ := strings.Cut(p.Step, ":")
	if s.took == nil {
		s.took, s.worst = map[string]time.Duration{}, map[string]time.Duration{}
	}
	now := time.Now()
	if _, known := s.took[name]; !known {
		s.names = append(s.names, name)
	}
	if !s.last.IsZero() { // the first batch began with the run itself
		s.took[name] += now.Sub(s.last)
		s.worst[name] = max(s.worst[name], now.Sub(s.last))
	} else {
		s.took[name] = 0
	}
	s.last = now
}

func (s *stepTimes) String() string {
	var b strings.Builder
	for _, name := range s.names {
		fmt.Fprintf(&b, " %s %.2f s (slowest batch %.0f ms)", name, s.took[name].Seconds(), float64(s.worst[name].Microseconds())/1000)
	}
	return b.String()
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

// settle lets the database finish what generating left behind, so that it is not measured.
func settle(ctx context.Context, url string) error {
	db, err := pgx.Connect(ctx, url)
	if err != nil {
		return err
	}
	defer db.Close(context.WithoutCancel(ctx))
	_, err = db.Exec(ctx, "VACUUM ANALYZE")
	if err != nil {
		return err
	}
	_, err = db.Exec(ctx, "CHECKPOINT")
	return err
}

// differences counts where the books disagree: loan by loan, or in a large portfolio by the sums of what the run wrote.
func differences(ctx context.Context, service *servicing.Service, url string, loans int) (int, error) {
	if loans <= auditAll {
		audit, err := service.Verify(ctx, nil)
		if err == nil && audit.Loans < int64(loans) {
			err = errors.New("not every loan was audited")
		}
		return len(audit.Differences), err
	}
	db, err := pgx.Connect(ctx, url)
	if err != nil {
		return 0, err
	}
	defer db.Close(context.WithoutCancel(ctx))
	var n int
	err = db.QueryRow(ctx, `WITH booked AS (SELECT loan_id, sum(amount) AS penalty FROM ledger_postings WHERE account = 'penalty_receivable' GROUP BY loan_id)
		SELECT (SELECT count(*) FROM loans l LEFT JOIN booked b ON b.loan_id = l.id WHERE l.charged_penalty <> coalesce(b.penalty, 0))
			+ (SELECT count(*) FROM (SELECT sum(amount) FROM ledger_postings HAVING sum(amount) <> 0) s)
			+ (SELECT count(*) FROM loans WHERE status = 5 AND due_date < (SELECT max(business_date) FROM daily_runs))`).Scan(&n)
	return n, err
}

// resetPeak forgets the process's peak of resident memory, where the system can.
func resetPeak() {
	runtime.GC()
	debug.FreeOSMemory()
	_ = os.WriteFile("/proc/self/clear_refs", []byte("5"), 0)
}

// peakMB is the peak of this process's resident memory since resetPeak; elsewhere than on Linux what the runtime holds.
func peakMB() float64 {
	text, err := os.ReadFile("/proc/self/status")
	if err == nil {
		for _, line := range strings.Split(string(text), "\n") {
			if rest, ok := strings.CutPrefix(line, "VmHWM:"); ok {
				if kb, err := strconv.ParseFloat(strings.Fields(rest)[0], 64); err == nil {
					return kb / 1024
				}
			}
		}
	}
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return float64(m.Sys) / (1 << 20)
}
