package app

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"path/filepath"
	"time"

	"github.com/creditpocket/creditpocket/internal/clock"
	"github.com/creditpocket/creditpocket/internal/config"
	"github.com/creditpocket/creditpocket/internal/money"
	"github.com/creditpocket/creditpocket/internal/provider"
	"github.com/creditpocket/creditpocket/internal/provider/blobstore"
	"github.com/creditpocket/creditpocket/internal/provider/paystack"
	"github.com/creditpocket/creditpocket/internal/provider/simulator"
	"github.com/creditpocket/creditpocket/internal/provider/smssink"
	"github.com/creditpocket/creditpocket/internal/provider/termii"
)

// providers are the outside world: the gateway, the text messages, the photographs.
type providers struct {
	payments  provider.Payments
	books     provider.Books
	sms       provider.SMS
	blobs     *blobstore.Store
	simulator *simulator.Simulator // nil with the real gateway
	simServer *simulator.Server
	inbox     *smssink.Sink // nil with a real SMS provider
}

func openProviders(ctx context.Context, c config.Config, clk clock.Clock, log *slog.Logger) (p providers, err error) {
	defer func() {
		if err != nil {
			p.close()
		}
	}()
	gatewayURL := c.PaystackURL
	if c.Gateway == "simulator" {
		if gatewayURL, err = p.startSimulator(ctx, c, clk, log); err != nil {
			return p, err
		}
	}
	gateway, err := paystack.New(paystack.Config{BaseURL: gatewayURL, SecretKey: c.PaystackSecret.Reveal()})
	if err != nil {
		return p, err
	}
	p.payments, p.books = gateway, gateway
	switch c.SMS {
	case "sink":
		p.inbox, err = smssink.New(smssink.Options{Dir: filepath.Join(c.DataDir, "sms"), Clock: clk, Logger: log})
		p.sms = p.inbox
	default:
		p.sms, err = termii.New(termii.Config{BaseURL: c.TermiiURL, APIKey: c.TermiiKey.Reveal(), SenderID: c.TermiiSender})
	}
	if err != nil {
		return p, err
	}
	if p.blobs, err = blobstore.Open(ctx, c.BlobURL); err != nil {
		return p, fmt.Errorf("CP_BLOB_URL: %w", err)
	}
	return p, nil
}

// startSimulator runs the gateway simulator in this process and returns its address. The server reaches it through the same
// adapter and the same HTTP as the real gateway. Where another process of this deployment runs it already, a command or a
// second replica uses that one.
func (p *providers) startSimulator(ctx context.Context, c config.Config, clk clock.Clock, log *slog.Logger) (string, error) {
	probe, err := (&net.ListenConfig{}).Listen(ctx, "tcp", c.SimulatorAddr)
	if err != nil {
		url := "http://" + c.SimulatorAddr
		if answersAsGateway(ctx, url, c.PaystackSecret.Reveal()) {
			return url, nil
		}
		return "", fmt.Errorf("gateway simulator: %w (CP_SIMULATOR_ADDR chooses another address)", err)
	}
	_ = probe.Close()
	sim, err := simulator.New(simulator.Options{
		SecretKey: c.PaystackSecret.Reveal(), Dir: filepath.Join(c.DataDir, "simulator"), Delay: c.SimulatorTransferTime.Duration,
		TimeScale: 60, Clock: clk, Limits: simulator.Limits{Share: c.SimulatorLimits},
		TransferFee: money.Kobo(c.SimulatorTransferFee), ChargeFeeBasisPoints: c.SimulatorChargeFee, Logger: log.With("part", "simulator"),
	})
	if err != nil {
		return "", fmt.Errorf("gateway simulator: %w", err)
	}
	p.simulator = sim
	if p.simServer, err = sim.Start(ctx, c.SimulatorAddr); err != nil {
		return "", fmt.Errorf("gateway simulator: %w (CP_SIMULATOR_ADDR chooses another address)", err)
	}
	return p.simServer.URL, nil
}

// answersAsGateway says whether a gateway that takes our key listens there.
func answersAsGateway(ctx context.Context, url, secret string) bool {
	gateway, err := paystack.New(paystack.Config{BaseURL: url, SecretKey: secret, Timeout: 2 * time.Second})
	if err != nil {
		return false
	}
	defer gateway.CloseIdle()
	_, err = gateway.ListBanks(ctx)
	return err == nil
}

func (p *providers) close() {
	if p.simServer != nil {
		_ = p.simServer.Close()
	}
	if p.simulator != nil {
		_ = p.simulator.Close()
	}
	if p.blobs != nil {
		_ = p.blobs.Close()
	}
}
