package store

import (
	"context"
	"time"

	"github.com/uptrace/bun"

	"github.com/creditpocket/creditpocket/internal/seal"
)

// BankAccount is a bank account of a borrower whose name the bank has confirmed, with the card bound to it, if any. Number and
// name are sealed at rest.
type BankAccount struct {
	ID            int64
	BorrowerID    int64
	BankCode      string
	BankName      string
	AccountNo     string // 10 digits
	AccountName   string // as the bank has it
	NameScoreBps  int    // lending.NameMatch.ScoreBps when it was saved
	RecipientCode string // the gateway's name for it as a recipient of transfers, "" before it is registered
	RecipientAt   time.Time
	Default       bool
	PayableFrom   time.Time // the first payout to it waits until then; zero: no wait
	CreatedAt     time.Time
	Card          *CardFace // nil when no card is bound
	BindingOpen   bool      // a card check of the account is open
}

type bankAccountRow struct {
	bun.BaseModel `bun:"table:bank_accounts"`

	ID            int64      `bun:"id,pk"`
	BorrowerID    int64      `bun:"borrower_id"`
	BankCode      string     `bun:"bank_code"`
	BankName      string     `bun:"bank_name"`
	AccountIndex  []byte     `bun:"account_index"`
	Sealed        []byte     `bun:"sealed"`
	NameScoreBps  int        `bun:"name_score_bps"`
	RecipientCode string     `bun:"recipient_code"`
	RecipientAt   *time.Time `bun:"recipient_at"`
	IsDefault     bool       `bun:"is_default"`
	PayableFrom   *time.Time `bun:"payable_from"`
	CreatedAt     time.Time  `bun:"created_at"`
	UpdatedAt     time.Time  `bun:"updated_at"`
}

// accountRead is a bank account joined with its active card.
type accountRead struct {
	bankAccountRow
	CardID      int64  `bun:"card_id"`
	CardSealed  []byte `bun:"card_sealed"`
	CardType    string `bun:"card_type"`
	ExpMonth    int    `bun:"exp_month"`
	ExpYear     int    `bun:"exp_year"`
	BindingOpen bool   `bun:"binding_open"`
}

// accountSecrets is what a bank account's sealed column holds.
type accountSecrets struct {
	Number string `json:"number"`
	Name   string `json:"name"`
}

const accountColumn = "bank_accounts.sealed"

var accountQuery = `SELECT ` + selected[bankAccountRow]("a") + `, coalesce(c.id, 0) AS card_id, coalesce(c.sealed, ''::bytea) AS card_sealed, coalesce(c.card_type, '') AS card_type,
		coalesce(c.exp_month, 0) AS exp_month, coalesce(c.exp_year, 0) AS exp_year,
		EXISTS (SELECT FROM payment_intents i WHERE i.bank_account_id = a.id AND i.kind = 3 AND i.state IN (0, 1) AND i.expires_at > ?) AS binding_open
	FROM bank_accounts a LEFT JOIN cards c ON c.bank_account_id = a.id AND c.active WHERE a.borrower_id = ?`

// AccountIndex is the blind index of a bank account at a brand, in accounts and in the lists of subjects.
func (r reader) AccountIndex(brand, bankCode, number string) []byte {
	return r.keys.Blind("account", brand, bankCode+":"+number)
}

// BankAccounts lists a borrower's accounts: the default first, then the newest first.
func (r reader) BankAccounts(ctx context.Context, borrower int64) ([]BankAccount, error) {
	return r.bankAccounts(ctx, borrower, ` ORDER BY a.is_default DESC, a.id DESC`)
}

// BankAccount reads one account of a borrower, or ErrNotFound: another borrower's account looks like none.
func (r reader) BankAccount(ctx context.Context, borrower, id int64) (BankAccount, error) {
	return r.oneAccount(ctx, borrower, ` AND a.id = ?`, id)
}

const defaultAccount = ` AND a.is_default`

// DefaultBankAccount reads the account that a borrower's loans are paid to, or ErrNotFound.
func (r reader) DefaultBankAccount(ctx context.Context, borrower int64) (BankAccount, error) {
	return r.oneAccount(ctx, borrower, defaultAccount)
}

// BankAccountByNumber finds a borrower's account by bank and number, or ErrNotFound.
func (r reader) BankAccountByNumber(ctx context.Context, borrower int64, brand, bankCode, number string) (BankAccount, error) {
	return r.oneAccount(ctx, borrower, ` AND a.account_index = ?`, r.AccountIndex(brand, bankCode, number))
}

func (r reader) oneAccount(ctx context.Context, borrower int64, where string, args ...any) (BankAccount, error) {
	accounts, err := r.bankAccounts(ctx, borrower, where, args...)
	if err == nil && len(accounts) == 0 {
		err = ErrNotFound
	}
	if err != nil {
		return BankAccount{}, err
	}
	return accounts[0], nil
}

func (r reader) bankAccounts(ctx context.Context, borrower int64, where string, args ...any) ([]BankAccount, error) {
	var rows []accountRead
	err := r.prepared(accountQuery+where, append([]any{r.clk.Now(), borrower}, args...)...).Scan(ctx, &rows)
	if err != nil || len(rows) == 0 {
		return nil, fromTx(err)
	}
	key, err := r.dataKey(ctx, borrower)
	if err != nil {
		return nil, err
	}
	accounts := make([]BankAccount, len(rows))
	for i := range rows {
		if accounts[i], err = rows[i].account(key); err != nil {
			return nil, err
		}
	}
	return accounts, nil
}

func (row *accountRead) account(key *seal.DataKey) (BankAccount, error) {
	var s accountSecrets
	if err := openJSON(key, accountColumn, row.Sealed, &s); err != nil {
		return BankAccount{}, err
	}
	a := BankAccount{ID: row.ID, BorrowerID: row.BorrowerID, BankCode: row.BankCode, BankName: row.BankName, AccountNo: s.Number,
		AccountName: s.Name, NameScoreBps: row.NameScoreBps, RecipientCode: row.RecipientCode, RecipientAt: timeOut(row.RecipientAt),
		Default: row.IsDefault, PayableFrom: timeOut(row.PayableFrom), CreatedAt: row.CreatedAt.UTC(), BindingOpen: row.BindingOpen}
	if row.CardID != 0 {
		var c cardSecrets
		if err := openJSON(key, cardColumn, row.CardSealed, &c); err != nil {
			return BankAccount{}, err
		}
		a.Card = &CardFace{ID: row.CardID, Masked: c.Masked, Type: row.CardType, ExpMonth: row.ExpMonth, ExpYear: row.ExpYear}
	}
	return a, nil
}

// AccountBorrowers counts the borrowers of the brand who have saved the same account, this one included.
func (r reader) AccountBorrowers(ctx context.Context, account int64) (int, error) {
	var n int
	err := r.prepared(`SELECT count(DISTINCT o.borrower_id) FROM bank_accounts a JOIN bank_accounts o ON o.account_index = a.account_index
		WHERE a.id = ?`, account).Scan(ctx, &n)
	return n, fromTx(err)
}

// PayoutUnderWay says whether money may be on its way to the borrower's default account: an application that is submitted,
// approved or being paid out.
func (r reader) PayoutUnderWay(ctx context.Context, borrower int64) (bool, error) {
	var yes bool
	err := r.prepared(`SELECT EXISTS (SELECT FROM loans WHERE borrower_id = ? AND status IN (1, 3, 4))`, borrower).Scan(ctx, &yes)
	return yes, fromTx(err)
}

// AddBankAccount writes a new account and returns its id. The caller holds the borrower's lock. It returns *DuplicateError of
// bank_accounts_one_per_number for an account the borrower has, and of bank_accounts_one_default for a second default.
func (t *Tx) AddBankAccount(ctx context.Context, brand string, a BankAccount) (int64, error) {
	key, err := t.dataKey(ctx, a.BorrowerID)
	if err != nil {
		return 0, err
	}
	sealed, err := sealJSON(key, accountColumn, accountSecrets{a.AccountNo, a.AccountName})
	if err != nil {
		return 0, err
	}
	row := &bankAccountRow{ID: newID(), BorrowerID: a.BorrowerID, BankCode: a.BankCode, BankName: a.BankName,
		AccountIndex: t.AccountIndex(brand, a.BankCode, a.AccountNo), Sealed: sealed, NameScoreBps: a.NameScoreBps,
		IsDefault: a.Default, PayableFrom: timeIn(a.PayableFrom), CreatedAt: t.now, UpdatedAt: t.now}
	_, err = t.idb.NewInsert().Model(row).Exec(ctx)
	return row.ID, fromTx(err)
}

// SetDefaultBankAccount makes one account of a borrower the only default; id 0 leaves none. The caller holds the borrower's
// lock. It returns ErrStale where the account is not the borrower's.
func (t *Tx) SetDefaultBankAccount(ctx context.Context, borrower, id int64) error {
	_, err := t.prepared(`UPDATE bank_accounts SET is_default = false, updated_at = ? WHERE borrower_id = ? AND is_default AND id <> ?`,
		t.now, borrower, id).Exec(ctx)
	if err != nil || id == 0 {
		return fromTx(err)
	}
	result, err := t.prepared(`UPDATE bank_accounts SET is_default = true, updated_at = ? WHERE borrower_id = ? AND id = ?`,
		t.now, borrower, id).Exec(ctx)
	return exactly(1, result, err)
}

// HoldPayouts keeps the first payout to an account waiting until an instant.
func (t *Tx) HoldPayouts(ctx context.Context, borrower, account int64, until time.Time) error {
	result, err := t.prepared(`UPDATE bank_accounts SET payable_from = ?, updated_at = ? WHERE borrower_id = ? AND id = ?`, until, t.now, borrower, account).Exec(ctx)
	return exactly(1, result, err)
}

// SetRecipient notes under which code the gateway knows an account. An account that has one keeps it: ErrStale.
func (t *Tx) SetRecipient(ctx context.Context, account int64, code string) error {
	result, err := t.prepared(`UPDATE bank_accounts SET recipient_code = ?, recipient_at = ?, updated_at = ? WHERE id = ? AND recipient_code = ''`,
		code, t.now, t.now, account).Exec(ctx)
	return exactly(1, result, err)
}
