package store

import (
	"context"
	"time"
)

// SMSState is how far an outgoing text has come.
type SMSState int

// The states of a text. Only SMSWaiting holds a number and a text; the others have been emptied.
const (
	SMSWaiting SMSState = 0
	SMSSent    SMSState = 1 // the vendor took it
	SMSFailed  SMSState = 2 // the vendor will never take it
	SMSExpired SMSState = 3 // of no use any more before it could be sent
)

// SMS is an outgoing text.
type SMS struct {
	ID        int64
	Brand     string
	To        string // E.164; "" unless waiting
	Text      string // may hold a code: never log it; "" unless waiting
	Purpose   string
	State     SMSState
	ExpiresAt time.Time
}

// NewSMS is a text to be sent. The caller enqueues job.SendSMS with its id in the same transaction.
type NewSMS struct {
	Brand   string
	To      string // E.164
	Text    string
	Purpose string        // the reason in one word, such as otp
	Life    time.Duration // after which it must not be sent any more
}

const (
	smsToColumn   = "sms_messages.to"
	smsTextColumn = "sms_messages.text"
)

// AddSMS stores a text, sealed, and returns its id.
func (t *Tx) AddSMS(ctx context.Context, m NewSMS) (int64, error) {
	to, err := t.keys.SealLocal(smsToColumn, []byte(m.To))
	if err != nil {
		return 0, err
	}
	text, err := t.keys.SealLocal(smsTextColumn, []byte(m.Text))
	if err != nil {
		return 0, err
	}
	id := newID()
	_, err = t.idb.NewRaw(`INSERT INTO sms_messages (id, brand, to_sealed, text_sealed, purpose, created_at, expires_at) VALUES (?, ?, ?, ?, ?, ?, ?)`,
		id, m.Brand, to, text, m.Purpose, t.now, t.now.Add(m.Life)).Exec(ctx)
	return id, fromTx(err)
}

// SMS reads a text, opened where it still waits, or ErrNotFound.
func (r reader) SMS(ctx context.Context, id int64) (SMS, error) {
	var row struct {
		Brand      string
		ToSealed   []byte
		TextSealed []byte
		Purpose    string
		State      int
		ExpiresAt  time.Time
	}
	err := r.idb.NewRaw(`SELECT brand, to_sealed, text_sealed, purpose, state, expires_at FROM sms_messages WHERE id = ?`, id).Scan(ctx, &row)
	if err != nil {
		return SMS{}, fromTx(err)
	}
	m := SMS{ID: id, Brand: row.Brand, Purpose: row.Purpose, State: SMSState(row.State), ExpiresAt: row.ExpiresAt}
	if m.State != SMSWaiting {
		return m, nil
	}
	to, err := r.keys.OpenLocal(smsToColumn, row.ToSealed)
	if err != nil {
		return SMS{}, err
	}
	text, err := r.keys.OpenLocal(smsTextColumn, row.TextSealed)
	if err != nil {
		return SMS{}, err
	}
	m.To, m.Text = string(to), string(text)
	return m, nil
}

// FinishSMS moves a waiting text to its final state and empties it. It returns ErrStale where it is final already.
func (t *Tx) FinishSMS(ctx context.Context, id int64, state SMSState, providerRef string) error {
	result, err := t.idb.NewRaw(`UPDATE sms_messages SET state = ?, provider_ref = ?, finished_at = ?, to_sealed = NULL, text_sealed = NULL
		WHERE id = ? AND state = 0`, int(state), providerRef, t.now, id).Exec(ctx)
	return exactly(1, result, err)
}

// ExpireSMS empties at most limit waiting texts whose time is over and returns how many.
func (t *Tx) ExpireSMS(ctx context.Context, limit int) (int64, error) {
	result, err := t.idb.NewRaw(`UPDATE sms_messages SET state = ?0, finished_at = ?1, to_sealed = NULL, text_sealed = NULL WHERE id IN (
		SELECT id FROM sms_messages WHERE state = 0 AND expires_at <= ?1 ORDER BY expires_at LIMIT ?2 FOR UPDATE SKIP LOCKED) AND state = 0`,
		int(SMSExpired), t.now, limit).Exec(ctx)
	if err != nil {
		return 0, fromTx(err)
	}
	return result.RowsAffected()
}

// WaitingSMS lists texts that have not been dealt with, oldest first, at most limit: what a person looks at when texts stay away.
func (r reader) WaitingSMS(ctx context.Context, limit int) ([]int64, error) {
	var ids []int64
	err := r.idb.NewRaw(`SELECT id FROM sms_messages WHERE state = 0 ORDER BY id LIMIT ?`, limit).Scan(ctx, &ids)
	return ids, fromTx(err)
}
