// Package app wires a process together: settings, database, providers, capabilities, background work, HTTP. It holds no
// rules of its own. Everything may be imported here; only commands and tests import it.
package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"golang.org/x/sync/errgroup"

	"github.com/creditpocket/creditpocket/internal/access"
	"github.com/creditpocket/creditpocket/internal/backoffice"
	"github.com/creditpocket/creditpocket/internal/clock"
	"github.com/creditpocket/creditpocket/internal/config"
	"github.com/creditpocket/creditpocket/internal/messaging"
	"github.com/creditpocket/creditpocket/internal/onboarding"
	"github.com/creditpocket/creditpocket/internal/origination"
	"github.com/creditpocket/creditpocket/internal/provider/simulator"
	"github.com/creditpocket/creditpocket/internal/provider/smssink"
	"github.com/creditpocket/creditpocket/internal/reconcile"
	"github.com/creditpocket/creditpocket/internal/seal"
	"github.com/creditpocket/creditpocket/internal/seed"
	"github.com/creditpocket/creditpocket/internal/servicing"
	"github.com/creditpocket/creditpocket/internal/store"
	"github.com/creditpocket/creditpocket/internal/support"
	"github.com/creditpocket/creditpocket/server"
)

// Options are what a test may put in the place of the real thing. The zero value is the real thing.
type Options struct {
	Clock clock.Clock
	Keys  *seal.Keys
	// Limits replaces the default limits.
	Limits *access.LimiterOptions
	// Passwords replaces the cost of password hashes.
	Passwords access.PasswordParams
	// Patience is how long the start waits for a database that is busy or away; 0 means 30 s.
	Patience time.Duration
}

// App is one process: built, not yet serving.
type App struct {
	Config    config.Config
	Store     *store.Store
	Keys      *seal.Keys
	Clock     clock.Clock
	Simulator *simulator.Simulator // nil with the real gateway
	Inbox     *smssink.Sink        // nil with a real SMS provider
	Server    *server.Server

	Access      *access.Service
	Onboarding  *onboarding.Service
	Origination *origination.Service
	Servicing   *servicing.Service
	Support     *support.Service
	Messaging   *messaging.Service
	Backoffice  *backoffice.Service
	Reconcile   *reconcile.Service

	ops       *server.Server // the operators' contract
	opsListen net.Listener   // nil where it is off, or not opened yet

	log       *slog.Logger
	database  database
	providers providers
	workers   *store.Workers
	business  *clock.Offset // the clock of development; nil in production, and where a test brought its own
	stopClock func()
	patience  time.Duration // of the start
}

// New builds a process: it starts or finds the database, brings its schema up where the settings say so, and connects
// everything. Close undoes it.
func New(ctx context.Context, c config.Config, o Options, log *slog.Logger) (a *App, err error) {
	a = &App{Config: c, Keys: o.Keys, Clock: o.Clock, log: log}
	defer func() {
		if err != nil {
			a.Close(context.WithoutCancel(ctx))
		}
	}()
	if a.Clock == nil {
		a.Clock = clock.System{}
		if c.Mode == config.Development {
			a.business = clock.NewOffset(clock.NewOffset(clock.System{}, c.ClockSkew.Duration), 0)
			a.Clock = a.business
		}
	}
	if a.Keys == nil {
		if a.Keys, err = openKeys(c); err != nil {
			return a, err
		}
	}
	if a.database, err = openDatabase(ctx, c, log); err != nil {
		return a, err
	}
	if a.patience = o.Patience; a.patience == 0 {
		a.patience = startPatience
	}
	if err = a.openStore(ctx); err != nil {
		return a, err
	}
	if a.providers, err = openProviders(ctx, c, a.Clock, log); err != nil {
		return a, err
	}
	a.Simulator, a.Inbox = a.providers.simulator, a.providers.inbox
	return a, a.wire(o)
}

func (a *App) openStore(ctx context.Context) (err error) {
	wait := func(what string, step func() error) error { return patiently(ctx, a.patience, a.log, what, step) }
	if a.Config.Migrate == "auto" {
		var applied []string
		if err := wait("migrate", func() (err error) {
			applied, err = store.Migrate(ctx, a.database.direct, a.log)
			return err
		}); err != nil {
			return err
		}
		if len(applied) > 0 {
			a.log.Info("database schema brought up to date", "migrations", len(applied))
		}
	}
	if a.Store, err = store.Open(a.database.storeOptions(a.Config, a.log), a.Keys, a.Clock); err != nil {
		return err
	}
	if err := wait("schema", func() error { return a.Store.CheckSchema(ctx) }); err != nil {
		return err
	}
	if err := wait("keys", func() error { return checkIndexKey(ctx, a.Config, a.Store) }); err != nil {
		return err
	}
	walled := false
	if err := wait("wall", func() (err error) {
		walled, err = a.Store.RaiseWall(ctx)
		return err
	}); err != nil {
		return err
	}
	if !walled {
		a.log.Warn("brands are kept apart by the program alone: the database user may not take on the role creditpocket_app (docs/security.md)")
	}
	if a.business != nil {
		if err := wait("clock", func() (err error) {
			a.stopClock, err = followClock(ctx, a.Store, a.business, clockInterval, a.log)
			return err
		}); err != nil {
			return err
		}
	}
	if a.Config.Mode != config.Development {
		return nil
	}
	var report seed.Report
	err = wait("base data", func() (err error) {
		report, err = seed.Base(ctx, a.Store)
		return err
	})
	if err == nil && report.Total() > 0 {
		a.log.Info("base data written", "rows", report.Total())
	}
	return err
}

// wire builds the capabilities and the HTTP layer.
func (a *App) wire(o Options) error {
	c, p := a.Config, a.providers
	limits := access.LimiterOptions{Off: c.Limits == "off"}
	if o.Limits != nil {
		limits = *o.Limits
	}
	limiter, err := access.NewLimiter(a.Store, a.Clock, limits)
	if err != nil {
		return err
	}
	a.Access = access.New(a.Store, p.sms, limiter, a.Clock, access.Config{DefaultBrand: c.DefaultBrand, Passwords: o.Passwords}, a.log)
	a.Onboarding = onboarding.New(a.Store, p.payments, a.Clock, onboarding.Config{CallbackURL: c.PublicURL, AccountCooling: max(c.AccountCooling.Duration, time.Nanosecond)}, a.log)
	a.Origination, err = origination.New(a.Store, p.payments, p.blobs, a.Clock, origination.Config{PayoutHold: c.PayoutHold.Duration}, a.log)
	if err != nil {
		return err
	}
	a.Servicing = servicing.New(a.Store, p.payments, a.Clock, servicingConfig(c), a.log)
	a.Support = support.New(a.Store, support.Config{AllowHarvest: c.AllowHarvest})
	a.Messaging = messaging.New(a.Store)
	a.Backoffice = backoffice.New(a.Store, p.payments, a.Clock, backofficeConfig(c), a.log)
	a.openReconcile()
	if err := a.openServer(limiter); err != nil {
		return err
	}
	return a.openOps(limiter)
}

func (a *App) openServer(limiter *access.Limiter) error {
	mode, ok := server.ParseResponseMode(a.Config.ValidateResponses)
	if !ok {
		return errors.New("CP_VALIDATE_RESPONSES: must be one of enforce, log, off")
	}
	check, ok := server.ParseContractCheck(a.Config.ContractCheck)
	if !ok {
		return errors.New("CP_CONTRACT_CHECK: must be one of compiled, kin")
	}
	metrics := prometheus.NewRegistry()
	metrics.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}), newDatabaseCollector(a.Store))
	var err error
	a.Server, err = server.New(server.Config{
		Development: a.Config.Mode == config.Development, Links: a.links(), Responses: mode, Contract: check, TrustedProxies: a.Config.TrustedProxies,
		HSTS: a.Config.Mode == config.Production, Version: BuildVersion(), DrainDelay: a.Config.DrainDelay.Duration,
		ShutdownTimeout: a.Config.DrainTime.Duration, HealthOnly: !a.Config.Serves(config.RoleHTTP), InFlight: a.Config.MaxInFlight, Patience: a.Config.InFlightWait.Duration,
	}, server.Deps{
		API: server.NewHandlers(server.Services{Access: a.Access, Onboarding: a.Onboarding, Origination: a.Origination, Servicing: a.Servicing,
			Support: a.Support, Messaging: a.Messaging, ParseEvent: parseEvent}, server.NewStamp(a.Clock)),
		Auth: authenticator{a.Access, a.webhookSecrets()}, Scope: store.ForBrand, Limiter: limits{limiter}, Clock: a.Clock, Log: a.log, Metrics: metrics,
		Checks: a.checks(), Mounts: a.mounts(),
	})
	return err
}

// Serve answers on the listener and works the background jobs until ctx ends, then stops in order: no new requests, running
// ones end, running jobs end. It returns nil after an orderly stop.
func (a *App) Serve(ctx context.Context, l net.Listener) error {
	if a.Simulator != nil {
		a.Simulator.SetWebhookURL("http://" + l.Addr().String() + webhookPath)
	}
	if err := a.ListenOps(ctx); err != nil {
		return err
	}
	if a.Config.Serves(config.RoleWorker) {
		if err := a.StartWorkers(ctx); err != nil {
			return err
		}
	}
	if a.opsListen == nil {
		return a.Server.Serve(ctx, l)
	}
	// Both stop with the context; one that fails takes the other along.
	serving, serveCtx := errgroup.WithContext(ctx)
	serving.Go(func() error { return a.Server.Serve(serveCtx, l) })
	serving.Go(func() error { return a.ops.Serve(serveCtx, a.opsListen) })
	return serving.Wait()
}

// webhookPath is where the gateway sends its events.
const webhookPath = "/gateway/paystack/webhook"

// Handler is the HTTP surface, for tests.
func (a *App) Handler() http.Handler { return a.Server.Handler() }

// Close stops what runs, in the reverse order of its start. It may be called on an App that New gave up half-way.
func (a *App) Close(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, 15*time.Second)
	defer cancel()
	report := func(what string, err error) {
		if err != nil {
			a.log.Warn("stopping", "part", what, "error", err)
		}
	}
	if a.opsListen != nil {
		_ = a.opsListen.Close() // closed already where it was served
	}
	report("jobs", a.stopWorkers(ctx))
	if a.Access != nil {
		report("access", a.Access.Close(ctx))
	}
	a.providers.close()
	if a.stopClock != nil {
		a.stopClock()
	}
	if a.Store != nil {
		report("store", a.Store.Close())
	}
	report("database", a.database.stop(ctx))
}

func (a *App) checks() []server.Check {
	return []server.Check{
		{Name: "database", Run: func(ctx context.Context) string {
			switch err := a.Store.Ping(ctx); {
			case err == nil:
				return ""
			case errors.Is(err, store.ErrStandby):
				return "the database is a standby that takes no writes"
			case errors.Is(err, store.ErrPoolExhausted):
				return "all database connections are in use"
			}
			return "the database cannot be reached"
		}},
		{Name: "schema", Run: func(ctx context.Context) string {
			if err := a.Store.CheckSchema(ctx); errors.Is(err, store.ErrSchemaOutdated) {
				return "the database schema is older than this binary"
			}
			return ""
		}},
		{Name: "photographs", Run: func(ctx context.Context) string {
			if err := a.providers.blobs.Check(ctx); err != nil {
				return "the photograph store cannot be reached"
			}
			return ""
		}},
	}
}

// mounts are the pages of development tools on the server's own address.
func (a *App) mounts() []server.Mount {
	if a.Inbox == nil {
		return nil
	}
	inbox := a.Inbox.Handler()
	return []server.Mount{{Path: "/sms", Handler: inbox}, {Path: "/sms.json", Handler: inbox}, {Path: "/sms.css", Handler: inbox}}
}

func (a *App) links() []server.Link {
	if a.Config.Mode != config.Development {
		return nil
	}
	links := []server.Link{
		{Name: "Read the API", URL: "/docs", Description: "the contract, to read"},
		{Name: "Try the API", URL: "/docs/try", Description: "the contract, to press buttons on"},
		{Name: "OpenAPI document", URL: "/openapi.yaml", Description: "the whole contract; also as /openapi.json"},
		{Name: "Mobile document", URL: "/openapi-mobile.yaml", Description: "for code generators of Kotlin, Swift, Dart and TypeScript; also as JSON"},
		{Name: "Health", URL: "/readyz", Description: "is the server ready"},
	}
	if a.Config.OpsAddr != "" {
		links = append(links, server.Link{Name: "Operators' API", URL: "http://" + a.Config.OpsAddr + "/docs",
			Description: "the staff's contract; `creditpocket operator add --role admin --name NAME` prints a key"})
	}
	if a.Inbox != nil {
		links = append(links, server.Link{Name: "SMS inbox", URL: "/sms", Description: "every text message this server has sent, with its codes"})
	}
	if a.providers.simServer != nil {
		links = append(links, server.Link{Name: "Gateway simulator", URL: a.providers.simServer.URL, Description: "its magic accounts and cards, its books, its faults"})
	}
	return append(links, server.Link{Name: "Demo borrower", URL: "/sms?mobile=" + demoMobile,
		Description: fmt.Sprintf("mobile %s, password %s (after `creditpocket seed --demo`)", demoMobile, demoPassword)})
}

func servicingConfig(c config.Config) servicing.Config {
	patience := c.EventPatience.Duration
	if patience == 0 {
		patience = -1
	}
	return servicing.Config{CallbackURL: c.PublicURL, EventPatience: patience}
}
