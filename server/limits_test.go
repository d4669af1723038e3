package server

import (
	"context"
	"errors"
	"slices"
	"testing"

	"github.com/creditpocket/creditpocket/gen/api"
	"github.com/creditpocket/creditpocket/gen/catalog"
)

func TestLimits(t *testing.T) {
	f, _ := whoFixture(t)
	r := f.do("GET", "/loan/record/page", "", bearerLive)
	if r.Header.Get("RateLimit") != `"read";r=59;t=2` || r.Header.Get("RateLimit-Policy") != `"read";q=60;w=60` {
		t.Fatalf("%q %q", r.Header.Get("RateLimit"), r.Header.Get("RateLimit-Policy"))
	}
	f.do("GET", "/home/product", "")
	f.do("GET", "/loan/record/page", "")
	f.do("POST", "/user/login", "{}")
	want := []string{"read ip:127.0.0.1 borrower:7", "read ip:127.0.0.1", "auth-failure ip:127.0.0.1", "login ip:127.0.0.1"}
	if !slices.Equal(f.limiter.asked, want) {
		t.Fatalf("asked %q, want %q", f.limiter.asked, want)
	}
}

func TestRefusedByALimit(t *testing.T) {
	f, _ := whoFixture(t)
	f.limiter.refuse = "login"
	f.handlers.login = func(context.Context, api.LoginRequestObject) (api.LoginResponseObject, error) {
		t.Error("the handler ran")
		return nil, nil
	}
	r := f.do("POST", "/user/login", `{"mobile":"07000000003","code":"123456"}`)
	f.wantReason(r, catalog.RateLimited)
	if r.Header.Get("Retry-After") != "3" || r.Header.Get("RateLimit") != `"login";r=0;t=2` {
		t.Fatalf("%v", r.Header)
	}

	// Guessing tokens runs into a limit of its own.
	f.limiter.refuse = authFailureClass
	f.wantReason(f.do("GET", "/loan/record/page", "", "Authorization: Bearer "+revokedToken), catalog.RateLimited)
	if r := f.do("GET", "/loan/record/page", "", bearerLive); r.StatusCode != 200 {
		t.Fatalf("a live token is limited by others' failures: %d", r.StatusCode)
	}
}

func TestLimiterThatCannotTell(t *testing.T) {
	f, _ := whoFixture(t)
	f.limiter.err = errors.New("no database")
	f.wantReason(f.do("GET", "/loan/record/page", "", bearerLive), catalog.Unavailable)
}
