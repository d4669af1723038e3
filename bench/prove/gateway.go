package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"time"

	"github.com/creditpocket/creditpocket/internal/money"
	"github.com/creditpocket/creditpocket/internal/provider/simulator"
)

const (
	gatewaySecret = "sk_test_prove"
	// openingBalance is enough for every payout of a run.
	openingBalance money.Kobo = 1_000_000_000_000_00
	// hookScale makes the gateway's three minutes between two deliveries of an event half a second.
	hookScale = 360
)

// serveGateway is the simulator as a process of its own.
func serveGateway(ctx context.Context, listen, dir, hooks string, seed uint64) error {
	sim, err := simulator.New(simulator.Options{SecretKey: gatewaySecret, Seed: seed, Dir: dir, Delay: 400 * time.Millisecond, TimeScale: hookScale,
		WebhookURL: hooks, OpeningBalance: openingBalance, Logger: slog.New(slog.NewTextHandler(os.Stdout, nil))})
	if err != nil {
		return err
	}
	server, err := sim.Start(ctx, listen)
	if err != nil {
		return errors.Join(err, sim.Close())
	}
	return errors.Join(server.Wait(), sim.Close())
}

// gateway is the simulator's process as the prover sees it: the independent witness, and a source of faults.
type gateway struct {
	addr, dir, hooks, log string
	seed                  uint64
	client                *http.Client
	mu                    sync.Mutex
	cmd                   *exec.Cmd
}

func startGateway(ctx context.Context, dir, hooks string, seed uint64) (*gateway, error) {
	addr, err := freeAddress()
	if err != nil {
		return nil, err
	}
	g := &gateway{addr: addr, dir: filepath.Join(dir, "gateway"), hooks: hooks, seed: seed, log: filepath.Join(dir, "gateway.log"), client: &http.Client{Timeout: 20 * time.Second}}
	return g, g.start(ctx)
}

func (g *gateway) url() string { return "http://" + g.addr }

func (g *gateway) start(ctx context.Context) error {
	self, err := os.Executable()
	if err != nil {
		return err
	}
	log, err := os.OpenFile(g.log, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer log.Close()
	cmd := exec.Command(self, "-role", "gateway", "-listen", g.addr, "-dir", g.dir, "-hooks", g.hooks, "-seed", fmt.Sprint(g.seed))
	cmd.Stdout, cmd.Stderr = log, log
	dieWithParent(cmd)
	if err := cmd.Start(); err != nil {
		return err
	}
	g.mu.Lock()
	g.cmd = cmd
	g.mu.Unlock()
	return until(ctx, time.Minute, "the gateway to answer", func() (bool, error) {
		_, err := g.faults(ctx)
		return err == nil, nil
	})
}

// kill ends the gateway's process the hard way; its journal keeps its books.
func (g *gateway) kill() {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.cmd != nil {
		_ = g.cmd.Process.Kill()
		_ = g.cmd.Wait()
		g.cmd = nil
	}
}

func (g *gateway) faults(ctx context.Context) (string, error) {
	return g.send(ctx, http.MethodGet, "/simulator/faults", nil)
}

// inject orders a fault of the gateway.
func (g *gateway) inject(ctx context.Context, fault map[string]any) error {
	_, err := g.send(ctx, http.MethodPost, "/simulator/faults", fault)
	return err
}

func (g *gateway) clear(ctx context.Context) error {
	_, err := g.send(ctx, http.MethodDelete, "/simulator/faults", nil)
	return err
}

func (g *gateway) books(ctx context.Context) (simulator.Books, error) {
	var b simulator.Books
	text, err := g.send(ctx, http.MethodGet, "/simulator/books", nil)
	if err != nil {
		return b, err
	}
	return b, json.Unmarshal([]byte(text), &b)
}

func (g *gateway) send(ctx context.Context, method, path string, body any) (string, error) {
	raw, err := json.Marshal(body)
	if err != nil {
		return "", err
	}
	req, err := http.NewRequestWithContext(ctx, method, g.url()+path, bytes.NewReader(raw))
	if err != nil {
		return "", err
	}
	req.Header.Set("Content-Type", "application/json")
	res, err := g.client.Do(req)
	if err != nil {
		return "", err
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err == nil && res.StatusCode != http.StatusOK {
		err = fmt.Errorf("gateway %s: %s %.200s", path, res.Status, text)
	}
	return string(text), err
}

// until asks every 20 ms until ready.
func until(ctx context.Context, limit time.Duration, what string, ready func() (bool, error)) error {
	deadline := time.Now().Add(limit)
	for {
		ok, err := ready()
		if ok || err != nil {
			return err
		}
		if time.Now().After(deadline) {
			return fmt.Errorf("waited %s for %s", limit, what)
		}
		if err := pause(ctx, 20*time.Millisecond); err != nil {
			return err
		}
	}
}

func pause(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
