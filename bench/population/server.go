package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"time"

	"github.com/creditpocket/creditpocket/internal/app"
	"github.com/creditpocket/creditpocket/internal/config"
	"github.com/creditpocket/creditpocket/internal/population"
)

// environ is the setting of a development server on the population's database.
func (d deployment) environ() []string {
	return []string{"DATABASE_URL=" + d.url, "CP_DATA_DIR=" + filepath.Join(d.dir, "server"), "CP_SIMULATOR_ADDR=127.0.0.1:0", "CP_BLOB_URL=mem://", "CP_LIMITS=off",
		"CP_OPS_ADDR="}
}

// answers starts a server on the population's database and clock, and lets borrowers read their loans. Its background work does not
// run: what is due in it belongs to the population's gateway.
func answers(ctx context.Context, d deployment, world *population.World, borrowers int, show func(format string, args ...any)) (r population.Report, err error) {
	c, err := config.Load(d.environ())
	if err != nil {
		return r, err
	}
	a, err := app.New(ctx, c, app.Options{Clock: d.clock, Keys: d.keys}, slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelError})))
	if err != nil {
		return r, err
	}
	defer a.Close(context.WithoutCancel(ctx))
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return r, err
	}
	server := &http.Server{Handler: a.Handler(), ReadHeaderTimeout: time.Minute}
	served := make(chan error, 1)
	go func() { served <- server.Serve(listener) }()
	r, err = world.CheckAnswers(ctx, "http://"+listener.Addr().String(), borrowers, func(done, total int) { show("%d of %d borrowers have read their loans", done, total) })
	_ = server.Close()
	if ended := <-served; err == nil && !errors.Is(ended, http.ErrServerClosed) {
		err = ended
	}
	return r, err
}

// verify runs the command of that name over all loans of the population. It prints its own RESULT line.
func verify(ctx context.Context, d deployment, limit time.Duration) error {
	began := time.Now()
	if err := app.Verify(ctx, d.environ(), os.Stdout); err != nil {
		return err
	}
	if took := time.Since(began); took > limit {
		return fmt.Errorf("verify took %s, the limit is %s", took.Round(time.Second), limit)
	}
	return nil
}
