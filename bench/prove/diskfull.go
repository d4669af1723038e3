package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"time"

	page "github.com/creditpocket/creditpocket/bench/report"
)

// diskKinds are the figures of the full disk that are findings, and what they are called among them.
var diskKinds = map[string]kind{"lost": lost, "doubled": doubled, "paid_twice": doubled, "differences": offLedger, "payouts_unknown": offGateway, "other_answers": strange, "no_answer": strange}

// diskFull fills the disk under a PostgreSQL of its own, which bench/drills does: a small disk must be mounted for it, which only root may do. Its figures
// go among the counts and its failures among the findings. Where it cannot be done the run falls short, which it returns.
func (w *world) diskFull(ctx context.Context, f *findings) (shortfall string, err error) {
	if os.Geteuid() != 0 {
		return "disk full: a small disk can only be mounted by root", nil
	}
	w.say("the disk is full")
	var out, said strings.Builder
	cmd := exec.CommandContext(ctx, "go", "run", "./bench/drills", "diskfull")
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	cmd.WaitDelay = time.Minute
	cmd.Stdout, cmd.Stderr = &out, &said
	ended := cmd.Run()
	line, err := page.LastResult(strings.NewReader(out.String()))
	if err != nil || line == "" {
		return "", fmt.Errorf("the drill of the full disk told nothing: %w\n%s", errors.Join(err, ended), said.String())
	}
	before := len(f.all)
	for _, figure := range page.Figures(line) {
		if n, err := strconv.ParseInt(figure.Value, 10, 64); err == nil {
			w.counts.add("disk full: "+strings.ReplaceAll(figure.Name, "_", " "), n)
		}
		if k, bad := diskKinds[figure.Name]; bad && figure.Value != "0" {
			f.add(k, "the full disk: %s=%s", figure.Name, figure.Value)
		}
	}
	if ended != nil && len(f.all) == before {
		notes := strings.Split(strings.TrimSpace(said.String()), "\n")
		return "disk full: " + strings.Join(slices.Compact(notes[max(0, len(notes)-2):]), "; "), nil
	}
	return "", nil
}
