package e2e

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/creditpocket/creditpocket/internal/journey"
	"github.com/creditpocket/creditpocket/internal/testkit"
)

// process is the real binary, with the PostgreSQL and the simulator that it starts itself.
type process struct {
	t        *testing.T
	binary   string
	environ  []string
	base     string
	simulate string
	log      *bytes.Buffer

	mu  sync.Mutex
	cmd *exec.Cmd
}

func buildBinary(t *testing.T) string {
	t.Helper()
	binary := filepath.Join(t.TempDir(), "creditpocket")
	build := exec.Command("go", "build", "-o", binary, "../../server/cmd/creditpocket")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("build: %v\n%s", err, out)
	}
	return binary
}

func newProcess(t *testing.T, binary string) *process {
	t.Helper()
	p := &process{t: t, binary: binary, base: testkit.FreeAddress(t), simulate: testkit.FreeAddress(t), log: &bytes.Buffer{}}
	for _, kept := range os.Environ() {
		if !strings.HasPrefix(kept, "CP_") && !strings.HasPrefix(kept, "DATABASE_URL=") {
			p.environ = append(p.environ, kept)
		}
	}
	p.environ = append(p.environ, "CP_ADDR="+p.base, "CP_SIMULATOR_ADDR="+p.simulate, "CP_DATA_DIR="+t.TempDir(), "CP_LIMITS=off",
		"CP_PAYOUT_HOLD=300ms", "CP_SIMULATOR_TRANSFER_TIME=500ms")
	t.Cleanup(func() { p.kill() })
	return p
}

// start runs the binary and returns when it is ready, or an error when it is not within 90 seconds.
func (p *process) start() error {
	cmd := exec.Command(p.binary, "serve")
	cmd.Env = p.environ
	cmd.Stdout, cmd.Stderr = io.Discard, p.log
	if err := cmd.Start(); err != nil {
		return err
	}
	p.mu.Lock()
	p.cmd = cmd
	p.mu.Unlock()
	for deadline := time.Now().Add(90 * time.Second); time.Now().Before(deadline); time.Sleep(20 * time.Millisecond) {
		resp, err := http.Get("http://" + p.base + "/readyz")
		if err != nil {
			continue
		}
		_ = resp.Body.Close()
		if resp.StatusCode == http.StatusOK {
			return nil
		}
	}
	return fmt.Errorf("not ready within 90 seconds")
}

// kill ends the process the hard way, and with it the PostgreSQL it started.
func (p *process) kill() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.cmd != nil {
		_ = p.cmd.Process.Kill()
		_ = p.cmd.Wait()
		p.cmd = nil
	}
}

func (p *process) run(command ...string) (string, error) {
	cmd := exec.Command(p.binary, command...)
	cmd.Env = p.environ
	out, err := cmd.CombinedOutput()
	return string(out), err
}

// books are the simulator's, the independent witness.
func (p *process) books(t *testing.T) (transfers, charges int) {
	t.Helper()
	resp, err := http.Get("http://" + p.simulate + "/simulator/books")
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	var books struct {
		Transfers []struct{ Status string }
		Charges   []struct {
			Reference string
			Status    string
		}
	}
	if err := json.NewDecoder(resp.Body).Decode(&books); err != nil {
		t.Fatal(err)
	}
	for _, transfer := range books.Transfers {
		if transfer.Status == "success" {
			transfers++
		}
	}
	for _, charge := range books.Charges {
		if charge.Status == "success" && strings.HasPrefix(charge.Reference, "cpr-") {
			charges++
		}
	}
	return transfers, charges
}

// TestKill walks the whole journey while the server is killed with SIGKILL and started again, over and over, at random
// moments. An app that repeats what got no answer ends with a repaid loan; the gateway has paid out once and been paid once
// for each borrower; all books agree.
func TestKill(t *testing.T) {
	const least = 5 // kills: fewer show too little
	p := newProcess(t, buildBinary(t))
	defer func() {
		if t.Failed() {
			t.Logf("the server's log ends:\n%s", tail(p.log.Bytes(), 6000))
		}
	}()
	if err := p.start(); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Minute)
	defer cancel()
	walking, walked := context.WithCancel(ctx)
	var kills atomic.Int64
	killer := make(chan error, 1)
	go func() {
		for {
			select {
			case <-walking.Done():
				killer <- nil
				return
			case <-time.After(300*time.Millisecond + time.Duration(rand.Int64N(int64(1700*time.Millisecond)))):
			}
			p.kill()
			kills.Add(1)
			if err := p.start(); err != nil {
				killer <- err
				return
			}
		}
	}()
	borrowers := 0
	for ; borrowers < 3 || kills.Load() < least && borrowers < 30; borrowers++ {
		var out bytes.Buffer
		result, _, err := journey.Walk(ctx, journey.Options{BaseURL: "http://" + p.base, Out: &out, Patience: 2 * time.Minute})
		if err != nil {
			t.Errorf("borrower %d, statuses %v: %v\n%s", borrowers, result.Statuses, err, tail(out.Bytes(), 3000))
			break
		}
	}
	walked()
	if err := <-killer; err != nil {
		t.Fatal(err)
	}
	if t.Failed() {
		return
	}
	transfers, charges := p.books(t)
	if transfers != borrowers || charges != borrowers {
		t.Errorf("the gateway paid out %d times and was paid %d times for %d borrowers", transfers, charges, borrowers)
	}
	p.kill()
	out, err := p.run("verify")
	if err != nil || !strings.Contains(out, "differences=0") {
		t.Errorf("verify: %v\n%s", err, out)
	}
	t.Logf("%d borrowers through %d kills", borrowers, kills.Load())
	if kills.Load() < least {
		t.Errorf("only %d kills: the test shows too little", kills.Load())
	}
}
