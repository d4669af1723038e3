package creditpocket_test

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	creditpocket "github.com/creditpocket/creditpocket/client"
	"github.com/creditpocket/creditpocket/client/creditpockettest"
)

// crowd calls n times at once and returns the errors.
func crowd(n int, call func() error) []error {
	var start, done sync.WaitGroup
	start.Add(1)
	errs := make([]error, n)
	for i := range n {
		done.Add(1)
		go func() {
			defer done.Done()
			start.Wait()
			errs[i] = call()
		}()
	}
	start.Done()
	done.Wait()
	return errs
}

// 100 goroutines with one expired token cause one login.
func TestSingleFlightLogin(t *testing.T) {
	srv := creditpockettest.New(t)
	b := srv.BorrowerWith(creditpocket.LoanActive)
	c := srv.Client(nil, creditpocket.WithLogin(b.Login()))
	call := func() error { return second(c.Loans.Latest(context.Background())) }
	check := func(what string, logins int) {
		t.Helper()
		for _, err := range crowd(100, call) {
			if err != nil {
				t.Fatal(what, err)
			}
		}
		if n := len(srv.Calls("login")); n != logins {
			t.Errorf("%s: %d logins, expected %d", what, n, logins)
		}
	}
	check("no session yet", 1)
	b.EndSessions()
	check("the session has ended", 2)
	check("the session is alive", 2)
	if n := len(srv.Calls("getLatestLoan")); n < 300 || n > 400 {
		t.Errorf("%d requests for 300 calls, of which at most 100 were refused", n)
	}
}

// The same when the token's time is up, without the server having to say so.
func TestSingleFlightByTime(t *testing.T) {
	var logins atomic.Int32
	source := creditpocket.NewTokenSource(func(context.Context) (creditpocket.Token, error) {
		time.Sleep(20 * time.Millisecond)
		life := time.Hour
		if logins.Add(1) == 1 {
			life = time.Second // too short to be used again
		}
		return creditpocket.Token{Value: creditpocket.Secret(time.Now().String()), Expires: time.Now().Add(life)}, nil
	})
	if _, err := source.Token(contextWithTimeout(t, time.Minute), ""); err != nil {
		t.Fatal(err)
	}
	for _, err := range crowd(100, func() error { return second(source.Token(context.Background(), "")) }) {
		if err != nil {
			t.Fatal(err)
		}
	}
	if n := logins.Load(); n != 2 {
		t.Errorf("%d logins, expected 2", n)
	}
}

func contextWithTimeout(t *testing.T, d time.Duration) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), d)
	t.Cleanup(cancel)
	return ctx
}

// Who stops waiting does not end the login of the others; a failed login is told to everybody and not tried again at once.
func TestLoginOfOthers(t *testing.T) {
	srv := creditpockettest.New(t)
	b := srv.BorrowerWith(creditpocket.LoanActive)
	c := srv.Client(nil, creditpocket.WithLogin(b.Login()))
	srv.Script("login", creditpockettest.Slow(time.Second))
	ctx, cancel := context.WithCancel(context.Background())
	first := make(chan error, 1)
	go func() { first <- second(c.Loans.Latest(ctx)) }()
	for len(srv.Calls("login")) == 0 {
		time.Sleep(time.Millisecond)
	}
	cancel()
	if err := <-first; !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
	if _, err := c.Loans.Latest(context.Background()); err != nil || len(srv.Calls("login")) != 1 {
		t.Errorf("%v after %d logins", err, len(srv.Calls("login")))
	}

	wrong := b.Login()
	wrong.Password = "not-the-password"
	c = srv.Client(nil, creditpocket.WithLogin(wrong))
	for _, err := range crowd(50, func() error { return second(c.Loans.Latest(context.Background())) }) {
		if !errors.Is(err, creditpocket.ErrInvalidCredentials) {
			t.Fatalf("%v", err)
		}
	}
	if n := len(srv.Calls("login")); n != 2 {
		t.Errorf("%d logins, expected one more", n)
	}
}

func TestTokensThatAreNotRenewed(t *testing.T) {
	srv := creditpockettest.New(t)
	b := srv.BorrowerWith(creditpocket.LoanActive)
	c := srv.Client(b)
	b.EndSessions()
	if _, err := c.Loans.Latest(context.Background()); !errors.Is(err, creditpocket.ErrSessionExpired) || len(srv.Calls("")) != 1 {
		t.Errorf("%v after %d requests", err, len(srv.Calls("")))
	}
	// A source whose next token is dead too is asked once, not for ever.
	var asked atomic.Int32
	dead := creditpocket.NewTokenSource(func(context.Context) (creditpocket.Token, error) {
		return creditpocket.Token{Value: creditpocket.Secret("dead" + string(rune('a'+asked.Add(1))))}, nil
	})
	c = srv.Client(nil, creditpocket.WithTokenSource(dead))
	if _, err := c.Loans.Latest(context.Background()); !errors.Is(err, creditpocket.ErrUnauthenticated) || asked.Load() != 2 {
		t.Errorf("%v after %d logins", err, asked.Load())
	}
	if _, err := srv.Client(nil).Loans.Latest(context.Background()); !errors.Is(err, creditpocket.ErrNoSession) {
		t.Errorf("%v", err)
	}
}

// An operation without a session never logs in, and never sends a token.
func TestPublicOperationsSendNoToken(t *testing.T) {
	srv := creditpockettest.New(t)
	c := srv.Client(nil, creditpocket.WithLogin(srv.NewBorrower().Login()))
	if _, err := c.Banks.List(context.Background()); err != nil {
		t.Fatal(err)
	}
	if calls := srv.Calls(""); len(calls) != 1 || calls[0].Header.Get("Authorization") != "" {
		t.Errorf("%d requests", len(calls))
	}
}

// One client for the service, one derived client for each borrower.
func TestOneClientForEachBorrower(t *testing.T) {
	srv := creditpockettest.New(t)
	c := srv.Client(nil)
	for range 3 {
		b := srv.ReadyBorrower()
		theirs, err := c.With(creditpocket.WithToken(b.Token()))
		if err != nil {
			t.Fatal(err)
		}
		if u, err := theirs.Users.Get(context.Background()); err != nil || u.ID != b.ID() {
			t.Errorf("%s, %v", u.ID, err)
		}
		if u, err := c.Users.Get(context.Background(), creditpocket.WithToken(b.Token())); err != nil || u.ID != b.ID() {
			t.Errorf("%s, %v", u.ID, err)
		}
	}
	if _, err := c.Users.Get(context.Background()); !errors.Is(err, creditpocket.ErrNoSession) {
		t.Errorf("the first client has got a session: %v", err)
	}
}
