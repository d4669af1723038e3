package ops

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/creditpocket/creditpocket/internal/provider/simulator"
	"github.com/creditpocket/creditpocket/internal/reconcile"
	"github.com/creditpocket/creditpocket/internal/testkit"
	"github.com/creditpocket/creditpocket/internal/testkit/testapp"
)

// command runs the built binary beside the world's server, on its database and its gateway, and returns what it printed and its exit code.
func (w *world) command(binary, gateway string, args ...string) (out, complaint string, code int) {
	w.Helper()
	cmd := exec.CommandContext(w.Context(), binary, args...)
	for _, kept := range os.Environ() {
		if !strings.HasPrefix(kept, "CP_") && !strings.HasPrefix(kept, "DATABASE_URL=") {
			cmd.Env = append(cmd.Env, kept)
		}
	}
	cmd.Env = append(cmd.Env, "DATABASE_URL="+w.app.DatabaseURL, "CP_DATA_DIR="+w.TempDir(), "CP_GATEWAY=paystack", "CP_PAYSTACK_URL="+gateway,
		"CP_PAYSTACK_SECRET_KEY="+w.app.Config.PaystackSecret.Reveal(), "CP_BLOB_URL=mem://")
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	err := cmd.Run()
	var ended *exec.ExitError
	if err != nil && !errors.As(err, &ended) {
		w.Fatal(err)
	}
	return stdout.String(), stderr.String(), cmd.ProcessState.ExitCode()
}

// TestReconcileCommand runs the command of the built binary: books that agree, one break, the same as JSON, a run beside another, an
// unreadable --since, a gateway that is not there, and what its help promises about all this.
func TestReconcileCommand(t *testing.T) {
	w := newWorld(t, nil, testapp.Options{})
	binary := filepath.Join(t.TempDir(), "creditpocket")
	if out, err := exec.Command("go", "build", "-o", binary, "../../../server/cmd/creditpocket").CombinedOutput(); err != nil {
		t.Fatalf("build: %v\n%s", err, out)
	}
	gateway := w.gateway()
	_, payout, payment := w.settledLoan()
	expect := func(what string, code, want int, out, complaint string, parts ...string) {
		t.Helper()
		if code != want {
			t.Errorf("%s: exit code %d, want %d\n%s%s", what, code, want, out, complaint)
		}
		for _, part := range parts {
			if !strings.Contains(out+complaint, part) {
				t.Errorf("%s does not say %q:\n%s%s", what, part, out, complaint)
			}
		}
	}

	out, complaint, code := w.command(binary, gateway, "reconcile", "--help")
	expect("the help", code, 0, out, complaint, "--since", "--json", "Exit codes: 0 the books agree; 2 breaks are open; 1 the run could not be made")

	out, complaint, code = w.command(binary, gateway, "reconcile")
	expect("books that agree", code, 0, out, complaint, "RESULT reconcile ", " breaks=0 ")
	if strings.Contains(out, "break ") {
		t.Errorf("books that agree have a break:\n%s", out)
	}

	w.tamper(simulator.Tampering{Kind: simulator.TamperAmount, Reference: payout, Amount: 100})
	w.tamper(simulator.Tampering{Kind: simulator.TamperBalance, Reference: payment, Amount: 1})
	out, complaint, code = w.command(binary, gateway, "reconcile", "--since", "72h")
	expect("two breaks", code, 2, out, complaint, " breaks=2 ", "amount of transfer "+payout, "balance of movement "+w.moved(payment), "2 breaks are open")

	out, complaint, code = w.command(binary, gateway, "reconcile", "--json")
	expect("two breaks as JSON", code, 2, out, complaint, "2 breaks are open")
	var report struct {
		Since   string
		Records int
		Matched int
		Breaks  []struct {
			ID, Kind, Object, Reference, Detail, FirstSeen string
			Ours, Theirs                                   int64
		}
	}
	decoder := json.NewDecoder(strings.NewReader(out))
	if err := decoder.Decode(&report); err != nil || decoder.More() {
		t.Fatalf("not one JSON document: %v\n%s", err, out)
	}
	kinds := []string{}
	for _, b := range report.Breaks {
		kinds = append(kinds, b.Kind)
		if _, err := time.Parse(time.RFC3339, b.FirstSeen); err != nil || b.ID == "" || b.Detail == "" || b.Theirs == b.Ours {
			t.Errorf("a break as JSON: %+v, %v", b, err)
		}
	}
	if slices.Sort(kinds); !slices.Equal(kinds, []string{"amount", "balance"}) || report.Records == 0 || report.Matched == 0 || report.Since == "" {
		t.Errorf("the report as JSON: %+v", report)
	}

	// Beside another run the command says so, and changes nothing.
	lock, err := w.app.Store.TryReconcileLock(t.Context())
	w.must(err)
	runs := func() string {
		return fmt.Sprint(testkit.Texts(t, w.app.DatabaseURL, `SELECT started_at::text FROM reconcile_runs UNION ALL SELECT last_seen_at::text FROM reconcile_breaks ORDER BY 1`))
	}
	before := runs()
	out, complaint, code = w.command(binary, gateway, "reconcile")
	expect("a run beside another", code, 1, out, complaint, "another run is under way")
	if after := runs(); after != before {
		t.Errorf("a run beside another has changed\n%s\nto\n%s", before, after)
	}
	lock.Release()

	out, complaint, code = w.command(binary, gateway, "reconcile", "--since", "yesterday")
	expect("an unreadable --since", code, 1, out, complaint, "--since: must be a duration")

	w.tamper(simulator.Tampering{Kind: simulator.TamperAmount, Reference: payout, Amount: -100})
	w.tamper(simulator.Tampering{Kind: simulator.TamperBalance, Reference: payment, Amount: -1})
	out, complaint, code = w.command(binary, gateway, "reconcile")
	expect("books put right", code, 0, out, complaint, " closed=2 breaks=0 ")
}

// TestReconcileRunsAlone starts many runs at once on books with a break: those that run find it and leave it open, the others are told that
// another is under way, and nothing is written twice.
func TestReconcileRunsAlone(t *testing.T) {
	w := newWorld(t, nil, testapp.Options{Env: []string{"CP_SIMULATOR_TRANSFER_FEE=1000", "CP_DB_MAX_CONNS=24"}})
	_, payout, _ := w.settledLoan()
	w.tamper(simulator.Tampering{Kind: simulator.TamperAmount, Reference: payout, Amount: 100})
	const callers = 8
	var (
		wait         sync.WaitGroup
		mu           sync.Mutex
		ran, refused int
	)
	for range callers {
		wait.Go(func() {
			r, err := w.app.Reconcile.Run(context.WithoutCancel(t.Context()), time.Time{})
			mu.Lock()
			defer mu.Unlock()
			switch {
			case err == nil:
				ran++
				if len(r.Breaks) != 1 || r.Breaks[0].Reference != payout || r.Closed != 0 {
					t.Errorf("a run among others: %+v", r)
				}
			case errors.Is(err, reconcile.ErrUnderWay):
				refused++
			default:
				t.Error(err)
			}
		})
	}
	wait.Wait()
	if ran == 0 || ran+refused != callers {
		t.Errorf("%d ran and %d were told that another is under way, of %d", ran, refused, callers)
	}
	if n := len(testkit.Texts(t, w.app.DatabaseURL, `SELECT id::text FROM reconcile_runs`)); n != ran {
		t.Errorf("%d runs are written down, %d ran", n, ran)
	}
	if open := w.breaks("OPEN"); !slices.Equal(open, []string{"amount transfer " + payout}) {
		t.Errorf("open are %v", open)
	}
	// The lock ends with its holder.
	if _, err := w.app.Reconcile.Run(t.Context(), time.Time{}); err != nil {
		t.Errorf("a run afterwards: %v", err)
	}
}
