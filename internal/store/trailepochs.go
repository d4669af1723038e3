package store

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
)

// trailEpoch is a part of the chain that stands under one key.
type trailEpoch struct {
	Key  string `json:"key"`  // the key's name
	From int64  `json:"from"` // the first place
	// Mixed is the last place that may hold an entry which a process wrote that had the key before; 0 while the change goes on.
	Mixed int64 `json:"mixed"`
}

// errForeignChain is what the sealer says of a chain that it must not go on with.
var errForeignChain = errors.New("the head of the audit trail's chain fits no master key that is known here: it was altered, or CP_OLD_MASTER_KEYS lacks the one before")

// headMAC is the head's own hash by the key of that name. A chain that has seen one key only is hashed as it was before there were epochs.
func (r reader) headMAC(key string, h chainHead) []byte {
	says := fmt.Append(nil, h.Seq, " ", h.Unsigned)
	if len(h.Epochs) > 0 {
		epochs, _ := json.Marshal(h.Epochs) // strings and numbers always encode
		says = fmt.Append(says, " ", string(epochs))
	}
	return r.keys.LinkBy(key, trailHead, h.Hash, says)
}

// fits holds a stored hash to the one that was made of it; none fits nothing.
func fits(stored, made []byte) bool { return len(made) > 0 && bytes.Equal(stored, made) }

// headKey finds the key that the head stands under: that of its last epoch, or, where there are none yet, whichever key fits. It is "" where
// the head does not fit.
func (r reader) headKey(h chainHead) string {
	keys := r.keys.ChainKeys()
	if n := len(h.Epochs); n > 0 {
		keys = []string{h.Epochs[n-1].Key}
	}
	for _, key := range keys {
		if fits(h.Mac, r.headMAC(key, h)) {
			return key
		}
	}
	return ""
}

// epochFor makes the head ready for places under the present key. It is false where a later key has taken over: this process is one
// that was not yet started anew, and leaves the sealing to the others.
func (r reader) epochFor(h *chainHead) (bool, error) {
	present, under := r.keys.ChainKeys()[0], r.headKey(*h)
	switch {
	case under == "":
		return false, errForeignChain
	case under == present:
		return true, nil
	case slices.ContainsFunc(h.Epochs, func(e trailEpoch) bool { return e.Key == present }):
		return false, nil
	}
	if len(h.Epochs) == 0 {
		h.Epochs = []trailEpoch{{Key: under, From: 1}}
	}
	h.Epochs = append(h.Epochs, trailEpoch{Key: present, From: h.Seq + 1})
	return true, nil
}

// placeKey is the key of a place, and writers are those that may have written the entry at it: a process that was not yet started anew
// writes under the key before, and one that was started first under the next, which may have no places yet. only is the key of a chain that
// has seen one; known are all that are known here.
func (h chainHead) placeKey(seq int64, only string, known []string) (place string, writers []string) {
	if len(h.Epochs) == 0 {
		return only, known
	}
	i := len(h.Epochs) - 1
	for i > 0 && seq < h.Epochs[i].From {
		i--
	}
	e := h.Epochs[i]
	writers = []string{e.Key}
	if i > 0 && (e.Mixed == 0 || seq <= e.Mixed) {
		writers = append(writers, h.Epochs[i-1].Key)
	}
	if i+1 < len(h.Epochs) {
		return e.Key, append(writers, h.Epochs[i+1].Key)
	}
	for _, key := range known {
		if !slices.ContainsFunc(h.Epochs, func(e trailEpoch) bool { return e.Key == key }) {
			writers = append(writers, key)
		}
	}
	return e.Key, writers
}

// EndTrailMix ends the time in which entries by the key before are believed: every process has the present key. The caller has sealed
// all there is.
func (t *Tx) EndTrailMix(ctx context.Context) error {
	head, err := t.lockHead(ctx)
	if err != nil {
		return err
	}
	n := len(head.Epochs)
	if n == 0 || head.Epochs[n-1].Mixed != 0 || t.headKey(head) != t.keys.ChainKeys()[0] {
		return nil
	}
	head.Epochs[n-1].Mixed = max(head.Seq, 1)
	return t.saveHead(ctx, head)
}

func (t *Tx) saveHead(ctx context.Context, h chainHead) error {
	epochs, err := json.Marshal(h.Epochs)
	if err != nil {
		return err
	}
	if h.Epochs == nil {
		epochs = []byte("[]")
	}
	result, err := t.idb.NewRaw(`UPDATE audit_head SET seq = ?, hash = ?, mac = ?, epochs = ?::jsonb`, h.Seq, h.Hash, t.headMAC(t.keys.ChainKeys()[0], h), string(epochs)).Exec(ctx)
	return exactly(1, result, err)
}

// KeyName is the name that was kept of a key, or ErrNotFound.
func (r reader) KeyName(ctx context.Context, purpose string) (name []byte, err error) {
	err = r.idb.NewRaw(`SELECT name FROM key_names WHERE purpose = ?`, purpose).Scan(ctx, &name)
	return name, fromTx(err)
}

// KeepKeyName keeps the name of a key, unless one is kept already.
func (t *Tx) KeepKeyName(ctx context.Context, purpose string, name []byte) error {
	_, err := t.idb.NewRaw(`INSERT INTO key_names (purpose, name) VALUES (?, ?) ON CONFLICT DO NOTHING`, purpose, name).Exec(ctx)
	return fromTx(err)
}
