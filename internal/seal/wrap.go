package seal

import (
	"bytes"
	"crypto/hkdf"
	"crypto/sha256"
	"errors"

	"github.com/tink-crypto/tink-go/v2/aead/subtle"
	"github.com/tink-crypto/tink-go/v2/keyset"
	"github.com/tink-crypto/tink-go/v2/tink"
)

// wrapKey is a key-encryption key: what data keys are wrapped by.
type wrapKey struct {
	id   []byte // names the key and tells nothing of it
	aead tink.AEAD
}

func newWrapKey(key []byte) (w wrapKey, err error) {
	if len(key) != MasterKeySize {
		return w, errors.New("seal: a key-encryption key has 32 bytes")
	}
	if w.id, err = hkdf.Key(sha256.New, key, nil, "creditpocket/key-encryption-id", 8); err != nil {
		return w, err
	}
	w.aead, err = subtle.NewAESGCM(key)
	return w, err
}

// close wraps a data key for its owner.
func (w wrapKey) close(handle *keyset.Handle, owner int64) ([]byte, error) {
	var buf bytes.Buffer
	err := handle.WriteWithAssociatedData(keyset.NewBinaryWriter(&buf), w.aead, ownerData(owner))
	return buf.Bytes(), err
}

func (k *Keys) addWrapKey(key []byte) error {
	w, err := newWrapKey(key)
	if err != nil {
		return err
	}
	k.wrap = append(k.wrap, w)
	return nil
}

// UseWrapKeys makes a key of MasterKeySize bytes the one that data keys are wrapped by from now on. The old ones, and the one that is
// derived from the master key, still open what they wrapped. It is for the start of a process, before the keys are used.
func (k *Keys) UseWrapKeys(present []byte, old ...[]byte) error {
	derived := k.wrap
	k.wrap = nil
	for _, key := range append([][]byte{present}, old...) {
		if err := k.addWrapKey(key); err != nil {
			return err
		}
	}
	k.wrap = append(k.wrap, derived...)
	return nil
}

// OpenWrapKeys adds keys that may open data keys beside the present one: before all replicas know the next key, none may wrap by it.
func (k *Keys) OpenWrapKeys(others ...[]byte) error {
	for _, key := range others {
		if err := k.addWrapKey(key); err != nil {
			return err
		}
	}
	return nil
}

// WrapKeyID names the key that data keys are wrapped by now. It tells nothing of the key.
func (k *Keys) WrapKeyID() []byte { return bytes.Clone(k.wrap[0].id) }

// unwrap opens a wrapped data key with whichever key it was wrapped by. It returns ErrUnreadable.
func (k *Keys) unwrap(owner int64, wrapped []byte) (*keyset.Handle, wrapKey, error) {
	for _, w := range k.wrap {
		if handle, err := keyset.ReadWithAssociatedData(keyset.NewBinaryReader(bytes.NewReader(wrapped)), w.aead, ownerData(owner)); err == nil {
			return handle, w, nil
		}
	}
	return nil, wrapKey{}, ErrUnreadable
}

// WrapFor wraps the data key of one borrower for another by the present key-encryption key: what one's key sealed the other's opens. It is
// for generated borrowers who are copies of each other. It returns ErrUnreadable as Rewrap does.
func (k *Keys) WrapFor(owner int64, wrapped []byte, other int64) ([]byte, error) {
	handle, _, err := k.unwrap(owner, wrapped)
	if err != nil {
		return nil, err
	}
	return k.wrap[0].close(handle, other)
}

// Rewrap wraps a data key by the present key-encryption key; the data key, and all that is sealed with it, stays. It returns
// ErrUnreadable where no key that is known opens it.
func (k *Keys) Rewrap(owner int64, wrapped []byte) ([]byte, error) {
	handle, _, err := k.unwrap(owner, wrapped)
	if err != nil {
		return nil, err
	}
	return k.wrap[0].close(handle, owner)
}
