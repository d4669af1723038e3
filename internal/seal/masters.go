package seal

import (
	"bytes"
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"

	"github.com/tink-crypto/tink-go/v2/aead/subtle"
)

func derive(master []byte, label string) ([]byte, error) {
	return hkdf.Key(sha256.New, master, nil, "creditpocket/"+label, 32)
}

// addMaster derives a master key's keys, behind those that are known.
func (k *Keys) addMaster(master []byte) error {
	if len(master) != MasterKeySize {
		return fmt.Errorf("seal: master key has %d bytes, want %d", len(master), MasterKeySize)
	}
	var derived [4][]byte
	for i, label := range []string{"key-encryption", "local", "quote", "audit-chain"} {
		key, err := derive(master, label)
		if err != nil {
			return err
		}
		derived[i] = key
	}
	local, err := subtle.NewAESGCM(derived[1])
	if err != nil {
		return err
	}
	chain, err := newChainKey(derived[3])
	if err != nil {
		return err
	}
	k.locals, k.quotes, k.chains = append(k.locals, local), append(k.quotes, derived[2]), append(k.chains, chain)
	return k.addWrapKey(derived[0])
}

// OpenMasterKeys adds master keys whose derived keys may open and check what was made with them, and make nothing: the one before the
// present one, and, before all processes know it, the next one. It is for the start of a process, before the keys are used, and before
// UseWrapKeys.
func (k *Keys) OpenMasterKeys(others ...[]byte) error {
	for _, master := range others {
		if err := k.addMaster(master); err != nil {
			return err
		}
	}
	return nil
}

// UseIndexKey makes a key of MasterKeySize bytes the one of blind indexes, in place of the one that is derived from the master key: so the
// master key can be changed, and indexes of which nothing else is kept go on being found. It is for the start of a process.
func (k *Keys) UseIndexKey(key []byte) error {
	if len(key) != MasterKeySize {
		return errors.New("seal: an index key has 32 bytes")
	}
	k.blind = bytes.Clone(key)
	return nil
}

// IndexKey is the key of blind indexes: a secret.
func (k *Keys) IndexKey() []byte { return bytes.Clone(k.blind) }

// IndexKeyID names the key of blind indexes. It tells nothing of the key.
func (k *Keys) IndexKeyID() []byte {
	id, _ := hkdf.Key(sha256.New, k.blind, nil, "creditpocket/index-key-id", 8) // fails for lengths that no hash can give
	return id
}

// QuoteKeys are the keys that sign quotes: the present one first, then those whose quotes are still good.
func (k *Keys) QuoteKeys() [][]byte {
	keys := make([][]byte, len(k.quotes))
	for i, key := range k.quotes {
		keys[i] = bytes.Clone(key)
	}
	return keys
}

// chainKey makes the links of chains.
type chainKey struct {
	id  string // names the key and tells nothing of it
	key []byte
}

func newChainKey(key []byte) (chainKey, error) {
	id, err := hkdf.Key(sha256.New, key, nil, "creditpocket/audit-chain-id", 8)
	return chainKey{hex.EncodeToString(id), key}, err
}

// ChainKeys name the keys of chains that are known: the present one first. The names tell nothing of the keys.
func (k *Keys) ChainKeys() []string {
	ids := make([]string, len(k.chains))
	for i, c := range k.chains {
		ids[i] = c.id
	}
	return ids
}

// Link is a link of a chain of records: a keyed hash over the link before it and what a record says. The kind keeps links of different
// uses apart. Who cannot read the key can neither make a link nor mend a chain that was cut.
func (k *Keys) Link(kind string, before, says []byte) []byte {
	return k.chains[0].link(kind, before, says)
}

// LinkBy is Link with the key of that name; nil for one that is not known.
func (k *Keys) LinkBy(id, kind string, before, says []byte) []byte {
	for _, c := range k.chains {
		if c.id == id {
			return c.link(kind, before, says)
		}
	}
	return nil
}

func (c chainKey) link(kind string, before, says []byte) []byte {
	mac := hmac.New(sha256.New, c.key)
	fmt.Fprintf(mac, "%d:%s%d:%s%d:%s", len(kind), kind, len(before), before, len(says), says)
	return mac.Sum(nil)
}
