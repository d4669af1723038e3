package store

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/creditpocket/creditpocket/internal/seal"
)

// dataKey opens a borrower's data key. It returns seal.ErrUnreadable, as INTERNAL, where the key was destroyed.
func (r reader) dataKey(ctx context.Context, borrower int64) (*seal.DataKey, error) {
	if key := r.opened[borrower]; key != nil {
		return key, nil
	}
	var wrapped []byte
	err := r.prepared(`SELECT coalesce(wrapped, ''::bytea) FROM borrower_keys WHERE borrower_id = ?`, borrower).Scan(ctx, &wrapped)
	if err != nil {
		return nil, fromTx(err)
	}
	key, err := r.keys.DataKey(borrower, wrapped)
	if err != nil {
		return nil, fmt.Errorf("data key of borrower %d: %w", borrower, err)
	}
	r.keep(borrower, key)
	return key, nil
}

// livingKey is dataKey for what must go on once a borrower was erased: the money. It returns nil where the key was destroyed.
func (r reader) livingKey(ctx context.Context, borrower int64) (*seal.DataKey, error) {
	keys, err := r.livingKeys(ctx, []int64{borrower})
	return keys[borrower], err
}

// unwrapped is livingKey of a key that was read, wrapped, with what it opens.
func (r reader) unwrapped(borrower int64, wrapped []byte) (*seal.DataKey, error) {
	if len(wrapped) == 0 {
		return nil, nil
	}
	key, err := r.keys.DataKey(borrower, wrapped)
	if err != nil {
		return nil, fmt.Errorf("data key of borrower %d: %w", borrower, err)
	}
	r.keep(borrower, key)
	return key, nil
}

// keep lets the rest of a transaction use a key that it has opened.
func (r reader) keep(borrower int64, key *seal.DataKey) {
	if r.opened != nil {
		r.opened[borrower] = key
	}
}

// sealJSON encodes and seals a value for the named column ("table.column").
func sealJSON(key *seal.DataKey, column string, value any) ([]byte, error) {
	plain, err := json.Marshal(value)
	if err != nil {
		return nil, err
	}
	return key.Seal(column, plain)
}

// openJSON opens and decodes a value of the named column.
func openJSON(key *seal.DataKey, column string, sealed []byte, value any) error {
	plain, err := key.Open(column, sealed)
	if err != nil {
		return fmt.Errorf("%s: %w", column, err)
	}
	return json.Unmarshal(plain, value)
}
