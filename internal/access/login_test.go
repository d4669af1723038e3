package access_test

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/creditpocket/creditpocket/gen/catalog"
	"github.com/creditpocket/creditpocket/internal/access"
	"github.com/creditpocket/creditpocket/internal/fault"
	"github.com/creditpocket/creditpocket/internal/store"
)

var discard = slog.New(slog.DiscardHandler)

func retryAfter(err error) time.Duration {
	var f *fault.Error
	errors.As(err, &f)
	return f.RetryAfter
}

func TestLoginByPassword(t *testing.T) {
	f := setUp(t, access.LimiterOptions{})
	registered := f.register(t, ada)
	opened := must[access.Opened](t)(f.Login(t.Context(), access.Login{Brand: brand, Mobile: ada, Password: password}))
	if opened.Borrower != registered.Borrower || opened.Session == registered.Session || opened.Token == registered.Token {
		t.Errorf("%+v after %+v", opened, registered)
	}
	_, wrong := f.Login(t.Context(), access.Login{Brand: brand, Mobile: ada, Password: "blue-mango-7422"})
	_, unknown := f.Login(t.Context(), access.Login{Brand: brand, Mobile: nobody, Password: password})
	want(t, wrong, catalog.InvalidCredentials)
	if wrong.Error() != unknown.Error() {
		t.Errorf("%v is not %v", wrong, unknown)
	}
	for _, in := range []access.Login{{Brand: brand, Mobile: ada}, {Brand: brand, Mobile: ada, Password: password, Code: "123456"}} {
		_, err := f.Login(t.Context(), in)
		want(t, err, catalog.ValidationFailed)
	}
}

func TestLoginByCodeUsesTheCodeUp(t *testing.T) {
	f := setUp(t, unlimited)
	registered := f.register(t, ada)
	code := f.code(t, ada, access.PurposeLogin)
	_, err := f.Login(t.Context(), access.Login{Brand: brand, Mobile: ada, Code: other(code)})
	want(t, err, catalog.InvalidCredentials)

	var wg sync.WaitGroup
	var mu sync.Mutex
	came := 0
	for range 10 {
		wg.Go(func() {
			opened, err := f.Login(t.Context(), access.Login{Brand: brand, Mobile: ada, Code: code})
			mu.Lock()
			defer mu.Unlock()
			if err == nil && opened.Borrower == registered.Borrower {
				came++
			} else if !fault.Has(err, catalog.InvalidCredentials) {
				t.Errorf("%v", err)
			}
		})
	}
	wg.Wait()
	if came != 1 {
		t.Errorf("one code opened %d sessions", came)
	}
	// A right code of a number that nobody registered is of no use, and says no more than a wrong one.
	_, unknown := f.Login(t.Context(), access.Login{Brand: brand, Mobile: nobody, Code: f.code(t, nobody, access.PurposeLogin)})
	if !fault.Has(unknown, catalog.InvalidCredentials) || unknown.Error() != err.Error() {
		t.Errorf("%v is not %v", unknown, err)
	}
}

func TestWrongCodesAtLoginCostTries(t *testing.T) {
	f := setUp(t, unlimited)
	f.register(t, ada)
	code := f.code(t, ada, access.PurposeLogin)
	for range 5 {
		_, err := f.Login(t.Context(), access.Login{Brand: brand, Mobile: ada, Code: other(code)})
		want(t, err, catalog.InvalidCredentials)
	}
	_, err := f.Login(t.Context(), access.Login{Brand: brand, Mobile: ada, Code: code})
	want(t, err, catalog.InvalidCredentials)
}

func TestBlockedBorrowersAreToldOnlyAfterTheRightCredentials(t *testing.T) {
	f := setUp(t, unlimited)
	b := f.register(t, ada)
	code := f.code(t, ada, access.PurposeLogin)
	f.write(t, func(ctx context.Context, tx *store.Tx) error { return tx.BlockBorrower(ctx, b.Borrower, "test") })
	_, err := f.Login(t.Context(), access.Login{Brand: brand, Mobile: ada, Password: "blue-mango-7422"})
	want(t, err, catalog.InvalidCredentials)
	_, err = f.Login(t.Context(), access.Login{Brand: brand, Mobile: ada, Code: other(code)})
	want(t, err, catalog.InvalidCredentials)
	_, err = f.Login(t.Context(), access.Login{Brand: brand, Mobile: ada, Password: password})
	want(t, err, catalog.AccountBlocked)
	_, err = f.Login(t.Context(), access.Login{Brand: brand, Mobile: ada, Code: code})
	want(t, err, catalog.AccountBlocked)
	f.write(t, func(ctx context.Context, tx *store.Tx) error { return tx.UnblockBorrower(ctx, b.Borrower) })
	if _, err := f.Login(t.Context(), access.Login{Brand: brand, Mobile: ada, Password: password}); err != nil {
		t.Error(err)
	}
}

func TestTooManyLoginsRefuseTheRightPasswordToo(t *testing.T) {
	f := setUp(t, access.LimiterOptions{})
	f.register(t, ada)
	for range 10 {
		_, err := f.Login(t.Context(), access.Login{Brand: brand, Mobile: ada, Password: "blue-mango-7422"})
		want(t, err, catalog.InvalidCredentials)
	}
	_, err := f.Login(t.Context(), access.Login{Brand: brand, Mobile: ada, Password: password})
	want(t, err, catalog.RateLimited)
	if wait := retryAfter(err); wait != time.Minute {
		t.Errorf("retry after %s", wait)
	}
	f.clock.Advance(time.Minute)
	if _, err := f.Login(t.Context(), access.Login{Brand: brand, Mobile: ada, Password: password}); err != nil {
		t.Error(err)
	}
}

func TestPasswordIsHashedAnewWhenTheParametersChange(t *testing.T) {
	f := setUp(t, unlimited)
	b := f.register(t, ada)
	old := must[store.Credentials](t)(f.store.CredentialsOf(t.Context(), b.Borrower)).PasswordHash
	if !strings.HasPrefix(old, "$argon2id$v=19$m=64,t=1,p=1$") {
		t.Fatalf("stored as %s", old)
	}
	stronger := f.service(t, unlimited, func(c *access.Config) { c.Passwords = access.PasswordParams{MemoryKiB: 128, Passes: 2} })
	_, err := stronger.Login(t.Context(), access.Login{Brand: brand, Mobile: ada, Password: "blue-mango-7422"})
	want(t, err, catalog.InvalidCredentials)
	if got := must[store.Credentials](t)(f.store.CredentialsOf(t.Context(), b.Borrower)).PasswordHash; got != old {
		t.Error("a wrong password changed the hash")
	}
	must[access.Opened](t)(stronger.Login(t.Context(), access.Login{Brand: brand, Mobile: ada, Password: password}))
	renewed := must[store.Credentials](t)(f.store.CredentialsOf(t.Context(), b.Borrower)).PasswordHash
	if !strings.HasPrefix(renewed, "$argon2id$v=19$m=128,t=2,p=1$") {
		t.Errorf("stored as %s", renewed)
	}
	must[access.Opened](t)(stronger.Login(t.Context(), access.Login{Brand: brand, Mobile: ada, Password: password}))
}

// A number that nobody registered takes as long as a wrong password: the hash is made slow enough here to drown everything else.
func TestUnknownNumberTakesAsLong(t *testing.T) {
	f := setUp(t, unlimited, func(c *access.Config) { c.Passwords = access.PasswordParams{MemoryKiB: 32 * 1024, Passes: 4} })
	f.register(t, ada)
	took := func(mobile string) time.Duration {
		start := time.Now()
		_, err := f.Login(t.Context(), access.Login{Brand: brand, Mobile: mobile, Password: "blue-mango-7422"})
		want(t, err, catalog.InvalidCredentials)
		return time.Since(start)
	}
	// The fastest of some, in turns: what else the machine does makes single ones slow. Without the hash one of the two stays a thousand times faster.
	known, unknown := time.Hour, time.Hour
	apart := func() bool { return unknown < known/3 || known < unknown/3 }
	for n := 0; n < 3 || n < 20 && apart(); n++ {
		known, unknown = min(known, took(ada)), min(unknown, took(nobody))
	}
	if apart() {
		t.Errorf("known %s, unknown %s", known, unknown)
	}
}

func TestSecretsDoNotPrint(t *testing.T) {
	text := strings.Join([]string{access.Secret(password).String(), access.Secret(password).GoString(), access.Secret(password).LogValue().String()}, " ")
	if strings.Contains(text, password) {
		t.Error(text)
	}
}
