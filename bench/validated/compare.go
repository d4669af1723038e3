package main

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/creditpocket/creditpocket/bench/report"
)

type options struct {
	rounds  int
	seconds time.Duration
	share   float64
	write   bool
}

// results are the samples of all rounds, by contender and request.
type results map[*contender]map[string][]sample

func compare(ctx context.Context, o options) error {
	dir, err := os.MkdirTemp("", "bench-peers-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	self, err := os.Executable()
	if err != nil {
		return err
	}
	fmt.Println("building the peers")
	if err := build(ctx, dir); err != nil {
		return err
	}
	all := contenders(self, dir)
	if err := keepTheirWord(ctx, all, dir); err != nil {
		return err
	}
	found, memory := results{}, map[*contender]int64{}
	for round := range o.rounds {
		for _, c := range all {
			fmt.Printf("round %d of %d: %s\n", round+1, o.rounds, c.name)
			if err := visit(ctx, c, o, dir, found, memory); err != nil {
				return err
			}
		}
	}
	table, verdict := judge(all, found, memory, o.share)
	fmt.Println("\n" + table)
	if o.write {
		if err := write(ctx, all, found, table); err != nil {
			return err
		}
	}
	fmt.Println(verdict.line)
	return verdict.err
}

// keepTheirWord checks that every contender refuses what it is said to refuse: a bad request, and its own bad answer.
func keepTheirWord(ctx context.Context, all []*contender, dir string) error {
	bad := filepath.Join(dir, "spoilt")
	if err := os.Mkdir(bad, 0o700); err != nil {
		return err
	}
	if err := spoil(bad); err != nil {
		return err
	}
	for _, c := range all {
		p, err := start(ctx, c, bad)
		if err != nil {
			return err
		}
		wrong, err := p.ask(ctx, profilePath, strings.Replace(profileBody, `"payDay":25`, `"payDay":99`, 1))
		own, errOwn := p.ask(ctx, profilePath, profileBody)
		p.stop()
		if err != nil || errOwn != nil {
			return fmt.Errorf("%s: %w", c.name, errOwn)
		}
		checksRequests := c.validates != "nothing"
		if refused := wrong == http.StatusBadRequest || wrong == http.StatusUnprocessableEntity; refused != checksRequests {
			return fmt.Errorf("%s answers %d to a bad request", c.name, wrong)
		}
		if (own == http.StatusInternalServerError) != c.both {
			return fmt.Errorf("%s sends its own bad answer with %d", c.name, own)
		}
	}
	return nil
}

func visit(ctx context.Context, c *contender, o options, dir string, found results, memory map[*contender]int64) error {
	p, err := start(ctx, c, peersDir)
	if err != nil {
		return err
	}
	defer p.stop()
	if found[c] == nil {
		found[c] = map[string][]sample{}
	}
	for _, m := range requests {
		if _, err := load(ctx, p, m, dir, time.Second); err != nil { // warm
			return fmt.Errorf("%s, %s: %w", c.name, m.name, err)
		}
		s, err := load(ctx, p, m, dir, o.seconds)
		if err != nil {
			return fmt.Errorf("%s, %s: %w", c.name, m.name, err)
		}
		found[c][m.name] = append(found[c][m.name], s)
	}
	memory[c] = max(memory[c], p.resident())
	return nil
}

// rate is the median of the rounds, in requests a second of processor time.
func (r results) rate(c *contender, request string) float64 {
	var rates []float64
	for _, s := range r[c][request] {
		rates = append(rates, s.perProcessorSecond)
	}
	return median(rates)
}

func (r results) p99(c *contender, request string) time.Duration {
	var slow []float64
	for _, s := range r[c][request] {
		slow = append(slow, float64(s.p99))
	}
	return time.Duration(median(slow))
}

// share is the median of what one contender does as a share of another, round by round.
func (r results) share(of, base *contender, request string) float64 {
	var shares []float64
	for i, s := range r[of][request] {
		shares = append(shares, s.perProcessorSecond/r[base][request][i].perProcessorSecond)
	}
	return median(shares)
}

func median(values []float64) float64 {
	sorted := slices.Sorted(slices.Values(values))
	n := len(sorted)
	if n%2 == 1 {
		return sorted[n/2]
	}
	return (sorted[n/2-1] + sorted[n/2]) / 2
}

type verdict struct {
	line string
	err  error
}

// judge makes the table and says whether the goals are reached.
func judge(all []*contender, found results, memory map[*contender]int64, share float64) (string, verdict) {
	none, ours := all[0], all[1]
	var b strings.Builder
	b.WriteString("| server | validates | page | of ours unchecked | p99 | profile POST | of ours unchecked | p99 | memory |\n|---|---|---|---|---|---|---|---|---|\n")
	for _, c := range all {
		fmt.Fprintf(&b, "| %s | %s |", c.name, c.validates)
		for _, m := range requests {
			fmt.Fprintf(&b, " %.0f | %.2f | %.1f ms |", found.rate(c, m.name), found.share(c, none, m.name), float64(found.p99(c, m.name).Microseconds())/1000)
		}
		fmt.Fprintf(&b, " %d MiB |\n", memory[c])
	}
	var short []string
	line := "RESULT bench-peers"
	for _, m := range requests {
		kept := found.share(ours, none, m.name)
		line += fmt.Sprintf(" %s_kept=%.3f", m.name, kept)
		if kept < share {
			short = append(short, fmt.Sprintf("full validation keeps %.3f of the unvalidated rate of the %s, not %.2f", kept, m.name, share))
		}
		for _, c := range all {
			if c.ours || !c.both || c.explains {
				continue
			}
			ahead := found.share(ours, c, m.name)
			line += fmt.Sprintf(" %s_to_%s=%.2f", m.name, strings.Fields(c.name)[0], ahead)
			if ahead < 1 {
				short = append(short, fmt.Sprintf("%s is ahead with the %s", c.name, m.name))
			}
		}
	}
	if len(short) > 0 {
		return b.String(), verdict{line, fmt.Errorf("%s", strings.Join(short, "; "))}
	}
	return b.String(), verdict{line: line}
}

// plot is the chart of the comparison.
const plot = "docs/performance-validation.svg"

// why is where the time goes, from profiles that -serve both -profile FILE wrote on 2026-11-25 while the machine was busy: shares hold
// there, absolute figures would not.
const why = `Where the time of "ours" goes, by profiles (` + "`bench-peers -serve both -profile FILE`" + `): of the page's, 30 % is encoding the answer, 35 % net/http and the
kernel sending it, 9 % checking it (5 microseconds, 0.4 nanoseconds a byte); checking cannot cost less than a walk over 13 KB, so the faster the rest becomes, the more the check takes of it. Of
the small POST's, 40 % is sending and 11 % reading, in net/http and the kernel; 9 % decoding the body, 6 % encoding the answer, 4 % the deadline of the
request; both checks together are 3 %. A peer that only reads and writes leaves out what "ogen, our duties" adds: seven headers, a request id and deadlines.
Ours also asks for the session, the limit, a place among the running requests, and counts each request in the metrics.`

func write(ctx context.Context, all []*contender, found results, table string) error {
	bars, order := map[string][]report.Bar{}, []string{"page of ten loans", "profile POST"}
	for i, m := range requests {
		for _, c := range all {
			bars[order[i]] = append(bars[order[i]], report.Bar{Name: c.name, Value: found.rate(c, m.name), Ours: c.ours})
		}
	}
	if err := report.Bars(plot, "Requests a second of processor time, by validation", bars, order); err != nil {
		return err
	}
	return report.Write(ctx, "bench-peers", table+"\n![throughput by validation]("+filepath.Base(plot)+")\n\n"+why)
}
