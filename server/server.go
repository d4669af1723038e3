package server

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"sync/atomic"
	"time"

	"github.com/creditpocket/creditpocket/gen/api"
	"github.com/creditpocket/creditpocket/internal/clock"
	"github.com/labstack/echo/v4"
	"github.com/prometheus/client_golang/prometheus"
)

// Deps are what the HTTP layer works with. All but Checks are required.
type Deps struct {
	// API is the handlers of all operations, see NewHandlers.
	API     api.StrictServerInterface
	Auth    Authenticator
	Limiter Limiter
	Clock   clock.Clock
	Log     *slog.Logger
	// Metrics takes the HTTP layer's measurements and is what /metrics shows.
	Metrics *prometheus.Registry
	// Scope confines what a request for a brand can reach, below everything that a handler does. It may be nil.
	Scope func(ctx context.Context, brand string) context.Context
	// Checks decide /readyz.
	Checks []Check
	// Mounts are pages of others on this server's address, such as the SMS inbox of development.
	Mounts []Mount
}

// Mount serves a path with a handler of its own, outside the contract.
type Mount struct {
	Path    string
	Handler http.Handler
}

// Server is the HTTP layer of one process.
type Server struct {
	config    Config
	door      doorkeeper
	limiter   Limiter
	stamp     Stamp
	log       *slog.Logger
	metrics   *metrics
	gate      *admission
	gatherer  prometheus.Gatherer
	checks    []Check
	requests  *requestValidator
	responses *responseValidator
	echo      *echo.Echo

	draining atomic.Bool // /readyz says no
	stopping atomic.Bool // operations say SHUTTING_DOWN
}

// New builds the HTTP layer of the borrowers' contract. It fails when a dependency is missing, or when the contract and a table of
// this package have drifted apart.
func New(config Config, deps Deps) (*Server, error) {
	if deps.API == nil || deps.Auth == nil {
		return nil, errors.New("server: a dependency is missing")
	}
	return build(config, deps.Limiter, deps.Clock, deps.Log, deps.Metrics, deps.Checks, deps.Mounts, borrowersContract(deps.API, deps.Auth, deps.Scope))
}

// build makes the HTTP layer that serves one contract.
func build(config Config, limiter Limiter, clk clock.Clock, log *slog.Logger, registry *prometheus.Registry, checks []Check, mounts []Mount, served surface) (*Server, error) {
	if limiter == nil || clk == nil || log == nil || registry == nil {
		return nil, errors.New("server: a dependency is missing")
	}
	m, err := newMetrics(registry)
	if err != nil {
		return nil, err
	}
	s := &Server{
		config:    config.withDefaults(),
		door:      served.door,
		limiter:   limiter,
		stamp:     NewStamp(clk),
		log:       log,
		metrics:   m,
		gate:      newAdmission(config.withDefaults().InFlight, config.withDefaults().Patience, m),
		gatherer:  registry,
		checks:    checks,
		requests:  newRequestValidator(config.Contract),
		responses: newResponseValidator(),
		echo:      echo.New(),
	}
	e := s.echo
	e.HideBanner, e.HidePort = true, true
	e.JSONSerializer = bodies{}
	e.HTTPErrorHandler = s.handleEchoError
	e.IPExtractor = ipExtractor(s.config.TrustedProxies)
	e.Use(s.commonHeaders, s.recoverPages, wholeSegments)
	s.registerHealth(e)
	if s.config.HealthOnly {
		return s, nil
	}
	if err := s.registerOperations(e, served); err != nil {
		return nil, err
	}
	for _, m := range mounts {
		e.GET(m.Path, echo.WrapHandler(m.Handler))
	}
	return s, s.registerPages(e, served)
}

// registerOperations puts every operation of the contract on the router, behind its own pipeline.
func (s *Server) registerOperations(e *echo.Echo, served surface) error {
	doc, err := served.rules()
	if err != nil {
		return err
	}
	closeResponses(doc)
	ops, err := loadOperations(doc, served.bodyLimits, served.limitClasses)
	if err != nil {
		return err
	}
	if s.config.Contract == Compiled {
		compileOperations(doc, ops, s.log)
	}
	pipelines := make(map[string][]echo.MiddlewareFunc, len(ops))
	for id, op := range ops {
		pipelines[id] = []echo.MiddlewareFunc{s.operate(op)}
	}
	before := len(e.Routes())
	served.register(e, pipelines)
	if n := len(e.Routes()) - before; n != len(ops) {
		return fmt.Errorf("server: %d routes for %d operations: run make generate", n, len(ops))
	}
	return nil
}

// recoverPages turns a panic outside operations into INTERNAL.
func (s *Server) recoverPages(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		info := &requestInfo{ID: c.Response().Header().Get(HeaderRequestID), Operation: c.Path()}
		return s.protect(c.Request().Context(), info, func() error { return next(c) })
	}
}

// Handler is the whole HTTP surface; tests put it behind httptest.
func (s *Server) Handler() http.Handler { return s.echo }

// Serve answers requests on the listener until ctx ends, then stops in order: /readyz says no, DrainDelay passes, the
// listener closes, running requests finish within ShutdownTimeout. It returns nil after an orderly stop.
func (s *Server) Serve(ctx context.Context, l net.Listener) error {
	h := &http.Server{
		Handler:           s.echo,
		ReadHeaderTimeout: s.config.ReadHeaderTimeout,
		ReadTimeout:       s.config.ReadTimeout,
		WriteTimeout:      s.config.WriteTimeout,
		IdleTimeout:       s.config.IdleTimeout,
		MaxHeaderBytes:    s.config.MaxHeaderBytes,
		ErrorLog:          slog.NewLogLogger(s.log.Handler(), slog.LevelDebug),
	}
	failed := make(chan error, 1)
	go func() { failed <- h.Serve(l) }()
	select {
	case err := <-failed:
		return fmt.Errorf("server: %w", err)
	case <-ctx.Done():
	}
	s.draining.Store(true)
	s.log.Info("stopping: no longer ready", "drain", s.config.DrainDelay.String())
	time.Sleep(s.config.DrainDelay)
	s.stopping.Store(true)
	bounded, cancel := context.WithTimeout(context.Background(), s.config.ShutdownTimeout)
	defer cancel()
	if err := h.Shutdown(bounded); err != nil {
		return errors.Join(fmt.Errorf("server: requests still ran after %s: %w", s.config.ShutdownTimeout, err), h.Close())
	}
	return nil
}
