package seal

import (
	"bytes"
	"errors"
	"testing"
)

func newKeys(t *testing.T) *Keys {
	t.Helper()
	text, err := NewMasterKey()
	if err != nil {
		t.Fatal(err)
	}
	master, err := ParseMasterKey(text)
	if err != nil {
		t.Fatal(err)
	}
	k, err := New(master)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func TestSealedValueOpensOnlyForItsOwnerAndColumn(t *testing.T) {
	k := newKeys(t)
	wrapped, err := k.NewDataKey(7)
	if err != nil {
		t.Fatal(err)
	}
	key, err := k.DataKey(7, wrapped)
	if err != nil {
		t.Fatal(err)
	}
	sealed, err := key.Seal("profiles.sealed", []byte("22222222222"))
	if err != nil {
		t.Fatal(err)
	}
	if bytes.Contains(sealed, []byte("22222222222")) {
		t.Fatal("the sealed value holds the plain one")
	}
	plain, err := key.Open("profiles.sealed", sealed)
	if err != nil || string(plain) != "22222222222" {
		t.Fatalf("open: %q %v", plain, err)
	}
	if _, err := key.Open("other.column", sealed); !errors.Is(err, ErrUnreadable) {
		t.Fatalf("another column opened it: %v", err)
	}
	if _, err := k.DataKey(8, wrapped); !errors.Is(err, ErrUnreadable) {
		t.Fatalf("another owner unwrapped the key: %v", err)
	}
	if _, err := newKeys(t).DataKey(7, wrapped); !errors.Is(err, ErrUnreadable) {
		t.Fatalf("another master key unwrapped it: %v", err)
	}
	if _, err := k.DataKey(7, nil); !errors.Is(err, ErrUnreadable) {
		t.Fatalf("a destroyed key opened: %v", err)
	}
	sealed[len(sealed)-1] ^= 1
	if _, err := key.Open("profiles.sealed", sealed); !errors.Is(err, ErrUnreadable) {
		t.Fatalf("an altered value opened: %v", err)
	}
}

func TestBlindIndexSeparatesKindScopeAndKey(t *testing.T) {
	k := newKeys(t)
	base := k.Blind("mobile", "CycleCash", "+2347000000003")
	if !bytes.Equal(base, k.Blind("mobile", "CycleCash", "+2347000000003")) {
		t.Fatal("not stable")
	}
	for name, other := range map[string][]byte{
		"kind":  k.Blind("bvn", "CycleCash", "+2347000000003"),
		"scope": k.Blind("mobile", "Other", "+2347000000003"),
		"split": k.Blind("mobileC", "ycleCash", "+2347000000003"),
		"value": k.Blind("mobile", "CycleCash", "+2347000000004"),
		"key":   newKeys(t).Blind("mobile", "CycleCash", "+2347000000003"),
	} {
		if bytes.Equal(base, other) {
			t.Errorf("same index for another %s", name)
		}
	}
}

func TestLocalSeal(t *testing.T) {
	k := newKeys(t)
	sealed, err := k.SealLocal("sms_messages.text", []byte("code 123456"))
	if err != nil {
		t.Fatal(err)
	}
	if plain, err := k.OpenLocal("sms_messages.text", sealed); err != nil || string(plain) != "code 123456" {
		t.Fatalf("open: %q %v", plain, err)
	}
	if _, err := k.OpenLocal("sms_messages.to", sealed); !errors.Is(err, ErrUnreadable) {
		t.Fatalf("another column opened it: %v", err)
	}
}
