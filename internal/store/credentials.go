package store

import (
	"context"
)

// Credentials are what a login needs of a borrower: found in one statement, whether or not the number is known, and without
// opening anything sealed.
type Credentials struct {
	Borrower     int64
	PasswordHash string // argon2id, PHC form
	Blocked      bool
}

// Credentials finds the borrower of a brand by E.164 number, or ErrNotFound.
func (r reader) Credentials(ctx context.Context, brand, mobile string) (Credentials, error) {
	var c Credentials
	err := r.prepared(`SELECT id AS borrower, password_hash, blocked_at IS NOT NULL AS blocked FROM borrowers WHERE brand = ? AND mobile_index = ?`,
		brand, r.MobileIndex(brand, mobile)).Scan(ctx, &c)
	return c, fromTx(err)
}

// CredentialsOf finds the credentials of a borrower by id, or ErrNotFound.
func (r reader) CredentialsOf(ctx context.Context, borrower int64) (Credentials, error) {
	var c Credentials
	err := r.prepared(`SELECT id AS borrower, password_hash, blocked_at IS NOT NULL AS blocked FROM borrowers WHERE id = ?`, borrower).Scan(ctx, &c)
	return c, fromTx(err)
}

// SetInviteCode notes who brought the borrower here.
func (t *Tx) SetInviteCode(ctx context.Context, borrower int64, code string) error {
	result, err := t.idb.NewRaw(`UPDATE borrowers SET invite_code = ? WHERE id = ?`, code, borrower).Exec(ctx)
	return exactly(1, result, err)
}

// UnblockBorrower lifts a block; the reason of the lifting belongs to the audit trail of whoever calls.
func (t *Tx) UnblockBorrower(ctx context.Context, id int64) error {
	result, err := t.idb.NewRaw(`UPDATE borrowers SET blocked_at = NULL, blocked_reason = '', updated_at = ? WHERE id = ?`, t.now, id).Exec(ctx)
	return exactly(1, result, err)
}
