package store

import (
	"context"
	"crypto/subtle"
	"errors"
	"fmt"
	"time"
)

// CodeSubject is what a one-time code is bound to: it is good for nothing else.
type CodeSubject struct {
	Brand   string
	Mobile  string // E.164; the number need not belong to a borrower
	Purpose int    // as on the wire: 1 register, 2 log in, 3 change an account or card
}

// codeMAC is what is stored of a code: a keyed hash over the code and all it is bound to. Six digits behind a hash without
// a key would be guessed in a second.
func (r reader) codeMAC(s CodeSubject, code string) []byte {
	return r.keys.Blind("code", s.Brand, fmt.Sprintf("%s/%d/%s", s.Mobile, s.Purpose, code))
}

// AddCode stores a new code, which ends every earlier one of the subject.
func (t *Tx) AddCode(ctx context.Context, s CodeSubject, code string, tries int, life time.Duration) error {
	_, err := t.idb.NewRaw(`INSERT INTO codes (id, brand, mobile_index, purpose, code_mac, tries_left, created_at, expires_at)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?)`, newID(), s.Brand, t.MobileIndex(s.Brand, s.Mobile), s.Purpose, t.codeMAC(s, code),
		tries, t.now, t.now.Add(life)).Exec(ctx)
	return fromTx(err)
}

// TryCode tells whether code is the subject's newest code and alive, and returns the id to consume it by; 0 says no, whatever
// the reason: wrong, used up, used, expired, replaced, never sent. A wrong code costs one of its tries, so the caller must commit
// also when the answer is no.
//
// The try is taken before the comparison, by one statement that finds a try left or nothing: of any number of guesses at once,
// no more than the tries are compared. A right code gives its try back.
func (t *Tx) TryCode(ctx context.Context, s CodeSubject, code string) (int64, error) {
	var row struct {
		ID      int64
		CodeMac []byte
	}
	err := t.idb.NewRaw(`UPDATE codes SET tries_left = tries_left - 1
		WHERE id = (SELECT id FROM codes WHERE brand = ? AND mobile_index = ? AND purpose = ? ORDER BY id DESC LIMIT 1)
			AND tries_left > 0 AND consumed_at IS NULL AND expires_at > ?
		RETURNING id, code_mac`, s.Brand, t.MobileIndex(s.Brand, s.Mobile), s.Purpose, t.now).Scan(ctx, &row)
	mac := t.codeMAC(s, code)
	if err != nil {
		if err = fromTx(err); errors.Is(err, ErrNotFound) {
			err = nil
		}
		return 0, err
	}
	if subtle.ConstantTimeCompare(mac, row.CodeMac) != 1 {
		return 0, nil
	}
	result, err := t.idb.NewRaw(`UPDATE codes SET tries_left = tries_left + 1 WHERE id = ?`, row.ID).Exec(ctx)
	return row.ID, exactly(1, result, err)
}

// ConsumeCode uses a code up. It returns ErrStale where the code was used or has expired meanwhile: a code works once.
func (t *Tx) ConsumeCode(ctx context.Context, id int64) error {
	result, err := t.idb.NewRaw(`UPDATE codes SET consumed_at = ?0 WHERE id = ?1 AND consumed_at IS NULL AND expires_at > ?0`, t.now, id).Exec(ctx)
	return exactly(1, result, err)
}

// CodeUse counts the codes of a brand that end after the instant: how many were sent, and how many of them somebody has used.
func (r reader) CodeUse(ctx context.Context, brand string, endAfter time.Time) (sent, used int, err error) {
	var row struct{ Sent, Used int }
	err = r.idb.NewRaw(`SELECT count(*) AS sent, count(consumed_at) AS used FROM codes WHERE brand = ? AND expires_at > ?`, brand, endAfter).Scan(ctx, &row)
	return row.Sent, row.Used, fromTx(err)
}

// SweepCodes deletes at most limit codes that ended before the instant and returns how many.
func (t *Tx) SweepCodes(ctx context.Context, before time.Time, limit int) (int64, error) {
	result, err := t.idb.NewRaw(`DELETE FROM codes WHERE id IN (
		SELECT id FROM codes WHERE expires_at < ? ORDER BY expires_at LIMIT ? FOR UPDATE SKIP LOCKED)`, before, limit).Exec(ctx)
	if err != nil {
		return 0, fromTx(err)
	}
	return result.RowsAffected()
}
