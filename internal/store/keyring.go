package store

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"

	"github.com/creditpocket/creditpocket/internal/seal"
)

// DataKeys counts the borrowers' data keys by the key-encryption key that wraps them.
type DataKeys struct {
	Present   int64 // by the present one
	Others    int64 // by another one, or written before the name was kept
	Destroyed int64
}

// DataKeys counts the data keys.
func (r reader) DataKeys(ctx context.Context) (DataKeys, error) {
	var d DataKeys
	err := r.idb.NewRaw(`SELECT count(*) FILTER (WHERE wrapped IS NOT NULL AND kek_id = ?0) AS present,
		count(*) FILTER (WHERE wrapped IS NOT NULL AND kek_id IS DISTINCT FROM ?0) AS others,
		count(*) FILTER (WHERE wrapped IS NULL) AS destroyed FROM borrower_keys`, r.keys.WrapKeyID()).Scan(ctx, &d)
	return d, fromTx(err)
}

// RewrapDataKeys wraps at most limit data keys of borrowers beyond after by the present key-encryption key. It returns how many, and
// the last borrower it looked at: 0 when there is nothing left. What is sealed with the data keys stays as it is. It returns an error
// for a key that no known key-encryption key opens.
func (t *Tx) RewrapDataKeys(ctx context.Context, after int64, limit int) (rewrapped int, last int64, err error) {
	var rows []struct {
		BorrowerID int64
		Wrapped    []byte
	}
	err = t.idb.NewRaw(`SELECT borrower_id, wrapped FROM borrower_keys WHERE borrower_id > ? AND wrapped IS NOT NULL AND kek_id IS DISTINCT FROM ?
		ORDER BY borrower_id LIMIT ? FOR UPDATE`, after, t.keys.WrapKeyID(), limit).Scan(ctx, &rows)
	if err != nil {
		return 0, 0, fromTx(err)
	}
	for _, row := range rows {
		wrapped, err := t.keys.Rewrap(row.BorrowerID, row.Wrapped)
		if errors.Is(err, seal.ErrUnreadable) {
			return 0, 0, fmt.Errorf("the data key of borrower %d opens with no key that is known; present is %s", row.BorrowerID, hex.EncodeToString(t.keys.WrapKeyID()))
		}
		if err != nil {
			return 0, 0, err
		}
		result, err := t.idb.NewRaw(`UPDATE borrower_keys SET wrapped = ?, kek_id = ? WHERE borrower_id = ? AND wrapped IS NOT NULL`,
			wrapped, t.keys.WrapKeyID(), row.BorrowerID).Exec(ctx)
		if err := exactly(1, result, err); err != nil {
			return 0, 0, err
		}
		last = row.BorrowerID
	}
	return len(rows), last, nil
}

// Unowned are the columns whose values are sealed for the deployment, not for a borrower.
var Unowned = []UnownedColumn{
	{"operations", "result_sealed", resultColumn, `scope NOT LIKE 'borrower:%'`},
	{"sms_messages", "to_sealed", smsToColumn, `true`},
	{"sms_messages", "text_sealed", smsTextColumn, `true`},
}

// UnownedColumn is one of them.
type UnownedColumn struct{ table, column, bound, where string }

// Resealed says what ResealUnowned did with one batch.
type Resealed struct {
	Changed    int   // sealed anew
	Unreadable int   // by no key that is known
	Last       int64 // the row to go on after; 0 when there is nothing left
}

// ResealUnowned seals at most limit values of a column beyond after by the present master key, where they are sealed by another one.
func (t *Tx) ResealUnowned(ctx context.Context, c UnownedColumn, after int64, limit int) (done Resealed, err error) {
	var rows []struct {
		ID     int64
		Sealed []byte
	}
	err = t.idb.NewRaw(`SELECT id, `+c.column+` AS sealed FROM `+c.table+` WHERE id > ? AND `+c.column+` IS NOT NULL AND `+c.where+`
		ORDER BY id LIMIT ? FOR UPDATE`, after, limit).Scan(ctx, &rows)
	if err != nil {
		return done, fromTx(err)
	}
	for _, row := range rows {
		done.Last = row.ID
		sealed, changed, err := t.keys.ResealLocal(c.bound, row.Sealed)
		switch {
		case errors.Is(err, seal.ErrUnreadable):
			done.Unreadable++
		case err != nil:
			return done, err
		case changed:
			result, err := t.idb.NewRaw(`UPDATE `+c.table+` SET `+c.column+` = ? WHERE id = ?`, sealed, row.ID).Exec(ctx)
			if err := exactly(1, result, err); err != nil {
				return done, err
			}
			done.Changed++
		}
	}
	return done, nil
}
