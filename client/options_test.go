package creditpocket_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	creditpocket "github.com/creditpocket/creditpocket/client"
	"github.com/creditpocket/creditpocket/client/creditpockettest"
)

type doer func(*http.Request) (*http.Response, error)

func (d doer) Do(r *http.Request) (*http.Response, error) { return d(r) }

func TestHTTPClientOfYourOwn(t *testing.T) {
	srv := creditpockettest.New(t)
	used := 0
	c := srv.Client(nil, creditpocket.WithHTTPClient(doer(func(r *http.Request) (*http.Response, error) {
		used++
		return http.DefaultClient.Do(r)
	})))
	if _, err := c.Banks.List(context.Background()); err != nil || used != 1 {
		t.Errorf("used %d times: %v", used, err)
	}
}

func TestMiddleware(t *testing.T) {
	srv := creditpockettest.New(t)
	var order []string
	hook := func(name string) creditpocket.Middleware {
		return func(r *http.Request, next func(*http.Request) (*http.Response, error)) (*http.Response, error) {
			order = append(order, name+" out")
			r.Header.Set("Traceparent", "00-1-1-00")
			resp, err := next(r)
			order = append(order, name+" back")
			return resp, err
		}
	}
	c := srv.Client(nil, creditpocket.WithMiddleware(hook("a"), hook("b")))
	srv.Script("listBanks", creditpockettest.Unavailable(0))
	if _, err := c.Banks.List(context.Background(), creditpocket.WithMiddleware(hook("call"))); err != nil {
		t.Fatal(err)
	}
	once := []string{"a out", "b out", "call out", "call back", "b back", "a back"}
	if want := slices.Concat(once, once); !slices.Equal(order, want) {
		t.Errorf("%q, expected %q", order, want)
	}
	if got := srv.Calls("listBanks")[0].Header.Get("Traceparent"); got != "00-1-1-00" {
		t.Errorf("the header is %q", got)
	}
	// A middleware may answer itself, and may fail.
	canned := func(*http.Request, func(*http.Request) (*http.Response, error)) (*http.Response, error) {
		return &http.Response{StatusCode: 200, Header: http.Header{"Content-Type": {"application/json"}},
			Body: io.NopCloser(bytes.NewBufferString(`{"code":1,"message":"","token":"1","data":{"list":[]}}`))}, nil
	}
	if banks, err := c.Banks.List(context.Background(), creditpocket.WithMiddleware(canned)); err != nil || len(banks) != 0 {
		t.Errorf("%v, %v", banks, err)
	}
	broken := errors.New("broken")
	fails := func(*http.Request, func(*http.Request) (*http.Response, error)) (*http.Response, error) {
		return nil, broken
	}
	if _, err := c.Banks.List(context.Background(), creditpocket.WithMiddleware(fails)); !errors.Is(err, broken) {
		t.Errorf("%v", err)
	}
	if order = nil; second(c.Banks.List(context.Background())) != nil || len(order) != 4 {
		t.Errorf("the options of one call stay in the client: %q", order)
	}
}

func TestResponseInto(t *testing.T) {
	srv := creditpockettest.New(t)
	c := srv.Client(srv.BorrowerWith(creditpocket.LoanActive))
	var r creditpocket.Response
	if _, err := c.Loans.Latest(context.Background(), creditpocket.WithResponseInto(&r), creditpocket.WithRequestID("partner-0001")); err != nil {
		t.Fatal(err)
	}
	if r.Operation != "getLatestLoan" || r.Status != 200 || r.RequestID != "partner-0001" || !bytes.Contains(r.Body, []byte(`"shouldback_fee"`)) ||
		r.Header.Get("Content-Type") != "application/json" || r.Attempts != 1 || time.Since(r.Time) > time.Minute || r.IdempotencyKey != "" {
		t.Errorf("%+v", r)
	}
	if _, err := c.Loans.Product(context.Background(), "9", creditpocket.WithResponseInto(&r)); err == nil || r.Status != 404 || !bytes.Contains(r.Body, []byte("PRODUCT_NOT_FOUND")) {
		t.Errorf("%d %s: %v", r.Status, r.Body, err)
	}
	if srv.Calls("getLatestLoan")[0].Header.Get("X-Request-Id") != "partner-0001" {
		t.Error("the request id was not sent")
	}
}

func TestHeaders(t *testing.T) {
	srv := creditpockettest.New(t)
	c := srv.Client(nil, creditpocket.WithUserAgent("acme-loans/2.1"), creditpocket.WithHeader("X-Team", "core"), creditpocket.WithAppCode("CycleCash"))
	if _, err := c.Banks.List(context.Background(), creditpocket.WithHeader("X-Team", "growth")); err != nil {
		t.Fatal(err)
	}
	h := srv.Calls("listBanks")[0].Header
	if agent := h.Get("User-Agent"); !strings.HasPrefix(agent, "acme-loans/2.1 creditpocket-go/"+creditpocket.Version+" (go") {
		t.Errorf("User-Agent %q", agent)
	}
	if h.Get("X-Team") != "growth" || h.Get("X-App-Code") != "CycleCash" || len(h.Get("X-Request-Id")) < 8 || h.Get("Accept") != "application/json" {
		t.Errorf("%v", h)
	}
	if _, err := c.Banks.List(context.Background(), creditpocket.WithAppCode("Other")); !errors.Is(err, creditpocket.ErrUnknownApp) {
		t.Errorf("%v", err)
	}
}

func TestOptionsThatCannotBe(t *testing.T) {
	for _, url := range []string{"", "api.example.com", "ftp://x", "https://", "https://x?y=1", "https://u:p@x"} {
		if _, err := creditpocket.New(url); err == nil {
			t.Errorf("%q is taken for a base URL", url)
		}
	}
	for _, o := range []creditpocket.ClientOption{creditpocket.WithMaxRetries(-1), creditpocket.WithRetryWait(0, 0), creditpocket.WithAttemptTimeout(0),
		creditpocket.WithMaxAnswerBytes(0), creditpocket.WithHTTPClient(nil)} {
		if _, err := creditpocket.New("https://api.example.com", o); err == nil {
			t.Error("an impossible option is accepted")
		}
	}
	srv := creditpockettest.New(t)
	if _, err := srv.Client(nil).Banks.List(context.Background(), creditpocket.WithRequestID("x")); err == nil || len(srv.Calls("")) != 0 {
		t.Error("an impossible option of a call is accepted")
	}
}

// A base URL may have a path of its own.
func TestBasePath(t *testing.T) {
	var path string
	c, err := creditpocket.New("https://gateway.example.com/credit/", creditpocket.WithHTTPClient(doer(func(r *http.Request) (*http.Response, error) {
		path = r.URL.String()
		return nil, io.EOF
	})), creditpocket.WithMaxRetries(0))
	if err != nil {
		t.Fatal(err)
	}
	if _, err = c.Dicts.Cities(context.Background(), "NG-LA"); err == nil || path != "https://gateway.example.com/credit/dict/city/list?state=NG-LA" {
		t.Errorf("%s, %v", path, err)
	}
}
