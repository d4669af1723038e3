package store

import (
	"context"

	"github.com/creditpocket/creditpocket/internal/lending"
	"github.com/creditpocket/creditpocket/internal/planted"
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

// ApplicationFacts is what an application is decided by, and paid by.
type ApplicationFacts struct {
	Borrower Borrower
	Ready    Readiness
	Product  *lending.Product // the version on sale; nil where the brand sells none with the id
	Profile  *Profile         // nil before the first save
	Account  *BankAccount     // the one that loans are paid to; nil where there is none
}

// ClaimApplication claims the key like ClaimOperation, locks the borrower, and then reads what an application for the product is decided by,
// in one round trip. It returns ErrNotFound where there is no such borrower. Of an operation that is replayed it returns no facts.
func (t *Tx) ClaimApplication(ctx context.Context, k OperationKey, product int64) (Operation, ApplicationFacts, error) {
	var rows applicationRows
	c := newClaim(k)
	parts, err := t.claiming(ctx, c)
	if err == nil {
		err = t.together(ctx, append(parts, rows.parts(t, k.Borrower, product)...)...)
	}
	if err != nil {
		return Operation{}, ApplicationFacts{}, err
	}
	op, err := t.claimedOr(ctx, c)
	if err != nil || op.Replayed {
		return op, ApplicationFacts{}, err
	}
	facts, err := rows.facts(t)
	return op, facts, err
}

// applicationRows are the rows behind ApplicationFacts, none or one of each.
type applicationRows struct {
	borrowers []borrowerRead
	ready     []Readiness
	products  []productRow
	profiles  []profileRow
	accounts  []accountRead
}

func (a *applicationRows) parts(t *Tx, borrower, product int64) []part {
	lock := lockedBorrower
	if planted.Is(planted.CheckThenInsert) {
		lock = ""
	}
	return []part{
		t.prepared(borrowerQuery+oneBorrower+lock, borrower).scanned(&a.borrowers),
		t.readiness(borrower).scanned(&a.ready),
		t.prepared(`SELECT `+productColumns+` FROM products WHERE brand = (SELECT brand FROM borrowers WHERE id = ?0) AND id = ?1 AND `+onSale+` ORDER BY version DESC LIMIT 1`,
			borrower, product, t.now).scanned(&a.products),
		t.prepared(profileQuery, borrower).scanned(&a.profiles),
		t.prepared(accountQuery+defaultAccount, t.clk.Now(), borrower).scanned(&a.accounts),
	}
}

func (a *applicationRows) facts(t *Tx) (out ApplicationFacts, err error) {
	if len(a.borrowers) == 0 || len(a.ready) == 0 {
		return out, ErrNotFound
	}
	if out.Borrower, err = t.borrowerOf(&a.borrowers[0]); err != nil {
		return out, err
	}
	out.Ready = a.ready[0]
	if len(a.products) > 0 {
		p, err := a.products[0].product()
		if err != nil {
			return out, err
		}
		out.Product = &p
	}
	key := t.opened[out.Borrower.ID]
	if key == nil { // the borrower was erased: nothing below can be read
		return out, nil
	}
	if len(a.profiles) > 0 {
		p, err := a.profiles[0].profile(key)
		if err != nil {
			return out, err
		}
		out.Profile = &p
	}
	if len(a.accounts) > 0 {
		account, err := a.accounts[0].account(key)
		if err != nil {
			return out, err
		}
		out.Account = &account
	}
	return out, nil
}
