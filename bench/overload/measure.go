//go:build linux

package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
)

// callersAtOnce is how many callers find out what the server can do: fewer than it has places, so that none is turned away.
const callersAtOnce = 40

// findings are all that was measured.
type findings struct {
	site     *site
	capacity *load
	phases   []*load // at 50, 100 and 300 % of the capacity
	after    *load   // at 50 %, right after the last
	recovery time.Duration
}

func measure(ctx context.Context, s *site, o options) (*findings, error) {
	freeing, done := context.WithCancel(ctx)
	defer done()
	ended := make(chan error, 1)
	go func() { ended <- s.free(freeing) }()
	if _, err := s.closedLoop(ctx, "warm-up", callersAtOnce, 5*time.Second); err != nil {
		return nil, err
	}
	f := &findings{site: s}
	var err error
	if f.capacity, err = s.closedLoop(ctx, "capacity", callersAtOnce, o.phase); err != nil {
		return nil, err
	}
	for _, part := range []float64{0.5, 1, 3} {
		l, err := s.openLoop(ctx, fmt.Sprintf("%.0f %%", 100*part), part*f.capacity.good(), o.phase)
		if err != nil {
			return nil, err
		}
		f.phases = append(f.phases, l)
	}
	if f.after, err = s.openLoop(ctx, "50 % again", 0.5*f.capacity.good(), 2*o.recovery); err != nil {
		return nil, err
	}
	f.recovery = recovered(f.after, f.phases[0])
	done()
	if err := <-ended; err != nil && !errors.Is(err, context.Canceled) {
		return nil, fmt.Errorf("freeing the applicants: %w", err)
	}
	return f, nil
}

// free withdraws the applications that were made, so that the same borrowers can apply again: no worker decides on them here.
func (s *site) free(ctx context.Context) error {
	db, err := pgx.Connect(ctx, s.dbURL)
	if err != nil {
		return err
	}
	defer db.Close(context.WithoutCancel(ctx))
	for {
		if _, err := db.Exec(ctx, `UPDATE loans SET status = 61, closed_at = now() WHERE status = 1`); err != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(200 * time.Millisecond):
		}
	}
}

// peak is the most successes a second that were seen up to the full load.
func (f *findings) peak() float64 {
	return max(f.capacity.good(), f.phases[0].good(), f.phases[1].good())
}

// peakCostly is the same of logins, applications and repayments.
func (f *findings) peakCostly() float64 {
	return max(f.capacity.goodput(isCostly), f.phases[1].goodput(isCostly))
}

func (f *findings) memory() (most int64) {
	for _, l := range append([]*load{f.capacity, f.after}, f.phases...) {
		most = max(most, l.memory)
	}
	return most
}

func (f *findings) table() string {
	var b strings.Builder
	b.WriteString("| load | offered/s | answered/s | of those costly | turned away | wrong | p50 | p95 | p99 |\n|---|---|---|---|---|---|---|---|---|\n")
	for _, l := range append(append([]*load{f.capacity}, f.phases...), f.after) {
		fmt.Fprintf(&b, "| %s | %.0f | %.0f | %.1f | %.1f %% | %d | %s | %s | %s |\n", l.name, l.offered, l.good(), l.goodput(isCostly), 100*l.turned(), len(l.wrong()),
			short(l.slow(0.5)), short(l.slow(0.95)), short(l.slow(0.99)))
	}
	return b.String()
}

func short(d time.Duration) string { return fmt.Sprintf("%.1f ms", float64(d.Microseconds())/1000) }

// words is the part of the page.
func (f *findings) words() string {
	var mix []string
	for _, k := range kinds {
		mix = append(mix, fmt.Sprintf("%s %d %%", k.name, k.weight))
	}
	return "## Overload\n\n`make bench-overload BENCH=-write`. One server (`--role http`), PostgreSQL with fsync on, the gateway simulator and the callers share the machine. The mix: " + strings.Join(mix, ", ") +
		". \"capacity\" is " + fmt.Sprint(callersAtOnce) + " callers one request after the other; the other loads come by the clock, and latency counts from when a request was due.\n\n" + f.table() +
		fmt.Sprintf("\nAt three times the capacity %.2f of the peak is answered (%.2f of the costly requests), and after it all is as before within %.1f s. From the start of the process to ready, with a warm database: %d ms. "+
			"Resident memory: %d MiB idle, of which %d are not pages of the binary, %d MiB at most under these loads.", f.phases[2].good()/f.peak(), f.phases[2].goodput(isCostly)/f.peakCostly(), f.recovery.Seconds(), f.site.cold.Milliseconds(),
			f.site.idle, f.site.own, f.memory())
}

// judge is the RESULT line, and an error where it falls short.
func (f *findings) judge(o options) (string, error) {
	var wrong []string
	for _, l := range append([]*load{f.capacity, f.after}, f.phases...) {
		wrong = append(wrong, l.wrong()...)
	}
	over := f.phases[2]
	kept := over.good() / f.peak()
	line := fmt.Sprintf("RESULT bench-overload capacity=%.0f goodput_3x=%.0f kept=%.2f costly_kept=%.2f turned_3x=%.2f wrong=%d recovery_s=%.1f", f.capacity.good(), over.good(), kept,
		over.goodput(isCostly)/f.peakCostly(), over.turned(), len(wrong), f.recovery.Seconds())
	for i, name := range []string{"50", "100", "300"} {
		l := f.phases[i]
		line += fmt.Sprintf(" p50_%s_ms=%.1f p95_%s_ms=%.1f p99_%s_ms=%.1f", name, ms(l.slow(0.5)), name, ms(l.slow(0.95)), name, ms(l.slow(0.99)))
	}
	line += fmt.Sprintf(" start_ms=%d idle_mib=%d idle_own_mib=%d loaded_mib=%d", f.site.cold.Milliseconds(), f.site.idle, f.site.own, f.memory())
	var errs []error
	bad := func(is bool, format string, args ...any) {
		if is {
			errs = append(errs, fmt.Errorf(format, args...))
		}
	}
	bad(kept < o.share, "goodput at three times the capacity is %.2f of the peak, not %.2f", kept, o.share)
	bad(over.turned() == 0, "nobody was turned away at three times the capacity: the load was none")
	if len(wrong) > 0 {
		bad(true, "%d answers were neither right nor 503 nor 429, such as %s", len(wrong), wrong[0])
	}
	bad(f.recovery > o.recovery, "recovery took %s, not %s", f.recovery, o.recovery)
	bad(f.site.cold > o.start, "a start took %s, not %s", f.site.cold, o.start)
	bad(f.site.idle > o.idle, "an idle server has %d MiB, not %d", f.site.idle, o.idle)
	return line, errors.Join(errs...)
}

func ms(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }
