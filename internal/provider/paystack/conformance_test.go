package paystack_test

import (
	"context"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/creditpocket/creditpocket/internal/provider/paystack"
	"github.com/creditpocket/creditpocket/internal/provider/providertest"
	"github.com/creditpocket/creditpocket/internal/provider/simulator"
)

const secretKey = "sk_test_conformance"

// TestConformance runs the suite of the port through the adapter against the simulator, over real HTTP.
func TestConformance(t *testing.T) {
	providertest.Payments(t, newHarness)
}

func newHarness(t *testing.T) providertest.Harness {
	t.Helper()
	gateway, err := simulator.New(simulator.Options{SecretKey: secretKey, Seed: 7, Delay: 100 * time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	server, err := gateway.Start(context.Background(), "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := gateway.Audit(); err != nil {
			t.Errorf("the gateway's books do not add up: %v", err)
		}
		if err := gateway.Close(); err != nil {
			t.Error(err)
		}
		if err := server.Close(); err != nil {
			t.Error(err)
		}
	})
	client := func(key string) *paystack.Client {
		c, err := paystack.New(paystack.Config{BaseURL: server.URL, SecretKey: key, Timeout: 2 * time.Second})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(c.CloseIdle)
		return c
	}
	kinds := map[providertest.Trouble]simulator.FaultKind{
		providertest.Silent: simulator.FaultSilent, providertest.ErrorBefore: simulator.FaultErrorBefore,
		providertest.ErrorAfter: simulator.FaultErrorAfter, providertest.CutBefore: simulator.FaultCutBefore,
		providertest.CutAfter: simulator.FaultCutAfter, providertest.Garbage: simulator.FaultGarbage,
		providertest.RateLimit: simulator.FaultRateLimit, providertest.WrongAmount: simulator.FaultWrongAmount,
		providertest.WrongMoney: simulator.FaultWrongCurrency,
	}
	return providertest.Harness{
		Gateway:  client(secretKey),
		Stranger: client("sk_test_somebody_else"),
		Patience: 20 * time.Second,
		Pay: func(t *testing.T, page, card string) {
			submit(t, page+"/pay", url.Values{"card": {card}})
		},
		Answer: func(t *testing.T, page string, approve bool) {
			submit(t, page+map[bool]string{true: "/approve", false: "/decline"}[approve], nil)
		},
		Trouble: func(t *testing.T, trouble providertest.Trouble) {
			if err := gateway.Inject(simulator.Fault{Kind: kinds[trouble]}); err != nil {
				t.Fatal(err)
			}
		},
	}
}

// submit plays a browser that submits a form.
func submit(t *testing.T, to string, form url.Values) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, to, strings.NewReader(form.Encode()))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.Header.Set("Accept", "application/json")
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	if body, _ := io.ReadAll(res.Body); res.StatusCode != http.StatusOK {
		t.Fatalf("%s: %d %s", to, res.StatusCode, body)
	}
}
