// Package termii is the adapter from provider.SMS to Termii's messaging API.
//
// It makes one call per message, POST /api/sms/send, with the key in the body as the vendor wants it. It never retries,
// follows no redirect, speaks to no other host, and neither logs nor quotes text, key or number.
//
// It may import internal/provider and internal/provider/outbound.
package termii

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/creditpocket/creditpocket/internal/provider"
	"github.com/creditpocket/creditpocket/internal/provider/outbound"
)

// The routes a message can take in Nigeria.
const (
	// ChannelDND reaches every phone, do-not-disturb or not: the route of one-time codes and notices.
	ChannelDND = "dnd"
	// ChannelGeneric is the cheaper, promotional route. Phones that asked not to be disturbed get nothing.
	ChannelGeneric = "generic"
)

// maxResponse is the largest answer read, in bytes.
const maxResponse = 1 << 20

// maxText is the longest text sent, in bytes: six pages of 153 characters.
const maxText = 918

// Config is what the adapter needs.
type Config struct {
	// BaseURL is the account's own host, from the vendor's dashboard ("https://v3.api.termii.com").
	BaseURL string
	// APIKey appears in no error.
	APIKey string
	// SenderID is the registered sender: 3 to 11 letters, digits or spaces.
	SenderID string
	// Channel is ChannelDND (also for "") or ChannelGeneric.
	Channel string
	// Timeout bounds a whole call; 0 for 15 s.
	Timeout time.Duration
}

// Client is provider.SMS over Termii. Safe for concurrent use.
type Client struct {
	cfg    Config
	base   *url.URL
	client *http.Client
}

var _ provider.SMS = (*Client)(nil)

var senderID = regexp.MustCompile(`^[A-Za-z0-9 _-]{3,11}$`)

// New checks cfg and returns a client. It makes no call. Its error names the setting, never the key.
func New(cfg Config) (*Client, error) {
	base, err := outbound.ParseBase(cfg.BaseURL)
	if err != nil {
		return nil, fmt.Errorf("termii: %w", err)
	}
	if cfg.Channel == "" {
		cfg.Channel = ChannelDND
	}
	switch {
	case cfg.APIKey == "":
		return nil, errors.New("termii: API key is empty")
	case !senderID.MatchString(cfg.SenderID):
		return nil, errors.New("termii: sender ID must have 3 to 11 letters or digits")
	case cfg.Channel != ChannelDND && cfg.Channel != ChannelGeneric:
		return nil, errors.New("termii: channel must be dnd or generic")
	}
	if cfg.Timeout <= 0 {
		cfg.Timeout = 15 * time.Second
	}
	return &Client{cfg: cfg, base: base, client: outbound.NewClient(base, cfg.Timeout)}, nil
}

// Send sends one text. Errors are those of provider.SMS: a bad number, an empty or over-long text and every readable 4xx
// are a *RejectedError (it carries ErrInsufficientBalance when the account is empty); 401 and 403 are ErrUnauthorized;
// 429 is a *RateLimitedError; everything else is ErrInconclusive.
func (c *Client) Send(ctx context.Context, msg provider.SMSMessage) (provider.SMSReceipt, error) {
	var none provider.SMSReceipt
	switch {
	case !provider.ValidE164(msg.To):
		return none, local("invalid_number")
	case msg.Text == "" || len(msg.Text) > maxText:
		return none, local("invalid_text")
	}
	body, err := json.Marshal(map[string]string{
		"to": strings.TrimPrefix(msg.To, "+"), "from": c.cfg.SenderID, "sms": msg.Text, "type": "plain",
		"channel": c.cfg.Channel, "api_key": c.cfg.APIKey,
	})
	if err != nil {
		return none, local("invalid_text")
	}
	target := *c.base
	target.Path += "/api/sms/send"
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, target.String(), bytes.NewReader(body))
	if err != nil {
		return none, local("invalid_request")
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Accept", "application/json")
	res, raw, err := outbound.Do(c.client, req, maxResponse)
	if err != nil {
		return none, inconclusive(err)
	}
	return classify(res, raw)
}

// reply is an answer of either kind. The number of a message is a number or a string, the code a word or a number.
type reply struct {
	Code         any             `json:"code"`
	Status       any             `json:"status"`
	Message      json.RawMessage `json:"message"`
	MessageID    json.RawMessage `json:"message_id"`
	MessageIDStr json.RawMessage `json:"message_id_str"`
}

func classify(res *http.Response, raw []byte) (provider.SMSReceipt, error) {
	var none provider.SMSReceipt
	status := res.StatusCode
	if status == http.StatusTooManyRequests {
		return none, fmt.Errorf("termii: send: %w", &provider.RateLimitedError{RetryAfter: retryAfter(res.Header)})
	}
	if status >= 500 || status < 200 || (status >= 300 && status < 400) || status == http.StatusRequestTimeout {
		return none, inconclusive(fmt.Errorf("status %d", status))
	}
	var r reply
	if json.Unmarshal(raw, &r) != nil {
		return none, inconclusive(fmt.Errorf("status %d: answer cannot be read", status))
	}
	id := text(r.MessageIDStr)
	if id == "" {
		id = text(r.MessageID)
	}
	message := strings.ToLower(text(r.Message))
	switch {
	case strings.Contains(message, "insufficient balance") || strings.Contains(message, "insufficient fund"):
		return none, rejected(status, "insufficient_balance", provider.ErrInsufficientBalance)
	case status == http.StatusUnauthorized || status == http.StatusForbidden:
		return none, fmt.Errorf("termii: send: status %d: %w", status, provider.ErrUnauthorized)
	case status >= 400:
		return none, rejected(status, reason(message), nil)
	case id != "":
		return provider.SMSReceipt{MessageID: id}, nil
	case isError(r.Code) || isError(r.Status):
		// The API has been seen to say no under 200.
		return none, rejected(status, reason(message), nil)
	}
	return none, inconclusive(errors.New("answer names no message"))
}

// reason is a stable word for the sentences the vendor documents; the sentence itself is not kept, it may quote input.
func reason(message string) string {
	for _, known := range []struct{ part, code string }{
		{"sender", "invalid_sender_id"},
		{"not active", "account_inactive"},
		{"route", "route_not_active"},
		{"daily limit", "daily_limit"},
		{"phone", "invalid_number"},
		{"number", "invalid_number"},
	} {
		if strings.Contains(message, known.part) {
			return known.code
		}
	}
	return "refused"
}

func isError(v any) bool {
	switch v := v.(type) {
	case string:
		v = strings.ToLower(v)
		return strings.HasPrefix(v, "err") || strings.HasPrefix(v, "fail") || strings.HasPrefix(v, "4")
	case float64:
		return v >= 400 && v < 500
	case bool:
		return !v
	}
	return false
}

// text is a JSON string or number as text, "" for anything else.
func text(raw json.RawMessage) string {
	var s string
	if json.Unmarshal(raw, &s) == nil {
		return s
	}
	var n json.Number
	if json.Unmarshal(raw, &n) == nil {
		return n.String()
	}
	return ""
}

// retryAfter reads Retry-After in seconds: at least one, at most five minutes, ten seconds if the vendor is silent.
func retryAfter(h http.Header) time.Duration {
	n, err := strconv.Atoi(h.Get("Retry-After"))
	if err != nil {
		n = 10
	}
	return time.Duration(min(max(n, 1), 300)) * time.Second
}

func local(code string) error {
	return fmt.Errorf("termii: send: %w", &provider.RejectedError{Type: "local", Code: code})
}

func rejected(status int, code string, cause error) error {
	return fmt.Errorf("termii: send: %w", &provider.RejectedError{Status: status, Code: code, Cause: cause})
}

func inconclusive(cause error) error {
	return fmt.Errorf("termii: send: %w: %w", provider.ErrInconclusive, cause)
}
