package main

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net"
	"os"
	"path/filepath"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/creditpocket/creditpocket/gen/api"
	"github.com/creditpocket/creditpocket/gen/catalog"
	"github.com/creditpocket/creditpocket/internal/clock"
	"github.com/creditpocket/creditpocket/internal/fault"
	"github.com/creditpocket/creditpocket/server"
)

// bearer is the one session that all servers know.
const bearer = "bench-session-00000000000000000000000000000"

// modes are our server's ways of validating.
var modes = map[string]server.Config{
	"none":    {Contract: server.Unchecked, Responses: server.Off},
	"request": {Contract: server.Compiled, Responses: server.Off},
	"both":    {Contract: server.Compiled, Responses: server.Enforce},
	"kin":     {Contract: server.Kin, Responses: server.Enforce},
}

// memory answers the two operations from memory, as the peers do: what is left is the HTTP layer. Sessions, limits, request
// ids, deadlines, metrics and the envelope of errors are all there.
type memory struct {
	api.StrictServerInterface
	page   api.LoanPageResponse
	status api.InfoStatusResponse
}

func (m *memory) ListLoans(context.Context, api.ListLoansRequestObject) (api.ListLoansResponseObject, error) {
	return api.ListLoans200JSONResponse(m.page), nil
}

func (m *memory) SaveWorkInfo(context.Context, api.SaveWorkInfoRequestObject) (api.SaveWorkInfoResponseObject, error) {
	return api.SaveWorkInfo200JSONResponse(m.status), nil
}

type sessions struct{}

func (sessions) Session(_ context.Context, token, _ string) (server.Principal, error) {
	if token != bearer {
		return server.Principal{}, fault.New(catalog.Unauthenticated)
	}
	return server.Principal{BorrowerID: 1, SessionID: 1, Brand: "CycleCash"}, nil
}

func (sessions) App(context.Context, string) (string, error) { return "CycleCash", nil }

func (sessions) GatewaySignature([]byte, string) error { return fault.New(catalog.SignatureInvalid) }

type unlimited struct{}

func (unlimited) Allow(context.Context, string, ...string) (server.Verdict, error) {
	return server.Verdict{Allowed: true}, nil
}

// serve runs our server in one mode until ctx ends. Its page is the contract's own sample, which has two properties more than
// the peers' page; its answer to a profile is theirs.
func serve(ctx context.Context, mode, addr, data string) error {
	config, ok := modes[mode]
	if !ok {
		return fmt.Errorf("there is no mode %q", mode)
	}
	m := &memory{}
	for path, into := range map[string]any{samplePage: &m.page, filepath.Join(data, profileFile): &m.status} {
		raw, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		if err := json.Unmarshal(raw, into); err != nil {
			return err
		}
	}
	s, err := server.New(config, server.Deps{API: m, Auth: sessions{}, Limiter: unlimited{}, Clock: clock.System{},
		Log: slog.New(slog.DiscardHandler), Metrics: prometheus.NewRegistry()})
	if err != nil {
		return err
	}
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", addr)
	if err != nil {
		return err
	}
	server.TuneCollector()
	return s.Serve(ctx, listener)
}
