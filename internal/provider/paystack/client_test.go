package paystack_test

import (
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/creditpocket/creditpocket/internal/provider"
	"github.com/creditpocket/creditpocket/internal/provider/paystack"
)

func TestNewRefuses(t *testing.T) {
	for name, cfg := range map[string]paystack.Config{
		"plain http to a stranger": {BaseURL: "http://api.example.com", SecretKey: "sk_live_1"},
		"user in the URL":          {BaseURL: "https://u:p@api.example.com", SecretKey: "sk_live_1"},
		"query in the URL":         {BaseURL: "https://api.example.com?x=1", SecretKey: "sk_live_1"},
		"another scheme":           {BaseURL: "ftp://api.example.com", SecretKey: "sk_live_1"},
		"no host":                  {BaseURL: "https://", SecretKey: "sk_live_1"},
		"no key":                   {BaseURL: "https://api.example.com"},
		"key with a line break":    {SecretKey: "sk_live_1\r\nX: y"},
	} {
		if _, err := paystack.New(cfg); err == nil || strings.Contains(err.Error(), "sk_live_1") {
			t.Errorf("%s: error is %v", name, err)
		}
	}
	if _, err := paystack.New(paystack.Config{SecretKey: "sk_live_1"}); err != nil {
		t.Errorf("the real gateway by default: %v", err)
	}
}

// TestErrorsHoldNoSecret: neither the key nor the account number of the URL is in any transport error.
func TestErrorsHoldNoSecret(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := listener.Addr().String()
	if err := listener.Close(); err != nil {
		t.Fatal(err)
	}
	client, err := paystack.New(paystack.Config{BaseURL: "http://" + address, SecretKey: "sk_test_hidden"})
	if err != nil {
		t.Fatal(err)
	}
	_, err = client.ResolveAccount(t.Context(), "0123456789", "058")
	if !errors.Is(err, provider.ErrInconclusive) {
		t.Fatalf("error is %v", err)
	}
	for _, secret := range []string{"sk_test_hidden", "0123456789", address} {
		if strings.Contains(err.Error(), secret) {
			t.Errorf("error %q holds %q", err, secret)
		}
	}
}

// TestNoRedirect: the bearer key goes to no other place, whatever the answer says.
func TestNoRedirect(t *testing.T) {
	var reached atomic.Bool
	thief := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { reached.Store(true) }))
	defer thief.Close()
	for _, status := range []int{301, 302, 303, 307, 308} {
		c := canned{status: status, header: http.Header{"Location": {thief.URL}}}
		if _, err := c.client(t).Balance(t.Context()); !errors.Is(err, provider.ErrInconclusive) {
			t.Errorf("%d: error is %v", status, err)
		}
	}
	if reached.Load() {
		t.Error("a redirect was followed")
	}
}

// TestTimeout: a gateway that sends its head and then nothing is given up in time.
func TestTimeout(t *testing.T) {
	release := make(chan struct{})
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.WriteHeader(http.StatusOK)
		_ = http.NewResponseController(w).Flush()
		<-release
	}))
	defer server.Close()
	defer close(release)
	client, err := paystack.New(paystack.Config{BaseURL: server.URL, SecretKey: "k", Timeout: 100 * time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	began := time.Now()
	_, err = client.Transfer(t.Context(), provider.TransferRequest{Amount: 1, RecipientCode: "R", Reference: "transfer-reference-1"})
	if !errors.Is(err, provider.ErrInconclusive) || time.Since(began) > 5*time.Second {
		t.Errorf("after %s: %v", time.Since(began), err)
	}
}

// TestRateLimitWaits: every documented way to say when.
func TestRateLimitWaits(t *testing.T) {
	at := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	for name, test := range map[string]struct {
		header http.Header
		want   time.Duration
	}{
		"seconds":            {http.Header{"Retry-After": {"12"}}, 12 * time.Second},
		"a date":             {http.Header{"Retry-After": {at.Add(30 * time.Second).Format(http.TimeFormat)}}, 30 * time.Second},
		"reset in seconds":   {http.Header{"X-Ratelimit-Reset": {"9"}}, 9 * time.Second},
		"reset at an epoch":  {http.Header{"X-Ratelimit-Reset": {"1772366445"}}, 45 * time.Second},
		"reset at epoch ms":  {http.Header{"X-Ratelimit-Reset": {"1772366405000"}}, 5 * time.Second},
		"for ever":           {http.Header{"Retry-After": {"99999"}}, 5 * time.Minute},
		"in the past":        {http.Header{"Retry-After": {"-5"}}, time.Second},
		"nothing that helps": {http.Header{"Retry-After": {"soon"}}, time.Second},
	} {
		test.header.Set("Date", at.Format(http.TimeFormat))
		c := canned{status: 429, header: test.header}
		_, err := c.client(t).Balance(t.Context())
		var limited *provider.RateLimitedError
		if !errors.As(err, &limited) || limited.RetryAfter != test.want {
			t.Errorf("%s: %v", name, err)
		}
	}
}
