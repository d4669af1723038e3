package e2e

import (
	"context"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/creditpocket/creditpocket/internal/access"
	"github.com/creditpocket/creditpocket/internal/clock"
	"github.com/creditpocket/creditpocket/internal/contract"
	"github.com/creditpocket/creditpocket/internal/provider/paystack"
	"github.com/creditpocket/creditpocket/internal/servicing"
	"github.com/creditpocket/creditpocket/internal/support"
	"github.com/creditpocket/creditpocket/internal/testkit"
	"github.com/creditpocket/creditpocket/internal/testkit/testapp"
	"github.com/creditpocket/creditpocket/server"
)

// assembled is an HTTP layer over the world's capabilities, put together otherwise than the binary does: with another
// clock for the envelopes of successes, or without a provider of texts.
func (p *producers) assembled(stamps clock.Clock, accessService *access.Service) string {
	p.Helper()
	a := p.app
	s, err := server.New(server.Config{}, server.Deps{
		API: server.NewHandlers(server.Services{Access: accessService, Onboarding: a.Onboarding, Origination: a.Origination, Servicing: a.Servicing,
			Support: support.New(a.Store, support.Config{AllowHarvest: true}), Messaging: a.Messaging, ParseEvent: parseEvent}, server.NewStamp(stamps)),
		Auth: authenticator{a}, Limiter: unlimited{}, Clock: a.Clock, Log: slog.New(slog.DiscardHandler), Metrics: prometheus.NewRegistry(),
	})
	if err != nil {
		p.Fatal(err)
	}
	h := httptest.NewServer(s.Handler())
	p.Cleanup(h.Close)
	return h.URL
}

type authenticator struct{ app *testapp.App }

func (a authenticator) Session(ctx context.Context, token, operation string) (server.Principal, error) {
	p, err := a.app.Access.Session(ctx, token, operation)
	return server.Principal(p), err
}

func (a authenticator) App(ctx context.Context, code string) (string, error) {
	return a.app.Access.App(ctx, code)
}

func (a authenticator) GatewaySignature([]byte, string) error { return nil }

type unlimited struct{}

func (unlimited) Allow(context.Context, string, ...string) (server.Verdict, error) {
	return server.Verdict{Allowed: true}, nil
}

func parseEvent(raw []byte) (servicing.Event, error) {
	e, err := paystack.ParseEvent(raw)
	return servicing.Event{Provider: "paystack", Name: e.Name, Reference: e.Reference, Status: e.Status, Digest: e.Digest}, err
}

// violations makes every operation break the contract: the handlers date their envelopes before the epoch, which gives a
// token that is no decimal number. The server's own check must replace each such answer by 500. A server without a
// provider of texts makes sendCode answer SMS_UNAVAILABLE.
func (p *producers) violations() {
	ancient := p.assembled(clock.NewManual(time.Date(1066, 10, 14, 9, 0, 0, 0, time.UTC)), p.app.Access)
	c := p.newCast()
	p.each(func(op *contract.Operation) {
		if !op.Envelope {
			return // a file
		}
		p.want(c.success(op.ID, "").at(ancient), http.StatusInternalServerError, "RESPONSE_CONTRACT_VIOLATION")
	})
	silent := p.assembled(p.app.Clock, access.New(p.app.Store, nil, nil, p.app.Clock, access.Config{DefaultBrand: p.app.Config.DefaultBrand}, slog.New(slog.DiscardHandler)))
	p.want(call{Request: p.request("sendCode").WithJSON(map[string]any{"mobile": newMobile()}), base: silent}, away, "SMS_UNAVAILABLE")
}

// defects makes every operation answer 500: the tables of its data are gone, or if it needs none but the session's, those.
func (p *producers) defects() {
	w := newWorld(p.T, testapp.Options{})
	w.judge, w.client = p.judge, p.client
	c := w.newCast()
	calls := map[string]call{}
	p.each(func(op *contract.Operation) { calls[op.ID] = c.success(op.ID, "").at(w.app.BaseURL) })
	hide := func(keep string) {
		testkit.Exec(p.T, w.app.DatabaseURL, `CREATE SCHEMA IF NOT EXISTS hidden;
			DO $$ DECLARE t text; BEGIN
				FOR t IN SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename NOT LIKE 'river%' AND tablename NOT IN (`+keep+`)
				LOOP EXECUTE format('ALTER TABLE public.%I SET SCHEMA hidden', t); END LOOP;
			END $$`)
	}
	hide(`'sessions', 'borrowers', 'brands'`)
	left := []string{}
	p.each(func(op *contract.Operation) {
		a := p.send(calls[op.ID])
		p.discreet(op, a)
		if a.Status != http.StatusInternalServerError {
			left = append(left, op.ID)
		}
	})
	hide(`''`)
	for _, id := range left {
		p.discreet(p.doc.Operation(id), p.want(calls[id], http.StatusInternalServerError, "INTERNAL"))
	}
}

// discreet fails where an answer tells what our logs alone should know.
func (p *producers) discreet(op *contract.Operation, a answer) {
	p.Helper()
	for _, word := range []string{"SQLSTATE", "relation", "pgx", "postgres", "127.0.0.1", ".go:", "goroutine", "dial "} {
		if strings.Contains(string(a.Raw), word) {
			p.Errorf("%s tells %q: %s", op.ID, word, a)
		}
	}
}

// noDatabase makes every operation answer 503: PostgreSQL is killed under the server. Each answer comes within two seconds
// and says when to come back; /readyz says why; once PostgreSQL runs again, the same process goes on.
func (p *producers) noDatabase() {
	cluster := testkit.PrivateCluster(p.T)
	w := newWorld(p.T, testapp.Options{DatabaseURL: cluster.URL()})
	w.judge, w.client = p.judge, p.client
	c := w.newCast()
	calls := map[string]call{}
	p.each(func(op *contract.Operation) { calls[op.ID] = c.success(op.ID, "").at(w.app.BaseURL) })
	if err := cluster.Kill(context.Background()); err != nil {
		p.Fatal(err)
	}
	// Its sessions notice a moment after the server itself is gone, each by itself: on a busy machine one may answer when another is gone.
	p.eventually(20*time.Second, "the sessions to be gone", func() bool {
		for range 2 * w.app.Config.DBMaxConns {
			if a, err := p.try(calls["getUserInfo"]); err != nil || a.Status != away {
				return false
			}
		}
		return true
	})
	p.each(func(op *contract.Operation) {
		soon := false
		for n := 0; n < 3 && !soon; n++ { // a machine that stands still for a moment makes one answer slow, a server that waits makes them all
			started := time.Now()
			a := p.want(calls[op.ID], away, "UNAVAILABLE")
			p.discreet(op, a)
			if a.Header.Get("Retry-After") == "" {
				p.Errorf("%s: 503 without Retry-After", op.ID)
			}
			soon = time.Since(started) <= 2*time.Second
		}
		if !soon {
			p.Errorf("%s: no 503 within two seconds", op.ID)
		}
	})
	p.ready(w, http.StatusServiceUnavailable)
	if err := cluster.Restart(context.Background()); err != nil {
		p.Fatal(err)
	}
	p.eventually(time.Minute, "the server to go on", func() bool { return p.send(calls["getUserInfo"]).Status == http.StatusOK })
	p.ready(w, http.StatusOK)
	c.in(w.in(p.T)).active.settle()
	noDifference(p, w.app)
}

func (p *producers) ready(w *world, status int) {
	p.Helper()
	req, err := http.NewRequest(http.MethodGet, w.app.BaseURL+"/readyz", nil)
	if err != nil {
		p.Fatal(err)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		p.Fatal(err)
	}
	raw, err := readBody(resp.Body)
	if err != nil || resp.StatusCode != status {
		p.Errorf("/readyz: %d, expected %d: %s %v", resp.StatusCode, status, raw, err)
	}
}

// stopping makes every operation answer 503 SHUTTING_DOWN: a server that has been told to stop, asked on a connection that
// its listener had let in before.
func (p *producers) stopping() {
	w := newWorld(p.T, testapp.Options{})
	h := httptest.NewServer(w.app.Handler())
	defer h.Close()
	p.ok(call{Request: p.request("listBanks")}.at(w.app.BaseURL)) // it serves: only what serves can stop
	w.app.Stop()
	p.each(func(op *contract.Operation) {
		c := p.anyone(op).at(h.URL)
		if a := p.want(c, away, "SHUTTING_DOWN"); a.Header.Get("Retry-After") == "" {
			p.Errorf("%s: SHUTTING_DOWN without Retry-After", op.ID)
		}
	})
}
