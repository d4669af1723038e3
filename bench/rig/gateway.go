//go:build linux

package rig

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"net/url"
	"strings"
	"time"

	"github.com/creditpocket/creditpocket/internal/clock"
	"github.com/creditpocket/creditpocket/internal/provider/simulator"
)

// Gateway is the gateway simulator, in the drill's own process: it outlives every server and remembers what it was asked to pay.
type Gateway struct {
	URL string
	sim *simulator.Simulator
}

// Gateway starts the simulator.
func (r *Rig) Gateway(ctx context.Context) (*Gateway, error) {
	sim, err := simulator.New(simulator.Options{SecretKey: "sk_test_simulator", Dir: r.Path("gateway"), Delay: 500 * time.Millisecond, TimeScale: 60,
		Clock: clock.System{}, Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		return nil, err
	}
	server, err := sim.Start(context.WithoutCancel(ctx), "127.0.0.1:0")
	if err != nil {
		return nil, errors.Join(err, sim.Close())
	}
	r.AtEnd(func(context.Context) error { return errors.Join(server.Close(), sim.Close()) })
	return &Gateway{URL: server.URL, sim: sim}, nil
}

// Env is the setting that leads a process to the gateway.
func (g *Gateway) Env() string {
	u, _ := url.Parse(g.URL)
	return "CP_SIMULATOR_ADDR=" + u.Host
}

// Events sends the gateway's events to a server or a balancer.
func (g *Gateway) Events(base string) { g.sim.SetWebhookURL(base + "/gateway/paystack/webhook") }

// Books are what the gateway paid out and was paid, by reference, kobo.
type Books struct{ Transfers, Charges map[string]string }

// Books reads the gateway's own books: what succeeded.
func (g *Gateway) Books(ctx context.Context) (Books, error) {
	_, body, err := get(ctx, g.URL+"/simulator/books")
	if err != nil {
		return Books{}, err
	}
	type entry struct {
		Reference, Status string
		Amount            json.Number
	}
	var raw struct{ Transfers, Charges []entry }
	if err := json.Unmarshal([]byte(body), &raw); err != nil {
		return Books{}, err
	}
	b := Books{Transfers: map[string]string{}, Charges: map[string]string{}}
	for _, t := range raw.Transfers {
		if t.Status == "success" {
			b.Transfers[t.Reference] = t.Amount.String()
		}
	}
	for _, c := range raw.Charges {
		if c.Status == "success" && strings.HasPrefix(c.Reference, "cpr-") {
			b.Charges[c.Reference] = c.Amount.String()
		}
	}
	return b, nil
}
