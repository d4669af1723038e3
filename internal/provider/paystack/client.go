// Package paystack is the adapter from provider.Payments to Paystack's HTTP API, and the reader of its webhooks.
//
// It knows the vendor's words and shapes, including where its real answers disagree with its documentation, and
// nothing about loans. It sorts every answer into the classes of package provider: a readable 4xx is a conclusive no;
// a time-out, a cut connection, a redirect, a 5xx, an answer over 1 MiB, an answer that cannot be read and an answer
// about another reference are all inconclusive. It never repeats a request that changes anything (net/http may ask a
// GET again when a used connection was cut), follows no redirect, speaks to no other host than the one it was given,
// uses no proxy, and writes no log.
//
// It may import internal/provider, internal/provider/outbound and internal/money.
package paystack

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/creditpocket/creditpocket/internal/provider"
	"github.com/creditpocket/creditpocket/internal/provider/outbound"
)

// DefaultBaseURL is the real gateway.
const DefaultBaseURL = "https://api.paystack.co"

// maxResponse is the largest answer read, in bytes.
const maxResponse = 1 << 20

// Config is what the adapter needs.
type Config struct {
	// BaseURL is the gateway; "" for DefaultBaseURL. It must be https, or http to a loopback address.
	BaseURL string
	// SecretKey is the bearer key. It appears in no error.
	SecretKey string
	// Timeout bounds a whole call, from dialling to the last byte; 0 for 30 s.
	Timeout time.Duration
}

// Client is provider.Payments over Paystack's API. Safe for concurrent use.
type Client struct {
	base   *url.URL
	key    string
	client *http.Client
}

var _ provider.Payments = (*Client)(nil)

// New checks cfg and returns a client. It makes no call. Its error names the setting, never the key.
func New(cfg Config) (*Client, error) {
	if cfg.BaseURL == "" {
		cfg.BaseURL = DefaultBaseURL
	}
	base, err := outbound.ParseBase(cfg.BaseURL)
	if err != nil {
		return nil, fmt.Errorf("paystack: %w", err)
	}
	if cfg.SecretKey == "" || strings.ContainsAny(cfg.SecretKey, "\r\n\t ") {
		return nil, errors.New("paystack: secret key is empty or has white space")
	}
	if cfg.Timeout <= 0 {
		cfg.Timeout = 30 * time.Second
	}
	return &Client{base: base, key: cfg.SecretKey, client: outbound.NewClient(base, cfg.Timeout)}, nil
}

// CloseIdle closes the connections nobody uses.
func (c *Client) CloseIdle() { c.client.CloseIdleConnections() }

// call makes one request and decodes the data of a successful answer into data (nil to ignore it).
// op is the operation's name in errors: neither path nor query appears there, they hold account numbers.
func (c *Client) call(ctx context.Context, op, method, path string, query url.Values, body, data any) error {
	answer, err := c.exchange(ctx, op, method, path, query, body)
	if err != nil {
		return err
	}
	if data == nil {
		return nil
	}
	if err := json.Unmarshal(answer.Data, data); err != nil {
		return inconclusive(op, errUnreadable)
	}
	return nil
}

// exchange makes one request and returns the envelope of a successful answer.
func (c *Client) exchange(ctx context.Context, op, method, path string, query url.Values, body any) (envelope, error) {
	var none envelope
	target := *c.base
	target.Path += path
	target.RawQuery = query.Encode()
	var reader io.Reader
	if body != nil {
		raw, err := json.Marshal(body)
		if err != nil {
			return none, fmt.Errorf("paystack: %s: encode request: %w", op, err)
		}
		reader = bytes.NewReader(raw)
	}
	req, err := http.NewRequestWithContext(ctx, method, target.String(), reader)
	if err != nil {
		return none, local(op, "invalid_request")
	}
	req.Header.Set("Authorization", "Bearer "+c.key)
	req.Header.Set("Accept", "application/json")
	if body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	res, raw, err := outbound.Do(c.client, req, maxResponse)
	if err != nil {
		return none, inconclusive(op, err)
	}
	return classify(op, res, raw)
}
