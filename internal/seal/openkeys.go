package seal

import (
	"bytes"
	"sync"
)

// openKeys keeps unwrapped data keys, by their owners. Unwrapping takes tens of microseconds. When so many came in as are kept, those that
// were not asked for since the last time are dropped: two generations cost less than an order.
type openKeys struct {
	mu         sync.Mutex
	young, old map[int64]openKey
}

// generation is how many keys one of the two generations has at most; a key takes about 2 KB.
const generation = 4096

// openKey is a data key with what it was wrapped as: another wrapping, of a key that was destroyed or not, must be opened anew.
type openKey struct {
	wrapped []byte
	key     *DataKey
}

// find finds the owner's key if it was unwrapped from the same bytes, or nil.
func (o *openKeys) find(owner int64, wrapped []byte) *DataKey {
	o.mu.Lock()
	defer o.mu.Unlock()
	found, ok := o.young[owner]
	if !ok {
		if found, ok = o.old[owner]; ok {
			o.put(owner, found)
		}
	}
	if !ok || !bytes.Equal(found.wrapped, wrapped) {
		return nil
	}
	return found.key
}

func (o *openKeys) add(owner int64, wrapped []byte, key *DataKey) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.put(owner, openKey{bytes.Clone(wrapped), key})
}

func (o *openKeys) put(owner int64, k openKey) {
	if _, known := o.young[owner]; !known && len(o.young) >= generation {
		o.old, o.young = o.young, nil
	}
	if o.young == nil {
		o.young = map[int64]openKey{}
	}
	o.young[owner] = k
}
