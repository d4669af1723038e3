package seal

import (
	"errors"
	"testing"
)

// TestOpenKeysAreBoundedAndKeepWhatIsUsed opens more keys than are kept, and one of them all the time.
func TestOpenKeysAreBoundedAndKeepWhatIsUsed(t *testing.T) {
	var o openKeys
	used := &DataKey{}
	o.add(1, []byte("w"), used)
	for owner := range int64(5 * generation) {
		o.add(owner+2, []byte("w"), &DataKey{})
		if o.find(1, []byte("w")) != used {
			t.Fatalf("the key that is used all the time was dropped after %d others", owner)
		}
		if n := len(o.young) + len(o.old); n > 2*generation {
			t.Fatalf("%d keys are kept", n)
		}
	}
	if o.find(2, []byte("w")) != nil {
		t.Error("a key is kept for ever")
	}
}

// TestAnotherWrappingIsOpenedAnew: what is kept is found by the very bytes that it was unwrapped from.
func TestAnotherWrappingIsOpenedAnew(t *testing.T) {
	k := newKeys(t)
	wrapped, err := k.NewDataKey(7)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := k.DataKey(7, wrapped); err != nil {
		t.Fatal(err)
	}
	altered := append([]byte{}, wrapped...)
	altered[len(altered)-1] ^= 1
	if _, err := k.DataKey(7, altered); !errors.Is(err, ErrUnreadable) {
		t.Errorf("an altered key: %v", err)
	}
	if _, err := k.DataKey(8, wrapped); !errors.Is(err, ErrUnreadable) {
		t.Errorf("another owner's key: %v", err)
	}
	again, err := k.Rewrap(7, wrapped)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := k.DataKey(7, again); err != nil {
		t.Errorf("the same key, wrapped again: %v", err)
	}
}
