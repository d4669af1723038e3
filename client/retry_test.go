package creditpocket_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	creditpocket "github.com/creditpocket/creditpocket/client"
	"github.com/creditpocket/creditpocket/client/creditpockettest"
)

func TestRetryUntilItWorks(t *testing.T) {
	for name, fault := range map[string]creditpockettest.Answer{
		"429":            creditpockettest.TooMany(0),
		"503":            creditpockettest.Unavailable(0),
		"500":            creditpockettest.Refuse(creditpocket.ErrInternal).Answer(),
		"HTML 503":       creditpockettest.HTML(http.StatusServiceUnavailable),
		"HTML 502":       creditpockettest.HTML(http.StatusBadGateway),
		"no answer":      creditpockettest.Cut(),
		"half an answer": creditpockettest.CutBody(),
	} {
		t.Run(name, func(t *testing.T) {
			srv := creditpockettest.New(t)
			// net/http itself repeats a GET on a kept connection that was closed: here every request has its own.
			fresh := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
			c := srv.Client(srv.BorrowerWith(creditpocket.LoanActive), creditpocket.WithHTTPClient(fresh))
			srv.Script("getLatestLoan", fault, fault)
			var r creditpocket.Response
			l, err := c.Loans.Latest(context.Background(), creditpocket.WithResponseInto(&r))
			if err != nil || l.State != creditpocket.LoanActive || r.Attempts != 3 || len(srv.Calls("getLatestLoan")) != 3 {
				t.Errorf("%s after %d attempts: %v", l.State, r.Attempts, err)
			}
			srv.Script("getLatestLoan", fault, fault, fault)
			if _, err = c.Loans.Latest(context.Background(), creditpocket.WithResponseInto(&r)); err == nil || r.Attempts != 3 {
				t.Errorf("three faults: %v after %d attempts", err, r.Attempts)
			}
			srv.Script("getLatestLoan", fault)
			if _, err = c.Loans.Latest(context.Background(), creditpocket.WithResponseInto(&r), creditpocket.WithMaxRetries(0)); err == nil || r.Attempts != 1 {
				t.Errorf("no retries: %v after %d attempts", err, r.Attempts)
			}
		})
	}
}

func TestRetryNotWhenItCannotHelp(t *testing.T) {
	srv := creditpockettest.New(t)
	c := srv.Client(srv.ReadyBorrower())
	for operation, answer := range map[string]creditpockettest.Answer{
		"getLatestLoan":     creditpockettest.Refuse(creditpocket.ErrLoanNotFound).Answer(),
		"getLatestOpenLoan": creditpockettest.Refuse(creditpocket.ErrResponseContractViolation).Answer(),
		"getHomeLastLoan":   creditpockettest.HTML(http.StatusOK),
	} {
		srv.Script(operation, answer)
	}
	ctx := context.Background()
	for operation, err := range map[string]error{"getLatestLoan": second(c.Loans.Latest(ctx)), "getLatestOpenLoan": second(c.Loans.LatestOpen(ctx)), "getHomeLastLoan": second(c.Home.LastLoan(ctx))} {
		if n := len(srv.Calls(operation)); err == nil || n != 1 {
			t.Errorf("%s: %v after %d requests", operation, err, n)
		}
	}
	// A second code would be refused as too early, so a lost answer is not repeated; one that was surely not sent is.
	srv.Script("sendCode", creditpockettest.LoseAnswer())
	if err := second(c.Auth.SendCode(ctx, creditpocket.CodeRequest{Mobile: "07000000003", Purpose: 1})); err == nil || len(srv.Calls("sendCode")) != 1 {
		t.Errorf("sendCode: %v after %d requests", err, len(srv.Calls("sendCode")))
	}
	srv.Script("sendCode", creditpockettest.Unavailable(0))
	if err := second(c.Auth.SendCode(ctx, creditpocket.CodeRequest{Mobile: "07000000003", Purpose: 1})); err != nil {
		t.Error(err)
	}
	// Another payment is the borrower's to end: it does not go away while we wait.
	srv.Script("repayLoan", creditpockettest.Refuse(creditpocket.ErrPaymentInProgress).Answer())
	if err := second(c.Loans.Repay(ctx, creditpocket.RepayRequest{})); !errors.Is(err, creditpocket.ErrPaymentInProgress) {
		t.Errorf("repayLoan: %v", err)
	}
	// While our own first request is under way, waiting helps.
	srv.Script("repayLoan", creditpockettest.Refuse(creditpocket.ErrOperationInProgress).Answer())
	if err := second(c.Loans.Repay(ctx, creditpocket.RepayRequest{})); !errors.Is(err, creditpocket.ErrLoanNotFound) || len(srv.Calls("repayLoan")) != 3 {
		t.Errorf("repayLoan: %v after %d requests", err, len(srv.Calls("repayLoan")))
	}
}

func TestRetryAfterIsHonoured(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		banks := func(ctx context.Context, first canned) (time.Duration, error) {
			t.Helper()
			c, err := creditpocket.New("http://server.example", creditpocket.WithHTTPClient(&inOrder{first, banksAnswer}))
			if err != nil {
				t.Fatal(err)
			}
			started := time.Now()
			_, err = c.Banks.List(ctx)
			return time.Since(started), err
		}
		if took, err := banks(t.Context(), limited("1")); err != nil || took != time.Second {
			t.Errorf("%v, waited %s for a Retry-After of 1 s", err, took)
		}
		// Longer than the cap: the error comes at once, and says how long.
		took, err := banks(t.Context(), limited("3600"))
		var e *creditpocket.Error
		if !errors.As(err, &e) || e.RetryAfter != time.Hour || took != 0 {
			t.Errorf("%v after %s", err, took)
		}
		// Nor does a call wait longer than its context lives.
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
		defer cancel()
		if took, err := banks(ctx, limited("30")); !errors.Is(err, creditpocket.ErrRateLimited) || took != 0 {
			t.Errorf("%v after %s", err, took)
		}
		// A date is held against the answer's own date: this server's clock is a year ahead.
		clock := time.Now().AddDate(1, 0, 0).UTC()
		ahead := canned{status: http.StatusServiceUnavailable, header: http.Header{"Date": {clock.Format(http.TimeFormat)},
			"Retry-After": {clock.Add(time.Second).Format(http.TimeFormat)}}}
		if took, err := banks(t.Context(), ahead); err != nil || took != time.Second {
			t.Errorf("%v after %s", err, took)
		}
	})
}

// canned is an answer without a server.
type canned struct {
	status int
	header http.Header
	body   string
}

// inOrder gives its answers in order, the last one again and again.
type inOrder []canned

func (a *inOrder) Do(r *http.Request) (*http.Response, error) {
	next := (*a)[0]
	if len(*a) > 1 {
		*a = (*a)[1:]
	}
	return &http.Response{StatusCode: next.status, Header: next.header, Body: io.NopCloser(strings.NewReader(next.body)), Request: r}, nil
}

var banksAnswer = canned{http.StatusOK, http.Header{"Content-Type": {"application/json"}},
	`{"code":1,"message":"successfully request","token":"1742643339300","data":{"list":[]}}`}

func limited(seconds string) canned {
	return canned{http.StatusTooManyRequests, http.Header{"Content-Type": {"application/json"}, "Retry-After": {seconds}},
		`{"code":4290,"message":"Too many requests.","token":"1742643339300","data":{"reason":"RATE_LIMITED","requestId":"cp-12345678","fields":[],"retryable":true}}`}
}

// A body that cannot be replayed is never sent twice, whatever happens.
func TestRetryNeverWithoutReplay(t *testing.T) {
	for name, fault := range map[string]creditpockettest.Answer{
		"429": creditpockettest.TooMany(0), "503": creditpockettest.Unavailable(0), "cut": creditpockettest.Cut(), "lost": creditpockettest.LoseAnswer(),
		"HTML":       creditpockettest.HTML(http.StatusBadGateway),
		"session":    creditpockettest.Refuse(creditpocket.ErrSessionExpired).Answer(),
		"under way":  creditpockettest.Refuse(creditpocket.ErrOperationInProgress).Answer(),
		"half of it": creditpockettest.CutBody(),
	} {
		srv := creditpockettest.New(t)
		b := srv.ReadyBorrower()
		c := srv.Client(nil, creditpocket.WithLogin(b.Login()))
		srv.Script("applyLoan", fault)
		once := creditpocket.FileFromReader("selfie.jpg", "image/jpeg", strings.NewReader(string(creditpockettest.Photo())))
		var r creditpocket.Response
		_, err := c.Loans.Apply(context.Background(), creditpocket.Application{ProductID: "301", Terminal: creditpocket.TerminalWeb, Photos: []creditpocket.File{once}},
			creditpocket.WithResponseInto(&r))
		if n := len(srv.Calls("applyLoan")); err == nil || n != 1 || r.Attempts != 1 || strings.Contains(err.Error(), "once only") {
			t.Errorf("%s: %v after %d attempts and %d requests", name, err, r.Attempts, n)
		}
	}
}

// Three waits together are no longer than their bounds.
func TestRetryWaitsAreBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		away := canned{status: http.StatusServiceUnavailable, header: http.Header{}}
		answers := &inOrder{away, away, away, banksAnswer}
		c, err := creditpocket.New("http://server.example", creditpocket.WithHTTPClient(answers), creditpocket.WithRetryWait(40*time.Millisecond, 60*time.Millisecond),
			creditpocket.WithMaxRetries(3))
		if err != nil {
			t.Fatal(err)
		}
		started := time.Now()
		var r creditpocket.Response
		if _, err := c.Banks.List(t.Context(), creditpocket.WithResponseInto(&r)); err != nil || r.Attempts != 4 {
			t.Fatalf("%v after %d requests", err, r.Attempts)
		}
		if took := time.Since(started); took > 160*time.Millisecond {
			t.Errorf("three waits took %s", took)
		}
	})
}

func TestAttemptTimeout(t *testing.T) {
	srv := creditpockettest.New(t)
	c := srv.Client(nil, creditpocket.WithAttemptTimeout(time.Second))
	srv.Script("listBanks", creditpockettest.Slow(time.Minute))
	var r creditpocket.Response
	if _, err := c.Banks.List(context.Background(), creditpocket.WithResponseInto(&r)); err != nil || r.Attempts != 2 {
		t.Errorf("%v after %d attempts", err, r.Attempts)
	}
	srv.Script("listBanks", creditpockettest.Slow(time.Minute))
	_, err := c.Banks.List(context.Background(), creditpocket.WithMaxRetries(0))
	var e *creditpocket.CallError
	if !errors.As(err, &e) || !errors.Is(err, context.DeadlineExceeded) || !strings.Contains(err.Error(), "no whole answer within 1s") {
		t.Errorf("%v", err)
	}
	// A body that drips is no answer either.
	srv.Script("listBanks", creditpockettest.Respond(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		for r.Context().Err() == nil {
			_, _ = io.WriteString(w, " ")
			_ = http.NewResponseController(w).Flush()
			time.Sleep(5 * time.Millisecond)
		}
	}))
	if _, err := c.Banks.List(context.Background(), creditpocket.WithMaxRetries(0)); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("%v", err)
	}
}

func TestNoConnection(t *testing.T) {
	srv := creditpockettest.Start()
	srv.Close()
	var n atomic.Int32
	c := srv.Client(nil, creditpocket.WithMiddleware(func(r *http.Request, next func(*http.Request) (*http.Response, error)) (*http.Response, error) {
		n.Add(1)
		return next(r)
	}))
	_, err := c.Auth.SendCode(context.Background(), creditpocket.CodeRequest{Mobile: "07000000003", Purpose: 1})
	var e *creditpocket.CallError
	if !errors.As(err, &e) || e.Operation != "sendCode" || e.Attempts != 3 || n.Load() != 3 || e.RequestID == "" {
		t.Errorf("%v after %d attempts", err, n.Load())
	}
	if strings.Contains(err.Error(), "7000000003") {
		t.Errorf("the number is in the error: %v", err)
	}
}
