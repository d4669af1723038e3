// Command daily measures the daily run over generated portfolios on a PostgreSQL of its own that writes as a production server
// does (fsync on): loans per second, how the time grows with the portfolio, and the memory of the process that runs it. It ends
// with one RESULT line, and with an error when a million loans take longer than the limit, when a loan of the largest portfolio takes much
// longer than one of the smallest, when the process needs more memory for it, when a second run of the same date changes anything, or
// when the books do not agree.
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"os"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/creditpocket/creditpocket/bench/cli"
	"github.com/creditpocket/creditpocket/internal/store/pglocal"
)

// million is the size of portfolio that the limit is about.
const million = 1_000_000

const (
	// mostGrowth is how much longer a loan of the largest portfolio may take than one of the smallest: near linear.
	mostGrowth = 2.0
	// mostMemory is how much more memory the process may need for the largest portfolio, in MB: flat.
	mostMemory = 48
)

type options struct {
	sizes []int
	batch int
	limit time.Duration
	out   io.Writer
}

func main() {
	sizes := flag.String("sizes", "10000,100000,1000000", "portfolios to measure, in loans")
	o := options{out: os.Stdout}
	flag.IntVar(&o.batch, "batch", 0, "loans a transaction; 0 is the default of the daily run")
	flag.DurationVar(&o.limit, "limit", 3*time.Minute, "the longest that a million loans may take")
	flag.Parse()
	for _, text := range strings.Split(*sizes, ",") {
		n, err := strconv.Atoi(text)
		if err != nil || n < 100 {
			cli.Usage("bench-daily", "%q is not a number of loans from 100", text)
		}
		o.sizes = append(o.sizes, n)
	}
	slices.Sort(o.sizes)
	cli.Main("bench-daily", func(ctx context.Context) error { return run(ctx, o) })
}

// settings are what an operator sets on a small server: more memory than the package's default, and room for a day's log.
func settings() map[string]string {
	return map[string]string{"shared_buffers": "1GB", "max_wal_size": "4GB", "checkpoint_timeout": "15min", "wal_compression": "on"}
}

func run(ctx context.Context, o options) (err error) {
	dir, err := os.MkdirTemp("", "bench-daily-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	if err := os.Chmod(dir, 0o711); err != nil {
		return err
	}
	cluster, err := pglocal.Start(ctx, pglocal.Options{DataDir: dir, BinDir: os.Getenv("PG_BIN_DIR"), NoDocker: true, Settings: settings(),
		Log: slog.New(slog.DiscardHandler)})
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
	var results []result
	for _, n := range o.sizes {
		r, err := measure(ctx, cluster, n, o)
		if err != nil {
			return fmt.Errorf("%d loans: %w", n, err)
		}
		results = append(results, r)
	}
	fmt.Fprintln(o.out, line(results, o))
	return judge(results, o)
}

// line is the RESULT line: the largest portfolio's speed, and how the others compare.
func line(results []result, o options) string {
	first, last := results[0], results[len(results)-1]
	var b strings.Builder
	fmt.Fprintf(&b, "RESULT bench-daily cores=%d fsync=on", runtime.NumCPU())
	for _, r := range results {
		fmt.Fprintf(&b, " s_%d=%.2f", r.loans, r.took.Seconds())
	}
	growth := growthOf(first, last)
	fmt.Fprintf(&b, " loans_per_s=%.0f overdue_per_s=%.0f growth_per_loan_%d_to_%d=%.2f", last.perSecond(), float64(last.charged)/last.took.Seconds(),
		first.loans, last.loans, growth)
	fmt.Fprintf(&b, " peak_rss_mb_%d=%.0f peak_rss_mb_%d=%.0f", first.loans, first.peakMB, last.loans, last.peakMB)
	differences := 0
	for _, r := range results {
		differences += r.differences
	}
	fmt.Fprintf(&b, " second_run_ms=%.1f differences=%d limit_s=%.0f", float64(last.again.Microseconds())/1000, differences, o.limit.Seconds())
	return b.String()
}

// growthOf is how much longer a loan of one portfolio took than one of another.
func growthOf(from, to result) float64 {
	return (to.took.Seconds() / float64(to.loans)) / (from.took.Seconds() / float64(from.loans))
}

func judge(results []result, o options) error {
	for _, r := range results {
		switch {
		case r.differences > 0:
			return fmt.Errorf("the books of %d loans have %d differences", r.loans, r.differences)
		case r.changedAgain:
			return fmt.Errorf("a second run over %d loans changed something", r.loans)
		case r.loans >= million && r.took > o.limit:
			return fmt.Errorf("%d loans took %s, the limit is %s", r.loans, r.took.Round(time.Second), o.limit)
		}
	}
	first, last := results[0], results[len(results)-1]
	if growth := growthOf(first, last); growth > mostGrowth {
		return fmt.Errorf("a loan of %d takes %.1f times as long as one of %d: more than linear", last.loans, growth, first.loans)
	}
	if more := last.peakMB - first.peakMB; more > mostMemory {
		return fmt.Errorf("%d loans need %.0f MB more than %d: memory is not flat", last.loans, more, first.loans)
	}
	return nil
}
