// Command proof runs targets of the Makefile one after another and writes what each says in its RESULT line into docs/proof.md,
// a table for each target with the commit, the date and the machine. It ends with one RESULT line, and with an error when a target
// failed; its table is written all the same.
//
//	proof storm prove-planted drill-diskfull
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/creditpocket/creditpocket/bench/report"
)

// page is what the tables are written to.
const page = "docs/proof.md"

// zero are the figures that must be 0 whichever target they are of.
var zero = []string{"lost", "doubled", "falsely_acknowledged", "halves", "serializable_doubled", "serializable_falsely_acknowledged", "unbalanced",
	"gateway_differences", "second_loans", "stuck", "findings", "differences", "payouts_unknown", "paid_twice", "no_answer", "other_answers",
	"failed_requests", "late", "before_point_missing", "jobs_failed"}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "proof:", err)
		stop()
		os.Exit(1)
	}
}

func run(ctx context.Context, targets []string) error {
	if len(targets) == 0 {
		return errors.New("name the targets to run, as in: proof storm prove-planted")
	}
	began, failed := time.Now(), []error(nil)
	for i, target := range targets {
		fmt.Fprintf(os.Stderr, "proof: %d of %d: make %s\n", i+1, len(targets), target)
		failed = append(failed, prove(ctx, target))
		if ctx.Err() != nil {
			return ctx.Err()
		}
	}
	bad := slices.DeleteFunc(failed, func(err error) bool { return err == nil })
	fmt.Printf("RESULT proof targets=%d failed=%d seconds=%.0f\n", len(targets), len(bad), time.Since(began).Seconds())
	return errors.Join(bad...)
}

// prove runs one target and writes its table. `make prove` writes a longer one by itself.
func prove(ctx context.Context, target string) error {
	cmd := exec.CommandContext(ctx, "make", target)
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	cmd.WaitDelay = time.Minute
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return err
	}
	line, err := report.LastResult(io.TeeReader(out, os.Stdout))
	if ended := cmd.Wait(); ended != nil {
		err = errors.Join(err, fmt.Errorf("make %s: %w", target, ended))
	}
	switch {
	case line == "":
		return errors.Join(err, fmt.Errorf("make %s printed no RESULT line", target))
	case target == "prove":
		return err
	}
	return errors.Join(err, report.WriteIn(ctx, page, target, table(target, line, err)))
}

// table shows the figures of a RESULT line.
func table(target, line string, failed error) string {
	var b strings.Builder
	fmt.Fprintf(&b, "## `make %s`\n\n", target)
	if failed != nil {
		b.WriteString("**This run failed.**\n\n")
	}
	b.WriteString("| what | how often |\n|---|---:|\n")
	for _, figure := range report.Figures(line) {
		shown := strings.ReplaceAll(figure.Name, "_", " ")
		if slices.Contains(zero, figure.Name) {
			shown = "**" + shown + "**"
		}
		fmt.Fprintf(&b, "| %s | %s |\n", shown, figure.Value)
	}
	return b.String()
}
