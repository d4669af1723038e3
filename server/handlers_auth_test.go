package server

import (
	"context"
	"encoding/json"
	"log/slog"
	"net/http/httptest"
	"regexp"
	"testing"
	"time"

	"github.com/creditpocket/creditpocket/gen/api"
	"github.com/creditpocket/creditpocket/gen/catalog"
	"github.com/creditpocket/creditpocket/internal/access"
	"github.com/creditpocket/creditpocket/internal/clock"
	"github.com/creditpocket/creditpocket/internal/fault"
	"github.com/creditpocket/creditpocket/internal/provider/smssink"
	"github.com/creditpocket/creditpocket/internal/store"
	"github.com/creditpocket/creditpocket/internal/testkit"
	"github.com/prometheus/client_golang/prometheus"
)

// gateHandlers are the real handlers of auth.
type gateHandlers struct {
	unserved
	*authHandlers
}

// accessGate is the real authenticator and limiter in the words of this package.
type accessGate struct {
	*access.Service
	limiter *access.Limiter
}

func (g accessGate) Session(ctx context.Context, token, operation string) (Principal, error) {
	p, err := g.Service.Session(ctx, token, operation)
	return Principal(p), err
}

func (accessGate) GatewaySignature([]byte, string) error { return fault.New(catalog.SignatureInvalid) }

func (g accessGate) Allow(ctx context.Context, class string, keys ...string) (Verdict, error) {
	v, err := g.limiter.Allow(ctx, class, keys...)
	return Verdict(v), err
}

// gate is a server whose sessions, codes and limits are real.
type gate struct {
	*fixture
	clock  *clock.Manual
	store  *store.Store
	access *access.Service
	inbox  *smssink.Sink
}

func newGate(t *testing.T) *gate {
	t.Helper()
	g := &gate{fixture: &fixture{t: t, log: &syncBuffer{}}, clock: clock.NewManual(fixtureTime)}
	g.store = testkit.Store(t, g.clock)
	err := g.store.InTx(t.Context(), func(ctx context.Context, tx *store.Tx) error {
		for code, prefix := range map[string]string{brandA: "CC", brandB: "QN"} {
			if _, err := tx.SeedBrand(ctx, store.Brand{Code: code, Name: code, IndentPrefix: prefix}); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if g.inbox, err = smssink.New(smssink.Options{Clock: g.clock}); err != nil {
		t.Fatal(err)
	}
	limiter, err := access.NewLimiter(g.store, g.clock, access.LimiterOptions{})
	if err != nil {
		t.Fatal(err)
	}
	log := slog.New(slog.NewTextHandler(g.log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	g.access = access.New(g.store, g.inbox, limiter, g.clock, access.Config{DefaultBrand: brandA, Passwords: access.PasswordParams{MemoryKiB: 64, Passes: 1}}, log)
	t.Cleanup(func() { _ = g.access.Close(context.Background()) })
	door := accessGate{g.access, limiter}
	g.server, err = New(Config{}, Deps{API: gateHandlers{authHandlers: &authHandlers{g.access, NewStamp(g.clock)}}, Auth: door, Limiter: door,
		Clock: g.clock, Log: log, Metrics: prometheus.NewRegistry()})
	if err != nil {
		t.Fatal(err)
	}
	g.http = httptest.NewServer(g.server.Handler())
	t.Cleanup(g.http.Close)
	return g
}

var codeInText = regexp.MustCompile(`\b[0-9]{6}\b`)

// code asks for a code over HTTP, lets the job run and reads the phone.
func (g *gate) code(mobile, purpose string, header ...string) string {
	g.t.Helper()
	var sent api.CodeSentResponse
	g.ok(g.do("POST", "/sms/send", `{"mobile":"`+mobile+`","purpose":`+purpose+`}`, header...), &sent)
	if sent.Data != (api.CodeSent{CodeLength: 6, ExpireSeconds: 300, ResendSeconds: 60}) {
		g.t.Errorf("%+v", sent.Data)
	}
	ids, err := g.store.WaitingSMS(g.t.Context(), 10)
	if err != nil {
		g.t.Fatal(err)
	}
	for _, id := range ids {
		if err := g.access.SendSMS(g.t.Context(), id); err != nil {
			g.t.Fatal(err)
		}
	}
	texts, err := g.inbox.Messages(mobile)
	if err != nil || len(texts) == 0 {
		g.t.Fatalf("no text: %v", err)
	}
	return codeInText.FindString(texts[0].Text)
}

// ok wants 200 and decodes.
func (g *gate) ok(r reply, into any) {
	g.t.Helper()
	if r.StatusCode != 200 {
		g.t.Fatalf("%d: %s\n%s", r.StatusCode, r.raw, g.log)
	}
	if err := json.Unmarshal(r.raw, into); err != nil {
		g.t.Fatal(err)
	}
}

func (g *gate) loggedIn(token string) api.LoginState {
	g.t.Helper()
	var state api.LoginStateResponse
	g.ok(g.do("GET", "/user/login/check", "", "Authorization: Bearer "+token), &state)
	return state.Data
}

func TestComingInOverHTTP(t *testing.T) {
	g := newGate(t)
	code := g.code("07000000003", "1")

	var valid api.CodeCheckResponse
	g.ok(g.do("POST", "/sms/check", `{"mobile":"7000000003","code":"`+code+`","purpose":1}`), &valid)
	g.wantReason(g.do("POST", "/sms/check", `{"mobile":"7000000003","code":"`+code+`","purpose":2}`), catalog.CodeInvalid)
	g.wantReason(g.do("POST", "/user/register", `{"mobile":"7000000003","code":"`+code+`","password":"password1"}`), catalog.PasswordTooCommon)

	body := `{"mobile":"+2347000000003","code":"` + code + `","password":"blue-mango-7421","deviceId":"5f1c9f0e","applyTerminal":1,"inviteCode":"ADA2025"}`
	var first, again api.UserVoResponse
	r := g.do("POST", "/user/register", body, "Idempotency-Key: register-0001")
	g.ok(r, &first)
	if u := first.Data; u.Mobile != "7000000003" || u.AppCode != brandA || u.TokenExpireTime != "2025-04-21 13:34:03" || u.IsNew != 1 || u.IsPasswordSet != 1 || r.Header.Get("Idempotency-Replayed") != "" {
		t.Errorf("%+v", u)
	}
	r = g.do("POST", "/user/register", body, "Idempotency-Key: register-0001")
	g.ok(r, &again)
	if again.Data != first.Data || r.Header.Get("Idempotency-Replayed") != "true" {
		t.Errorf("the repeat: %s", r.raw)
	}
	g.wantReason(g.do("POST", "/user/register", `{"mobile":"07000000003","code":"000000","password":"blue-mango-7421"}`, "Idempotency-Key: register-0001"), catalog.IdempotencyKeyReused)
	if r.Header.Get("RateLimit") == "" || r.Header.Get("RateLimit-Policy") == "" {
		t.Errorf("no limit is told: %v", r.Header)
	}

	var in api.UserVoResponse
	g.ok(g.do("POST", "/user/login", `{"mobile":"2347000000003","password":"blue-mango-7421"}`), &in)
	if in.Data.UID != first.Data.UID {
		t.Errorf("logged in as %s", in.Data.UID)
	}
	g.wantReason(g.do("POST", "/user/login", `{"mobile":"07000000003","password":"blue-mango-7422"}`), catalog.InvalidCredentials)
	g.wantReason(g.do("POST", "/user/login", `{"mobile":"07000000004","password":"blue-mango-7421"}`), catalog.InvalidCredentials)
	g.wantReason(g.do("POST", "/user/login", `{"mobile":"07000000003"}`), catalog.ValidationFailed)
	// The other brand knows nobody of that number.
	g.wantReason(g.do("POST", "/user/login", `{"mobile":"07000000003","password":"blue-mango-7421"}`, "X-App-Code: "+brandB), catalog.InvalidCredentials)
	g.wantReason(g.do("POST", "/user/login", `{"mobile":"07000000003","password":"blue-mango-7421"}`, "X-App-Code: Nobody"), catalog.UnknownApp)

	if state := g.loggedIn(in.Data.Token); state.Login != 1 || state.UID != first.Data.UID || state.TokenExpireTime != "2025-04-21 13:34:03" {
		t.Errorf("%+v", state)
	}
}

func TestALimitOfTextsIsTold(t *testing.T) {
	g := newGate(t)
	g.code("07000000003", "2")
	r := g.do("POST", "/sms/send", `{"mobile":"07000000003","purpose":2}`)
	g.wantReason(r, catalog.SMSRateLimited)
	if r.Header.Get("Retry-After") != "60" {
		t.Errorf("Retry-After %q", r.Header.Get("Retry-After"))
	}
	g.clock.Advance(time.Minute)
	code := g.code("07000000003", "2")
	// Nobody has registered: the code is right and of no use.
	r = g.do("POST", "/user/login", `{"mobile":"07000000003","code":"`+code+`"}`)
	if r.StatusCode != 401 || r.failure(t).Data.Reason != api.ErrorCodeInvalidCredentials {
		t.Errorf("%d: %s", r.StatusCode, r.raw)
	}
}

func TestLoggingOutOverHTTP(t *testing.T) {
	g := newGate(t)
	var in api.UserVoResponse
	g.ok(g.do("POST", "/user/register", `{"mobile":"07000000003","code":"`+g.code("07000000003", "1")+`","password":"blue-mango-7421"}`), &in)
	token := "Authorization: Bearer " + in.Data.Token
	for _, ahead := range []string{"Sec-Purpose: prefetch;prerender", "Purpose: prefetch"} {
		var out api.LogoutResultResponse
		g.ok(g.do("GET", "/user/logout", "", token, ahead), &out)
	}
	if g.loggedIn(in.Data.Token).Login != 1 {
		t.Fatal("a prefetch logged the borrower out")
	}
	g.wantReason(g.do("GET", "/user/logout", "", token, "X-App-Code: "+brandB), catalog.WrongApp)
	for _, method := range []string{"GET", "POST", "GET"} {
		var out api.LogoutResultResponse
		g.ok(g.do(method, "/user/logout", "", token), &out)
		if out.Data.Logout != 1 {
			t.Errorf("%+v", out.Data)
		}
	}
	if state := g.loggedIn(in.Data.Token); state != (api.LoginState{}) {
		t.Errorf("after logout: %+v", state)
	}
	g.wantReason(g.do("GET", "/user/logout", ""), catalog.Unauthenticated)
	g.wantReason(g.do("GET", "/loan/record/page", "", token), catalog.SessionExpired)
	g.wantReason(g.do("GET", "/user/logout", "", "Authorization: Bearer "+liveToken), catalog.Unauthenticated)
}

// Neither a code nor a password nor a token may reach the log, at any level.
func TestTheLogHoldsNoSecrets(t *testing.T) {
	g := newGate(t)
	code := g.code("07000000003", "1")
	var in api.UserVoResponse
	g.ok(g.do("POST", "/user/register", `{"mobile":"07000000003","code":"`+code+`","password":"blue-mango-7421"}`), &in)
	g.do("POST", "/user/login", `{"mobile":"07000000003","password":"blue-mango-7422"}`)
	g.do("POST", "/user/login", `{"mobile":"07000000003","code":"`+code+`"}`)
	g.do("POST", "/user/login", `{"mobile":"07000000003","password":"blue-mango-7421","code":"12"}`)
	for _, secret := range []string{code, "blue-mango", in.Data.Token, "7000000003"} {
		if regexp.MustCompile(`(^|[^0-9A-Za-z])` + regexp.QuoteMeta(secret)).MatchString(g.log.String()) {
			t.Errorf("%s is in the log: %s", secret, g.log)
		}
	}
}
