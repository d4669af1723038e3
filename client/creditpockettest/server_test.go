package creditpockettest_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	creditpocket "github.com/creditpocket/creditpocket/client"
	"github.com/creditpocket/creditpocket/client/creditpockettest"
)

// recorder is a test that notes what it is told.
type recorder struct {
	errors []string
	ends   []func()
}

func (r *recorder) Helper() {}
func (r *recorder) Errorf(format string, args ...any) {
	r.errors = append(r.errors, fmt.Sprintf(format, args...))
}
func (r *recorder) Cleanup(end func()) { r.ends = append(r.ends, end) }

func TestStartsInMilliseconds(t *testing.T) {
	creditpockettest.Start().Close() // reads the contract, once for all
	const rounds = 20
	var took []time.Duration
	for range rounds {
		started := time.Now()
		srv := creditpockettest.Start()
		if _, err := srv.Client(srv.ReadyBorrower()).Users.Get(context.Background()); err != nil {
			t.Fatal(err)
		}
		srv.Close()
		took = append(took, time.Since(started))
	}
	slices.Sort(took)
	each := took[rounds/2] // a machine that stands still for a moment makes some of them long
	t.Logf("a server with a borrower and a first call: %s", each)
	if each > 50*time.Millisecond {
		t.Errorf("a server with a borrower and a first call took %s", each)
	}
}

func TestBorrowersAtEveryState(t *testing.T) {
	srv := creditpockettest.New(t)
	ctx := context.Background()
	for _, state := range creditpocket.LoanStates() {
		b := srv.BorrowerWith(state)
		c := srv.Client(b)
		l, err := c.Loans.Latest(ctx)
		if err != nil || l.State != state {
			t.Fatalf("%s: %s, %v", state, l.State, err)
		}
		if (l.State.PaidOut() || state == creditpocket.LoanReversed) == l.Disbursed.IsZero() || (l.PaidOut > 0) != (!l.Disbursed.IsZero()) {
			t.Errorf("%s: paid out %s at %s", state, l.PaidOut, l.Disbursed)
		}
		if settled := l.Remaining != nil && *l.Remaining == 0 && l.Paid == l.DueAmount+l.Penalty; settled != l.State.Settled() {
			t.Errorf("%s: paid %s, remaining %v", state, l.Paid, l.Remaining)
		}
		if (l.OverdueDays != nil) != (state == creditpocket.LoanOverdue || state == creditpocket.LoanWrittenOff) {
			t.Errorf("%s: overdue days %v", state, l.OverdueDays)
		}
		if _, err := c.Loans.LatestOpen(ctx); (err == nil) != state.Open() {
			t.Errorf("%s: open loan: %v", state, err)
		}
		if _, err := c.Loans.Checkout(ctx, l.ID); (err == nil) != state.Owing() {
			t.Errorf("%s: checkout: %v", state, err)
		}
		h, err := c.Home.Status(ctx)
		if err != nil || h.CanApply == state.Open() {
			t.Errorf("%s: %+v, %v", state, h, err)
		}
		for range c.Loans.All(ctx) {
		}
	}
}

func TestScriptsGoInOrder(t *testing.T) {
	srv := creditpockettest.New(t)
	c := srv.Client(nil, creditpocket.WithMaxRetries(0))
	srv.Script("listBanks", creditpockettest.TooMany(time.Second), creditpockettest.Real(), creditpockettest.HTML(503),
		creditpockettest.Data(map[string]any{"list": []creditpocket.Bank{{Code: "999", Name: "Test Bank", Sort: 1}}}), creditpockettest.Cut())
	var got []string
	for range 6 {
		banks, err := c.Banks.List(context.Background())
		var e *creditpocket.Error
		switch {
		case errors.As(err, &e):
			got = append(got, fmt.Sprint(e.HTTPStatus, " ", string(e.Reason)))
		case err != nil:
			got = append(got, "cut")
		default:
			got = append(got, banks[0].Name)
		}
	}
	// net/http asks again by itself where a kept connection is cut, so the last script is seen by nobody else.
	if want := "429 RATE_LIMITED,GT Bank,503 ,Test Bank,GT Bank,GT Bank"; strings.Join(got, ",") != want {
		t.Errorf("%s, expected %s", strings.Join(got, ","), want)
	}
	srv.Script("", creditpockettest.Unavailable(0))
	if _, err := c.Support.Email(context.Background()); !errors.Is(err, creditpocket.ErrUnavailable) {
		t.Errorf("%v", err)
	}
	if calls := srv.Calls("listBanks"); len(calls) != 7 || calls[0].Status != 429 || calls[4].Status != 0 {
		t.Errorf("%d calls", len(calls))
	}
}

// The test is told when its script says what no server says.
func TestScriptsAreHeldAgainstTheContract(t *testing.T) {
	for name, answer := range map[string]creditpockettest.Answer{
		"a reason of another operation": creditpockettest.Refuse(creditpocket.ErrQuoteExpired).Answer(),
		"an undeclared status":          creditpockettest.Refuse(creditpocket.ErrOpenLoanExists).Answer(),
		"a missing property":            creditpockettest.Data(map[string]any{}),
		"a wrong type":                  creditpockettest.Data(map[string]any{"list": []any{map[string]any{"bankNo": 58, "bankName": "x", "sort": 1}}}),
		"null for a list":               creditpockettest.Data(map[string]any{"list": nil}),
		"an extra property":             creditpockettest.Data(map[string]any{"list": []any{}, "x": 1}),
		"out of range":                  creditpockettest.Data(map[string]any{"list": []any{map[string]any{"bankNo": "058", "bankName": "x", "sort": -1}}}),
		"another pattern":               creditpockettest.Data(map[string]any{"list": []any{map[string]any{"bankNo": "x", "bankName": "x", "sort": 1}}}),
	} {
		r := &recorder{}
		srv := creditpockettest.New(r)
		srv.Script("listBanks", answer)
		_, _ = srv.Client(nil, creditpocket.WithMaxRetries(0)).Banks.List(context.Background())
		if len(r.errors) == 0 {
			t.Errorf("%s: nobody was told", name)
		}
		for _, end := range r.ends {
			end()
		}
	}
}

// Requests are refused as the real server refuses them.
func TestRequestsAreHeldAgainstTheContract(t *testing.T) {
	srv := creditpockettest.New(t)
	b := srv.ReadyBorrower()
	send := func(method, path, contentType, body string, header ...string) (int, string) {
		t.Helper()
		req, err := http.NewRequest(method, srv.URL+path, strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		if contentType != "" {
			req.Header.Set("Content-Type", contentType)
		}
		for i := 0; i < len(header); i += 2 {
			req.Header.Set(header[i], header[i+1])
		}
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		raw, err := io.ReadAll(resp.Body)
		if err != nil {
			t.Fatal(err)
		}
		var e struct{ Data struct{ Reason string } }
		if err := json.Unmarshal(raw, &e); err != nil {
			t.Fatal(err)
		}
		return resp.StatusCode, e.Data.Reason
	}
	const js = "application/json"
	session := "Bearer " + b.Token().Reveal()
	for name, c := range map[string]struct {
		method, path, contentType, body string
		header                          []string
		status                          int
		reason                          string
	}{
		"fine":                    {"POST", "/sms/send", js, `{"mobile":"07000000003","purpose":1}`, nil, 200, ""},
		"unknown property":        {"POST", "/sms/send", js, `{"mobile":"07000000003","purpose":1,"x":1}`, nil, 400, "VALIDATION_FAILED"},
		"missing property":        {"POST", "/sms/send", js, `{"mobile":"07000000003"}`, nil, 400, "VALIDATION_FAILED"},
		"wrong type":              {"POST", "/sms/send", js, `{"mobile":"07000000003","purpose":"1"}`, nil, 400, "VALIDATION_FAILED"},
		"out of range":            {"POST", "/sms/send", js, `{"mobile":"07000000003","purpose":4}`, nil, 400, "VALIDATION_FAILED"},
		"no whole number":         {"POST", "/sms/send", js, `{"mobile":"07000000003","purpose":1.5}`, nil, 400, "VALIDATION_FAILED"},
		"pattern":                 {"POST", "/sms/send", js, `{"mobile":"0700000000x","purpose":1}`, nil, 400, "VALIDATION_FAILED"},
		"trailing bytes":          {"POST", "/sms/send", js, `{"mobile":"07000000003","purpose":1}x`, nil, 400, "MALFORMED_BODY"},
		"no JSON":                 {"POST", "/sms/send", js, `{`, nil, 400, "MALFORMED_BODY"},
		"content type":            {"POST", "/sms/send", "text/plain", `{"mobile":"07000000003","purpose":1}`, nil, 415, "UNSUPPORTED_CONTENT_TYPE"},
		"unknown parameter":       {"GET", "/dict/city/list?country=NG", "", "", nil, 400, "VALIDATION_FAILED"},
		"bad parameter":           {"GET", "/dict/city/list?state=Lagos", "", "", nil, 400, "VALIDATION_FAILED"},
		"missing parameter":       {"GET", "/loan/product/detail", "", "", []string{"Authorization", session}, 400, "VALIDATION_FAILED"},
		"page of letters":         {"GET", "/loan/record/page?pageNum=a", "", "", []string{"Authorization", session}, 400, "VALIDATION_FAILED"},
		"page zero":               {"GET", "/loan/record/page?pageNum=0", "", "", []string{"Authorization", session}, 400, "VALIDATION_FAILED"},
		"bad key":                 {"POST", "/loan/record/repay", js, `{}`, []string{"Authorization", session, "Idempotency-Key", "x"}, 400, "VALIDATION_FAILED"},
		"no session":              {"GET", "/user/info", "", "", nil, 401, "UNAUTHENTICATED"},
		"a made-up session":       {"GET", "/user/info", "", "", []string{"Authorization", "Bearer x"}, 401, "UNAUTHENTICATED"},
		"no such path":            {"GET", "/user", "", "", nil, 404, "NOT_FOUND"},
		"enumeration":             {"POST", "/user/setting", js, `{"language":"fr"}`, []string{"Authorization", session}, 400, "VALIDATION_FAILED"},
		"too few items":           {"POST", "/user/contact/emergency", js, `{"contacts":[]}`, []string{"Authorization", session}, 400, "VALIDATION_FAILED"},
		"form without its fields": {"POST", "/loan/record/apply", "multipart/form-data; boundary=x", "--x--\r\n", []string{"Authorization", session}, 400, "VALIDATION_FAILED"},
	} {
		if status, reason := send(c.method, c.path, c.contentType, c.body, c.header...); status != c.status || reason != c.reason {
			t.Errorf("%s: %d %s, expected %d %s", name, status, reason, c.status, c.reason)
		}
	}
}

func TestPaymentEventsReachTheLoan(t *testing.T) {
	srv := creditpockettest.New(t)
	b := srv.BorrowerWith(creditpocket.LoanOverdue)
	c, ctx := srv.Client(b), context.Background()
	checkout, err := c.Loans.Checkout(ctx, "")
	if err != nil {
		t.Fatal(err)
	}
	event := creditpockettest.NewEvent("charge.success", checkout.Reference, "success", checkout.Amount)
	for _, step := range []struct {
		secret creditpocket.Secret
		status int
		state  creditpocket.LoanState
	}{{"another", 401, creditpocket.LoanOverdue}, {creditpockettest.GatewaySecret, 200, creditpocket.LoanSettledLate}} {
		resp, err := http.DefaultClient.Do(event.Request(srv.URL+"/gateway/paystack/webhook", step.secret))
		if err != nil {
			t.Fatal(err)
		}
		_ = resp.Body.Close()
		l, err := c.Loans.Latest(ctx)
		if err != nil || resp.StatusCode != step.status || l.State != step.state {
			t.Errorf("%d, %s: %v", resp.StatusCode, l.State, err)
		}
	}
}

func TestBlockedBorrower(t *testing.T) {
	srv := creditpockettest.New(t)
	b := srv.ReadyBorrower()
	b.Block()
	if _, err := srv.Client(b).Users.Get(context.Background()); !errors.Is(err, creditpocket.ErrAccountBlocked) {
		t.Errorf("%v", err)
	}
	if v := srv.Violations(); len(v) != 0 {
		t.Errorf("%q", v)
	}
}
