package app

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"syscall"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/creditpocket/creditpocket/internal/access"
	"github.com/creditpocket/creditpocket/internal/backoffice"
	"github.com/creditpocket/creditpocket/internal/config"
	"github.com/creditpocket/creditpocket/internal/money"
	"github.com/creditpocket/creditpocket/internal/store"
	"github.com/creditpocket/creditpocket/server"
)

// backofficeConfig is the settings in the words of the capability, where a limit of 0 asks a second person always.
func backofficeConfig(c config.Config) backoffice.Config {
	limit := func(k money.Kobo) money.Kobo {
		if k == 0 {
			return -1
		}
		return k
	}
	return backoffice.Config{WaiverLimit: limit(c.WaiverLimit), WriteOffLimit: limit(c.WriteOffLimit), PayoutHold: c.PayoutHold.Duration, DefaultBrand: c.DefaultBrand}
}

// openOps builds the HTTP layer of the operators' contract.
func (a *App) openOps(limiter *access.Limiter) error {
	mode, _ := server.ParseResponseMode(a.Config.ValidateResponses) // openServer has refused what is none
	check, _ := server.ParseContractCheck(a.Config.ContractCheck)
	var err error
	a.ops, err = server.NewOps(server.Config{
		Development: a.Config.Mode == config.Development, Responses: mode, Contract: check, TrustedProxies: a.Config.TrustedProxies,
		HSTS: a.Config.Mode == config.Production, Version: BuildVersion(), DrainDelay: a.Config.DrainDelay.Duration,
		ShutdownTimeout: a.Config.DrainTime.Duration, InFlight: max(a.Config.MaxInFlight/4, 8), Patience: a.Config.InFlightWait.Duration,
	}, server.OpsDeps{
		API: server.NewOpsHandlers(a.Backoffice, server.NewStamp(a.Clock)), Auth: staff{a.Backoffice}, Scope: store.ForBrand, Limiter: limits{limiter}, Clock: a.Clock,
		Log: a.log, Metrics: prometheus.NewRegistry(), Checks: a.checks(),
	})
	return err
}

// staff is the capability's knowledge of keys in the words of the HTTP layer.
type staff struct{ backoffice *backoffice.Service }

// Operator implements server.OperatorAuthenticator.
func (s staff) Operator(ctx context.Context, key string) (server.Operator, error) {
	o, err := s.backoffice.Operator(ctx, key)
	return server.Operator{ID: o.ID, Name: o.Name, Role: string(o.Role), Brand: o.Brand, ExpiresAt: o.ExpiresAt}, err
}

// ListenOps opens the operators' address, where there is one; a second call does nothing. The default address may be taken in
// development, by another server on the same machine: that one serves the operators then.
func (a *App) ListenOps(ctx context.Context) error {
	if a.Config.OpsAddr == "" || a.opsListen != nil || !a.Config.Serves(config.RoleHTTP) {
		return nil
	}
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", a.Config.OpsAddr)
	switch {
	case err == nil:
		a.opsListen = l
	case a.Config.Mode == config.Development && a.Config.OpsAddr == config.DefaultOpsAddr && errors.Is(err, syscall.EADDRINUSE):
		a.log.Warn("the operators' API is not served: its default address is taken (CP_OPS_ADDR chooses another)")
	default:
		return fmt.Errorf("CP_OPS_ADDR: %w", err)
	}
	return nil
}

// OpsURL is where the operators' API is served, "" where it is not.
func (a *App) OpsURL() string {
	if a.opsListen == nil {
		return ""
	}
	return "http://" + a.opsListen.Addr().String()
}

// OpsHandler is the operators' HTTP surface, for tests.
func (a *App) OpsHandler() http.Handler { return a.ops.Handler() }
