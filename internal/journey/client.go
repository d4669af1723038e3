// Package journey walks a borrower's whole way, from the first launch of the app to a repaid loan, as plain HTTP against
// a running development server, and holds every answer to the contract. The demo prints it; tests run it. It uses no
// generated client, so it shows what a mobile team would write.
package journey

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/creditpocket/creditpocket/internal/contract"
)

// Client is one borrower's app.
type Client struct {
	base      string
	http      *http.Client
	transport *contract.Transport
	token     string
	out       io.Writer
	step      int
	patience  time.Duration
}

// Answer is an envelope.
type Answer struct {
	Status   int
	Code     int
	Message  string
	Reason   string
	Replayed bool
	Data     json.RawMessage
	Bytes    []byte
}

// NewClient is an app that talks to the server at base and writes what it sends and receives to out.
func NewClient(base string, out io.Writer) (*Client, error) {
	transport, err := contract.NewTransport(nil)
	if err != nil {
		return nil, err
	}
	return &Client{base: strings.TrimRight(base, "/"), transport: transport, out: out,
		http: &http.Client{Transport: transport, Timeout: 30 * time.Second}}, nil
}

// Transport is the judge of the client's answers.
func (c *Client) Transport() *contract.Transport { return c.transport }

// Persist makes the client repeat a request that got no answer, or 503, for so long: what an app does on a bad network. The
// repeats carry the same Idempotency-Key.
func (c *Client) Persist(patience time.Duration) { c.patience = patience }

// Token is the session token, "" before a login.
func (c *Client) Token() string { return c.token }

// SetToken makes the client use a session.
func (c *Client) SetToken(token string) { c.token = token }

// say prints a heading of the journey.
func (c *Client) say(format string, args ...any) {
	c.step++
	fmt.Fprintf(c.out, "\n== %d. %s\n", c.step, fmt.Sprintf(format, args...))
}

// Get asks.
func (c *Client) Get(ctx context.Context, path string) (Answer, error) {
	return c.Send(ctx, http.MethodGet, path, "", nil, nil)
}

// Post sends a JSON body.
func (c *Client) Post(ctx context.Context, path string, body any, headers map[string]string) (Answer, error) {
	raw, err := json.Marshal(body)
	if err != nil {
		return Answer{}, err
	}
	return c.Send(ctx, http.MethodPost, path, "application/json", raw, headers)
}

// Send sends any request and reads the answer. An answer that breaks the contract is an error; a refusal is not.
func (c *Client) Send(ctx context.Context, method, path, contentType string, body []byte, headers map[string]string) (Answer, error) {
	deadline := time.Now().Add(c.patience)
	for {
		a, err := c.once(ctx, method, path, contentType, body, headers)
		var violation *contract.Violation
		lost := (err != nil && !errors.As(err, &violation)) || a.Status == http.StatusServiceUnavailable
		if !lost || !time.Now().Before(deadline) {
			return a, err
		}
		if err := pause(ctx, 100*time.Millisecond); err != nil {
			return a, err
		}
	}
}

func (c *Client) once(ctx context.Context, method, path, contentType string, body []byte, headers map[string]string) (Answer, error) {
	req, err := http.NewRequestWithContext(ctx, method, c.base+path, bytes.NewReader(body))
	if err != nil {
		return Answer{}, err
	}
	if contentType != "" {
		req.Header.Set("Content-Type", contentType)
	}
	if c.token != "" {
		req.Header.Set("Authorization", "Bearer "+c.token)
	}
	for name, value := range headers {
		req.Header.Set(name, value)
	}
	c.printRequest(req, body)
	resp, err := c.http.Do(req)
	if err != nil {
		return Answer{}, err
	}
	defer resp.Body.Close()
	raw, err := io.ReadAll(resp.Body)
	if err != nil {
		return Answer{}, err
	}
	a := Answer{Status: resp.StatusCode, Replayed: resp.Header.Get("Idempotency-Replayed") == "true", Bytes: raw}
	if media, _, _ := mime.ParseMediaType(resp.Header.Get("Content-Type")); media == "application/json" {
		var envelope struct {
			Code    int
			Message string
			Data    json.RawMessage
		}
		if err := json.Unmarshal(raw, &envelope); err != nil {
			return Answer{}, err
		}
		a.Code, a.Message, a.Data = envelope.Code, envelope.Message, envelope.Data
		if a.Code != 1 {
			var problem struct{ Reason string }
			if err := json.Unmarshal(a.Data, &problem); err != nil {
				return Answer{}, err
			}
			a.Reason = problem.Reason
		}
	}
	c.printAnswer(resp, raw)
	return a, nil
}

// printed bounds what is shown of one body.
const printed = 1600

func (c *Client) printRequest(req *http.Request, body []byte) {
	fmt.Fprintf(c.out, "\n> %s %s\n", req.Method, req.URL.RequestURI())
	for _, name := range []string{"Content-Type", "Idempotency-Key"} {
		if v := req.Header.Get(name); v != "" {
			fmt.Fprintf(c.out, "> %s: %s\n", name, v)
		}
	}
	if req.Header.Get("Authorization") != "" {
		fmt.Fprintln(c.out, "> Authorization: Bearer (session token)")
	}
	switch {
	case len(body) == 0:
	case strings.HasPrefix(req.Header.Get("Content-Type"), "multipart/"):
		fmt.Fprintf(c.out, "> (%d bytes of form data)\n", len(body))
	default:
		fmt.Fprintf(c.out, "> %s\n", cut(body))
	}
}

func (c *Client) printAnswer(resp *http.Response, body []byte) {
	fmt.Fprintf(c.out, "< %s  X-Request-Id: %s\n", resp.Status, resp.Header.Get("X-Request-Id"))
	if media, _, _ := mime.ParseMediaType(resp.Header.Get("Content-Type")); !strings.HasPrefix(media, "image/") {
		fmt.Fprintf(c.out, "< %s\n", cut(body))
		return
	}
	fmt.Fprintf(c.out, "< (%d bytes of %s)\n", len(body), resp.Header.Get("Content-Type"))
}

func cut(body []byte) string {
	text := strings.TrimSpace(string(body))
	if len(text) > printed {
		return fmt.Sprintf("%s … (%d bytes)", text[:printed], len(text))
	}
	return text
}

// readCode is the latest code of a number that was not tried, read from the development inbox: what a person would read on the phone's screen.
func (c *Client) readCode(ctx context.Context, mobile string, tried []string) (string, error) {
	deadline := time.Now().Add(10*time.Second + c.patience)
	for {
		var inbox struct {
			Messages []struct {
				Text string `json:"text"`
			} `json:"messages"`
		}
		if err := c.getJSON(ctx, c.base+"/sms.json?mobile="+url.QueryEscape(mobile), &inbox); err != nil && !time.Now().Before(deadline) {
			return "", err
		}
		for _, m := range inbox.Messages {
			if code := sixDigits(m.Text); code != "" && !slices.Contains(tried, code) {
				return code, nil
			}
		}
		if time.Now().After(deadline) {
			return "", fmt.Errorf("no text message with a code arrived for %s", mobile)
		}
		if err := pause(ctx, 100*time.Millisecond); err != nil {
			return "", err
		}
	}
}

func sixDigits(text string) string {
	for _, word := range strings.FieldsFunc(text, func(r rune) bool { return r < '0' || r > '9' }) {
		if len(word) == 6 {
			return word
		}
	}
	return ""
}

// getJSON reads a page that is not part of the contract.
func (c *Client) getJSON(ctx context.Context, address string, into any) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return err
	}
	resp, err := c.http.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("%s: %s (is the server in development mode?)", address, resp.Status)
	}
	return json.NewDecoder(resp.Body).Decode(into)
}

// Pay presses Pay on the gateway's checkout page with a card choice. A page that is closed already was paid by an earlier
// press whose answer was lost.
func (c *Client) Pay(ctx context.Context, authorizationURL, card string) error {
	deadline := time.Now().Add(c.patience)
	for {
		status, err := c.press(ctx, authorizationURL, card)
		switch {
		case err == nil && (status == http.StatusOK || status == http.StatusConflict && c.patience > 0):
			return nil
		case err == nil:
			return fmt.Errorf("the checkout page answered %d", status)
		case !time.Now().Before(deadline):
			return err
		}
		if err := pause(ctx, 100*time.Millisecond); err != nil {
			return err
		}
	}
}

func (c *Client) press(ctx context.Context, authorizationURL, card string) (int, error) {
	fmt.Fprintf(c.out, "\n> (browser) POST %s/pay  card=%s\n", authorizationURL, card)
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, authorizationURL+"/pay", strings.NewReader(url.Values{"card": {card}}.Encode()))
	if err != nil {
		return 0, err
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.Header.Set("Accept", "application/json")
	resp, err := c.http.Do(req)
	if err != nil {
		return 0, err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		return 0, err
	}
	fmt.Fprintf(c.out, "< %s %s\n", resp.Status, cut(body))
	return resp.StatusCode, nil
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
