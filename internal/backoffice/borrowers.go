package backoffice

import (
	"context"
	"errors"
	"strings"

	"github.com/creditpocket/creditpocket/gen/catalog"
	"github.com/creditpocket/creditpocket/internal/clock"
	"github.com/creditpocket/creditpocket/internal/fault"
	"github.com/creditpocket/creditpocket/internal/store"
)

// BorrowerFile is a borrower with everything the staff may see once it is masked; the wire masks it.
type BorrowerFile struct {
	Borrower store.Borrower
	Profile  store.Profile // zero before the first save
	Accounts []store.BankAccount
	Loans    []LoanBrief // newest first
	Credit   store.Credit
}

// fileLoans bounds the loans of a borrower's file.
const fileLoans = 200

// SearchBorrower finds borrowers by mobile number (E.164), one a brand, and writes down who looked. brand narrows it where it is not
// "". It returns BRAND_FORBIDDEN.
func (s *Service) SearchBorrower(ctx context.Context, by Actor, brand, mobile string) ([]BorrowerFile, error) {
	brand, err := by.scope(brand)
	if err != nil {
		return nil, err
	}
	var found []BorrowerFile
	err = s.store.InTx(ctx, func(ctx context.Context, tx *store.Tx) error {
		found = nil
		borrowers, err := tx.BorrowersByMobile(ctx, brand, mobile)
		if err != nil {
			return err
		}
		n := note{subject: "borrower:none", brand: brand}
		for _, b := range borrowers {
			p, err := tx.Profile(ctx, b.ID)
			if err != nil && !errors.Is(err, store.ErrNotFound) {
				return err
			}
			found = append(found, BorrowerFile{Borrower: b, Profile: p})
			n.about("borrower", b.ID, b.Brand)
			if err := addTrail(ctx, tx, order{by: by, kind: "searchBorrower"}, n); err != nil {
				return err
			}
		}
		if len(borrowers) > 0 {
			return nil
		}
		return addTrail(ctx, tx, order{by: by, kind: "searchBorrower"}, n)
	})
	return found, err
}

// Borrower reads a borrower's file; that of an erased one holds the money alone. It returns BORROWER_NOT_FOUND.
func (s *Service) Borrower(ctx context.Context, by Actor, id int64) (BorrowerFile, error) {
	var f BorrowerFile
	var err error
	if f.Borrower, err = s.borrower(ctx, by, id); err != nil {
		return f, err
	}
	if !f.Borrower.Erased {
		if f.Profile, err = s.store.Profile(ctx, id); err != nil && !errors.Is(err, store.ErrNotFound) {
			return f, err
		}
		if f.Accounts, err = s.store.BankAccounts(ctx, id); err != nil {
			return f, err
		}
	}
	page, err := s.store.LoansPage(ctx, id, 1, fileLoans)
	if err != nil {
		return f, err
	}
	for _, l := range page.Loans {
		f.Loans = append(f.Loans, brief(l, s.clock.Now()))
	}
	f.Credit, err = s.store.Credit(ctx, id)
	return f, err
}

func (s *Service) borrower(ctx context.Context, by Actor, id int64) (store.Borrower, error) {
	b, err := s.store.Borrower(ctx, id)
	if err == nil && !by.sees(b.Brand) {
		err = store.ErrNotFound
	}
	return b, orFault(err, catalog.BorrowerNotFound)
}

// Field is a personal field of a borrower.
type Field string

// The fields.
const (
	FieldMobile   Field = "MOBILE"
	FieldName     Field = "NAME"
	FieldBVN      Field = "BVN"
	FieldBirthday Field = "BIRTHDAY"
	FieldEmail    Field = "EMAIL"
	FieldAddress  Field = "ADDRESS"
	FieldAccount  Field = "ACCOUNT"
)

// Unmask reads one personal field in clear and writes down who looked at what, and why, before it is shown. account chooses the bank
// account of FieldAccount; 0 is the default one. It returns BORROWER_NOT_FOUND, and RECORD_NOT_FOUND for a field that is empty, or that
// was erased.
func (s *Service) Unmask(ctx context.Context, by Actor, id int64, field Field, account int64, reason string) (string, error) {
	b, err := s.borrower(ctx, by, id)
	if err != nil {
		return "", err
	}
	if b.Erased {
		return "", fault.New(catalog.RecordNotFound)
	}
	clear, err := s.clear(ctx, b, field, account)
	if errors.Is(err, store.ErrNotFound) || (err == nil && clear == "") {
		return "", fault.New(catalog.RecordNotFound)
	}
	if err != nil {
		return "", err
	}
	n := note{}
	n.about("borrower", b.ID, b.Brand)
	n.change(strings.ToLower(string(field)), "masked", "shown")
	return clear, s.store.InTx(ctx, func(ctx context.Context, tx *store.Tx) error {
		return addTrail(ctx, tx, order{by: by, kind: "unmaskBorrower", reason: reason}, n)
	})
}

func (s *Service) clear(ctx context.Context, b store.Borrower, field Field, account int64) (string, error) {
	switch field {
	case FieldMobile:
		return b.Mobile, nil
	case FieldAccount:
		var a store.BankAccount
		var err error
		if account == 0 {
			a, err = s.store.DefaultBankAccount(ctx, b.ID)
		} else {
			a, err = s.store.BankAccount(ctx, b.ID, account)
		}
		return strings.TrimSpace(a.AccountNo + " " + a.AccountName), err
	}
	p, err := s.store.Profile(ctx, b.ID)
	if err != nil {
		return "", err
	}
	switch field {
	case FieldName:
		return strings.Join(strings.Fields(p.FirstName+" "+p.MiddleName+" "+p.LastName), " "), nil
	case FieldBVN:
		return p.BVN, nil
	case FieldEmail:
		return p.Email, nil
	case FieldAddress:
		return p.Address, nil
	}
	if p.Birthday == (clock.Date{}) {
		return "", nil
	}
	return p.Birthday.String(), nil
}
