package server

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/creditpocket/creditpocket/gen/api"
	"github.com/creditpocket/creditpocket/gen/catalog"
	"github.com/creditpocket/creditpocket/internal/fault"
	"github.com/labstack/echo/v4"
)

func TestErrorsBecomeEnvelopes(t *testing.T) {
	const hidden = "pq: password hunter2"
	for _, c := range []struct {
		name       string
		err        error
		want       catalog.Entry
		retryAfter string
		logged     bool
	}{
		{"fault", fault.New(catalog.InvalidCredentials), catalog.InvalidCredentials, "", false},
		{"wrapped fault", fmt.Errorf("login: %w", fault.New(catalog.AccountBlocked).WithCause(errors.New(hidden))), catalog.AccountBlocked, "", false},
		{"unknown error", errors.New(hidden), catalog.Internal, "", true},
		{"deadline", fmt.Errorf("store: %w", context.DeadlineExceeded), catalog.Unavailable, "5", true},
		{"retry after", fault.New(catalog.SMSRateLimited).WithRetryAfter(61500 * time.Millisecond), catalog.SMSRateLimited, "62", false},
		{"unavailable", fault.New(catalog.Unavailable), catalog.Unavailable, "5", true},
		{"very long", fault.New(catalog.RateLimited).WithRetryAfter(1e6 * time.Second), catalog.RateLimited, "86400", false},
		{"broken body", fmt.Errorf("part: %w", io.ErrUnexpectedEOF), catalog.MalformedBody, "", false},
		{"slow body", fmt.Errorf("part: %w", os.ErrDeadlineExceeded), catalog.MalformedBody, "", false},
		{"too large", fmt.Errorf("part: %w", &http.MaxBytesError{Limit: 1}), catalog.BodyTooLarge, "", false},
		{"not multipart", http.ErrNotMultipart, catalog.UnsupportedContentType, "", false},
		{"echo 400 with a value", echo.NewHTTPError(400, "Invalid format for parameter x: "+hidden), catalog.ValidationFailed, "", false},
		{"echo 415", echo.ErrUnsupportedMediaType, catalog.UnsupportedContentType, "", false},
		{"echo other", echo.NewHTTPError(http.StatusTeapot), catalog.Internal, "", true},
	} {
		t.Run(c.name, func(t *testing.T) {
			f := newFixture(t, Config{})
			f.handlers.login = func(context.Context, api.LoginRequestObject) (api.LoginResponseObject, error) { return nil, c.err }
			r := f.do("POST", "/user/login", `{"mobile":"07000000003","code":"123456"}`)
			f.wantReason(r, c.want)
			if got := r.Header.Get("Retry-After"); got != c.retryAfter {
				t.Errorf("Retry-After %q, want %q", got, c.retryAfter)
			}
			if strings.Contains(string(r.raw), hidden) {
				t.Errorf("the answer tells the cause: %s", r.raw)
			}
			if got := strings.Contains(f.log.String(), "operation failed"); got != c.logged {
				t.Errorf("logged %v, want %v: %s", got, c.logged, f.log)
			}
		})
	}
}

func TestFieldsOfAFault(t *testing.T) {
	f := newFixture(t, Config{})
	f.handlers.login = func(context.Context, api.LoginRequestObject) (api.LoginResponseObject, error) {
		return nil, fault.Invalid("password", "exactly one of password and code").WithField("code", "exactly one of password and code").WithMessage("Say who you are.")
	}
	r := f.do("POST", "/user/login", `{"mobile":"07000000003"}`)
	f.wantReason(r, catalog.ValidationFailed)
	if got := r.rules(t); len(got) != 2 || got[1] != "code: exactly one of password and code" || r.failure(t).Message != "Say who you are." {
		t.Fatalf("%s", r.raw)
	}
}

func TestUndocumentedErrorIsAViolation(t *testing.T) {
	f := newFixture(t, Config{})
	f.handlers.login = func(context.Context, api.LoginRequestObject) (api.LoginResponseObject, error) {
		return nil, fault.New(catalog.OpenLoanExists) // 409: not a status of login
	}
	f.wantReason(f.do("POST", "/user/login", `{"mobile":"07000000003","code":"123456"}`), catalog.ResponseContractViolation)
	if !strings.Contains(f.log.String(), "status 409 is not documented") {
		t.Fatalf("not logged: %s", f.log)
	}
}

func TestPanicsAreContained(t *testing.T) {
	f := newFixture(t, Config{})
	f.handlers.login = func(context.Context, api.LoginRequestObject) (api.LoginResponseObject, error) {
		panic(fmt.Errorf("boom with %s", secret))
	}
	f.wantReason(f.do("POST", "/user/login", `{"mobile":"07000000003","code":"123456"}`), catalog.Internal)
	if log := f.log.String(); !strings.Contains(log, "errors_test.go") || strings.Contains(log, secret) {
		t.Fatalf("the log has no stack, or the panic's value: %s", log)
	}
}

func TestNothingIsNotAnAnswer(t *testing.T) {
	var typedNil *api.Login200JSONResponse
	for name, answer := range map[string]api.LoginResponseObject{"nil": nil, "typed nil": typedNil, "writes nothing": silent{}} {
		t.Run(name, func(t *testing.T) {
			f := newFixture(t, Config{})
			f.handlers.login = func(context.Context, api.LoginRequestObject) (api.LoginResponseObject, error) { return answer, nil }
			f.wantReason(f.do("POST", "/user/login", `{"mobile":"07000000003","code":"123456"}`), catalog.Internal)
		})
	}
}

type silent struct{}

func (silent) VisitLoginResponse(http.ResponseWriter) error { return nil }

// halfWritten fails after it has begun to write.
type halfWritten struct{}

func (halfWritten) VisitLoginResponse(w http.ResponseWriter) error {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Idempotency-Replayed", "true")
	w.WriteHeader(200)
	_, _ = io.WriteString(w, `{"code":1,`)
	return errors.New("the encoder gave up")
}

func TestErrorAfterWritingIsAnError(t *testing.T) {
	f := newFixture(t, Config{})
	f.handlers.login = func(context.Context, api.LoginRequestObject) (api.LoginResponseObject, error) {
		return halfWritten{}, nil
	}
	r := f.do("POST", "/user/login", `{"mobile":"07000000003","code":"123456"}`)
	f.wantReason(r, catalog.Internal)
	if r.Header.Get("Idempotency-Replayed") != "" {
		t.Error("a header of the abandoned answer was sent")
	}
}

func TestUnknownPathsAndMethods(t *testing.T) {
	f := newFixture(t, Config{})
	f.wantReason(f.do("GET", "/nowhere", ""), catalog.NotFound)
	f.wantReason(f.do("GET", "/", ""), catalog.NotFound)
	for _, method := range []string{"GET", "DELETE", "PATCH"} {
		r := f.do(method, "/user/login", "")
		f.wantReason(r, catalog.MethodNotAllowed)
		if allow := r.Header.Get("Allow"); !strings.Contains(allow, "POST") {
			t.Errorf("Allow is %q", allow)
		}
	}
	if r := f.do("OPTIONS", "/user/login", ""); r.StatusCode != 204 || !strings.Contains(r.Header.Get("Allow"), "POST") || r.Header.Get("Access-Control-Allow-Origin") != "" {
		t.Errorf("OPTIONS: %d %v", r.StatusCode, r.Header)
	}
}

func TestHandlerHasADeadline(t *testing.T) {
	f := newFixture(t, Config{HandlerTimeout: 30 * time.Millisecond})
	f.handlers.login = func(ctx context.Context, _ api.LoginRequestObject) (api.LoginResponseObject, error) {
		<-ctx.Done()
		return nil, ctx.Err()
	}
	r := f.do("POST", "/user/login", `{"mobile":"07000000003","code":"123456"}`)
	f.wantReason(r, catalog.Unavailable)
}

func TestSecurityHeaders(t *testing.T) {
	f := newFixture(t, Config{HSTS: true})
	for _, path := range []string{"/nowhere", "/healthz", "/user/login/check"} {
		h := f.do("GET", path, "").Header
		for name, want := range map[string]string{
			"X-Content-Type-Options": "nosniff", "X-Frame-Options": "DENY", "Referrer-Policy": "no-referrer", "Cache-Control": "no-store",
			"Content-Security-Policy": apiPolicy, "Strict-Transport-Security": "max-age=31536000; includeSubDomains",
		} {
			if h.Get(name) != want {
				t.Errorf("%s: %s is %q, want %q", path, name, h.Get(name), want)
			}
		}
		if h.Get("Access-Control-Allow-Origin") != "" || h.Get("Server") != "" {
			t.Errorf("%s: %v", path, h)
		}
	}
}
