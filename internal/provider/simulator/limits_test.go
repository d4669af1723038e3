package simulator_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/creditpocket/creditpocket/internal/provider"
	"github.com/creditpocket/creditpocket/internal/provider/simulator"
)

// Each class of calls has the real gateway's limit of its own; what is beyond it did nothing, and says when to come back.
func TestLimits(t *testing.T) {
	b := start(t, simulator.Options{})
	to := b.recipient("1234567811")
	b.sim.SetLimits(simulator.Limits{Share: 0.005, Window: time.Hour}) // 3 standard, 4 transfers, 6 charges, 7 resolves, 15 verifies
	ctx := t.Context()
	calls := []struct {
		class string
		limit int
		call  func(context.Context, int) error
	}{
		{"standard", 3, func(ctx context.Context, _ int) error { _, err := b.gateway.Balance(ctx); return err }},
		{"transfers", 4, func(_ context.Context, i int) error {
			return b.transfer(fmt.Sprintf("limited-transfer-%02d", i), to, 100)
		}},
		{"charges", 6, func(ctx context.Context, i int) error {
			_, err := b.gateway.ChargeAuthorization(ctx, provider.ChargeRequest{Email: "a@example.com", Amount: 100, AuthorizationCode: "AUTH_none", Reference: fmt.Sprintf("limited-charge-%02d", i)})
			return err
		}},
		{"resolves", 7, func(ctx context.Context, _ int) error {
			_, err := b.gateway.ResolveAccount(ctx, "1234567811", "058")
			return err
		}},
		{"verifies", 15, func(ctx context.Context, i int) error {
			var err error
			if i%2 == 0 {
				_, err = b.gateway.VerifyTransfer(ctx, "limited-transfer-00")
			} else {
				_, err = b.gateway.VerifyCharge(ctx, "limited-charge-00")
			}
			return err
		}},
	}
	for _, c := range calls {
		var limited *provider.RateLimitedError
		for i := range c.limit {
			if err := c.call(ctx, i); errors.As(err, &limited) {
				t.Fatalf("%s: call %d of %d: %v", c.class, i+1, c.limit, err)
			}
		}
		err := c.call(ctx, c.limit)
		// An hour to wait is more than the adapter believes.
		if !errors.As(err, &limited) || limited.RetryAfter != 5*time.Minute || !provider.IsRetryable(err) || !provider.IsConclusive(err) {
			t.Errorf("%s beyond the limit: %v", c.class, err)
		}
		if met := b.sim.LimitsMet()[c.class]; met != 1 {
			t.Errorf("%s: %d refused", c.class, met)
		}
	}
	if n := len(b.sim.Transfers()); n != 4 {
		t.Errorf("%d transfers", n)
	}

	req, err := http.NewRequestWithContext(ctx, http.MethodGet, b.url+"/bank", nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+secretKey)
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	h := resp.Header
	if resp.StatusCode != http.StatusTooManyRequests || h.Get("X-Ratelimit-Limit") != "3" || h.Get("X-Ratelimit-Remaining") != "0" || h.Get("X-Ratelimit-Reset") != "3600" {
		t.Errorf("%s with %v", resp.Status, h)
	}

	// A window that is over lets calls in again.
	b.sim.SetLimits(simulator.Limits{Share: 0.001, Window: time.Nanosecond})
	for range 5 {
		if _, err := b.gateway.Balance(ctx); err != nil {
			t.Error(err)
		}
	}
	b.sim.SetLimits(simulator.Limits{})
	for i := range 20 {
		if err := calls[0].call(ctx, i); err != nil {
			t.Errorf("without limits: %v", err)
		}
	}
}
