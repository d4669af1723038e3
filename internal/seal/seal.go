// Package seal keeps personal data unreadable at rest. Every borrower has a data key of their own (a tink AES-256-GCM
// keyset), which is itself encrypted by the deployment's key-encryption key, kept outside the database. Destroying the
// wrapped data key makes everything sealed for that borrower unreadable for ever, while the ledger stays.
// Look-ups over sealed values go through a keyed blind index. The package does no I/O.
package seal

import (
	"bytes"
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"

	"github.com/tink-crypto/tink-go/v2/aead"
	"github.com/tink-crypto/tink-go/v2/aead/subtle"
	"github.com/tink-crypto/tink-go/v2/keyset"
	"github.com/tink-crypto/tink-go/v2/tink"
)

// MasterKeySize is the length of a master key in bytes.
const MasterKeySize = 32

// ErrUnreadable says that a sealed value cannot be opened: wrong key, destroyed key, or altered bytes.
var ErrUnreadable = errors.New("seal: value cannot be opened with this key")

// Keys holds the deployment's keys, all derived from the master key by HKDF-SHA256 with one label a purpose.
// It is safe for use by many goroutines.
type Keys struct {
	wrap  []wrapKey // what data keys are wrapped by: the present one first, then those that only open
	local tink.AEAD
	blind []byte
	quote []byte
	chain []byte

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
	derive := func(label string) ([]byte, error) {
		return hkdf.Key(sha256.New, master, nil, "creditpocket/"+label, 32)
	}
	k := &Keys{}
	var wrap []byte
	for _, want := range []struct {
		label string
		aead  *tink.AEAD
		raw   *[]byte
	}{
		{label: "key-encryption", raw: &wrap},
		{label: "local", aead: &k.local},
		{label: "blind-index", raw: &k.blind},
		{label: "quote", raw: &k.quote},
		{label: "audit-chain", raw: &k.chain},
	} {
		key, err := derive(want.label)
		if err != nil {
			return nil, err
		}
		if want.raw != nil {
			*want.raw = key
			continue
		}
		a, err := subtle.NewAESGCM(key)
		if err != nil {
			return nil, err
		}
		*want.aead = a
	}
	return k, k.addWrapKey(wrap)
}

// QuoteKey is the key that signs quotes.
func (k *Keys) QuoteKey() []byte { return bytes.Clone(k.quote) }

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
	return k.local.Encrypt(plain, []byte(column))
}

// OpenLocal decrypts what SealLocal made, or returns ErrUnreadable.
func (k *Keys) OpenLocal(column string, sealed []byte) ([]byte, error) {
	plain, err := k.local.Decrypt(sealed, []byte(column))
	if err != nil {
		return nil, ErrUnreadable
	}
	return plain, nil
}

// Blind is the blind index of a value: a keyed hash under which equal values can be found but not guessed. Kind keeps
// indexes of different kinds apart; scope is usually the brand.
func (k *Keys) Blind(kind, scope, value string) []byte {
	mac := hmac.New(sha256.New, k.blind)
	fmt.Fprintf(mac, "%d:%s%d:%s%s", len(kind), kind, len(scope), scope, value)
	return mac.Sum(nil)
}

// Link is a link of a chain of records: a keyed hash over the link before it and what a record says. The kind keeps links of different
// uses apart. Who cannot read the key can neither make a link nor mend a chain that was cut.
func (k *Keys) Link(kind string, before, says []byte) []byte {
	mac := hmac.New(sha256.New, k.chain)
	fmt.Fprintf(mac, "%d:%s%d:%s%d:%s", len(kind), kind, len(before), before, len(says), says)
	return mac.Sum(nil)
}
