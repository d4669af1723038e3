package server

import (
	"context"
	"encoding/json"
	"net/netip"
	"strings"
	"testing"

	"github.com/creditpocket/creditpocket/gen/api"
)

func TestHealth(t *testing.T) {
	reason := ""
	f := newFixture(t, Config{Version: Version{Version: "1.2.3", Commit: "abc", BuiltAt: "2025-03-22"}},
		Check{"database", func(context.Context) string { return reason }},
		Check{"jobs", func(context.Context) string { return "" }})
	if r := f.do("GET", "/healthz", ""); r.StatusCode != 200 || strings.TrimSpace(string(r.raw)) != `{"status":"alive"}` {
		t.Fatalf("%d %s", r.StatusCode, r.raw)
	}
	if r := f.do("GET", "/readyz", ""); r.StatusCode != 200 || strings.TrimSpace(string(r.raw)) != `{"status":"ready"}` {
		t.Fatalf("%d %s", r.StatusCode, r.raw)
	}
	reason = "cannot be reached"
	if r := f.do("GET", "/readyz", ""); r.StatusCode != 503 || strings.TrimSpace(string(r.raw)) != `{"status":"not ready","reasons":{"database":"cannot be reached"}}` {
		t.Fatalf("%d %s", r.StatusCode, r.raw)
	}
	f.server.draining.Store(true)
	if r := f.do("GET", "/readyz", ""); r.StatusCode != 503 || !strings.Contains(string(r.raw), "shutting down") {
		t.Fatalf("%d %s", r.StatusCode, r.raw)
	}
	var v Version
	if r := f.do("GET", "/version", ""); json.Unmarshal(r.raw, &v) != nil || v != (Version{"1.2.3", "abc", "2025-03-22"}) {
		t.Fatalf("%s", r.raw)
	}
}

func TestMetrics(t *testing.T) {
	f := newFixture(t, Config{})
	f.handlers.check = func(context.Context) (api.CheckLoginResponseObject, error) {
		return rawAnswer{200, "application/json", goodState}, nil
	}
	f.do("GET", "/user/login/check", "")
	f.do("GET", "/user/login/check", "")
	f.do("GET", "/user/login/check?x=1", "")
	f.handlers.check = func(context.Context) (api.CheckLoginResponseObject, error) { return planted["cut"].answer, nil }
	f.do("GET", "/user/login/check", "")
	r := f.do("GET", "/metrics", "")
	for _, want := range []string{
		`creditpocket_http_requests_total{operation="checkLogin",status="200"} 2`,
		`creditpocket_http_requests_total{operation="checkLogin",status="400"} 1`,
		`creditpocket_http_requests_total{operation="checkLogin",status="500"} 1`,
		`creditpocket_http_request_duration_seconds_count{operation="checkLogin"} 4`,
		`creditpocket_http_response_violations_total{operation="checkLogin"} 1`,
		`creditpocket_http_requests_in_flight 0`,
	} {
		if !strings.Contains(string(r.raw), want+"\n") {
			t.Errorf("no %s in\n%s", want, r.raw)
		}
	}
}

func TestMetricsAreNotForEverybody(t *testing.T) {
	f := newFixture(t, Config{MetricsFrom: []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")}})
	if r := f.do("GET", "/metrics", ""); r.StatusCode != 404 {
		t.Fatalf("a stranger reads the metrics: %d", r.StatusCode)
	}
	f = newFixture(t, Config{})
	if r := f.do("GET", "/metrics", "", "X-Forwarded-For: 8.8.8.8"); r.StatusCode != 404 {
		t.Fatalf("a request through an unknown proxy reads the metrics: %d", r.StatusCode)
	}
	f = newFixture(t, Config{TrustedProxies: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}})
	if r := f.do("GET", "/metrics", "", "X-Forwarded-For: 8.8.8.8"); r.StatusCode != 404 {
		t.Fatalf("a stranger behind our proxy reads the metrics: %d", r.StatusCode)
	}
	if r := f.do("GET", "/metrics", "", "X-Forwarded-For: 10.1.2.3"); r.StatusCode != 200 {
		t.Fatalf("our own network cannot read the metrics: %d", r.StatusCode)
	}
}

func TestClientAddress(t *testing.T) {
	for _, c := range []struct {
		name    string
		trusted []netip.Prefix
		header  string
		want    string
	}{
		{"nobody is trusted", nil, "8.8.8.8", "127.0.0.1"},
		{"our proxy", []netip.Prefix{netip.MustParsePrefix("127.0.0.1/32")}, "8.8.8.8", "8.8.8.8"},
		{"a claim before our proxy", []netip.Prefix{netip.MustParsePrefix("127.0.0.1/32")}, "1.1.1.1, 8.8.8.8", "8.8.8.8"},
		{"two of ours", []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8"), netip.MustParsePrefix("10.0.0.0/8")}, "1.1.1.1, 8.8.8.8, 10.1.1.1", "8.8.8.8"},
		{"another proxy's", []netip.Prefix{netip.MustParsePrefix("192.0.2.0/24")}, "8.8.8.8", "127.0.0.1"},
	} {
		t.Run(c.name, func(t *testing.T) {
			f := newFixture(t, Config{TrustedProxies: c.trusted})
			var got string
			f.handlers.check = func(ctx context.Context) (api.CheckLoginResponseObject, error) {
				got = request(ctx).IP
				return rawAnswer{200, "application/json", goodState}, nil
			}
			f.do("GET", "/user/login/check", "", "X-Forwarded-For: "+c.header)
			if got != c.want {
				t.Fatalf("got %s, want %s", got, c.want)
			}
		})
	}
}
