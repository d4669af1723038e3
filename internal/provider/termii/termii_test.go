package termii_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/creditpocket/creditpocket/internal/provider"
	"github.com/creditpocket/creditpocket/internal/provider/providertest"
	"github.com/creditpocket/creditpocket/internal/provider/termii"
)

const apiKey = "TLkey-for-tests"

// vendor plays Termii's documented answers and keeps what was sent.
type vendor struct {
	mu     sync.Mutex
	next   *canned
	texts  map[string][]string
	sent   map[string]string
	method string
	path   string
}

type canned struct {
	status int
	body   string
	header http.Header
}

func (v *vendor) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	raw, _ := io.ReadAll(r.Body)
	v.mu.Lock()
	defer v.mu.Unlock()
	v.sent, v.method, v.path = map[string]string{}, r.Method, r.URL.Path
	if err := json.Unmarshal(raw, &v.sent); err != nil || v.sent["api_key"] != apiKey {
		w.WriteHeader(http.StatusUnauthorized)
		_, _ = io.WriteString(w, `{"message":"Invalid API key"}`)
		return
	}
	if c := v.next; c != nil {
		v.next = nil
		for k, values := range c.header {
			w.Header()[k] = values
		}
		w.WriteHeader(c.status)
		_, _ = io.WriteString(w, c.body)
		return
	}
	to := "+" + v.sent["to"]
	v.texts[to] = append(v.texts[to], v.sent["sms"])
	n := 0
	for _, texts := range v.texts {
		n += len(texts)
	}
	_, _ = fmt.Fprintf(w, `{"code":"ok","balance":1047.57,"message_id":"30175440544590838198%05d","message":"Successfully Sent","user":"Ada Obi"}`, n)
}

func start(t *testing.T) (*vendor, *termii.Client) {
	t.Helper()
	v := &vendor{texts: map[string][]string{}}
	server := httptest.NewServer(v)
	t.Cleanup(server.Close)
	client, err := termii.New(termii.Config{BaseURL: server.URL, APIKey: apiKey, SenderID: "CrdtPocket", Timeout: 5 * time.Second})
	if err != nil {
		t.Fatal(err)
	}
	return v, client
}

// TestConformance runs the suite of the port against the documented answers.
func TestConformance(t *testing.T) {
	providertest.SMS(t, func(t *testing.T) providertest.SMSHarness {
		v, client := start(t)
		return providertest.SMSHarness{
			Sender: client,
			Inbox: func(_ *testing.T, to string) []string {
				v.mu.Lock()
				defer v.mu.Unlock()
				return append([]string(nil), v.texts[to]...)
			},
			Trouble: func(_ *testing.T, class error) {
				v.mu.Lock()
				defer v.mu.Unlock()
				switch class.(type) {
				case *provider.RateLimitedError:
					v.next = &canned{status: 429, body: `{"message":"Too many requests"}`}
				case *provider.RejectedError:
					v.next = &canned{status: 422, body: `{"message":"Invalid Sender Id"}`}
				default:
					v.next = map[error]*canned{
						provider.ErrInconclusive:        {status: 503, body: `down`},
						provider.ErrUnauthorized:        {status: 401, body: `{"message":"Unauthorized"}`},
						provider.ErrInsufficientBalance: {status: 400, body: `{"message":"Insufficient balance"}`},
					}[class]
				}
			},
		}
	})
}

func TestRequest(t *testing.T) {
	v, client := start(t)
	if _, err := client.Send(t.Context(), provider.SMSMessage{To: "+2347000000003", Text: "hello", Purpose: "otp"}); err != nil {
		t.Fatal(err)
	}
	for field, want := range map[string]string{
		"to": "2347000000003", "from": "CrdtPocket", "sms": "hello", "type": "plain", "channel": "dnd", "api_key": apiKey,
	} {
		if v.sent[field] != want {
			t.Errorf("%s is %q, want %q", field, v.sent[field], want)
		}
	}
	if v.method != http.MethodPost || v.path != "/api/sms/send" || len(v.sent) != 6 {
		t.Errorf("sent %s %s with %d fields", v.method, v.path, len(v.sent))
	}
}

func TestAnswers(t *testing.T) {
	for name, test := range map[string]struct {
		canned
		id   string
		is   error
		code string
		wait time.Duration
	}{
		"accepted":                   {canned: canned{status: 200, body: `{"code":"ok","message_id":"9122821270554876574","message":"Successfully Sent","balance":9,"user":"P"}`}, id: "9122821270554876574"},
		"accepted, numeric id":       {canned: canned{status: 200, body: `{"message_id":9122821270554876574,"message":"Successfully Sent"}`}, id: "9122821270554876574"},
		"accepted, id as text":       {canned: canned{status: 200, body: `{"message_id":9.1e18,"message_id_str":"9122821270554876574"}`}, id: "9122821270554876574"},
		"balance under 200":          {canned: canned{status: 200, body: `{"code":"err","message":"Insufficient balance"}`}, is: provider.ErrInsufficientBalance, code: "insufficient_balance"},
		"balance under 403":          {canned: canned{status: 403, body: `{"message":"Insufficient Balance on account"}`}, is: provider.ErrInsufficientBalance, code: "insufficient_balance"},
		"no under 200":               {canned: canned{status: 200, body: `{"code":"err","message":"You are not set up on this route"}`}, code: "route_not_active"},
		"no under 200 by number":     {canned: canned{status: 200, body: `{"code":400,"message":"Your account is not active"}`}, code: "account_inactive"},
		"unknown sender":             {canned: canned{status: 404, body: `{"code":404,"message":"ApplicationSenderId not found for applicationId: 1 and senderName: x"}`}, code: "invalid_sender_id"},
		"bad number":                 {canned: canned{status: 400, body: `{"message":"Invalid phone number 2347000000003"}`}, code: "invalid_number"},
		"anything else":              {canned: canned{status: 400, body: `{"message":["a","b"]}`}, code: "refused"},
		"bad key":                    {canned: canned{status: 401, body: `{"message":"Invalid API key"}`}, is: provider.ErrUnauthorized},
		"forbidden":                  {canned: canned{status: 403, body: `{"message":"Forbidden"}`}, is: provider.ErrUnauthorized},
		"too many":                   {canned: canned{status: 429, header: http.Header{"Retry-After": {"4"}}}, wait: 4 * time.Second},
		"too many without a number":  {canned: canned{status: 429}, wait: 10 * time.Second},
		"broken":                     {canned: canned{status: 500, body: `{"message":"Server Error"}`}, is: provider.ErrInconclusive},
		"a page":                     {canned: canned{status: 200, body: `<html>`}, is: provider.ErrInconclusive},
		"a 400 page":                 {canned: canned{status: 400, body: `<html>`}, is: provider.ErrInconclusive},
		"accepted without a number":  {canned: canned{status: 200, body: `{"message":"Successfully Sent"}`}, is: provider.ErrInconclusive},
		"redirect":                   {canned: canned{status: 302, header: http.Header{"Location": {"http://127.0.0.1:1"}}}, is: provider.ErrInconclusive},
		"more than anybody can read": {canned: canned{status: 200, body: `{"message_id":"1","message":"` + strings.Repeat("x", 1<<20) + `"}`}, is: provider.ErrInconclusive},
	} {
		t.Run(name, func(t *testing.T) {
			v, client := start(t)
			v.next = &test.canned
			receipt, err := client.Send(t.Context(), provider.SMSMessage{To: "+2347000000003", Text: "code 424242"})
			if receipt.MessageID != test.id || (test.id != "") != (err == nil) {
				t.Fatalf("receipt %+v, error %v", receipt, err)
			}
			if test.is != nil && !errors.Is(err, test.is) {
				t.Errorf("error is %v, want %v", err, test.is)
			}
			var rejected *provider.RejectedError
			if errors.As(err, &rejected) != (test.code != "") || (rejected != nil && rejected.Code != test.code) {
				t.Errorf("rejected as %+v, want code %q", rejected, test.code)
			}
			var limited *provider.RateLimitedError
			if errors.As(err, &limited) != (test.wait != 0) || (limited != nil && limited.RetryAfter != test.wait) {
				t.Errorf("limited as %+v", limited)
			}
			for _, secret := range []string{"424242", "7000000003", apiKey} {
				if strings.Contains(fmt.Sprintf("%v %+v", err, rejected), secret) {
					t.Errorf("error %v holds %q", err, secret)
				}
			}
		})
	}
}

func TestNewRefuses(t *testing.T) {
	good := termii.Config{BaseURL: "https://v3.api.termii.com", APIKey: apiKey, SenderID: "CrdtPocket"}
	if _, err := termii.New(good); err != nil {
		t.Fatal(err)
	}
	for name, spoil := range map[string]func(*termii.Config){
		"no host":         func(c *termii.Config) { c.BaseURL = "" },
		"plain http":      func(c *termii.Config) { c.BaseURL = "http://v3.api.termii.com" },
		"no key":          func(c *termii.Config) { c.APIKey = "" },
		"short sender":    func(c *termii.Config) { c.SenderID = "ab" },
		"long sender":     func(c *termii.Config) { c.SenderID = "TwelveLetter" },
		"unknown channel": func(c *termii.Config) { c.Channel = "pigeon" },
	} {
		cfg := good
		spoil(&cfg)
		if _, err := termii.New(cfg); err == nil || strings.Contains(err.Error(), apiKey) {
			t.Errorf("%s: error is %v", name, err)
		}
	}
}
