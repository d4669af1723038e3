package store

import (
	"context"
	"time"

	"github.com/uptrace/bun"
)

// Card is a card bound at the gateway, as needed to charge it. The authorization code and the e-mail address are sealed at rest.
type Card struct {
	CardFace
	BorrowerID        int64
	BankAccountID     int64
	AuthorizationCode string // the gateway's secret name of the card
	Email             string // the address it was bound with; the gateway charges it with no other
	Signature         string // names the card itself: two authorizations of one card share it. Only its index is kept
	Active            bool
	CreatedAt         time.Time
}

// CardFace is what people may see of a card.
type CardFace struct {
	ID       int64
	Masked   string // "408408******4081", or "" where the gateway did not tell
	Type     string // the scheme: visa, mastercard, verve
	ExpMonth int    // 0 unknown
	ExpYear  int    // four digits, 0 unknown
}

type cardRow struct {
	bun.BaseModel `bun:"table:cards"`

	ID             int64     `bun:"id,pk"`
	BorrowerID     int64     `bun:"borrower_id"`
	BankAccountID  int64     `bun:"bank_account_id"`
	Sealed         []byte    `bun:"sealed"`
	SignatureIndex []byte    `bun:"signature_index"`
	CardType       string    `bun:"card_type"`
	ExpMonth       int       `bun:"exp_month"`
	ExpYear        int       `bun:"exp_year"`
	Active         bool      `bun:"active"`
	CreatedAt      time.Time `bun:"created_at"`
}

// cardSecrets is what a card's sealed column holds.
type cardSecrets struct {
	AuthorizationCode string `json:"authorization"`
	Email             string `json:"email"`
	Masked            string `json:"masked"`
}

const cardColumn = "cards.sealed"

// ActiveCard reads the card bound to a bank account of a borrower, or ErrNotFound.
func (r reader) ActiveCard(ctx context.Context, borrower, account int64) (Card, error) {
	return r.oneCard(ctx, "borrower_id = ? AND bank_account_id = ? AND active", borrower, account)
}

// Card reads a card of a borrower, active or not, or ErrNotFound.
func (r reader) Card(ctx context.Context, borrower, id int64) (Card, error) {
	return r.oneCard(ctx, "borrower_id = ? AND id = ?", borrower, id)
}

func (r reader) oneCard(ctx context.Context, where string, borrower, id int64) (Card, error) {
	var row cardRow
	if err := r.prepared("SELECT "+selected[cardRow]("c")+" FROM cards c WHERE "+where, borrower, id).Scan(ctx, &row); err != nil {
		return Card{}, fromTx(err)
	}
	key, err := r.dataKey(ctx, borrower)
	if err != nil {
		return Card{}, err
	}
	var s cardSecrets
	err = openJSON(key, cardColumn, row.Sealed, &s)
	return Card{BorrowerID: row.BorrowerID, BankAccountID: row.BankAccountID, AuthorizationCode: s.AuthorizationCode,
		Email: s.Email, CardFace: CardFace{row.ID, s.Masked, row.CardType, row.ExpMonth, row.ExpYear}, Active: row.Active,
		CreatedAt: row.CreatedAt.UTC()}, err
}

// BindCard makes a card the one active card of a bank account and returns its id. A card of the borrower with the same signature
// is the same card: its row is renewed and moves to this account. Another card of the account stops being active. The caller
// holds the borrower's lock.
func (t *Tx) BindCard(ctx context.Context, brand string, c Card) (int64, error) {
	key, err := t.dataKey(ctx, c.BorrowerID)
	if err != nil {
		return 0, err
	}
	sealed, err := sealJSON(key, cardColumn, cardSecrets{c.AuthorizationCode, c.Email, c.Masked})
	if err != nil {
		return 0, err
	}
	if _, err := t.idb.NewRaw(`UPDATE cards SET active = false WHERE bank_account_id = ? AND active`, c.BankAccountID).Exec(ctx); err != nil {
		return 0, fromTx(err)
	}
	row := &cardRow{ID: newID(), BorrowerID: c.BorrowerID, BankAccountID: c.BankAccountID, Sealed: sealed,
		SignatureIndex: t.keys.Blind("card", brand, c.Signature), CardType: c.Type, ExpMonth: c.ExpMonth, ExpYear: c.ExpYear,
		Active: true, CreatedAt: t.now}
	var id int64
	err = t.idb.NewInsert().Model(row).On("CONFLICT ON CONSTRAINT cards_one_per_signature DO UPDATE").
		Set("bank_account_id = excluded.bank_account_id, sealed = excluded.sealed, card_type = excluded.card_type, exp_month = excluded.exp_month, exp_year = excluded.exp_year, active = true").
		Returning("id").Scan(ctx, &id)
	return id, fromTx(err)
}

// DeactivateCard takes a card out of use, for instance when the gateway says that its authorization is over. It returns ErrStale
// where it is out of use already.
func (t *Tx) DeactivateCard(ctx context.Context, borrower, id int64) error {
	result, err := t.idb.NewRaw(`UPDATE cards SET active = false WHERE borrower_id = ? AND id = ? AND active`, borrower, id).Exec(ctx)
	return exactly(1, result, err)
}
