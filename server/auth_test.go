package server

import (
	"context"
	"net/http"
	"strings"
	"testing"

	"github.com/creditpocket/creditpocket/gen/api"
	"github.com/creditpocket/creditpocket/gen/catalog"
)

// whoFixture answers every operation it has and remembers who asked.
func whoFixture(t *testing.T) (*fixture, *Principal) {
	f := newFixture(t, Config{})
	who := &Principal{}
	products := example[api.HomeProductsResponse](t, "/home/product", "GET")
	loans := example[api.LoanPageResponse](t, "/loan/record/page", "GET")
	f.handlers.products = func(ctx context.Context) (api.GetHomeProductsResponseObject, error) {
		*who = principal(ctx)
		return api.GetHomeProducts200JSONResponse(products), nil
	}
	f.handlers.check = func(ctx context.Context) (api.CheckLoginResponseObject, error) {
		*who = principal(ctx)
		return rawAnswer{200, "application/json", goodState}, nil
	}
	f.handlers.loans = func(ctx context.Context, _ api.ListLoansRequestObject) (api.ListLoansResponseObject, error) {
		*who = principal(ctx)
		return api.ListLoans200JSONResponse(loans), nil
	}
	f.handlers.logout = func(ctx context.Context) (api.LogoutResponseObject, error) {
		*who = principal(ctx)
		code, message, token := f.server.stamp.OK()
		return api.Logout200JSONResponse{Code: code, Message: message, Token: token, Data: api.LogoutResult{Logout: 1}}, nil
	}
	return f, who
}

func TestAuthentication(t *testing.T) {
	session := Principal{BorrowerID: 7, SessionID: 70, Brand: brandA}
	bearer := func(token string) string { return "Authorization: Bearer " + token }
	f, who := whoFixture(t)
	for _, c := range []struct {
		name    string
		path    string
		header  []string
		want    catalog.Entry // zero: 200
		wantWho Principal
	}{
		{"session", "/loan/record/page", []string{bearer(liveToken)}, catalog.Entry{}, session},
		{"session, scheme in small letters", "/loan/record/page", []string{"Authorization: bearer " + liveToken}, catalog.Entry{}, session},
		{"session with its brand", "/loan/record/page", []string{bearer(liveToken), "X-App-Code: " + brandA}, catalog.Entry{}, session},
		{"no token", "/loan/record/page", nil, catalog.Unauthenticated, Principal{}},
		{"other scheme", "/loan/record/page", []string{"Authorization: Basic " + liveToken}, catalog.Unauthenticated, Principal{}},
		{"no token after the scheme", "/loan/record/page", []string{"Authorization: Bearer "}, catalog.Unauthenticated, Principal{}},
		{"token of another form", "/loan/record/page", []string{bearer("short")}, catalog.Unauthenticated, Principal{}},
		{"token with a quote", "/loan/record/page", []string{bearer(strings.Repeat("'", 43))}, catalog.Unauthenticated, Principal{}},
		{"revoked", "/loan/record/page", []string{bearer(revokedToken)}, catalog.SessionExpired, Principal{}},
		{"blocked", "/loan/record/page", []string{bearer(blockedToken)}, catalog.AccountBlocked, Principal{}},
		{"wrong brand", "/loan/record/page", []string{bearer(liveToken), "X-App-Code: " + brandB}, catalog.WrongApp, Principal{}},
		{"unknown brand", "/loan/record/page", []string{bearer(liveToken), "X-App-Code: Nobody"}, catalog.UnknownApp, Principal{}},
		{"revoked may log out", "/user/logout", []string{bearer(revokedToken)}, catalog.Entry{}, Principal{BorrowerID: 7, SessionID: 71, Brand: brandA}},
		{"nobody cannot log out", "/user/logout", nil, catalog.Unauthenticated, Principal{}},

		{"visitor", "/home/product", nil, catalog.Entry{}, Principal{Brand: brandA}},
		{"visitor of a brand", "/home/product", []string{"X-App-Code: " + brandB}, catalog.Entry{}, Principal{Brand: brandB}},
		{"personal", "/home/product", []string{bearer(liveToken)}, catalog.Entry{}, session},
		{"dead token where one is optional", "/home/product", []string{bearer(revokedToken)}, catalog.SessionExpired, Principal{}},
		{"blocked where a session is optional", "/home/product", []string{bearer(blockedToken)}, catalog.Entry{}, Principal{Brand: brandA}},
		{"session of another brand where it is optional", "/home/product", []string{bearer(liveToken), "X-App-Code: " + brandB}, catalog.Entry{}, Principal{Brand: brandB}},
		{"unknown brand of a visitor", "/home/product", []string{"X-App-Code: Nobody"}, catalog.UnknownApp, Principal{}},

		{"check, visitor", "/user/login/check", nil, catalog.Entry{}, Principal{Brand: brandA}},
		{"check, alive", "/user/login/check", []string{bearer(liveToken)}, catalog.Entry{}, session},
		{"check, dead", "/user/login/check", []string{bearer(revokedToken)}, catalog.Entry{}, Principal{Brand: brandA}},
		{"check, no token at all", "/user/login/check", []string{"Authorization: what"}, catalog.Entry{}, Principal{Brand: brandA}},
		{"check, blocked", "/user/login/check", []string{bearer(blockedToken)}, catalog.Entry{}, Principal{Brand: brandA}},
		{"check, unknown brand", "/user/login/check", []string{"X-App-Code: Nobody"}, catalog.UnknownApp, Principal{}},
	} {
		t.Run(c.name, func(t *testing.T) {
			f.t, *who = t, Principal{}
			r := f.do("GET", c.path, "", c.header...)
			if c.want.Reason != "" {
				f.wantReason(r, c.want)
			} else if r.StatusCode != 200 {
				t.Fatalf("%d %s", r.StatusCode, r.raw)
			}
			if *who != c.wantWho {
				t.Fatalf("the handler saw %+v, want %+v", *who, c.wantWho)
			}
		})
	}
}

func TestChallenge(t *testing.T) {
	f, _ := whoFixture(t)
	if r := f.do("GET", "/loan/record/page", ""); r.Header.Get("WWW-Authenticate") != "Bearer" {
		t.Errorf("no challenge: %v", r.Header)
	}
	if r := f.do("GET", "/home/product", "", "X-App-Code: Nobody"); r.Header.Get("WWW-Authenticate") != "" {
		t.Error("a challenge where a session does not help")
	}
}

func TestGatewaySignature(t *testing.T) {
	f := newFixture(t, Config{})
	const event = "{ \"event\" : \"charge.success\" , \"data\" : {\"Amount\":1,\"amount2\":2.50} }\n"
	var raw []byte
	f.handlers.webhook = func(ctx context.Context, r api.ReceivePaystackEventRequestObject) (api.ReceivePaystackEventResponseObject, error) {
		raw = request(ctx).RawBody
		code, message, token := f.server.stamp.OK()
		return api.ReceivePaystackEvent200JSONResponse{Code: code, Message: message, Token: token, Data: api.Ack{Accepted: 1}}, nil
	}
	for _, header := range [][]string{nil, {"x-paystack-signature: bad"}} {
		f.wantReason(f.do("POST", "/gateway/paystack/webhook", event, header...), catalog.SignatureInvalid)
	}
	// The signature comes before everything about the body: who cannot sign learns nothing of its form.
	f.wantReason(f.do("POST", "/gateway/paystack/webhook", "not JSON"), catalog.SignatureInvalid)
	if raw != nil {
		t.Fatal("an unsigned event reached the handler")
	}
	if r := f.do("POST", "/gateway/paystack/webhook", event, "x-paystack-signature: "+goodSign); r.StatusCode != 200 || string(raw) != event {
		t.Fatalf("%d %s: the handler saw %q", r.StatusCode, r.raw, raw)
	}
	f.wantReason(f.do("POST", "/gateway/paystack/webhook", `{"data":{}}`, "x-paystack-signature: "+goodSign), catalog.ValidationFailed)
}

func TestUnauthenticatedBodyIsNotRead(t *testing.T) {
	f := newFixture(t, Config{})
	body := &countingReader{}
	r, err := http.NewRequest("POST", f.http.URL+"/user/bank/simple", body)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Expect", "100-continue")
	r.ContentLength = 1000
	f.http.Client().Transport.(*http.Transport).ExpectContinueTimeout = 5e9
	f.wantReason(f.send(r), catalog.Unauthenticated)
	if body.n > 0 {
		t.Fatalf("%d bytes of the body were asked for", body.n)
	}
}

type countingReader struct{ n int }

func (c *countingReader) Read(p []byte) (int, error) { c.n += len(p); clear(p); return len(p), nil }

func TestRequestInfo(t *testing.T) {
	f, _ := whoFixture(t)
	var info requestInfo
	f.handlers.check = func(ctx context.Context) (api.CheckLoginResponseObject, error) {
		info = request(ctx)
		return rawAnswer{200, "application/json", goodState}, nil
	}
	r := f.do("GET", "/user/login/check", "", "X-Request-Id: my-request-1", "Sec-Purpose: prefetch;prerender", "X-Forwarded-For: 9.9.9.9")
	if info.ID != "my-request-1" || r.Header.Get(HeaderRequestID) != "my-request-1" || !info.Prefetch || info.Operation != "checkLogin" || info.IP != "127.0.0.1" {
		t.Fatalf("%+v", info)
	}
	for _, id := range []string{"short", strings.Repeat("x", 65), "has space", "ünïcödé-id"} {
		if r := f.do("GET", "/user/login/check", "", "X-Request-Id: "+id); r.Header.Get(HeaderRequestID) == id || !isToken(info.ID, 8, 64) {
			t.Errorf("the id %q was taken", id)
		}
	}
	if info.Prefetch {
		t.Error("every request is a prefetch")
	}
	if principal(context.Background()) != (Principal{}) || request(context.Background()).ID != "" {
		t.Error("a bare context has a principal")
	}
}
