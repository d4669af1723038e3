package e2e

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha512"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"math"
	mathrand "math/rand/v2"
	"net/http"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/creditpocket/creditpocket/internal/contract"
	"github.com/creditpocket/creditpocket/internal/journey"
	"github.com/creditpocket/creditpocket/internal/testkit/testapp"
)

// world is a running server, the contract, and a judge that sees every answer.
type world struct {
	*testing.T
	app    *testapp.App
	doc    *contract.Document
	judge  *contract.Transport
	client *http.Client
}

// newWorld starts a server. Every answer that breaks the contract fails the test.
func newWorld(t *testing.T, o testapp.Options) *world {
	t.Helper()
	doc, err := contract.Load()
	if err != nil {
		t.Fatal(err)
	}
	w := &world{T: t, app: testapp.New(t, o), doc: doc}
	connections := &http.Transport{MaxIdleConnsPerHost: 16, ExpectContinueTimeout: 10 * time.Second}
	t.Cleanup(connections.CloseIdleConnections)
	if w.judge, err = contract.NewTransport(connections); err != nil {
		t.Fatal(err)
	}
	w.client = &http.Client{Transport: w.judge, Timeout: 60 * time.Second, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	return w
}

// in is the world as a subtest sees it.
func (w *world) in(t *testing.T) *world {
	c := *w
	c.T = t
	return &c
}

// call is a request of an operation, and who sends it.
type call struct {
	*contract.Request
	token string      // of a session; "" for none
	extra http.Header // headers that are no parameters
	base  string      // another server than the world's
	bad   bool        // sign with a wrong key
}

// with is the call with one more header.
func (c call) with(name, value string) call {
	c.extra = c.extra.Clone()
	if c.extra == nil {
		c.extra = http.Header{}
	}
	c.extra.Set(name, value)
	return c
}

// at is the call to another server.
func (c call) at(base string) call {
	c.base = base
	return c
}

// key is the call under an idempotency key.
func (c call) key(key string) call {
	r := *c.Request
	r.Header = r.Header.Clone()
	r.Header.Set("Idempotency-Key", key)
	c.Request = &r
	return c
}

// answer is what came back.
type answer struct {
	Status int
	Header http.Header
	Raw    []byte
	Code   int
	Data   json.RawMessage
	Reason string
	Fields []string
}

func (a answer) String() string { return fmt.Sprintf("%d %s %.300s", a.Status, a.Reason, a.Raw) }

// into decodes the data of a success.
func (a answer) into(t testing.TB, v any) {
	t.Helper()
	if a.Status != http.StatusOK || a.Code != 1 {
		t.Fatalf("expected a success, got %s", a)
	}
	if err := json.Unmarshal(a.Data, v); err != nil {
		t.Fatal(err)
	}
}

// try sends a call. The error is the judge's, or the connection's.
func (w *world) try(c call) (answer, error) {
	base := c.base
	if base == "" {
		base = w.app.BaseURL
	}
	req, err := c.HTTP(context.Background(), base)
	if err != nil {
		return answer{}, err
	}
	maps.Copy(req.Header, c.extra)
	if c.token != "" && req.Header.Get("Authorization") == "" {
		req.Header.Set("Authorization", "Bearer "+c.token)
	}
	if c.Operation.Auth == contract.Gateway && req.Header.Get("X-Paystack-Signature") == "" {
		secret := w.app.Config.PaystackSecret.Reveal()
		if c.bad {
			secret += "x"
		}
		mac := hmac.New(sha512.New, []byte(secret))
		mac.Write(c.Body)
		if c.Pad > 0 {
			mac.Write(slices.Repeat([]byte(" "), int(c.Pad)))
		}
		req.Header.Set("X-Paystack-Signature", hex.EncodeToString(mac.Sum(nil)))
	}
	return w.do(req)
}

// do sends a request that may lie outside the contract.
func (w *world) do(req *http.Request) (answer, error) {
	resp, err := w.client.Do(req)
	if err != nil {
		return answer{}, err
	}
	defer resp.Body.Close()
	raw, err := io.ReadAll(resp.Body)
	if err != nil {
		return answer{}, err
	}
	a := answer{Status: resp.StatusCode, Header: resp.Header, Raw: raw}
	if resp.Header.Get("Content-Type") == "application/json" && len(raw) > 0 {
		var envelope struct {
			Code int
			Data json.RawMessage
		}
		if err := json.Unmarshal(raw, &envelope); err != nil {
			return a, fmt.Errorf("no envelope: %w", err)
		}
		a.Code, a.Data = envelope.Code, envelope.Data
		if a.Status >= http.StatusBadRequest {
			var problem struct {
				Reason string
				Fields []struct{ Name string }
			}
			if err := json.Unmarshal(envelope.Data, &problem); err != nil {
				return a, fmt.Errorf("no problem: %w", err)
			}
			a.Reason = problem.Reason
			for _, f := range problem.Fields {
				a.Fields = append(a.Fields, f.Name)
			}
		}
	}
	return a, nil
}

// send is try that fails the test on an answer outside the contract.
func (w *world) send(c call) answer {
	w.Helper()
	a, err := w.try(c)
	if err != nil {
		w.Fatalf("%s: %v", c.Operation.ID, err)
	}
	return a
}

// want is send that expects one status and reason ("" for a success).
func (w *world) want(c call, status int, reason string) answer {
	w.Helper()
	a := w.send(c)
	if a.Status != status || a.Reason != reason {
		w.Errorf("%s: expected %d %s, got %s", c.Operation.ID, status, reason, a)
	}
	return a
}

// ok is want for a success.
func (w *world) ok(c call) answer {
	w.Helper()
	a := w.send(c)
	if a.Status != http.StatusOK {
		w.Fatalf("%s: expected a success, got %s", c.Operation.ID, a)
	}
	return a
}

// request is a valid request of an operation, under an idempotency key of its own.
func (w *world) request(operation string) *contract.Request {
	w.Helper()
	op := w.doc.Operation(operation)
	if op == nil {
		w.Fatalf("there is no operation %s", operation)
	}
	r := op.Valid(photos(w.T)...)
	if r.Header.Get("Idempotency-Key") != "" {
		r.Header.Set("Idempotency-Key", "test-"+rand.Text())
	}
	return r
}

// eventually asks until it is so, at most for the time.
func (w *world) eventually(limit time.Duration, what string, is func() bool) {
	w.Helper()
	for deadline := time.Now().Add(limit); !is(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(deadline) {
			w.Fatalf("waited %s for %s", limit, what)
		}
	}
}

// readBody reads all of a body.
func readBody(body io.ReadCloser) ([]byte, error) {
	defer body.Close()
	return io.ReadAll(body)
}

// A mobile number, a BVN or an account that two people of a test had by chance would be refused: every draw of so many digits is another one.
var (
	firstDraw = mathrand.Uint64N(100_000_000)
	draws     atomic.Uint64
)

// digits is a text of at least eight decimal digits that no other call gives.
func digits(n int) string {
	const stride = 6_180_339_887 // has no divisor in common with ten
	return fmt.Sprintf("%0*d", n, (firstDraw+draws.Add(1)*stride)%uint64(math.Pow10(n)))
}

var madePhotos = sync.OnceValues(func() ([]byte, error) { return journey.Photo(320, 240, 1) })

// photos are the pictures of an application.
func photos(t testing.TB) [][]byte {
	t.Helper()
	one, err := madePhotos()
	if err != nil {
		t.Fatal(err)
	}
	return [][]byte{one}
}
