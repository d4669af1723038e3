package onboarding

import (
	"context"
	"fmt"

	"github.com/creditpocket/creditpocket/gen/catalog"
	"github.com/creditpocket/creditpocket/internal/fault"
	"github.com/creditpocket/creditpocket/internal/store"
)

// SaveContacts writes the emergency contacts, in place of those before. It returns CONTACT_INVALID, naming the rows, for the
// borrower's own number and for a number given twice, and VALIDATION_FAILED for a name without letters.
func (s *Service) SaveContacts(ctx context.Context, who Subject, contacts []store.EmergencyContact) (store.Readiness, error) {
	return s.save(ctx, who, func(ctx context.Context, tx *store.Tx) error {
		borrower, err := tx.Borrower(ctx, who.Borrower)
		if err != nil {
			return err
		}
		if err := checkContacts(borrower.Mobile, contacts); err != nil {
			return err
		}
		return tx.ReplaceEmergencyContacts(ctx, who.Borrower, who.Brand, contacts)
	})
}

func checkContacts(own string, contacts []store.EmergencyContact) error {
	bad := fault.New(catalog.ContactInvalid)
	seen := map[string]bool{}
	for i, c := range contacts {
		if c.Name == "" {
			return fault.Invalid(fmt.Sprintf("contacts[%d].name", i), "must not be blank")
		}
		row := fmt.Sprintf("contacts[%d].mobile", i)
		switch {
		case c.Mobile == own:
			bad = bad.WithField(row, "must not be the borrower's own number")
		case seen[c.Mobile]:
			bad = bad.WithField(row, "must not be given twice")
		}
		seen[c.Mobile] = true
	}
	if len(bad.Fields) > 0 {
		return bad
	}
	return nil
}
