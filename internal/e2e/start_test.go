package e2e

import (
	"bytes"
	"context"
	"log/slog"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/creditpocket/creditpocket/gen/catalog"
	"github.com/creditpocket/creditpocket/internal/app"
	"github.com/creditpocket/creditpocket/internal/config"
	"github.com/creditpocket/creditpocket/internal/fault"
	"github.com/creditpocket/creditpocket/internal/journey"
	"github.com/creditpocket/creditpocket/internal/testkit"
	"github.com/creditpocket/creditpocket/internal/testkit/testapp"
)

// listener is a log that calls back on each line that has a text.
type listener struct {
	slog.Handler
	text string
	do   func()
}

func (l listener) Handle(ctx context.Context, r slog.Record) error {
	if strings.Contains(r.Message, l.text) {
		l.do()
	}
	return l.Handler.Handle(ctx, r)
}

func (l listener) WithAttrs(attrs []slog.Attr) slog.Handler {
	return listener{l.Handler.WithAttrs(attrs), l.text, l.do}
}

// TestStartWaitsForTheDatabase starts a server while PostgreSQL is away. It says that it waits, and is there when PostgreSQL is; one whose
// patience ends first gives up with what stands in the way, and a database that does not exist is not waited for.
func TestStartWaitsForTheDatabase(t *testing.T) {
	cluster := testkit.PrivateCluster(t)
	if err := cluster.Kill(t.Context()); err != nil {
		t.Fatal(err)
	}
	var log bytes.Buffer
	text := slog.NewTextHandler(&log, nil)

	c, err := config.Load([]string{"DATABASE_URL=" + cluster.URL(), "CP_DATA_DIR=" + t.TempDir(), "CP_SIMULATOR_ADDR=127.0.0.1:0", "CP_BLOB_URL=mem://"})
	if err != nil {
		t.Fatal(err)
	}
	short := 2 * time.Second
	began := time.Now()
	if _, err := app.New(t.Context(), c, app.Options{Keys: testkit.Keys(t), Patience: short}, slog.New(text)); !fault.Has(err, catalog.Unavailable) {
		t.Errorf("without a database: %v", err)
	}
	if took := time.Since(began); took < short || strings.Count(log.String(), "waiting for it") < 2 {
		t.Errorf("gave up after %s of %s, having said\n%s", took, short, log.String())
	}

	var back sync.Once
	restart := func() {
		back.Do(func() {
			if err := cluster.Restart(context.WithoutCancel(t.Context())); err != nil {
				t.Error(err)
			}
		})
	}
	a := testapp.New(t, testapp.Options{DatabaseURL: cluster.URL(), Env: []string{"CP_PAYOUT_HOLD=1s", "CP_SIMULATOR_TRANSFER_TIME=1500ms"},
		Log: slog.New(listener{text, "waiting for it", restart})})
	if _, _, err := journey.Walk(t.Context(), journey.Options{BaseURL: a.BaseURL, Out: &bytes.Buffer{}}); err != nil {
		t.Errorf("the journey after the wait: %v", err)
	}

	elsewhere, err := url.Parse(cluster.URL())
	if err != nil {
		t.Fatal(err)
	}
	elsewhere.Path = "/no_such_database"
	c, err = config.Load([]string{"DATABASE_URL=" + elsewhere.String(), "CP_DATA_DIR=" + t.TempDir(),
		"CP_SIMULATOR_ADDR=127.0.0.1:0", "CP_BLOB_URL=mem://"})
	if err != nil {
		t.Fatal(err)
	}
	log.Reset()
	if _, err := app.New(t.Context(), c, app.Options{Keys: testkit.Keys(t)}, slog.New(text)); err == nil || !strings.Contains(err.Error(), "no_such_database") {
		t.Errorf("a database that does not exist: %v", err)
	}
	if strings.Contains(log.String(), "waiting for it") {
		t.Errorf("a database that does not exist is waited for:\n%s", log.String())
	}
}
