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
	err := r.prepared(selectSession+`WHERE s.token_hash = ?`, tokenHash).Scan(ctx, &s)
	return s, fromTx(err)
}

// SessionOf finds a session of a borrower by id, or ErrNotFound.
func (r reader) SessionOf(ctx context.Context, borrower, id int64) (Session, error) {
	var s Session
	err := r.prepared(selectSession+`WHERE s.id = ? AND s.borrower_id = ?`, id, borrower).Scan(ctx, &s)
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
	// PasswordHash is the one that the borrower came in by, "" for who came in otherwise. It must still be the borrower's: a password
	// that was changed since it was compared opens nothing.
	PasswordHash string
}

// AddSession opens a session of a borrower of the brand, or returns ErrStale where the password was changed meanwhile. It waits for a change that is
// under way, and one that comes later finds the session.
func (t *Tx) AddSession(ctx context.Context, brand string, n NewSession) (Session, error) {
	s := Session{ID: newID(), Borrower: n.Borrower, Brand: brand, CreatedAt: t.now, LastSeenAt: t.now,
		IdleExpiresAt: t.now.Add(min(n.Idle, n.Absolute)), ExpiresAt: t.now.Add(n.Absolute)}
	var device []byte
	if n.DeviceID != "" {
		device = t.DeviceIndex(brand, n.DeviceID)
	}
	result, err := t.prepared(`INSERT INTO sessions (id, borrower_id, token_hash, device_index, terminal, created_at, last_seen_at, idle_expires_at, expires_at)
		SELECT ?0, id, ?1, ?2, ?3, ?4, ?5, ?6, ?7 FROM borrowers WHERE id = ?8 AND (?9 = '' OR password_hash = ?9) FOR SHARE`, s.ID, n.TokenHash, device, n.Terminal,
		s.CreatedAt, s.LastSeenAt, s.IdleExpiresAt, s.ExpiresAt, s.Borrower, n.PasswordHash).Exec(ctx)
	return s, exactly(1, result, err)
}

// TouchSession writes down that a session is in use and moves its idle end, unless that was done less than interval ago or
// the session is over. It never moves either instant back.
func (t *Tx) TouchSession(ctx context.Context, id int64, interval, idle time.Duration) error {
	_, err := t.prepared(`UPDATE sessions SET last_seen_at = ?0, idle_expires_at = greatest(idle_expires_at, least(?1, expires_at))
		WHERE id = ?2 AND revoked_at IS NULL AND last_seen_at <= ?3 AND idle_expires_at > ?0`,
		t.now, t.now.Add(idle), id, t.now.Add(-interval)).Exec(ctx)
	return fromTx(err)
}

// RevokeSession ends a session for good. One that is revoked already keeps its first end.
func (t *Tx) RevokeSession(ctx context.Context, borrower, id int64) error {
	_, err := t.prepared(`UPDATE sessions SET revoked_at = ? WHERE id = ? AND borrower_id = ? AND revoked_at IS NULL`,
		t.now, id, borrower).Exec(ctx)
	return fromTx(err)
}

// SpentToken is a token that a session had before the present one.
type SpentToken struct {
	Session Session
	SpentAt time.Time
}

// SessionBySpentToken finds the session that had a token before its present one, by the token's SHA-256, or ErrNotFound.
func (r reader) SessionBySpentToken(ctx context.Context, tokenHash []byte) (SpentToken, error) {
	var row struct {
		Session
		SpentAt time.Time
	}
	err := r.prepared(`SELECT s.id, s.borrower_id AS borrower, b.brand, b.blocked_at IS NOT NULL AS blocked, s.created_at, s.last_seen_at,
		s.idle_expires_at, s.expires_at, s.revoked_at IS NOT NULL AS revoked, t.spent_at
		FROM spent_tokens t JOIN sessions s ON s.id = t.session_id JOIN borrowers b ON b.id = s.borrower_id WHERE t.token_hash = ?`, tokenHash).Scan(ctx, &row)
	return SpentToken{row.Session, row.SpentAt}, fromTx(err)
}

// SessionTokens are the hashes of a session's present token and of the one before it; nil where there was none.
type SessionTokens struct{ Present, Before []byte }

// LockSessionTokens takes a live session of a borrower for this transaction and reads its tokens' hashes, or ErrNotFound.
func (t *Tx) LockSessionTokens(ctx context.Context, borrower, id int64) (SessionTokens, error) {
	var k SessionTokens
	err := t.prepared(`SELECT token_hash AS present FROM sessions WHERE id = ?0 AND borrower_id = ?1 AND revoked_at IS NULL AND idle_expires_at > ?2
		AND expires_at > ?2 FOR UPDATE`, id, borrower, t.now).Scan(ctx, &k)
	if err != nil {
		return k, fromTx(err)
	}
	err = t.prepared(`SELECT coalesce((SELECT token_hash FROM spent_tokens WHERE session_id = ? ORDER BY spent_at DESC LIMIT 1), ''::bytea) AS before`, id).Scan(ctx, &k)
	return k, fromTx(err)
}

// ChangeToken gives a session a new token; the present one is spent from now on. The caller holds the session.
func (t *Tx) ChangeToken(ctx context.Context, id int64, present, next []byte) error {
	result, err := t.prepared(`UPDATE sessions SET token_hash = ? WHERE id = ? AND token_hash = ?`, next, id, present).Exec(ctx)
	if err := exactly(1, result, err); err != nil {
		return err
	}
	_, err = t.prepared(`INSERT INTO spent_tokens (token_hash, session_id, spent_at) VALUES (?, ?, ?)`, present, id, t.now).Exec(ctx)
	return fromTx(err)
}

// SessionInfo is an open session as its borrower sees it.
type SessionInfo struct {
	ID         int64
	Terminal   int // 0 unknown, 1 Android, 2 iOS, 3 web
	CreatedAt  time.Time
	LastSeenAt time.Time
	Ends       time.Time // unless it is used
}

// OpenSessions lists a borrower's live sessions, the newest first, at most limit.
func (r reader) OpenSessions(ctx context.Context, borrower int64, limit int) ([]SessionInfo, error) {
	var all []SessionInfo
	err := r.prepared(`SELECT id, terminal, created_at, last_seen_at, least(idle_expires_at, expires_at) AS ends FROM sessions
		WHERE borrower_id = ?0 AND revoked_at IS NULL AND idle_expires_at > ?1 AND expires_at > ?1 ORDER BY created_at DESC, id DESC LIMIT ?2`,
		borrower, r.clk.Now(), limit).Scan(ctx, &all)
	return all, fromTx(err)
}

// EndSession ends one live session of a borrower for good, or returns ErrStale.
func (t *Tx) EndSession(ctx context.Context, borrower, id int64) error {
	result, err := t.prepared(`UPDATE sessions SET revoked_at = ?0 WHERE id = ?1 AND borrower_id = ?2 AND revoked_at IS NULL AND idle_expires_at > ?0
		AND expires_at > ?0`, t.now, id, borrower).Exec(ctx)
	return exactly(1, result, err)
}

// EndOtherSessions ends every session of a borrower but one.
func (t *Tx) EndOtherSessions(ctx context.Context, borrower, but int64) error {
	_, err := t.prepared(`UPDATE sessions SET revoked_at = ? WHERE borrower_id = ? AND id <> ? AND revoked_at IS NULL`, t.now, borrower, but).Exec(ctx)
	return fromTx(err)
}

// SweepSessions deletes at most limit sessions that ended before the instant, with what hangs on them, and returns how many.
func (t *Tx) SweepSessions(ctx context.Context, before time.Time, limit int) (int64, error) {
	result, err := t.prepared(`WITH over AS (SELECT id FROM sessions WHERE least(expires_at, idle_expires_at, revoked_at) < ?0 ORDER BY id LIMIT ?1 FOR UPDATE SKIP LOCKED),
		devices AS (DELETE FROM devices WHERE session_id IN (SELECT id FROM over))
		DELETE FROM sessions WHERE id IN (SELECT id FROM over)`, before, limit).Exec(ctx)
	if err != nil {
		return 0, fromTx(err)
	}
	return result.RowsAffected()
}
