package server

import (
	"context"
	"net/http"
	"time"

	"github.com/creditpocket/creditpocket/gen/catalog"
	"github.com/creditpocket/creditpocket/internal/fault"
	"github.com/labstack/echo/v4"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// Check is one thing that must work before the process takes requests. Run returns "" when it does, otherwise the reason in
// words that may be shown to anybody: no addresses, no error texts of a driver.
type Check struct {
	Name string
	Run  func(ctx context.Context) (reason string)
}

// readyTimeout bounds one round of checks; a balancer asks every few seconds.
const readyTimeout = 2 * time.Second

type readiness struct {
	Status  string            `json:"status"`
	Reasons map[string]string `json:"reasons,omitempty"`
}

// registerHealth adds what orchestrators and monitoring ask: outside the contract and its envelope.
func (s *Server) registerHealth(e *echo.Echo) {
	e.GET("/healthz", func(c echo.Context) error { return c.JSON(http.StatusOK, readiness{Status: "alive"}) })
	e.GET("/readyz", s.ready)
	e.GET("/version", func(c echo.Context) error { return c.JSON(http.StatusOK, s.config.Version) })
	metrics := promhttp.HandlerFor(s.gatherer, promhttp.HandlerOpts{})
	e.GET("/metrics", func(c echo.Context) error {
		if !within(c.Request(), c.RealIP(), s.config.MetricsFrom, s.config.TrustedProxies) {
			return fault.New(catalog.NotFound)
		}
		metrics.ServeHTTP(c.Response(), c.Request())
		return nil
	})
}

func (s *Server) ready(c echo.Context) error {
	answer := readiness{Status: "ready", Reasons: map[string]string{}}
	if s.draining.Load() {
		answer.Reasons["server"] = "shutting down"
	} else {
		ctx, cancel := context.WithTimeout(c.Request().Context(), readyTimeout)
		defer cancel()
		for _, check := range s.checks {
			if reason := check.Run(ctx); reason != "" {
				answer.Reasons[check.Name] = reason
			}
		}
	}
	if len(answer.Reasons) > 0 {
		answer.Status = "not ready"
		return c.JSON(http.StatusServiceUnavailable, answer)
	}
	return c.JSON(http.StatusOK, answer)
}
