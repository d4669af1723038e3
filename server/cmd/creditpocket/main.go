// Command creditpocket is the whole server: the API, its background work, and the tools around it.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"github.com/alecthomas/kong"

	"github.com/creditpocket/creditpocket/internal/app"
	"github.com/creditpocket/creditpocket/internal/config"
	"github.com/creditpocket/creditpocket/internal/conform"
	"github.com/creditpocket/creditpocket/internal/journey"
	"github.com/creditpocket/creditpocket/internal/population"
)

type cli struct {
	Serve     serveCmd     `cmd:"" default:"1" help:"Run the server (the default)."`
	Migrate   migrateCmd   `cmd:"" help:"Bring the database to this binary's schema."`
	Seed      seedCmd      `cmd:"" help:"Write the data a deployment needs; --demo adds a borrower to play with."`
	Demo      demoCmd      `cmd:"" help:"Walk a borrower's whole journey against a running development server."`
	Mock      mockCmd      `cmd:"" help:"Answer every operation from the contract's examples; needs no database."`
	Conform   conformCmd   `cmd:"" help:"Ask a server that claims to speak the contract everything, and name each answer that breaks it."`
	Verify    verifyCmd    `cmd:"" help:"Recompute every loan and account from the ledger and name each difference."`
	Reconcile reconcileCmd `cmd:"" help:"Hold the gateway's books against ours and name each break."`
	Doctor    doctorCmd    `cmd:"" help:"Check the settings, the database, the gateway and the photograph store."`
	Operator  operatorCmd  `cmd:"" help:"Keys of the lender's staff: add, list, revoke."`
	Product   productCmd   `cmd:"" help:"Products: check a file against policy, import it."`
	Rules     rulesCmd     `cmd:"" help:"Decision rules: make decisions again."`
	Daily     dailyCmd     `cmd:"" help:"Run the days that are due: overdue loans, penalties, reminders, expiry."`
	Clock     clockCmd     `cmd:"" help:"The business clock of development: show, advance, reset."`
	Version   versionCmd   `cmd:"" help:"Print the version."`
	Borrower  borrowerCmd  `cmd:"" help:"A borrower's personal data: export, erase."`
	Retention retentionCmd `cmd:"" help:"Report what personal records are kept, for how long, and what is overdue; --sweep deletes that."`
	Keys      keysCmd      `cmd:"" help:"The key-encryption key of personal data: new, status, rotate."`
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	parser := kong.Parse(&cli{}, kong.Name("creditpocket"), kong.UsageOnError(),
		kong.Description("Credit Pocket: the open backend for small consumer loans on phones."), kong.BindTo(ctx, (*context.Context)(nil)))
	if err := parser.Run(); err != nil {
		fmt.Fprintln(os.Stderr, "creditpocket:", err)
		stop()
		code := 1
		if coded := kong.ExitCoder(nil); errors.As(err, &coded) {
			code = coded.ExitCode()
		}
		os.Exit(code)
	}
}

type serveCmd struct {
	Role string `placeholder:"ROLES" help:"What this process does: http, worker, or http,worker (the default); CP_ROLES says the same."`
}

func (serveCmd) Help() string { return config.Help() }

func (c serveCmd) Run(ctx context.Context) error {
	environ := os.Environ()
	if c.Role != "" {
		environ = append(environ, "CP_ROLES="+c.Role)
	}
	return app.Serve(ctx, environ, os.Stdout)
}

type migrateCmd struct{}

func (migrateCmd) Run(ctx context.Context) error { return app.Migrate(ctx, os.Environ(), os.Stdout) }

type seedCmd struct {
	Demo       bool   `help:"Add a demo borrower, ready to apply."`
	Population int    `help:"Add so many generated borrowers of the demo brand, each with a loan that is paid out." placeholder:"N"`
	Days       int    `help:"Let the population live so many virtual days, and compare every book. Needs a database without loans, and no server on it." placeholder:"N"`
	Loans      int64  `help:"Make a population with so many loans: some hundred borrowers live a month, the others are their copies, made inside the database in one transaction. Needs a database without loans, a user who is its superuser, and no server on it." placeholder:"N"`
	Seed       uint64 `help:"Replay the population of this seed; 0 draws one." placeholder:"N"`
}

func (c seedCmd) Run(ctx context.Context) error {
	if err := app.Seed(ctx, os.Environ(), c.Demo, os.Stdout); err != nil || c.Population == 0 && c.Loans == 0 {
		return err
	}
	if c.Loans != 0 {
		if c.Population != 0 || c.Days != 0 {
			return errors.New("--loans goes without --population and --days")
		}
		return app.SeedLoans(ctx, os.Environ(), c.Loans, c.Seed, os.Stdout)
	}
	return app.SeedPopulation(ctx, os.Environ(), population.Plan{Borrowers: c.Population, Seed: c.Seed}, c.Days, os.Stdout)
}

type demoCmd struct {
	BaseURL string `env:"BASE_URL" default:"http://127.0.0.1:8080" help:"The server to walk against."`
}

func (c demoCmd) Run(ctx context.Context) error { return journey.Demo(ctx, c.BaseURL, os.Stdout) }

type mockCmd struct {
	Addr string `default:"127.0.0.1:8090" help:"Where to listen."`
	Cors bool   `help:"Let web pages of this machine's own addresses (localhost, any port) call it."`
}

func (mockCmd) Help() string { return app.MockHelp }

func (c mockCmd) Run(ctx context.Context) error { return app.Mock(ctx, c.Addr, c.Cors, os.Stdout) }

type conformCmd struct {
	URL           string   `required:"" help:"The server to ask."`
	Token         string   `env:"CP_CONFORM_TOKEN" help:"A session of a test borrower. Without it a development server gives one."`
	GatewaySecret string   `env:"CP_CONFORM_GATEWAY_SECRET" help:"The secret that signs payment events."`
	Quick         bool     `help:"One request for each kind of broken rule and operation instead of all."`
	ReadOnly      bool     `help:"Send no good request that writes."`
	Operation     []string `help:"Ask this operation only; may be given several times."`
	Seed          uint64   `default:"1" help:"Chooses the made-up values."`
}

func (c conformCmd) Run(ctx context.Context) error {
	_, err := conform.Run(ctx, conform.Options{URL: c.URL, Token: c.Token, GatewaySecret: c.GatewaySecret, Quick: c.Quick, ReadOnly: c.ReadOnly,
		Operations: c.Operation, Seed: c.Seed, Out: os.Stdout})
	return err
}

type verifyCmd struct {
	Audit bool `help:"Walk the audit trail's hash chain instead, and name every entry that was edited, removed, added or moved."`
}

func (c verifyCmd) Run(ctx context.Context) error {
	if c.Audit {
		return app.VerifyTrail(ctx, os.Environ(), os.Stdout)
	}
	return app.Verify(ctx, os.Environ(), os.Stdout)
}

type reconcileCmd struct {
	Since string `help:"What was made since then: a duration before now (72h) or a date in Lagos (2026-03-10). Without it, since the last run with a week's overlap, or since the beginning." placeholder:"WHEN"`
	JSON  bool   `name:"json" help:"Print one JSON document."`
}

func (reconcileCmd) Help() string { return app.ReconcileHelp }

func (c reconcileCmd) Run(ctx context.Context) error {
	return app.Reconcile(ctx, os.Environ(), c.Since, c.JSON, os.Stdout)
}

type doctorCmd struct{}

func (doctorCmd) Run(ctx context.Context) error { return app.Doctor(ctx, os.Environ(), os.Stdout) }

type versionCmd struct{}

func (versionCmd) Run() error {
	_, err := fmt.Println(app.Version())
	return err
}
