package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/creditpocket/creditpocket/bench/cutproxy"
	page "github.com/creditpocket/creditpocket/bench/report"
)

// report is what a run says of itself.
type report struct {
	o          options
	plan       plan
	world      *world
	findings   *findings
	shortfalls []string
	verdicts   []verdict // of the planted bugs, where the plan has them
	took       time.Duration
}

// rows are the table: what was done, what was broken, what was found.
func (r *report) rows() [][2]string {
	c := r.world.counts
	shown := map[string]bool{mostMemory: true, "lifecycles": true}
	out := [][2]string{{"lifecycles seen to their end", fmt.Sprint(c.of("lifecycles"))}}
	for _, name := range c.names() {
		if !shown[name] {
			out = append(out, [2]string{name, fmt.Sprint(c.of(name))})
		}
	}
	out = append(out, [2]string{"COMMITs seen", fmt.Sprint(r.world.wire.Commits())},
		[2]string{"connections cut before COMMIT", fmt.Sprint(r.world.wire.Cuts(cutproxy.BeforeCommit))},
		[2]string{"connections cut after COMMIT", fmt.Sprint(r.world.wire.Cuts(cutproxy.AfterCommit))},
		[2]string{"MiB that all replicas held at most", fmt.Sprint(c.of(mostMemory) >> 20)})
	for _, k := range kinds {
		out = append(out, [2]string{"**" + string(k) + "**", fmt.Sprint(r.findings.of(k))})
	}
	for _, v := range r.verdicts {
		out = append(out, [2]string{"planted bug " + string(v.bug), cmp.Or(v.as, "NOT SEEN")})
	}
	if len(r.verdicts) > 0 {
		out = append(out, [2]string{"planted bugs caught", fmt.Sprintf("%d of %d", caught(r.verdicts), len(r.verdicts))})
	}
	return out
}

// finish prints the table, writes it where it was asked for, and ends with the RESULT line.
func (r *report) finish(ctx context.Context) error {
	for _, row := range r.rows() {
		fmt.Fprintf(r.o.out, "  %-52s %s\n", strings.Trim(row[0], "*"), row[1])
	}
	for _, text := range r.findings.show(8) {
		fmt.Fprintln(r.o.out, "FOUND", text)
	}
	if len(r.findings.all) > 0 || r.o.keep {
		for _, note := range r.world.notes {
			fmt.Fprintln(r.o.out, "note", note)
		}
	}
	for _, text := range r.shortfalls {
		fmt.Fprintln(r.o.out, "SHORT", text)
	}
	c := r.world.counts
	fmt.Fprintf(r.o.out, "RESULT prove mode=%s seed=%d lifecycles=%d kills=%d postgres_kills=%d commit_cuts=%d events=%d cut_calls=%d planted=%d caught=%d acknowledged=%d lost=%d doubled=%d unbalanced=%d gateway_differences=%d second_loans=%d stuck=%d findings=%d short=%d seconds=%.1f\n",
		r.plan.name, r.o.seed, c.of("lifecycles"), c.of("kill -9 of a replica")+c.of("crashed at a crash point"), c.of("PostgreSQL killed"),
		r.world.wire.Total(), c.of("webhook events posted beside the gateway's"), c.of("cut storm: calls"), len(r.verdicts), caught(r.verdicts), c.of("acknowledgements held to the database"),
		r.findings.of(lost), r.findings.of(doubled), r.findings.of(unbalanced), r.findings.of(offGateway)+r.findings.of(wrongEnd), r.findings.of(secondLoan),
		r.findings.of(stuck), len(r.findings.all), len(r.shortfalls), r.took.Seconds())
	var failed error
	switch {
	case len(r.findings.all) > 0:
		failed = fmt.Errorf("%d findings", len(r.findings.all))
	case len(r.shortfalls) > 0:
		failed = errors.New("the run did not reach what it must: " + strings.Join(r.shortfalls, "; "))
	}
	if r.o.proof != "" && len(r.findings.all) == 0 {
		return errors.Join(r.write(ctx), failed)
	}
	return failed
}

// write puts the table into its part of a Markdown file, with what one must know to read it.
func (r *report) write(ctx context.Context) error {
	var b strings.Builder
	fmt.Fprintf(&b, "## `make prove`\n\nSeed %d, %.0f seconds. %d replicas of the real binary and %d workers on a real PostgreSQL (fsync on), the gateway simulator as a process with books of its own.\n\n| what | how often |\n|---|---:|\n",
		r.o.seed, r.took.Seconds(), r.plan.replicas, r.plan.workers)
	for _, row := range r.rows() {
		fmt.Fprintf(&b, "| %s | %s |\n", row[0], row[1])
	}
	if len(r.shortfalls) > 0 {
		fmt.Fprintf(&b, "\nThis run did not reach all that `make prove` asks for:\n\n")
		for _, text := range r.shortfalls {
			fmt.Fprintf(&b, "- %s\n", text)
		}
	}
	fmt.Fprintf(&b, "\nRun it again with `make prove SEED=%d`. What each row in bold means is in [prove.md](prove.md).\n", r.o.seed)
	return page.WriteIn(ctx, r.o.proof, "prove", b.String())
}
