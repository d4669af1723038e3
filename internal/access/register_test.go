package access_test

import (
	"context"
	"sync"
	"testing"

	"github.com/creditpocket/creditpocket/gen/catalog"
	"github.com/creditpocket/creditpocket/internal/access"
	"github.com/creditpocket/creditpocket/internal/fault"
	"github.com/creditpocket/creditpocket/internal/store"
)

func TestRegisterOpensASession(t *testing.T) {
	f := setUp(t, access.LimiterOptions{})
	opened, err := f.Register(t.Context(), access.Registration{Brand: brand, Mobile: ada, Code: f.code(t, ada, access.PurposeRegister),
		Password: password, Device: access.Device{ID: "5f1c9f0e2b7d4c1a", Terminal: 1}, InviteCode: "ADA2025"})
	if err != nil {
		t.Fatal(err)
	}
	if len(opened.Token.Reveal()) != 43 || opened.Borrower == 0 || opened.Mobile != ada || opened.Replayed || !opened.HasPassword || opened.Face.HadPayout {
		t.Errorf("%+v", opened)
	}
	p := must[access.Principal](t)(f.Session(t.Context(), opened.Token.Reveal(), "getUserInfo"))
	if p.Token = [32]byte{}; p != (access.Principal{BorrowerID: opened.Borrower, SessionID: opened.Session, Brand: brand}) {
		t.Errorf("%+v", p)
	}
	b := must[store.Borrower](t)(f.store.Borrower(t.Context(), opened.Borrower))
	if b.Mobile != ada || b.Brand != brand {
		t.Errorf("%s of %s", b.Mobile, b.Brand)
	}
}

func TestRegisterTellsOfAnAccountOnlyToWhoHasACode(t *testing.T) {
	f := setUp(t, unlimited)
	f.register(t, ada)
	code := f.code(t, ada, access.PurposeRegister)
	in := access.Registration{Brand: brand, Mobile: ada, Code: other(code), Password: password}
	_, err := f.Register(t.Context(), in)
	want(t, err, catalog.CodeInvalid)
	in.Code = code
	_, err = f.Register(t.Context(), in)
	want(t, err, catalog.AlreadyRegistered)
	_, err = f.Register(t.Context(), in)
	want(t, err, catalog.CodeInvalid) // used up
}

func TestRegisterRefusesWeakPasswordsWithoutCost(t *testing.T) {
	f := setUp(t, unlimited)
	code := f.code(t, ada, access.PurposeRegister)
	in := access.Registration{Brand: brand, Mobile: ada, Code: code}
	for range 2 {
		for _, weak := range []access.Secret{"password", "Password123!", "qwerty2024", "12345678", "11111111", "hgfedcba", "CycleCash1", "x7000000003y", "00000003", "iloveyou99", "1q2w3e4r"} {
			in.Password = weak
			_, err := f.Register(t.Context(), in)
			if !fault.Has(err, catalog.PasswordTooCommon) {
				t.Errorf("%s: %v", weak.Reveal(), err)
			}
		}
	}
	in.Password = "short"
	_, err := f.Register(t.Context(), in)
	want(t, err, catalog.ValidationFailed)
	in.Password = password
	if _, err := f.Register(t.Context(), in); err != nil {
		t.Errorf("the code was good still: %v", err)
	}
}

func TestParallelRegistrationsMakeOneBorrower(t *testing.T) {
	f := setUp(t, unlimited)
	in := access.Registration{Brand: brand, Mobile: ada, Code: f.code(t, ada, access.PurposeRegister), Password: password}
	var wg sync.WaitGroup
	var mu sync.Mutex
	made := 0
	for range 20 {
		wg.Go(func() {
			_, err := f.Register(t.Context(), in)
			mu.Lock()
			defer mu.Unlock()
			switch {
			case err == nil:
				made++
			case !fault.Has(err, catalog.CodeInvalid) && !fault.Has(err, catalog.AlreadyRegistered) && !fault.Has(err, catalog.Unavailable):
				t.Errorf("%v", err)
			}
		})
	}
	wg.Wait()
	if made != 1 {
		t.Errorf("%d registrations succeeded", made)
	}
}

func TestParallelRepeatsOfOneRegistrationGiveOneBorrower(t *testing.T) {
	f := setUp(t, unlimited)
	in := access.Registration{Brand: brand, Mobile: ada, Code: f.code(t, ada, access.PurposeRegister), Password: password, Key: "register-0001"}
	var wg sync.WaitGroup
	var mu sync.Mutex
	first, borrowers, tokens := 0, map[int64]bool{}, map[access.Secret]bool{}
	for range 12 {
		wg.Go(func() {
			opened, err := f.Register(t.Context(), in)
			mu.Lock()
			defer mu.Unlock()
			if err != nil {
				t.Errorf("%v", err)
				return
			}
			if !opened.Replayed {
				first++
			}
			borrowers[opened.Borrower], tokens[opened.Token] = true, true
		})
	}
	wg.Wait()
	if first != 1 || len(borrowers) != 1 || len(tokens) != 1 {
		t.Errorf("%d not replayed, %d borrowers, %d tokens", first, len(borrowers), len(tokens))
	}
	for token := range tokens {
		if _, err := f.Session(t.Context(), token.Reveal(), "getUserInfo"); err != nil {
			t.Errorf("a token of a repeat does not work: %v", err)
		}
	}
}

func TestRepeatOfARegistrationNeedsThePasswordAndTheParameters(t *testing.T) {
	f := setUp(t, unlimited)
	in := access.Registration{Brand: brand, Mobile: ada, Code: f.code(t, ada, access.PurposeRegister), Password: password, Key: "register-0001"}
	first := must[access.Opened](t)(f.Register(t.Context(), in))

	again := must[access.Opened](t)(f.Register(t.Context(), in))
	if !again.Replayed || again.Borrower != first.Borrower || again.Token != first.Token || !again.Ends.Equal(first.Ends) {
		t.Errorf("replayed %v, borrower %d after %d", again.Replayed, again.Borrower, first.Borrower)
	}
	wrong := in
	wrong.Password = "green-mango-7421"
	_, err := f.Register(t.Context(), wrong)
	want(t, err, catalog.IdempotencyKeyReused)
	changed := in
	changed.InviteCode = "ADA2025"
	_, err = f.Register(t.Context(), changed)
	want(t, err, catalog.IdempotencyKeyReused)
	// The key belongs to the number: another number may use the same.
	elsewhere := access.Registration{Brand: brand, Mobile: nobody, Code: f.code(t, nobody, access.PurposeRegister), Password: password, Key: in.Key}
	if opened, err := f.Register(t.Context(), elsewhere); err != nil || opened.Replayed || opened.Borrower == first.Borrower {
		t.Errorf("another number: %v, %v", opened.Replayed, err)
	}
	f.write(t, func(ctx context.Context, tx *store.Tx) error { return tx.BlockBorrower(ctx, first.Borrower, "test") })
	_, err = f.Register(t.Context(), in)
	want(t, err, catalog.AccountBlocked)
}

func TestRegisterIsLimitedByNumber(t *testing.T) {
	f := setUp(t, access.LimiterOptions{})
	in := access.Registration{Brand: brand, Mobile: ada, Code: "000000", Password: password}
	for range 10 {
		_, err := f.Register(t.Context(), in)
		want(t, err, catalog.CodeInvalid)
	}
	_, err := f.Register(t.Context(), in)
	want(t, err, catalog.RateLimited)
	in.Mobile = nobody
	_, err = f.Register(t.Context(), in)
	want(t, err, catalog.CodeInvalid)
}
