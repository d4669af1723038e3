package server

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/creditpocket/creditpocket/gen/api"
	"github.com/creditpocket/creditpocket/gen/catalog"
	"github.com/creditpocket/creditpocket/gen/spec"
	"github.com/creditpocket/creditpocket/internal/clock"
	"github.com/creditpocket/creditpocket/internal/fault"
	"github.com/prometheus/client_golang/prometheus"
)

// fakeHandlers are the operations a test cares about; calling another one panics on the nil interface.
type fakeHandlers struct {
	api.StrictServerInterface
	login    func(context.Context, api.LoginRequestObject) (api.LoginResponseObject, error)
	check    func(context.Context) (api.CheckLoginResponseObject, error)
	logout   func(context.Context) (api.LogoutResponseObject, error)
	products func(context.Context) (api.GetHomeProductsResponseObject, error)
	loans    func(context.Context, api.ListLoansRequestObject) (api.ListLoansResponseObject, error)
	apply    func(context.Context, api.ApplyLoanRequestObject) (api.ApplyLoanResponseObject, error)
	image    func(context.Context, api.GetImageRequestObject) (api.GetImageResponseObject, error)
	hot      func(context.Context, api.ListHotQuestionsRequestObject) (api.ListHotQuestionsResponseObject, error)
	webhook  func(context.Context, api.ReceivePaystackEventRequestObject) (api.ReceivePaystackEventResponseObject, error)
	account  func(context.Context, api.SaveBankAccountRequestObject) (api.SaveBankAccountResponseObject, error)
}

func (h *fakeHandlers) Login(ctx context.Context, r api.LoginRequestObject) (api.LoginResponseObject, error) {
	return h.login(ctx, r)
}
func (h *fakeHandlers) CheckLogin(ctx context.Context, _ api.CheckLoginRequestObject) (api.CheckLoginResponseObject, error) {
	return h.check(ctx)
}
func (h *fakeHandlers) Logout(ctx context.Context, _ api.LogoutRequestObject) (api.LogoutResponseObject, error) {
	return h.logout(ctx)
}
func (h *fakeHandlers) GetHomeProducts(ctx context.Context, _ api.GetHomeProductsRequestObject) (api.GetHomeProductsResponseObject, error) {
	return h.products(ctx)
}
func (h *fakeHandlers) ListLoans(ctx context.Context, r api.ListLoansRequestObject) (api.ListLoansResponseObject, error) {
	return h.loans(ctx, r)
}
func (h *fakeHandlers) ApplyLoan(ctx context.Context, r api.ApplyLoanRequestObject) (api.ApplyLoanResponseObject, error) {
	return h.apply(ctx, r)
}
func (h *fakeHandlers) GetImage(ctx context.Context, r api.GetImageRequestObject) (api.GetImageResponseObject, error) {
	return h.image(ctx, r)
}
func (h *fakeHandlers) ListHotQuestions(ctx context.Context, r api.ListHotQuestionsRequestObject) (api.ListHotQuestionsResponseObject, error) {
	return h.hot(ctx, r)
}
func (h *fakeHandlers) ReceivePaystackEvent(ctx context.Context, r api.ReceivePaystackEventRequestObject) (api.ReceivePaystackEventResponseObject, error) {
	return h.webhook(ctx, r)
}
func (h *fakeHandlers) SaveBankAccount(ctx context.Context, r api.SaveBankAccountRequestObject) (api.SaveBankAccountResponseObject, error) {
	return h.account(ctx, r)
}

// Tokens and brands the fixture's authenticator knows.
const (
	brandA       = "CycleCash"
	brandB       = "QuickNaira"
	liveToken    = "live-AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
	revokedToken = "gone-AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
	blockedToken = "bloc-AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
	goodSign     = "c0ffee"
)

type authenticator struct{}

func (authenticator) Session(_ context.Context, token, operation string) (Principal, error) {
	switch token {
	case liveToken:
		return Principal{BorrowerID: 7, SessionID: 70, Brand: brandA}, nil
	case revokedToken:
		if operation == "logout" {
			return Principal{BorrowerID: 7, SessionID: 71, Brand: brandA}, nil
		}
		return Principal{}, fault.New(catalog.SessionExpired)
	case blockedToken:
		return Principal{}, fault.New(catalog.AccountBlocked)
	}
	return Principal{}, fault.New(catalog.Unauthenticated)
}

func (authenticator) App(_ context.Context, code string) (string, error) {
	switch code {
	case "":
		return brandA, nil
	case brandA, brandB:
		return code, nil
	}
	return "", fault.New(catalog.UnknownApp)
}

func (authenticator) GatewaySignature(raw []byte, signature string) error {
	if signature != goodSign || len(raw) == 0 {
		return fault.New(catalog.SignatureInvalid)
	}
	return nil
}

// limiter records what it was asked and refuses the classes it is told to.
type limiter struct {
	mu     sync.Mutex
	asked  []string
	refuse string
	err    error
}

func (l *limiter) Allow(_ context.Context, class string, keys ...string) (Verdict, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.asked = append(l.asked, class+" "+strings.Join(keys, " "))
	if l.err != nil {
		return Verdict{}, l.err
	}
	v := Verdict{Allowed: class != l.refuse, Policy: class, Limit: 60, Window: time.Minute, Remaining: 59, Reset: 1500 * time.Millisecond}
	if !v.Allowed {
		v.Remaining, v.RetryAfter = 0, 2500*time.Millisecond
	}
	return v, nil
}

// syncBuffer is a log that a test can read while requests run.
type syncBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (s *syncBuffer) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.Write(p)
}

func (s *syncBuffer) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.String()
}

// fixture is a server with the real contract, made-up handlers and a real connection.
type fixture struct {
	t        *testing.T
	handlers *fakeHandlers
	limiter  *limiter
	log      *syncBuffer
	server   *Server
	http     *httptest.Server
}

var fixtureTime = time.Date(2025, 3, 22, 12, 34, 3, 300e6, time.UTC)

func newFixture(t *testing.T, config Config, checks ...Check) *fixture {
	t.Helper()
	f := &fixture{t: t, handlers: &fakeHandlers{}, limiter: &limiter{}, log: &syncBuffer{}}
	s, err := New(config, Deps{
		API:     f.handlers,
		Auth:    authenticator{},
		Limiter: f.limiter,
		Clock:   clock.NewManual(fixtureTime),
		Log:     slog.New(slog.NewTextHandler(f.log, &slog.HandlerOptions{Level: slog.LevelDebug})),
		Metrics: prometheus.NewRegistry(),
		Checks:  checks,
	})
	if err != nil {
		t.Fatal(err)
	}
	f.server, f.http = s, httptest.NewServer(s.Handler())
	t.Cleanup(f.http.Close)
	return f
}

// reply is an answer with its body read.
type reply struct {
	*http.Response
	raw []byte
}

// failure decodes the envelope of an error.
func (r reply) failure(t *testing.T) api.ErrorResponse {
	t.Helper()
	var e api.ErrorResponse
	if err := json.Unmarshal(r.raw, &e); err != nil {
		t.Fatalf("the answer is not an envelope: %v: %s", err, r.raw)
	}
	return e
}

// rules lists "field: rule" of an error.
func (r reply) rules(t *testing.T) []string {
	t.Helper()
	out := []string{}
	for _, f := range r.failure(t).Data.Fields {
		out = append(out, f.Name+": "+f.Message)
	}
	return out
}

// do sends a request. Header lines are "Name: value"; without one that names it, a body is JSON.
func (f *fixture) do(method, path, body string, header ...string) reply {
	f.t.Helper()
	var reader io.Reader
	if body != "" {
		reader = strings.NewReader(body)
	}
	r, err := http.NewRequest(method, f.http.URL+path, reader)
	if err != nil {
		f.t.Fatal(err)
	}
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	for _, line := range header {
		name, value, _ := strings.Cut(line, ": ")
		r.Header[http.CanonicalHeaderKey(name)] = append(r.Header[http.CanonicalHeaderKey(name)], value)
		if name == "Content-Type" {
			r.Header.Set(name, value)
		}
	}
	return f.send(r)
}

func (f *fixture) send(r *http.Request) reply {
	f.t.Helper()
	res, err := f.http.Client().Do(r)
	if err != nil {
		f.t.Fatal(err)
	}
	defer res.Body.Close()
	raw, err := io.ReadAll(res.Body)
	if err != nil {
		f.t.Fatal(err)
	}
	return reply{res, raw}
}

// wantReason asserts status and reason, and that the envelope is whole.
func (f *fixture) wantReason(r reply, want catalog.Entry) {
	f.t.Helper()
	e := r.failure(f.t)
	if r.StatusCode != want.Status || string(e.Data.Reason) != want.Reason || e.Code != want.Code {
		f.t.Fatalf("got %d %s (%d), want %d %s\n%s\nlog: %s", r.StatusCode, e.Data.Reason, e.Code, want.Status, want.Reason, r.raw, f.log)
	}
	if e.Message == "" || e.Data.Fields == nil || e.Data.RequestID != r.Header.Get(HeaderRequestID) || e.Data.RequestID == "" {
		f.t.Fatalf("incomplete envelope: %s", r.raw)
	}
	if want := "1742646843300"; e.Token != want {
		f.t.Fatalf("token %s, want %s", e.Token, want)
	}
}

const bearerLive = "Authorization: Bearer " + liveToken

// contract is the document with its examples, parsed once.
var contract = sync.OnceValues(spec.Load)

// example decodes the first 200 example of an operation into a response.
func example[T any](t testing.TB, path, method string) T {
	t.Helper()
	doc, err := contract()
	if err != nil {
		t.Fatal(err)
	}
	examples := doc.Paths.Value(path).GetOperation(method).Responses.Status(200).Value.Content["application/json"].Examples
	raw, err := json.Marshal(examples[slices.Sorted(maps.Keys(examples))[0]].Value.Value)
	if err != nil {
		t.Fatal(err)
	}
	var out T
	if err := json.Unmarshal(raw, &out); err != nil {
		t.Fatal(err)
	}
	return out
}
