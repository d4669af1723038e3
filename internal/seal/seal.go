// Package seal keeps personal data unreadable at rest. Every borrower has a data key of their own (a tink AES-256-GCM
// keyset), which is itself encrypted by the deployment's key-encryption key, kept outside the database. Destroying the
// wrapped data key makes everything sealed for that borrower unreadable for ever, while the ledger stays.
// Look-ups over sealed values go through a keyed blind index. The package does no I/O.
package seal

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"

	"github.com/tink-crypto/tink-go/v2/aead"
	"github.com/tink-crypto/tink-go/v2/keyset"
	"github.com/tink-crypto/tink-go/v2/tink"
)

// MasterKeySize is the length of a master key in bytes.
const MasterKeySize = 32

// ErrUnreadable says that a sealed value cannot be opened: wrong key, destroyed key, or altered bytes.
var ErrUnreadable = errors.New("seal: value cannot be opened with this key")

// Keys holds the deployment's keys, all derived from the master key by HKDF-SHA256 with one label a purpose, but for the key-encryption
// key and the index key where the deployment has those of its own. Of each kind but the index key the present one stands first, then
// those of other master keys, which open and check what was made with them and make nothing. It is safe for use by many goroutines.
type Keys struct {
	wrap   []wrapKey // what data keys are wrapped by
	locals []tink.AEAD
	blind  []byte
	quotes [][]byte
	chains []chainKey

	open openKeys
}

// NewMasterKey draws a fresh master key in the text form that ParseMasterKey reads.
func NewMasterKey() (string, error) {
	key := make([]byte, MasterKeySize)
	if _, err := rand.Read(key); err != nil {
		return "", err
	}
	return base64.StdEncoding.EncodeToString(key), nil
}

// ParseMasterKey reads a master key: 32 bytes in standard base64.
func ParseMasterKey(text string) ([]byte, error) {
	key, err := base64.StdEncoding.DecodeString(text)
	if err != nil || len(key) != MasterKeySize {
		return nil, fmt.Errorf("a master key is %d bytes in base64", MasterKeySize)
	}
	return key, nil
}

// New derives the deployment's keys from a master key of MasterKeySize bytes.
func New(master []byte) (*Keys, error) {
	if len(master) != MasterKeySize {
		return nil, fmt.Errorf("seal: master key has %d bytes, want %d", len(master), MasterKeySize)
	}
	k := &Keys{}
	var err error
	if k.blind, err = derive(master, "blind-index"); err != nil {
		return nil, err
	}
	return k, k.addMaster(master)
}

// NewDataKey makes a borrower's data key and returns it wrapped by the present key-encryption key; owner binds it to that borrower.
func (k *Keys) NewDataKey(owner int64) ([]byte, error) {
	handle, err := keyset.NewHandle(aead.AES256GCMKeyTemplate())
	if err != nil {
		return nil, err
	}
	return k.wrap[0].close(handle, owner)
}

// DataKey opens a wrapped data key. It returns ErrUnreadable where the key was destroyed (empty), wrapped by another
// master key, or belongs to another owner.
func (k *Keys) DataKey(owner int64, wrapped []byte) (*DataKey, error) {
	if len(wrapped) == 0 {
		return nil, ErrUnreadable
	}
	if key := k.open.find(owner, wrapped); key != nil {
		return key, nil
	}
	handle, _, err := k.unwrap(owner, wrapped)
	if err != nil {
		return nil, err
	}
	a, err := aead.New(handle)
	if err != nil {
		return nil, err
	}
	key := &DataKey{aead: a}
	k.open.add(owner, wrapped, key)
	return key, nil
}

func ownerData(owner int64) []byte { return fmt.Appendf(nil, "borrower:%d", owner) }

// DataKey seals and opens the values of one borrower. The context string names the column, so that a sealed value moved
// to another column does not open.
type DataKey struct{ aead tink.AEAD }

// Seal encrypts a value for the given column.
func (d *DataKey) Seal(column string, plain []byte) ([]byte, error) {
	return d.aead.Encrypt(plain, []byte(column))
}

// Open decrypts a value of the given column, or returns ErrUnreadable.
func (d *DataKey) Open(column string, sealed []byte) ([]byte, error) {
	plain, err := d.aead.Decrypt(sealed, []byte(column))
	if err != nil {
		return nil, ErrUnreadable
	}
	return plain, nil
}

// SealLocal encrypts a value that belongs to no borrower yet (a text message on its way to a number).
func (k *Keys) SealLocal(column string, plain []byte) ([]byte, error) {
	return k.locals[0].Encrypt(plain, []byte(column))
}

// OpenLocal decrypts what SealLocal made, by whichever master key that is known, or returns ErrUnreadable.
func (k *Keys) OpenLocal(column string, sealed []byte) ([]byte, error) {
	plain, _, err := k.openLocal(column, sealed)
	return plain, err
}

func (k *Keys) openLocal(column string, sealed []byte) (plain []byte, present bool, err error) {
	for i, local := range k.locals {
		if plain, err := local.Decrypt(sealed, []byte(column)); err == nil {
			return plain, i == 0, nil
		}
	}
	return nil, false, ErrUnreadable
}

// ResealLocal seals what SealLocal made under another master key anew, by the present one; changed is false for what is sealed by that already. It
// returns ErrUnreadable.
func (k *Keys) ResealLocal(column string, sealed []byte) (again []byte, changed bool, err error) {
	plain, present, err := k.openLocal(column, sealed)
	if err != nil || present {
		return sealed, false, err
	}
	again, err = k.SealLocal(column, plain)
	return again, true, err
}

// Blind is the blind index of a value: a keyed hash under which equal values can be found but not guessed. Kind keeps
// indexes of different kinds apart; scope is usually the brand.
func (k *Keys) Blind(kind, scope, value string) []byte {
	mac := hmac.New(sha256.New, k.blind)
	fmt.Fprintf(mac, "%d:%s%d:%s%s", len(kind), kind, len(scope), scope, value)
	return mac.Sum(nil)
}
