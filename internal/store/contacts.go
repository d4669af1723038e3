package store

import (
	"context"
	"time"

	"github.com/uptrace/bun"
)

// EmergencyContact is a person a borrower can be reached through. Name and number are sealed at rest.
type EmergencyContact struct {
	Name     string
	Mobile   string // E.164
	Relation int    // the wire's code, 1..6
}

type contactRow struct {
	bun.BaseModel `bun:"table:emergency_contacts"`

	BorrowerID  int64     `bun:"borrower_id,pk"`
	Position    int       `bun:"position,pk"`
	Relation    int       `bun:"relation"`
	MobileIndex []byte    `bun:"mobile_index"`
	Sealed      []byte    `bun:"sealed"`
	UpdatedAt   time.Time `bun:"updated_at"`
}

// contactSecrets is what a contact's sealed column holds.
type contactSecrets struct {
	Name   string `json:"name"`
	Mobile string `json:"mobile"`
}

const contactColumn = "emergency_contacts.sealed"

// EmergencyContacts lists a borrower's contacts in the order they were saved.
func (r reader) EmergencyContacts(ctx context.Context, borrower int64) ([]EmergencyContact, error) {
	var rows []contactRow
	if err := r.idb.NewSelect().Model(&rows).Where("borrower_id = ?", borrower).Order("position").Scan(ctx); err != nil {
		return nil, fromTx(err)
	}
	if len(rows) == 0 {
		return nil, nil
	}
	key, err := r.dataKey(ctx, borrower)
	if err != nil {
		return nil, err
	}
	contacts := make([]EmergencyContact, len(rows))
	for i, row := range rows {
		var s contactSecrets
		if err := openJSON(key, contactColumn, row.Sealed, &s); err != nil {
			return nil, err
		}
		contacts[i] = EmergencyContact{s.Name, s.Mobile, row.Relation}
	}
	return contacts, nil
}

// ContactsShared counts the other borrowers of the brand who name one of the borrower's contacts too.
func (r reader) ContactsShared(ctx context.Context, borrower int64) (int, error) {
	var n int
	err := r.idb.NewRaw(`SELECT count(DISTINCT o.borrower_id) FROM emergency_contacts m
		JOIN emergency_contacts o ON o.mobile_index = m.mobile_index AND o.borrower_id <> m.borrower_id
		WHERE m.borrower_id = ?`, borrower).Scan(ctx, &n)
	return n, fromTx(err)
}

// ReplaceEmergencyContacts writes a borrower's contacts in place of all before. The caller holds the borrower's lock. A number
// given twice is a *DuplicateError of emergency_contacts_once.
func (t *Tx) ReplaceEmergencyContacts(ctx context.Context, borrower int64, brand string, contacts []EmergencyContact) error {
	if _, err := t.idb.NewRaw(`DELETE FROM emergency_contacts WHERE borrower_id = ?`, borrower).Exec(ctx); err != nil {
		return fromTx(err)
	}
	if len(contacts) == 0 {
		return nil
	}
	key, err := t.dataKey(ctx, borrower)
	if err != nil {
		return err
	}
	rows := make([]contactRow, len(contacts))
	for i, c := range contacts {
		sealed, err := sealJSON(key, contactColumn, contactSecrets{c.Name, c.Mobile})
		if err != nil {
			return err
		}
		rows[i] = contactRow{BorrowerID: borrower, Position: i + 1, Relation: c.Relation,
			MobileIndex: t.keys.Blind("contact", brand, c.Mobile), Sealed: sealed, UpdatedAt: t.now}
	}
	_, err = t.idb.NewInsert().Model(&rows).Exec(ctx)
	return fromTx(err)
}
