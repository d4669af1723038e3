package servicing_test

import (
	"bufio"
	"context"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/creditpocket/creditpocket/internal/clock"
	"github.com/creditpocket/creditpocket/internal/servicing"
	"github.com/creditpocket/creditpocket/internal/testkit"
)

// A batch of this size makes many transactions of a run, and so many moments between them.
const killBatch = 3

// childURL and childDate make a process of this test binary a server that works the daily run.
const (
	childURL  = "CP_TEST_DAILY_URL"
	childDate = "CP_TEST_DAILY_DATE"
)

// TestDailyRunInAChild is the process that the next test kills. Started by nobody it has nothing to do.
func TestDailyRunInAChild(t *testing.T) {
	url := os.Getenv(childURL)
	if url == "" {
		return
	}
	date, err := clock.ParseDate(os.Getenv(childDate))
	if err != nil {
		t.Fatal(err)
	}
	clk := clock.NewManual(date.Start().Add(time.Minute))
	s := servicing.New(testkit.OpenStore(t, url, testkit.Keys(t), clk), nil, clk, servicing.Config{}, slog.New(slog.DiscardHandler))
	// The lock of a process that was killed ends when the server notices: at once, but not in no time.
	heard := bufio.NewScanner(os.Stdin)
	for {
		_, err = s.RunDaily(t.Context(), date, servicing.DailyConfig{Batch: killBatch}, func(p servicing.DailyProgress) {
			fmt.Println("batch", p.Step, p.Loans)
			heard.Scan() // no more than one batch ahead of who kills
		})
		if err != servicing.ErrDailyRunning {
			break
		}
		time.Sleep(10 * time.Millisecond)
	}
	if err != nil {
		t.Fatal(err)
	}
	fmt.Println("finished")
}

func TestDailyRunSurvivesTheDeathOfItsProcess(t *testing.T) {
	w := newDailyWorld(t, "", 7, 120)
	first := w.at(0)
	w.run(t, first, servicing.DailyConfig{})
	before := w.books(t).Loans
	through := w.at(3)
	want := byTheRules(before, first.AddDays(1), first.AddDays(2), through)
	kills := 0
	for finished := false; !finished; {
		finished = runChild(t, w.url, through, 1+w.rnd.IntN(25))
		if !finished {
			kills++
		}
	}
	if kills < 3 {
		t.Errorf("the run was killed %d times only", kills)
	}
	w.expect(t, want, through)
}

// runChild starts a run in a process of its own and kills it after so many batches, or lets it finish before.
func runChild(t *testing.T, url string, through clock.Date, batches int) (finished bool) {
	t.Helper()
	child := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestDailyRunInAChild$")
	child.Env = append(os.Environ(), childURL+"="+url, childDate+"="+through.String())
	child.Stderr = os.Stderr
	out, err := child.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	in, err := child.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	_, _ = fmt.Fprintln(in, "go on")
	var text strings.Builder
	seen := 0
	for lines := bufio.NewScanner(out); lines.Scan(); {
		text.WriteString(lines.Text() + "\n")
		if lines.Text() == "finished" {
			finished = true
		}
		if strings.HasPrefix(lines.Text(), "batch ") {
			if seen++; seen == batches {
				_ = child.Process.Kill()
			}
			_, _ = fmt.Fprintln(in, "go on")
		}
	}
	if err := child.Wait(); err != nil && seen < batches {
		t.Fatalf("the child failed: %v\n%s", err, text.String())
	}
	return finished
}

// expect ends a test: the run of a date is whole, and nothing of it happened twice.
func (w *dailyWorld) expect(t *testing.T, want any, through clock.Date) {
	t.Helper()
	if report := w.run(t, through, servicing.DailyConfig{Batch: killBatch}); report != (servicing.DailyReport{}) {
		t.Errorf("something was left to do: %+v", report)
	}
	got := w.books(t).Loans
	if g, e := fmt.Sprintf("%+v", got), fmt.Sprintf("%+v", want); g != e {
		t.Error("the loans are not what the rules say")
	}
	w.audit(t)
}

func TestDailyRunSurvivesInterruptions(t *testing.T) {
	w := newDailyWorld(t, "", 8, 120)
	before := w.books(t).Loans
	through := w.at(1)
	want := byTheRules(before, through)
	for interruptions := 0; ; interruptions++ {
		ctx, cancel := context.WithCancel(t.Context())
		left := 1 + w.rnd.IntN(12)
		_, err := w.RunDaily(ctx, through, servicing.DailyConfig{Batch: killBatch}, func(servicing.DailyProgress) {
			if left--; left == 0 {
				cancel() // now, or in the middle of the next batch
				if w.rnd.IntN(2) == 0 {
					time.Sleep(time.Millisecond)
				}
			}
		})
		cancel()
		if err == nil {
			if interruptions < 3 {
				t.Errorf("the run was interrupted %d times only", interruptions)
			}
			break
		}
	}
	w.expect(t, want, through)
}

func TestDailyRunSurvivesTheDeathOfTheDatabase(t *testing.T) {
	cluster := testkit.PrivateCluster(t)
	if err := migrateForDaily(t.Context(), cluster.URL()); err != nil {
		t.Fatal(err)
	}
	w := newDailyWorld(t, cluster.URL(), 9, 80)
	before := w.books(t).Loans
	through := w.at(1)
	want := byTheRules(before, through)
	for kills := 0; kills < 3; {
		left := 1 + w.rnd.IntN(6)
		var killed error
		gone := make(chan struct{})
		_, err := w.RunDaily(t.Context(), through, servicing.DailyConfig{Batch: 2}, func(servicing.DailyProgress) {
			switch left--; {
			case left == 0:
				wait := time.Duration(w.rnd.IntN(3000)) * time.Microsecond
				go func() {
					defer close(gone)
					time.Sleep(wait)
					killed = cluster.Kill(t.Context())
				}()
			case left < 0: // the run gets no further than the batch in which it was killed
				<-gone
			}
		})
		if err == nil {
			t.Fatalf("the run finished before its database was killed for the third time")
		}
		if left > 0 { // a connection of before the kill: the next attempt has another one
			continue
		}
		kills++
		if <-gone; killed != nil {
			t.Fatal(killed)
		}
		if err := cluster.Restart(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	for deadline := time.Now().Add(time.Minute); ; time.Sleep(20 * time.Millisecond) {
		_, err := w.RunDaily(t.Context(), through, servicing.DailyConfig{Batch: 2}, nil)
		if err == nil {
			break
		}
		if time.Now().After(deadline) {
			t.Fatal(err)
		}
	}
	w.expect(t, want, through)
}
