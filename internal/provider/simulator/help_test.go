package simulator_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/creditpocket/creditpocket/internal/money"
	"github.com/creditpocket/creditpocket/internal/provider"
	"github.com/creditpocket/creditpocket/internal/provider/paystack"
	"github.com/creditpocket/creditpocket/internal/provider/simulator"
)

const secretKey = "sk_test_simulator"

// bench is a simulator with a server and a client of it.
type bench struct {
	t       *testing.T
	sim     *simulator.Simulator
	url     string
	gateway *paystack.Client
}

func start(t *testing.T, opts simulator.Options) bench {
	t.Helper()
	opts.SecretKey = secretKey
	if opts.Delay == 0 {
		opts.Delay = 20 * time.Millisecond
	}
	sim, err := simulator.New(opts)
	if err != nil {
		t.Fatal(err)
	}
	server, err := sim.Start(context.Background(), "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := sim.Audit(); err != nil {
			t.Errorf("the books do not add up: %v", err)
		}
		if err := sim.Close(); err != nil {
			t.Error(err)
		}
		if err := server.Close(); err != nil {
			t.Error(err)
		}
	})
	return bench{t, sim, server.URL, client(t, server.URL)}
}

func client(t *testing.T, base string) *paystack.Client {
	t.Helper()
	c, err := paystack.New(paystack.Config{BaseURL: base, SecretKey: secretKey, Timeout: 5 * time.Second})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.CloseIdle)
	return c
}

func (b bench) recipient(account string) string {
	b.t.Helper()
	to, err := b.gateway.CreateRecipient(b.t.Context(), provider.RecipientRequest{Name: "Ada Obi", AccountNumber: account, BankCode: "058"})
	if err != nil {
		b.t.Fatal(err)
	}
	return to.Code
}

func (b bench) transfer(reference, recipient string, amount money.Kobo) error {
	_, err := b.gateway.Transfer(b.t.Context(), provider.TransferRequest{Amount: amount, RecipientCode: recipient, Reference: reference})
	return err
}

func (b bench) checkout(reference string) provider.Checkout {
	b.t.Helper()
	page, err := b.gateway.InitializeCheckout(b.t.Context(), provider.CheckoutRequest{Email: "ada@example.com", Amount: 50_00, Reference: reference})
	if err != nil {
		b.t.Fatal(err)
	}
	return page
}

// ask makes a request and returns status, header and body. Redirects are not followed.
func (b bench) ask(method, path, contentType, body string, header ...string) (int, http.Header, string) {
	b.t.Helper()
	if !strings.HasPrefix(path, "http") {
		path = b.url + path
	}
	req, err := http.NewRequestWithContext(b.t.Context(), method, path, strings.NewReader(body))
	if err != nil {
		b.t.Fatal(err)
	}
	if contentType != "" {
		req.Header.Set("Content-Type", contentType)
	}
	for i := 0; i+1 < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	c := http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	res, err := c.Do(req)
	if err != nil {
		b.t.Fatal(err)
	}
	defer res.Body.Close()
	raw, err := io.ReadAll(res.Body)
	if err != nil {
		b.t.Fatal(err)
	}
	return res.StatusCode, res.Header, string(raw)
}

func (b bench) pay(page, card string) {
	b.t.Helper()
	form := url.Values{"card": {card}}.Encode()
	if status, _, body := b.ask(http.MethodPost, page+"/pay", "application/x-www-form-urlencoded", form, "Accept", "application/json"); status != http.StatusOK {
		b.t.Fatalf("pay: %d %s", status, body)
	}
}

func until(t *testing.T, what string, done func() bool) {
	t.Helper()
	deadline := time.Now().Add(30 * time.Second)
	for !done() {
		if time.Now().After(deadline) {
			t.Fatalf("not within 5 s: %s", what)
		}
		time.Sleep(5 * time.Millisecond)
	}
}

// receiver is a merchant's webhook endpoint that writes down what comes.
type receiver struct {
	url string

	mu     sync.Mutex
	got    []received
	answer func(n int) int // status for the nth request, from 0
}

type received struct {
	paystack.Event
	signed bool
	at     time.Time
}

func receive(t *testing.T, answer func(n int) int) *receiver {
	t.Helper()
	r := &receiver{answer: answer}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		body, err := io.ReadAll(req.Body)
		if err != nil {
			return
		}
		event, err := paystack.ParseEvent(body)
		if err != nil {
			t.Errorf("%s: %v", body, err)
		}
		signed := paystack.VerifySignature([][]byte{[]byte(secretKey)}, body, req.Header.Get(paystack.SignatureHeader))
		r.mu.Lock()
		n := len(r.got)
		r.got = append(r.got, received{event, signed, time.Now()})
		r.mu.Unlock()
		status := http.StatusOK
		if !signed {
			status = http.StatusUnauthorized
		} else if r.answer != nil {
			status = r.answer(n)
		}
		w.WriteHeader(status)
	}))
	t.Cleanup(server.Close)
	r.url = server.URL
	return r
}

func (r *receiver) events() []received {
	r.mu.Lock()
	defer r.mu.Unlock()
	return append([]received(nil), r.got...)
}

func (r *receiver) names() string {
	var out []string
	for _, e := range r.events() {
		out = append(out, e.Name+" "+e.Reference)
	}
	return strings.Join(out, ", ")
}

func asJSON(t *testing.T, v any) string {
	t.Helper()
	var buf bytes.Buffer
	encoder := json.NewEncoder(&buf)
	encoder.SetIndent("", " ")
	if err := encoder.Encode(v); err != nil {
		t.Fatal(err)
	}
	return buf.String()
}

func reference(n int) string { return fmt.Sprintf("reference-number-%04d", n) }
