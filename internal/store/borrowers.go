package store

import (
	"context"
	"time"

	"github.com/uptrace/bun"

	"github.com/creditpocket/creditpocket/internal/seal"
)

// Borrower is an account of one person at one brand.
type Borrower struct {
	ID            int64
	Brand         string
	Mobile        string // E.164; "" once erased
	PasswordHash  string // argon2id, PHC form
	Blocked       bool
	BlockedReason string
	Erased        bool // the key was destroyed: nothing personal can be read any more
	CreatedAt     time.Time
}

type borrowerRow struct {
	bun.BaseModel `bun:"table:borrowers"`

	ID            int64      `bun:"id,pk"`
	Brand         string     `bun:"brand"`
	MobileIndex   []byte     `bun:"mobile_index"`
	MobileSealed  []byte     `bun:"mobile_sealed"`
	PasswordHash  string     `bun:"password_hash"`
	BlockedAt     *time.Time `bun:"blocked_at"`
	BlockedReason string     `bun:"blocked_reason"`
	CreatedAt     time.Time  `bun:"created_at"`
	UpdatedAt     time.Time  `bun:"updated_at"`
}

const mobileColumn = "borrowers.mobile"

// MobileIndex is the blind index of an E.164 number at a brand.
func (r reader) MobileIndex(brand, mobile string) []byte {
	return r.keys.Blind("mobile", brand, mobile)
}

// Borrower reads one borrower, erased or not, or ErrNotFound.
func (r reader) Borrower(ctx context.Context, id int64) (Borrower, error) {
	return r.oneBorrower(ctx, oneBorrower, id)
}

// borrowerRead is a borrower joined with the data key.
type borrowerRead struct {
	borrowerRow
	Wrapped []byte `bun:"wrapped"`
}

// borrowerQuery reads borrowers, b, with their data keys.
var borrowerQuery = "SELECT " + selected[borrowerRow]("b") + ", k.wrapped FROM borrowers b LEFT JOIN borrower_keys k ON k.borrower_id = b.id "

func (r reader) oneBorrower(ctx context.Context, where string, args ...any) (Borrower, error) {
	var row borrowerRead
	if err := r.prepared(borrowerQuery+where, args...).Scan(ctx, &row); err != nil {
		return Borrower{}, fromTx(err)
	}
	return r.borrowerOf(&row)
}

// borrowerOf is the borrower of a row.
func (r reader) borrowerOf(row *borrowerRead) (Borrower, error) {
	b := row.public()
	key, err := r.unwrapped(row.ID, row.Wrapped)
	if key == nil {
		b.Erased = err == nil
		return b, err
	}
	mobile, err := key.Open(mobileColumn, row.MobileSealed)
	b.Mobile = string(mobile)
	return b, err
}

// BorrowerByMobile finds the borrower of a brand by E.164 number, or ErrNotFound.
func (r reader) BorrowerByMobile(ctx context.Context, brand, mobile string) (Borrower, error) {
	b, err := r.oneBorrower(ctx, "WHERE b.brand = ? AND b.mobile_index = ?", brand, r.MobileIndex(brand, mobile))
	if b.Erased {
		return Borrower{}, fromTx(seal.ErrUnreadable)
	}
	return b, err
}

// public is what can be read without the borrower's key.
func (row *borrowerRow) public() Borrower {
	return Borrower{ID: row.ID, Brand: row.Brand, PasswordHash: row.PasswordHash, Blocked: row.BlockedAt != nil, BlockedReason: row.BlockedReason,
		CreatedAt: row.CreatedAt}
}

// LockBorrower takes the borrower's row for this transaction: the first of the lock order borrower, loan, intent. It is the weaker
// lock that rows which refer to the borrower do not wait for: with FOR UPDATE a transaction that holds a loan and books a payment
// would ask for the borrower second.
func (t *Tx) LockBorrower(ctx context.Context, id int64) error {
	var got int64
	return fromTx(t.prepared(`SELECT id FROM borrowers WHERE id = ? FOR NO KEY UPDATE`, id).Scan(ctx, &got))
}

const (
	oneBorrower    = "WHERE b.id = ?"
	lockedBorrower = " FOR NO KEY UPDATE OF b"
)

// AddBorrower creates a borrower with a fresh data key and returns the id. A second account of the number at the brand is
// a *DuplicateError of borrowers_one_per_mobile.
func (t *Tx) AddBorrower(ctx context.Context, brand, mobile, passwordHash string) (int64, error) {
	id := newID()
	wrapped, err := t.keys.NewDataKey(id)
	if err != nil {
		return 0, err
	}
	var key *seal.DataKey
	if key, err = t.keys.DataKey(id, wrapped); err != nil {
		return 0, err
	}
	sealed, err := key.Seal(mobileColumn, []byte(mobile))
	if err != nil {
		return 0, err
	}
	row := &borrowerRow{ID: id, Brand: brand, MobileIndex: t.MobileIndex(brand, mobile), MobileSealed: sealed,
		PasswordHash: passwordHash, CreatedAt: t.now, UpdatedAt: t.now}
	if _, err := t.idb.NewInsert().Model(row).Exec(ctx); err != nil {
		return 0, fromTx(err)
	}
	_, err = t.prepared(`INSERT INTO borrower_keys (borrower_id, wrapped, kek_id, created_at) VALUES (?, ?, ?, ?)`, id, wrapped, t.keys.WrapKeyID(), t.now).Exec(ctx)
	return id, fromTx(err)
}

// SetPasswordHash replaces a borrower's password hash, or returns ErrStale where it is not the one named before any more.
func (t *Tx) SetPasswordHash(ctx context.Context, id int64, before, hash string) error {
	result, err := t.prepared(`UPDATE borrowers SET password_hash = ?, updated_at = ? WHERE id = ? AND password_hash = ?`, hash, t.now, id, before).Exec(ctx)
	return exactly(1, result, err)
}

// BlockBorrower keeps a borrower out of every operation, with a reason for the audit trail.
func (t *Tx) BlockBorrower(ctx context.Context, id int64, reason string) error {
	result, err := t.prepared(`UPDATE borrowers SET blocked_at = ?, blocked_reason = ?, updated_at = ? WHERE id = ?`, t.now, reason, t.now, id).Exec(ctx)
	return exactly(1, result, err)
}
