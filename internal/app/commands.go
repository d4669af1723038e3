package app

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"time"

	"github.com/creditpocket/creditpocket/internal/config"
	"github.com/creditpocket/creditpocket/internal/seed"
	"github.com/creditpocket/creditpocket/internal/store"
	"github.com/creditpocket/creditpocket/server"
)

// newLog is the process's log, on standard error.
func newLog(c config.Config) *slog.Logger {
	options := &slog.HandlerOptions{Level: c.LogLevel}
	if c.LogFormat == "json" {
		return slog.New(slog.NewJSONHandler(os.Stderr, options))
	}
	return slog.New(slog.NewTextHandler(os.Stderr, options))
}

// Serve runs the server until ctx ends. When it is ready it prints where everything is.
func Serve(ctx context.Context, environ []string, out io.Writer) error {
	started := time.Now()
	c, err := config.Load(environ)
	if err != nil {
		return fmt.Errorf("the settings are not right:\n%w", err)
	}
	log := newLog(c)
	// The port is taken first: a second server on it must not touch the first one's database.
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", c.Addr)
	if err != nil {
		return fmt.Errorf("CP_ADDR: %w", err)
	}
	defer listener.Close()
	a, err := New(ctx, c, Options{}, log)
	if err != nil {
		return err
	}
	defer a.Close(context.WithoutCancel(ctx))
	if err := a.ListenOps(ctx); err != nil {
		return err
	}
	server.TuneCollector()
	a.announce(out, listener.Addr(), time.Since(started))
	return a.Serve(ctx, listener)
}

// announce says that the server is ready, and where to look.
func (a *App) announce(out io.Writer, addr net.Addr, took time.Duration) {
	base := "http://" + addr.String()
	fmt.Fprintf(out, "\nCredit Pocket is ready after %.1f s.\n\n", took.Seconds())
	rows := [][2]string{{"API", base}}
	if a.Config.Mode == config.Development {
		rows = append(rows, [2]string{"Start page", base + "/"})
	}
	rows = append(rows, [2]string{"Docs", base + "/docs"})
	if a.opsListen != nil {
		rows = append(rows, [2]string{"Operators' API", a.OpsURL()})
	}
	if a.Inbox != nil {
		rows = append(rows, [2]string{"SMS inbox", base + "/sms"})
	}
	if a.providers.simServer != nil {
		rows = append(rows, [2]string{"Gateway simulator", a.providers.simServer.URL})
	}
	if a.database.cluster != nil {
		rows = append(rows, [2]string{"Data", a.database.cluster.Dir()})
	}
	for _, row := range rows {
		fmt.Fprintf(out, "  %-18s %s\n", row[0], row[1])
	}
	fmt.Fprintf(out, "\nready\n")
}

// commandPatience is how long a command waits for the database: somebody sits before it.
const commandPatience = 5 * time.Second

// withStore opens the database and its schema for a command, without the rest of the server.
func withStore(ctx context.Context, environ []string, work func(ctx context.Context, a *App) error) error {
	c, err := config.Load(environ)
	if err != nil {
		return fmt.Errorf("the settings are not right:\n%w", err)
	}
	a, err := New(ctx, c, Options{Patience: commandPatience}, newLog(c))
	if err != nil {
		return err
	}
	defer a.Close(context.WithoutCancel(ctx))
	return work(ctx, a)
}

// Migrate brings the database to this binary's schema and prints what was applied.
func Migrate(ctx context.Context, environ []string, out io.Writer) error {
	c, err := config.Load(environ)
	if err != nil {
		return fmt.Errorf("the settings are not right:\n%w", err)
	}
	log := newLog(c)
	d, err := openDatabase(ctx, c, log)
	if err != nil {
		return err
	}
	defer d.stop(context.WithoutCancel(ctx))
	applied, err := store.Migrate(ctx, d.direct, log)
	if err != nil {
		return err
	}
	if len(applied) == 0 {
		_, err = fmt.Fprintln(out, "The schema is up to date.")
		return err
	}
	for _, name := range applied {
		if _, err := fmt.Fprintln(out, "applied", name); err != nil {
			return err
		}
	}
	return nil
}

// Seed writes the data that a deployment needs, and with demo a borrower to play with.
func Seed(ctx context.Context, environ []string, demo bool, out io.Writer) error {
	return withStore(ctx, environ, func(ctx context.Context, a *App) error {
		report, err := seed.Base(ctx, a.Store)
		if err != nil {
			return err
		}
		if _, err := fmt.Fprintf(out, "Base data: %d rows added.\n", report.Total()); err != nil || !demo {
			return err
		}
		return a.seedDemo(ctx, out)
	})
}

// Verify recomputes all books and prints each difference; one difference is an error.
func Verify(ctx context.Context, environ []string, out io.Writer) error {
	return withStore(ctx, environ, func(ctx context.Context, a *App) error {
		started := time.Now()
		shown := started
		audit, err := a.Servicing.Verify(ctx, func(done, total int64) {
			if time.Since(shown) > time.Second {
				shown = time.Now()
				fmt.Fprintf(os.Stderr, "%d of %d loans\n", done, total)
			}
		})
		if err != nil {
			return err
		}
		for _, d := range audit.Differences {
			fmt.Fprintln(out, d)
		}
		fmt.Fprintf(out, "RESULT verify loans=%d differences=%d seconds=%.1f\n", audit.Loans, len(audit.Differences), time.Since(started).Seconds())
		if len(audit.Differences) > 0 {
			return fmt.Errorf("%d differences", len(audit.Differences))
		}
		return nil
	})
}
