package store

import (
	"context"

	"github.com/creditpocket/creditpocket/internal/seal"
)

// ApplicationStart is what is looked at before the photographs of an application are stored, in one statement. Nothing is decided by it:
// what it saw may be otherwise when the application's transaction looks.
type ApplicationStart struct {
	Over     bool // what was applied for under this key is over: FindOperation has the answer
	OpenLoan bool // the borrower has an open loan

	key *seal.DataKey
	err error // why there is no key
}

// ApplicationStart looks, or returns ErrNotFound where there is no such borrower. The key may be empty.
func (r reader) ApplicationStart(ctx context.Context, k OperationKey) (ApplicationStart, error) {
	var row struct {
		Over     bool
		OpenLoan bool
		Wrapped  []byte
	}
	err := r.prepared(`SELECT EXISTS (SELECT FROM operations WHERE scope = ?1 AND kind = ?2 AND key = ?3 AND state <> 0) AS over,
		EXISTS (SELECT FROM loans WHERE brand = b.brand AND borrower_id = b.id AND `+openLoan+`) AS open_loan, k.wrapped
		FROM borrowers b LEFT JOIN borrower_keys k ON k.borrower_id = b.id WHERE b.id = ?0`, k.Borrower, k.scope(), k.Kind, r.keptKey(k)).Scan(ctx, &row)
	if err != nil {
		return ApplicationStart{}, fromTx(err)
	}
	out := ApplicationStart{Over: row.Over, OpenLoan: row.OpenLoan}
	if out.key, out.err = r.unwrapped(k.Borrower, row.Wrapped); out.err == nil && out.key == nil {
		out.err = seal.ErrUnreadable
	}
	return out, nil
}

// SealImage encrypts the bytes of an image with the borrower's key, for the blob store. It returns seal.ErrUnreadable where the key was
// destroyed.
func (a ApplicationStart) SealImage(plain []byte) ([]byte, error) {
	if a.err != nil {
		return nil, a.err
	}
	return a.key.Seal(imageColumn, plain)
}

// Payee reads a borrower's profile and the account that loans are paid to, in one round trip, or returns ErrNotFound where one is missing.
func (t *Tx) Payee(ctx context.Context, borrower int64) (Profile, BankAccount, error) {
	var profile profileRow
	var account accountRead
	err := t.together(ctx, t.prepared(profileQuery, borrower).scanned(&profile),
		t.prepared(accountQuery+defaultAccount, t.clk.Now(), borrower).scanned(&account))
	if err != nil {
		return Profile{}, BankAccount{}, err
	}
	key, err := t.dataKey(ctx, borrower)
	if err != nil {
		return Profile{}, BankAccount{}, err
	}
	p, err := profile.profile(key)
	if err != nil {
		return Profile{}, BankAccount{}, err
	}
	a, err := account.account(key)
	return p, a, err
}
