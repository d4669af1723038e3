package access

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/creditpocket/creditpocket/gen/catalog"
	"github.com/creditpocket/creditpocket/internal/fault"
)

func TestHashesQueueAndTheQueueHasAnEnd(t *testing.T) {
	h := newHasher(PasswordParams{MemoryKiB: 64, Passes: 1, Lanes: 1, AtOnce: 1, Wait: 20 * time.Millisecond})
	leave, err := h.turn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	_, _, err = h.verify(t.Context(), "blue-mango-7421", "")
	if !fault.Has(err, catalog.Unavailable) {
		t.Errorf("got %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := h.hash(ctx, "blue-mango-7421"); !fault.Has(err, catalog.Unavailable) {
		t.Errorf("got %v", err)
	}
	leave()
	hash, err := h.hash(t.Context(), "blue-mango-7421")
	if err != nil {
		t.Fatal(err)
	}
	if right, renewed, err := h.verify(t.Context(), "blue-mango-7421", hash); !right || renewed != "" || err != nil {
		t.Errorf("%v, %q, %v", right, renewed, err)
	}
}

func TestTheSameTextHashesDifferentlyEachTime(t *testing.T) {
	h := newHasher(PasswordParams{MemoryKiB: 64, Passes: 1}.withDefaults())
	a, _ := h.hash(t.Context(), "blue-mango-7421")
	b, _ := h.hash(t.Context(), "blue-mango-7421")
	if a == b {
		t.Error("no salt")
	}
}

// The hash is a test vector of Argon2's reference implementation: what other programs store can be read here.
func TestParsePHC(t *testing.T) {
	good := "$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc"
	p, err := parsePHC(good)
	if err != nil || p.memory != 65536 || p.passes != 2 || p.lanes != 1 || string(p.salt) != "somesalt" || p.String() != good {
		t.Errorf("%+v, %v", p, err)
	}
	for _, bad := range []string{"", "x", "$argon2i$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc",
		"$argon2id$v=16$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc",
		"$argon2id$v=19$m=99999999,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc",
		"$argon2id$v=19$m=65536,t=0,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc",
		"$argon2id$v=19$m=65536,t=2,p=1$$", "$2b$12$abcdefghijklmnopqrstuv"} {
		if _, err := parsePHC(bad); err == nil {
			t.Errorf("%q was read", bad)
		}
	}
	right, _, err := newHasher(PasswordParams{}.withDefaults()).verify(t.Context(), "password", good)
	if err != nil || !right {
		t.Errorf("the known pair of password and hash: %v, %v", right, err)
	}
}

// TestLeakedPasswordsAreRefused holds that every embedded password is, in any case and with digits around it where it has none of its own.
func TestLeakedPasswordsAreRefused(t *testing.T) {
	if len(leaked()) < 17_000 {
		t.Fatalf("only %d leaked passwords are embedded", len(leaked()))
	}
	refused := func(password string) bool {
		return fault.Has(refuseWeak("password", Secret(password), "+2347000000003", "CycleCash"), catalog.PasswordTooCommon)
	}
	for password := range leaked() {
		if !refused(password) || !refused(strings.ToUpper(password)) {
			t.Errorf("%s is taken", password)
		}
	}
	for password, want := range map[string]bool{"1qaz2wsx": true, "Sunshine": true, "superman77!": true, "blue-mango-7421": false, "ogun river at dawn": false, "Kx7#pqL0vv": false} {
		if refused(password) != want {
			t.Errorf("%s: refused is not %v", password, want)
		}
	}
}

func TestIsRun(t *testing.T) {
	for text, want := range map[string]bool{"11111111": true, "12345678": true, "87654321": true, "abcdefgh": true, "11111112": false, "13579135": false, "abcdefgi": false} {
		if got := isRun(text); got != want {
			t.Errorf("%s: %v", text, got)
		}
	}
}
