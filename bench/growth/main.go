//go:build linux

// Command growth asks the same four things of a server on databases of ten thousand, a million and ten million loans, over HTTP, two
// callers at a time, of borrowers who are spread over the whole database. It ends with one RESULT line, and with an error when the median
// of a request at the largest size is more than a share above that at the smallest, or when a large table was read from end to end.
// PostgreSQL writes with fsync on. The largest database takes about 27 GB, which are given back at the end.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"runtime"
	"strconv"
	"strings"
	"time"

	"github.com/creditpocket/creditpocket/bench/cli"
	"github.com/creditpocket/creditpocket/bench/report"
)

type options struct {
	sizes         []int64
	reads, writes int
	ratio         float64
	write         bool
}

func main() {
	var o options
	sizes := flag.String("sizes", "10000,1000000,10000000", "loans of the databases, the smallest first")
	flag.IntVar(&o.reads, "reads", 3000, "measured requests of each kind that reads")
	flag.IntVar(&o.writes, "writes", 400, "measured requests of each kind that writes")
	flag.Float64Var(&o.ratio, "ratio", 1.3, "the most that the median may grow from the smallest to the largest")
	flag.BoolVar(&o.write, "write", false, "write docs/performance.md and its plot")
	flag.Parse()
	for _, text := range strings.Split(*sizes, ",") {
		n, err := strconv.ParseInt(text, 10, 64)
		if err != nil || n < 10_000 || (len(o.sizes) > 0 && n <= o.sizes[len(o.sizes)-1]) {
			cli.Usage("bench-growth", "-sizes must be numbers of loans from 10000, the smallest first")
		}
		o.sizes = append(o.sizes, n)
	}
	cli.Main("bench-growth", func(ctx context.Context) error { return run(ctx, o) })
}

func say(format string, args ...any) { fmt.Fprintf(os.Stderr, format+"\n", args...) }

func run(ctx context.Context, o options) error {
	began := time.Now()
	var all []*findings
	for _, size := range o.sizes {
		f, err := measure(ctx, o, size)
		if err != nil {
			return fmt.Errorf("%d loans: %w", size, err)
		}
		all = append(all, f)
	}
	fmt.Println("\n" + table(all))
	if o.write {
		if err := write(ctx, all); err != nil {
			return err
		}
	}
	line, err := judge(all, o)
	fmt.Printf("%s cores=%d fsync=on seconds=%.0f\n", line, runtime.NumCPU(), time.Since(began).Seconds())
	return err
}

func table(all []*findings) string {
	var b strings.Builder
	b.WriteString("| loans | made in | database |")
	for _, k := range requests {
		fmt.Fprintf(&b, " %s p50 | p99 |", k.name)
	}
	b.WriteString(" tables read from end to end |\n|---|---|---|" + strings.Repeat("---|", 2*len(requests)+1) + "\n")
	for _, f := range all {
		fmt.Fprintf(&b, "| %d | %.0f s | %d MB |", f.loans, f.made.Seconds(), f.megabytes)
		for i := range requests {
			fmt.Fprintf(&b, " %.2f ms | %.2f ms |", ms(f.quantile(i, 0.5)), ms(f.quantile(i, 0.99)))
		}
		fmt.Fprintf(&b, " %s |\n", strings.Join(f.scanned, ", "))
	}
	return b.String()
}

func judge(all []*findings, o options) (string, error) {
	first, last := all[0], all[len(all)-1]
	line := fmt.Sprintf("RESULT bench-growth smallest=%d largest=%d made_s=%.0f", first.loans, last.loans, last.made.Seconds())
	var errs []error
	for i, k := range requests {
		ratio := float64(last.quantile(i, 0.5)) / float64(first.quantile(i, 0.5))
		line += fmt.Sprintf(" %s_p50_ms=%.2f %s_ratio=%.2f", k.key, ms(last.quantile(i, 0.5)), k.key, ratio)
		if ratio > o.ratio {
			errs = append(errs, fmt.Errorf("%s: the median at %d loans is %.2f times that at %d, not %.2f", k.name, last.loans, ratio, first.loans, o.ratio))
		}
	}
	scans := 0
	for _, f := range all {
		if f.loans >= 1_000_000 { // a small table may well be read whole
			scans += len(f.scanned)
		}
		if f.loans >= 1_000_000 && len(f.scanned) > 0 {
			errs = append(errs, fmt.Errorf("at %d loans these tables were read from end to end: %s", f.loans, strings.Join(f.scanned, ", ")))
		}
	}
	return line + fmt.Sprintf(" sequential_scans=%d", scans), errors.Join(errs...)
}

// plot is the chart of the medians.
const plot = "docs/performance-growth.svg"

func write(ctx context.Context, all []*findings) error {
	bars, order := map[string][]report.Bar{}, []string{}
	for i, k := range requests {
		order = append(order, k.name)
		for _, f := range all {
			bars[k.name] = append(bars[k.name], report.Bar{Name: fmt.Sprintf("%d loans", f.loans), Value: float64(f.quantile(i, 0.5).Microseconds()), Ours: true})
		}
	}
	if err := report.Bars(plot, "Median of a request in microseconds, by the number of loans", bars, order); err != nil {
		return err
	}
	return report.Write(ctx, "bench-growth", "## Growth\n\n`make bench-growth BENCH=-write`. Two callers at a time over HTTP, borrowers drawn at random from the whole database, which `creditpocket seed --loans` made; "+
		"PostgreSQL with fsync on, on the same machine.\n\n"+table(all)+"\n![medians by the number of loans](performance-growth.svg)")
}

func ms(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }
