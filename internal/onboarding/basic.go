package onboarding

import (
	"context"

	"github.com/creditpocket/creditpocket/gen/catalog"
	"github.com/creditpocket/creditpocket/internal/clock"
	"github.com/creditpocket/creditpocket/internal/fault"
	"github.com/creditpocket/creditpocket/internal/lending"
	"github.com/creditpocket/creditpocket/internal/store"
)

// The ages between which somebody may borrow here. The upper one only catches a mistyped year.
const (
	minAge = 18
	maxAge = 120
)

// Basic is who a borrower says they are.
type Basic struct {
	FirstName, MiddleName, LastName string
	BVN                             string
	Birthday                        clock.Date
	Gender                          int // 1 male, 2 female
	Email                           string
	CityCode                        string // of the city dictionary, or ""
	Address                         string
}

// SaveBasic writes who the borrower is. It returns VALIDATION_FAILED, UNDERAGE, DICT_VALUE_UNKNOWN for the city,
// IDENTITY_ALREADY_USED where another borrower of the brand has the BVN, and INFO_LOCKED where names, BVN or birthday would change
// while a loan is open or after a bank account was verified under them.
func (s *Service) SaveBasic(ctx context.Context, who Subject, b Basic) (store.Readiness, error) {
	if err := b.check(clock.DateOf(s.clock.Now())); err != nil {
		return store.Readiness{}, err
	}
	after, err := s.save(ctx, who, func(ctx context.Context, tx *store.Tx) error {
		if b.CityCode != "" {
			if _, err := tx.City(ctx, b.CityCode); err != nil {
				return unknownWord(err, "cityCode")
			}
		}
		old, err := tx.Profile(ctx, who.Borrower)
		first, err := absent(err)
		if err != nil {
			return err
		}
		next := store.Profile{BorrowerID: who.Borrower, Brand: who.Brand, FirstName: b.FirstName, MiddleName: b.MiddleName, LastName: b.LastName,
			BVN: b.BVN, Birthday: b.Birthday, Gender: b.Gender, Email: b.Email, CityCode: b.CityCode, Address: b.Address}
		if changed := changedIdentity(old, next); !first && len(changed) > 0 {
			if err := identityLocked(ctx, tx, who.Borrower, changed); err != nil {
				return err
			}
		}
		return tx.SaveProfile(ctx, next)
	})
	if store.IsDuplicate(err, "profiles_one_per_bvn") {
		return after, fault.New(catalog.IdentityAlreadyUsed).WithField("dentityCard", "belongs to another account")
	}
	return after, err
}

func (b Basic) check(today clock.Date) error {
	switch {
	case b.FirstName == "":
		return fault.Invalid("firstName", "must not be blank")
	case b.LastName == "":
		return fault.Invalid("lastName", "must not be blank")
	case !lending.ValidBVN(b.BVN):
		return fault.Invalid("dentityCard", "must be 11 digits")
	case b.Birthday.IsZero() || b.Birthday.After(today) || b.Birthday.AgeOn(today) > maxAge:
		return fault.Invalid("birthday", "must be the date of birth of a living person")
	case b.Birthday.AgeOn(today) < minAge:
		return fault.New(catalog.Underage)
	}
	return nil
}

// changedIdentity names, as the wire does, what of the identity differs.
func changedIdentity(old, next store.Profile) []string {
	var changed []string
	for _, f := range []struct {
		name string
		same bool
	}{
		{"firstName", old.FirstName == next.FirstName}, {"middleName", old.MiddleName == next.MiddleName},
		{"lastName", old.LastName == next.LastName}, {"dentityCard", old.BVN == next.BVN}, {"birthday", old.Birthday == next.Birthday},
	} {
		if !f.same {
			changed = append(changed, f.name)
		}
	}
	return changed
}

// identityLocked refuses a change of identity with INFO_LOCKED once a bank has confirmed the name or a loan was applied for.
func identityLocked(ctx context.Context, tx *store.Tx, borrower int64, changed []string) error {
	accounts, err := tx.BankAccounts(ctx, borrower)
	if err != nil {
		return err
	}
	locked := len(accounts) > 0
	if !locked {
		_, err := tx.OpenLoan(ctx, borrower)
		none, err := absent(err)
		if err != nil {
			return err
		}
		locked = !none
	}
	if !locked {
		return nil
	}
	f := fault.New(catalog.InfoLocked)
	for _, name := range changed {
		f = f.WithField(name, "cannot change any more")
	}
	return f
}

// unknownWord turns a missing row of a dictionary into DICT_VALUE_UNKNOWN of the named field.
func unknownWord(err error, field string) error {
	missing, err := absent(err)
	if missing {
		return fault.New(catalog.DictValueUnknown).WithField(field, "must be a code of the dictionary")
	}
	return err
}
