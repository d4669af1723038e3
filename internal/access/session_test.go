package access_test

import (
	"context"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/creditpocket/creditpocket/gen/catalog"
	"github.com/creditpocket/creditpocket/internal/access"
	"github.com/creditpocket/creditpocket/internal/store"
)

const day = 24 * time.Hour

// use uses a session and waits until that has been written down.
func (f *fixture) use(t *testing.T, token access.Secret) error {
	t.Helper()
	_, err := f.Session(t.Context(), token.Reveal(), "getUserInfo")
	if err := f.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	return err
}

func (f *fixture) session(t *testing.T, o access.Opened) store.Session {
	t.Helper()
	return must[store.Session](t)(f.store.SessionOf(t.Context(), o.Borrower, o.Session))
}

func TestSessionEndsWhenIdle(t *testing.T) {
	f := setUp(t, unlimited)
	o := f.register(t, ada)
	if !o.Ends.Equal(testkitNoon().Add(30 * day)) {
		t.Errorf("ends %s", o.Ends)
	}
	f.clock.Advance(30*day - time.Microsecond)
	if err := f.use(t, o.Token); err != nil {
		t.Fatalf("just before its end: %v", err)
	}
	f.clock.Advance(30*day - time.Microsecond)
	if err := f.use(t, o.Token); err != nil {
		t.Fatalf("use did not prolong it: %v", err)
	}
	f.clock.Advance(30 * day)
	want(t, f.use(t, o.Token), catalog.SessionExpired)
}

func TestSessionEndsHoweverMuchItIsUsed(t *testing.T) {
	f := setUp(t, unlimited)
	o := f.register(t, ada)
	for range 8 {
		f.clock.Advance(10 * day)
		if err := f.use(t, o.Token); err != nil {
			t.Fatal(err)
		}
	}
	if s := f.session(t, o); !s.Ends().Equal(testkitNoon().Add(90*day)) || s.IdleExpiresAt.After(s.ExpiresAt) {
		t.Errorf("ends %s, idle %s", s.Ends(), s.IdleExpiresAt)
	}
	f.clock.Advance(10*day - time.Microsecond)
	if err := f.use(t, o.Token); err != nil {
		t.Fatal(err)
	}
	f.clock.Advance(time.Microsecond)
	want(t, f.use(t, o.Token), catalog.SessionExpired)
	f.clock.Advance(-10 * day)
	if err := f.use(t, o.Token); err != nil {
		t.Errorf("the same session ten days before its end: %v", err)
	}
}

func TestUseIsWrittenDownAtMostOnceAMinute(t *testing.T) {
	f := setUp(t, unlimited)
	o := f.register(t, ada)
	seen := func() time.Duration { return f.session(t, o).LastSeenAt.Sub(testkitNoon()) }
	f.clock.Advance(59 * time.Second)
	_ = f.use(t, o.Token)
	if seen() != 0 {
		t.Errorf("written after %s", seen())
	}
	f.clock.Advance(time.Second)
	var wg sync.WaitGroup
	for range 20 {
		wg.Go(func() {
			if _, err := f.Session(t.Context(), o.Token.Reveal(), "getUserInfo"); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	_ = f.Close(t.Context())
	if seen() != time.Minute {
		t.Errorf("seen %s after login", seen())
	}
	f.clock.Advance(time.Minute)
	for _, operation := range []string{"checkLogin", "logout", "postLogout"} {
		if _, err := f.Session(t.Context(), o.Token.Reveal(), operation); err != nil {
			t.Error(err)
		}
	}
	_ = f.Close(t.Context())
	if seen() != time.Minute {
		t.Error("being asked, or logging out, is no use")
	}
}

// Another replica may have written the use down a moment ago.
func TestUseThatAnotherReplicaWroteDownStays(t *testing.T) {
	f := setUp(t, unlimited)
	o := f.register(t, ada)
	f.clock.Advance(59 * time.Second)
	touch := func() {
		f.write(t, func(ctx context.Context, tx *store.Tx) error {
			return tx.TouchSession(ctx, o.Session, time.Minute, 30*day)
		})
	}
	touch()
	if s := f.session(t, o); s.LastSeenAt.After(s.CreatedAt) {
		t.Errorf("written %s after the time before", s.LastSeenAt.Sub(s.CreatedAt))
	}
	f.clock.Advance(time.Second)
	touch()
	if s := f.session(t, o); s.LastSeenAt.Sub(s.CreatedAt) != time.Minute {
		t.Errorf("written %s after login", s.LastSeenAt.Sub(s.CreatedAt))
	}
	if err := f.Logout(t.Context(), o.Borrower, o.Session); err != nil {
		t.Fatal(err)
	}
	f.clock.Advance(time.Hour)
	touch()
	if s := f.session(t, o); s.LastSeenAt.Sub(s.CreatedAt) != time.Minute {
		t.Error("a revoked session was used")
	}
}

func TestDeadAndForeignTokens(t *testing.T) {
	f := setUp(t, unlimited)
	o := f.register(t, ada)
	flipped := "A" + o.Token.Reveal()[1:]
	if flipped == o.Token.Reveal() {
		flipped = "B" + o.Token.Reveal()[1:]
	}
	for _, token := range []string{"", "x", flipped, strings.Repeat("A", 43), strings.Repeat("!", 43), o.Token.Reveal() + "A", strings.Repeat("é", 21) + "x"} {
		_, err := f.Session(t.Context(), token, "getUserInfo")
		want(t, err, catalog.Unauthenticated)
	}
}

func TestLogoutEndsTheSessionAndOnlyIt(t *testing.T) {
	f := setUp(t, unlimited)
	a := f.register(t, ada)
	b := must[access.Opened](t)(f.Login(t.Context(), access.Login{Brand: brand, Mobile: ada, Password: password}))
	for range 2 {
		p := must[access.Principal](t)(f.Session(t.Context(), a.Token.Reveal(), "logout"))
		if err := f.Logout(t.Context(), p.BorrowerID, p.SessionID); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := f.Session(t.Context(), a.Token.Reveal(), "postLogout"); err != nil {
		t.Errorf("a revoked token must be able to log out: %v", err)
	}
	want(t, f.use(t, a.Token), catalog.SessionExpired)
	_, err := f.Session(t.Context(), a.Token.Reveal(), "checkLogin")
	want(t, err, catalog.SessionExpired)
	if err := f.use(t, b.Token); err != nil {
		t.Errorf("the other session: %v", err)
	}
	// Nobody ends somebody else's session.
	c := f.register(t, nobody)
	if err := f.Logout(t.Context(), c.Borrower, b.Session); err != nil {
		t.Fatal(err)
	}
	if err := f.use(t, b.Token); err != nil {
		t.Errorf("after a stranger's logout: %v", err)
	}
}

func TestCheckLogin(t *testing.T) {
	f := setUp(t, unlimited)
	o := f.register(t, ada)
	state := must[access.State](t)(f.CheckLogin(t.Context(), o.Borrower, o.Session))
	if !state.Alive || !state.Ends.Equal(o.Ends) {
		t.Errorf("%+v", state)
	}
	if state := must[access.State](t)(f.CheckLogin(t.Context(), 0, 0)); state.Alive {
		t.Error("a visitor is logged in")
	}
	if state := must[access.State](t)(f.CheckLogin(t.Context(), o.Borrower+1, o.Session)); state.Alive {
		t.Error("a session of somebody else")
	}
	if err := f.Logout(t.Context(), o.Borrower, o.Session); err != nil {
		t.Fatal(err)
	}
	if state := must[access.State](t)(f.CheckLogin(t.Context(), o.Borrower, o.Session)); state.Alive || !state.Ends.IsZero() {
		t.Errorf("after logout: %+v", state)
	}
}

func TestBlockedBorrowersSessionsAreRefused(t *testing.T) {
	f := setUp(t, unlimited)
	o := f.register(t, ada)
	f.write(t, func(ctx context.Context, tx *store.Tx) error { return tx.BlockBorrower(ctx, o.Borrower, "test") })
	want(t, f.use(t, o.Token), catalog.AccountBlocked)
	if state := must[access.State](t)(f.CheckLogin(t.Context(), o.Borrower, o.Session)); state.Alive {
		t.Error("a blocked borrower is logged in")
	}
}

func TestApps(t *testing.T) {
	f := setUp(t, unlimited)
	for _, code := range []string{"", brand} {
		if got, err := f.App(t.Context(), code); err != nil || got != brand {
			t.Errorf("%q: %q, %v", code, got, err)
		}
	}
	for _, code := range []string{"cyclecash", "Nope", "'; DROP TABLE brands"} {
		_, err := f.App(t.Context(), code)
		want(t, err, catalog.UnknownApp)
	}
	f.write(t, func(ctx context.Context, tx *store.Tx) error {
		_, err := tx.SeedBrand(ctx, store.Brand{Code: "NairaGo", Name: "Naira Go", IndentPrefix: "NG"})
		return err
	})
	deadline := time.Now().Add(time.Minute)
	for {
		if got, err := f.App(t.Context(), "NairaGo"); err == nil && got == "NairaGo" {
			break
		} else if time.Now().After(deadline) {
			t.Fatalf("a new brand stays unknown: %v", err)
		}
		time.Sleep(100 * time.Millisecond)
	}
}
