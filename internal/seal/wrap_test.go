package seal

import (
	"bytes"
	"errors"
	"testing"
)

// A rotation in its three steps: all know the next key, all wrap by it, all forget the last one.
func TestRotationKeepsEverythingReadable(t *testing.T) {
	master := bytes.Repeat([]byte{7}, MasterKeySize)
	next, third := bytes.Repeat([]byte{8}, MasterKeySize), bytes.Repeat([]byte{9}, MasterKeySize)
	with := func(use func(*Keys) error) *Keys {
		t.Helper()
		k, err := New(master)
		if err == nil && use != nil {
			err = use(k)
		}
		if err != nil {
			t.Fatal(err)
		}
		return k
	}
	first := with(nil)
	wrapped, err := first.NewDataKey(7)
	if err != nil {
		t.Fatal(err)
	}
	key, err := first.DataKey(7, wrapped)
	if err != nil {
		t.Fatal(err)
	}
	sealed, err := key.Seal("column", []byte("22222222222"))
	if err != nil {
		t.Fatal(err)
	}
	reads := func(name string, k *Keys, wrapped []byte) {
		t.Helper()
		key, err := k.DataKey(7, wrapped)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if plain, err := key.Open("column", sealed); err != nil || string(plain) != "22222222222" {
			t.Errorf("%s: %q, %v", name, plain, err)
		}
	}
	second := with(func(k *Keys) error { return k.UseWrapKeys(next) })
	rewrapped, err := second.Rewrap(7, wrapped)
	if err != nil {
		t.Fatal(err)
	}
	reads("the new key, of what it has not seen yet", second, wrapped)
	reads("the new key, of what it wrapped", second, rewrapped)
	reads("a replica that only knows of the next key", with(func(k *Keys) error { return k.OpenWrapKeys(next) }), rewrapped)
	if _, err := first.DataKey(7, rewrapped); !errors.Is(err, ErrUnreadable) {
		t.Errorf("the old key opens what the new one wrapped: %v", err)
	}
	last := with(func(k *Keys) error { return k.UseWrapKeys(third, next) })
	again, err := last.Rewrap(7, rewrapped)
	if err != nil {
		t.Fatal(err)
	}
	reads("the third key", last, again)
	if _, err := second.DataKey(7, again); !errors.Is(err, ErrUnreadable) {
		t.Errorf("the second key opens what the third one wrapped: %v", err)
	}
	if _, err := last.Rewrap(8, rewrapped); !errors.Is(err, ErrUnreadable) {
		t.Errorf("another owner's key was rewrapped: %v", err)
	}
	if bytes.Equal(first.WrapKeyID(), second.WrapKeyID()) || bytes.Equal(second.WrapKeyID(), last.WrapKeyID()) {
		t.Error("two keys have one name")
	}
}
