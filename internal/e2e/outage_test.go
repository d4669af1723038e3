package e2e

import (
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/creditpocket/creditpocket/internal/contract"
	"github.com/creditpocket/creditpocket/internal/journey"
	"github.com/creditpocket/creditpocket/internal/testkit"
	"github.com/creditpocket/creditpocket/internal/testkit/testapp"
)

// TestOutage stops PostgreSQL for ten seconds under a running server: every request is answered 503 in the envelope within
// two seconds, /readyz says why, and afterwards all goes on without a restart, background work included.
func TestOutage(t *testing.T) {
	cluster := testkit.PrivateCluster(t)
	a := testapp.New(t, testapp.Options{DatabaseURL: cluster.URL(), Env: []string{"CP_PAYOUT_HOLD=1s", "CP_SIMULATOR_TRANSFER_TIME=1500ms"}, Log: slog.New(slog.NewTextHandler(t.Output(), &slog.HandlerOptions{Level: slog.LevelWarn}))})
	judge, err := contract.NewTransport(nil)
	if err != nil {
		t.Fatal(err)
	}
	client := &http.Client{Transport: judge, Timeout: 10 * time.Second}
	ask := func(path string) (status int, body string, took time.Duration) {
		t.Helper()
		started := time.Now()
		resp, err := client.Get(a.BaseURL + path)
		if err != nil {
			t.Errorf("%s: %v", path, err)
			return 0, "", 0
		}
		defer resp.Body.Close()
		raw, err := io.ReadAll(resp.Body)
		if err != nil {
			t.Error(err)
		}
		return resp.StatusCode, string(raw), time.Since(started)
	}
	if status, body, _ := ask("/home/product"); status != http.StatusOK {
		t.Fatalf("before the outage: %d %s", status, body)
	}
	ctx := context.Background()
	// The server is busy when PostgreSQL goes: connections die in the middle of a statement, too.
	busy, idle := context.WithCancel(ctx)
	var callers sync.WaitGroup
	for range 8 {
		callers.Go(func() {
			for busy.Err() == nil {
				status, body, _ := ask("/home/product")
				if status != http.StatusOK && status != http.StatusServiceUnavailable {
					t.Errorf("as PostgreSQL went: %d %s", status, body)
				}
			}
		})
	}
	time.Sleep(200 * time.Millisecond)
	if err := cluster.Kill(ctx); err != nil {
		t.Fatal(err)
	}
	down := time.Now()
	// Sessions outlive the postmaster by a moment, each by itself; the outage has begun when every one of them says so.
	for refusals := 0; refusals < 2*a.Config.DBMaxConns; {
		if status, _, _ := ask("/home/product"); status == http.StatusServiceUnavailable {
			refusals++
		} else {
			refusals = 0
		}
		if time.Since(down) > 20*time.Second {
			t.Fatal("requests are still answered twenty seconds after PostgreSQL was killed")
		}
	}
	idle()
	callers.Wait()
	asked, slow := 0, 0
	for began := time.Now(); time.Since(began) < 9*time.Second; {
		for _, path := range []string{"/home/product", "/bank/dict/list", "/support/phone/list"} {
			status, body, took := ask(path)
			asked++
			var envelope struct {
				Code int
				Data struct {
					Reason    string
					Retryable bool
				}
			}
			if err := json.Unmarshal([]byte(body), &envelope); err != nil {
				t.Fatalf("%s: %v in %s", path, err, body)
			}
			if status != http.StatusServiceUnavailable || envelope.Data.Reason != "UNAVAILABLE" || !envelope.Data.Retryable {
				t.Fatalf("%s during the outage: %d %s", path, status, body)
			}
			if took > 2*time.Second {
				slow++
				t.Logf("%s took %s", path, took)
			}
		}
		if status, body, _ := ask("/readyz"); status != http.StatusServiceUnavailable || !strings.Contains(body, "database") {
			t.Fatalf("/readyz during the outage: %d %s", status, body)
		}
		if status, body, _ := ask("/healthz"); status != http.StatusOK {
			t.Fatalf("/healthz during the outage: %d %s", status, body)
		}
		time.Sleep(100 * time.Millisecond)
	}
	if slow > asked/50 { // a machine that stands still for a moment makes one slow, a server that waits makes them all
		t.Errorf("%d of %d refusals took longer than two seconds", slow, asked)
	}
	if err := cluster.Restart(ctx); err != nil {
		t.Fatal(err)
	}
	up := time.Now()
	for {
		if status, _, _ := ask("/readyz"); status == http.StatusOK {
			break
		}
		if time.Since(up) > time.Minute {
			t.Fatal("not ready a minute after PostgreSQL came back")
		}
		time.Sleep(50 * time.Millisecond)
	}
	t.Logf("%d requests answered during the outage, ready %s after it", asked, time.Since(up).Round(time.Millisecond))
	if _, _, err := journey.Walk(ctx, journey.Options{BaseURL: a.BaseURL, Out: io.Discard}); err != nil {
		t.Fatalf("the journey after the outage: %v", err)
	}
}
