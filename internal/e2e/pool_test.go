package e2e

import (
	"context"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/creditpocket/creditpocket/internal/contract"
	"github.com/creditpocket/creditpocket/internal/journey"
	"github.com/creditpocket/creditpocket/internal/testkit"
	"github.com/creditpocket/creditpocket/internal/testkit/testapp"
)

// TestExhaustedPool uses up the connections to the database with requests that wait for a lock: the next request is not kept
// waiting until its deadline, /readyz says why, and the metrics count it.
func TestExhaustedPool(t *testing.T) {
	a := testapp.New(t, testapp.Options{DatabaseURL: patient(t), Env: []string{"CP_DB_MAX_CONNS=2", "CP_ROLES=http"}})
	judge, err := contract.NewTransport(nil)
	if err != nil {
		t.Fatal(err)
	}
	client := &http.Client{Transport: judge, Timeout: time.Minute}
	get := func(path string) (int, string, time.Duration) {
		t.Helper()
		began := time.Now()
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
		return resp.StatusCode, string(raw), time.Since(began)
	}
	ctx := context.Background()
	conn, err := pgx.Connect(ctx, a.DatabaseURL)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(ctx)
	tx, err := conn.Begin(ctx)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := tx.Exec(ctx, `LOCK TABLE banks IN ACCESS EXCLUSIVE MODE`); err != nil {
		t.Fatal(err)
	}
	var holders sync.WaitGroup
	stop := make(chan struct{})
	for range 4 {
		holders.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
					if status, body, _ := get("/bank/dict/list"); status != http.StatusOK && status != http.StatusServiceUnavailable {
						t.Errorf("a request that waits for a lock: %d %s", status, body)
					}
				}
			}
		})
	}
	refused := 0
	for deadline := time.Now().Add(20 * time.Second); refused < 3 && time.Now().Before(deadline); {
		status, body, took := get("/home/product")
		if took > 6*time.Second { // a second for a connection; the deadline is ten
			t.Errorf("a request waited %s", took)
		}
		if status == http.StatusServiceUnavailable && strings.Contains(body, `"UNAVAILABLE"`) {
			refused++
		}
	}
	if refused < 3 {
		t.Error("the pool was never exhausted: the test shows nothing")
	}
	notReady := false
	for deadline := time.Now().Add(20 * time.Second); !notReady && time.Now().Before(deadline); {
		status, body, _ := get("/readyz")
		notReady = status == http.StatusServiceUnavailable && strings.Contains(body, "all database connections are in use")
	}
	if !notReady {
		t.Error("/readyz never said that all connections are in use")
	}
	close(stop)
	if err := tx.Rollback(ctx); err != nil {
		t.Error(err)
	}
	holders.Wait()
	if status, body, _ := get("/bank/dict/list"); status != http.StatusOK {
		t.Errorf("afterwards: %d %s", status, body)
	}
	if _, metrics, _ := get("/metrics"); !strings.Contains(metrics, "creditpocket_db_pool_exhausted_total ") || strings.Contains(metrics, "creditpocket_db_pool_exhausted_total 0\n") {
		t.Error("the metrics do not count the exhausted pool")
	}
}

// TestRoles splits a deployment into a process that answers requests and one that works the background jobs: together they take a
// borrower through the whole journey; alone, the worker answers nothing but health.
func TestRoles(t *testing.T) {
	keys, dir, simulator, url := testkit.Keys(t), t.TempDir(), testkit.FreeAddress(t), testapp.SeededDatabase(t)
	start := func(role string) *testapp.App {
		return testapp.New(t, testapp.Options{Keys: keys, DatabaseURL: url,
			Env: []string{"CP_ROLES=" + role, "CP_DATA_DIR=" + dir, "CP_SIMULATOR_ADDR=" + simulator, "CP_BLOB_URL=file://" + dir + "/blobs"}})
	}
	web := start("http")
	worker := start("worker")
	for path, want := range map[string]int{"/readyz": 200, "/healthz": 200, "/version": 200, "/metrics": 200, "/home/product": 404, "/user/login": 404, "/docs": 404, "/sms": 404} {
		resp, err := http.Get(worker.BaseURL + path)
		if err != nil {
			t.Fatal(err)
		}
		_ = resp.Body.Close()
		if resp.StatusCode != want {
			t.Errorf("the worker's %s: %d", path, resp.StatusCode)
		}
	}
	if _, _, err := journey.Walk(t.Context(), journey.Options{BaseURL: web.BaseURL, Out: io.Discard, Patience: 10 * time.Second}); err != nil {
		t.Fatalf("the journey: %v", err)
	}
	worked := testkit.Texts(t, url, `SELECT DISTINCT attempted_by[1] FROM river_job WHERE attempted_by IS NOT NULL AND kind NOT LIKE '%.sweep'`)
	if len(worked) != 1 {
		t.Errorf("jobs were worked by %v", worked)
	}
}
