package store

import (
	"context"
	"time"
)

// Session is one login of a borrower, with what every request needs to know of the borrower.
type Session struct {
	ID            int64
	Borrower      int64
	Brand         string
	Blocked       bool // the borrower, at this moment
	CreatedAt     time.Time
	LastSeenAt    time.Time // behind by up to the interval at which use is written down
	IdleExpiresAt time.Time // the end unless used before
	ExpiresAt     time.Time // the end however much it is used
	Revoked       bool
}

// Alive tells whether the session can be used at the instant.
func (s Session) Alive(at time.Time) bool {
	return !s.Revoked && at.Before(s.IdleExpiresAt) && at.Before(s.ExpiresAt)
}

// Ends is when the session ends if it is not used again.
func (s Session) Ends() time.Time {
	if s.IdleExpiresAt.Before(s.ExpiresAt) {
		return s.IdleExpiresAt
	}
	return s.ExpiresAt
}

const selectSession = `SELECT s.id, s.borrower_id AS borrower, b.brand, b.blocked_at IS NOT NULL AS blocked, s.created_at, s.last_seen_at,
	s.idle_expires_at, s.expires_at, s.revoked_at IS NOT NULL AS revoked FROM sessions s JOIN borrowers b ON b.id = s.borrower_id `

// SessionByToken finds a session, alive or not, by the SHA-256 of its token, or ErrNotFound. A token is 256 random bits,
// so the hash needs no key and no salt.
func (r reader) SessionByToken(ctx context.Context, tokenHash []byte) (Session, error) {
	var s Session
	err := r.idb.NewRaw(selectSession+`WHERE s.token_hash = ?`, tokenHash).Scan(ctx, &s)
	return s, fromTx(err)
}

// SessionOf finds a session of a borrower by id, or ErrNotFound.
func (r reader) SessionOf(ctx context.Context, borrower, id int64) (Session, error) {
	var s Session
	err := r.idb.NewRaw(selectSession+`WHERE s.id = ? AND s.borrower_id = ?`, id, borrower).Scan(ctx, &s)
	return s, fromTx(err)
}

// NewSession is a session to be opened.
type NewSession struct {
	Borrower  int64
	TokenHash []byte // SHA-256 of the token, which is stored nowhere
	DeviceID  string // the app's name of the installation; kept as a keyed hash only
	Terminal  int    // 0 unknown, 1 Android, 2 iOS, 3 web
	Idle      time.Duration
	Absolute  time.Duration
}

// AddSession opens a session of a borrower of the brand.
func (t *Tx) AddSession(ctx context.Context, brand string, n NewSession) (Session, error) {
	s := Session{ID: newID(), Borrower: n.Borrower, Brand: brand, CreatedAt: t.now, LastSeenAt: t.now,
		IdleExpiresAt: t.now.Add(min(n.Idle, n.Absolute)), ExpiresAt: t.now.Add(n.Absolute)}
	var device []byte
	if n.DeviceID != "" {
		device = t.DeviceIndex(brand, n.DeviceID)
	}
	_, err := t.idb.NewRaw(`INSERT INTO sessions (id, borrower_id, token_hash, device_index, terminal, created_at, last_seen_at, idle_expires_at, expires_at)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`, s.ID, s.Borrower, n.TokenHash, device, n.Terminal,
		s.CreatedAt, s.LastSeenAt, s.IdleExpiresAt, s.ExpiresAt).Exec(ctx)
	return s, fromTx(err)
}

// TouchSession writes down that a session is in use and moves its idle end, unless that was done less than interval ago or
// the session is over. It never moves either instant back.
func (t *Tx) TouchSession(ctx context.Context, id int64, interval, idle time.Duration) error {
	_, err := t.idb.NewRaw(`UPDATE sessions SET last_seen_at = ?0, idle_expires_at = greatest(idle_expires_at, least(?1, expires_at))
		WHERE id = ?2 AND revoked_at IS NULL AND last_seen_at <= ?3 AND idle_expires_at > ?0`,
		t.now, t.now.Add(idle), id, t.now.Add(-interval)).Exec(ctx)
	return fromTx(err)
}

// RevokeSession ends a session for good. One that is revoked already keeps its first end.
func (t *Tx) RevokeSession(ctx context.Context, borrower, id int64) error {
	_, err := t.idb.NewRaw(`UPDATE sessions SET revoked_at = ? WHERE id = ? AND borrower_id = ? AND revoked_at IS NULL`,
		t.now, id, borrower).Exec(ctx)
	return fromTx(err)
}
