package store

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/uptrace/bun"

	"github.com/creditpocket/creditpocket/internal/clock"
	"github.com/creditpocket/creditpocket/internal/ledger"
	"github.com/creditpocket/creditpocket/internal/lending"
	"github.com/creditpocket/creditpocket/internal/seal"
)

// populationRows bounds the rows of one statement, so that none comes near the statement time-out.
const populationRows = 500

// NewPerson is a borrower with a profile and a default bank account. The ids of Profile and Account are set by AddPeople.
type NewPerson struct {
	Brand        string
	Mobile       string // E.164
	PasswordHash string // argon2id, PHC form; a text that is none lets nobody in
	Profile      Profile
	Account      BankAccount
}

type borrowerKeyRow struct {
	bun.BaseModel `bun:"table:borrower_keys"`

	BorrowerID int64     `bun:"borrower_id,pk"`
	Wrapped    []byte    `bun:"wrapped"`
	CreatedAt  time.Time `bun:"created_at"`
}

// AddPeople writes many borrowers with a few statements, each with a data key of their own under which their values are sealed, and
// fills in their ids. A number or BVN that is there already is a *DuplicateError, as from AddBorrower and SaveProfile.
func (t *Tx) AddPeople(ctx context.Context, people []NewPerson) error {
	borrowers, keys := make([]borrowerRow, len(people)), make([]borrowerKeyRow, len(people))
	profiles, accounts := make([]profileRow, len(people)), make([]bankAccountRow, len(people))
	for i := range people {
		p := &people[i]
		id := newID()
		wrapped, err := t.keys.NewDataKey(id)
		if err != nil {
			return err
		}
		key, err := t.keys.DataKey(id, wrapped)
		if err != nil {
			return err
		}
		mobile, err := key.Seal(mobileColumn, []byte(p.Mobile))
		if err != nil {
			return err
		}
		account, err := sealJSON(key, accountColumn, accountSecrets{p.Account.AccountNo, p.Account.AccountName})
		if err != nil {
			return err
		}
		p.Profile.BorrowerID, p.Profile.Brand, p.Profile.UpdatedAt = id, p.Brand, t.now
		profile, err := t.personProfile(key, p.Profile)
		if err != nil {
			return err
		}
		p.Account.ID, p.Account.BorrowerID, p.Account.Default, p.Account.CreatedAt = newID(), id, true, t.now
		borrowers[i] = borrowerRow{ID: id, Brand: p.Brand, MobileIndex: t.MobileIndex(p.Brand, p.Mobile), MobileSealed: mobile, PasswordHash: p.PasswordHash,
			CreatedAt: t.now, UpdatedAt: t.now}
		keys[i] = borrowerKeyRow{BorrowerID: id, Wrapped: wrapped, CreatedAt: t.now}
		profiles[i] = profile
		accounts[i] = bankAccountRow{ID: p.Account.ID, BorrowerID: id, BankCode: p.Account.BankCode, BankName: p.Account.BankName,
			AccountIndex: t.AccountIndex(p.Brand, p.Account.BankCode, p.Account.AccountNo), Sealed: account, NameScoreBps: p.Account.NameScoreBps,
			RecipientCode: p.Account.RecipientCode, RecipientAt: timeIn(p.Account.RecipientAt), IsDefault: true, CreatedAt: t.now, UpdatedAt: t.now}
	}
	if err := t.insertChunks(ctx, chunks(borrowers)); err != nil {
		return err
	}
	if err := t.insertChunks(ctx, chunks(keys)); err != nil {
		return err
	}
	if err := t.insertChunks(ctx, chunks(profiles)); err != nil {
		return err
	}
	return t.insertChunks(ctx, chunks(accounts))
}

// chunk is some of the rows of one table, as bun takes them.
type chunk any

// chunks cuts rows into chunks of bounded size.
func chunks[R any](rows []R) (out []chunk) {
	for part := range slices.Chunk(rows, populationRows) {
		out = append(out, &part)
	}
	return out
}

// insertChunks writes each chunk with one statement.
func (t *Tx) insertChunks(ctx context.Context, parts []chunk) error {
	for _, part := range parts {
		if _, err := t.idb.NewInsert().Model(part).Exec(ctx); err != nil {
			return fromTx(err)
		}
	}
	return nil
}

type loanEventRow struct {
	bun.BaseModel `bun:"table:loan_events"`

	ID       int64     `bun:"id,pk"`
	LoanID   int64     `bun:"loan_id"`
	FromCode *int16    `bun:"from_code"`
	ToCode   int16     `bun:"to_code"`
	Trigger  string    `bun:"trigger"`
	Actor    string    `bun:"actor"`
	At       time.Time `bun:"at"`
}

// PaidOutLoan is a loan as lending.Disburse made it, and the transfer that paid it out. Payout.Reference is the transfer's.
type PaidOutLoan struct {
	Loan   Loan
	Payout Payout
}

// payoutPath is how a loan comes to be paid out when nobody has to look at it.
var payoutPath = []lending.State{lending.Submitted, lending.Approved, lending.Disbursing, lending.Active}

// AddPaidOutLoans writes many loans that were paid out, with a few statements: each goes through the states as one that was applied
// for, and has its events, its transfer and its batch in the ledger. It fills in ids and indent numbers. A second open loan of a
// borrower is a *DuplicateError of loans_one_open.
func (t *Tx) AddPaidOutLoans(ctx context.Context, brand string, loans []PaidOutLoan) error {
	if len(loans) == 0 {
		return nil
	}
	if err := t.numberLoans(ctx, brand, loans); err != nil {
		return err
	}
	owners := make([]int64, len(loans))
	for i, l := range loans {
		owners[i] = l.Loan.BorrowerID
	}
	keys, err := t.dataKeys(ctx, owners)
	if err != nil {
		return err
	}
	rows, payouts := make([]loanRow, len(loans)), make([]payoutRow, len(loans))
	ids, batches := make([]int64, len(loans)), make([]ledger.Batch, len(loans))
	var events []loanEventRow
	for i := range loans {
		l, p := &loans[i].Loan, &loans[i].Payout
		row, err := newLoanRow(*l, keys[l.BorrowerID])
		if err != nil {
			return err
		}
		row.Status = int16(lending.InitialState)
		p.ID, p.LoanID, p.Attempt, p.State = newID(), l.ID, 1, PayoutSucceeded
		rows[i], payouts[i], ids[i] = *row, *newPayoutRow(*p), l.ID
		events = append(events, payoutEvents(*l)...)
		ref := ledger.Ref{LoanID: l.ID, BorrowerID: l.BorrowerID, At: l.DisbursedAt}
		if batches[i], err = ledger.Disbursement(ref, p.Reference, ledger.Sale{Charged: l.Charged, Disbursed: p.Amount, UpfrontFee: l.Terms.UpfrontFee}); err != nil {
			return err
		}
	}
	if err := t.insertChunks(ctx, chunks(rows)); err != nil {
		return err
	}
	for i, to := range payoutPath[1:] {
		result, err := t.idb.NewRaw(`UPDATE loans SET status = ? WHERE id IN (?) AND status = ?`, int16(to), bun.List(ids), int16(payoutPath[i])).Exec(ctx)
		if err := exactly(int64(len(ids)), result, err); err != nil {
			return err
		}
	}
	if err := t.insertChunks(ctx, chunks(events)); err != nil {
		return err
	}
	if err := t.insertChunks(ctx, chunks(payouts)); err != nil {
		return err
	}
	for ; len(batches) > 0; batches = batches[min(len(batches), populationRows):] {
		if err := t.Post(ctx, brand, batches[:min(len(batches), populationRows)]...); err != nil {
			return err
		}
	}
	return nil
}

// numberLoans gives each loan an id and an indent number of the day on which it was applied for.
func (t *Tx) numberLoans(ctx context.Context, brand string, loans []PaidOutLoan) error {
	var prefix string
	if err := t.idb.NewRaw(`SELECT indent_prefix FROM brands WHERE code = ?`, brand).Scan(ctx, &prefix); err != nil {
		return fromTx(err)
	}
	var numbers []int64
	if err := t.idb.NewRaw(`SELECT nextval('indent_numbers') FROM generate_series(1, ?)`, len(loans)).Scan(ctx, &numbers); err != nil {
		return fromTx(err)
	}
	for i := range loans {
		l := &loans[i].Loan
		l.ID, l.Brand, l.UpdatedAt = newID(), brand, t.now
		var err error
		if l.IndentNo, err = lending.IndentNo(prefix, clock.DateOf(l.CreatedAt), numbers[i]); err != nil {
			return err
		}
	}
	return nil
}

// payoutEvents is the trace of a loan that was approved by the rules and paid out.
func payoutEvents(l Loan) []loanEventRow {
	events := make([]loanEventRow, len(payoutPath))
	for i, to := range payoutPath {
		e := loanEventRow{ID: newID(), LoanID: l.ID, ToCode: int16(to), Trigger: "apply", Actor: fmt.Sprintf("borrower:%d", l.BorrowerID), At: l.CreatedAt}
		if i > 0 {
			from := int16(payoutPath[i-1])
			move, _ := lending.FindTransition(payoutPath[i-1], to)
			e.FromCode, e.Trigger, e.Actor, e.At = &from, string(move.Trigger), "system", l.ApprovedAt
		}
		if to == lending.Active {
			e.Actor, e.At = "gateway", l.DisbursedAt
		}
		events[i] = e
	}
	return events
}

// dataKeys opens the data keys of many borrowers. It returns seal.ErrUnreadable where one was destroyed or is missing.
func (r reader) dataKeys(ctx context.Context, borrowers []int64) (map[int64]*seal.DataKey, error) {
	var rows []borrowerKeyRow
	err := r.idb.NewRaw(`SELECT borrower_id, coalesce(wrapped, ''::bytea) AS wrapped, created_at FROM borrower_keys WHERE borrower_id IN (?)`,
		bun.List(borrowers)).Scan(ctx, &rows)
	if err != nil {
		return nil, fromTx(err)
	}
	keys := make(map[int64]*seal.DataKey, len(rows))
	for _, row := range rows {
		if keys[row.BorrowerID], err = r.keys.DataKey(row.BorrowerID, row.Wrapped); err != nil {
			return nil, fmt.Errorf("data key of borrower %d: %w", row.BorrowerID, err)
		}
	}
	for _, id := range borrowers {
		if keys[id] == nil {
			return nil, fmt.Errorf("data key of borrower %d: %w", id, seal.ErrUnreadable)
		}
	}
	return keys, nil
}

// AddIntents writes many new intents and fills in their ids; see AddIntent.
func (t *Tx) AddIntents(ctx context.Context, intents []Intent) error {
	rows := make([]intentRow, len(intents))
	for i := range intents {
		intents[i].ID, intents[i].CreatedAt = newID(), t.now
		rows[i] = *newIntentRow(intents[i])
	}
	return t.insertChunks(ctx, chunks(rows))
}

// LoansAfter reads loans with ids above after, in the order of their ids, at most limit.
func (r reader) LoansAfter(ctx context.Context, after int64, limit int) ([]Loan, error) {
	var rows []loanRow
	if err := r.idb.NewRaw(`SELECT * FROM loans WHERE id > ? ORDER BY id LIMIT ?`, after, limit).Scan(ctx, &rows); err != nil || len(rows) == 0 {
		return nil, fromTx(err)
	}
	owners := make([]int64, len(rows))
	for i, row := range rows {
		owners[i] = row.BorrowerID
	}
	keys, err := r.dataKeys(ctx, owners)
	if err != nil {
		return nil, err
	}
	loans := make([]Loan, len(rows))
	for i := range rows {
		if loans[i], err = rows[i].loan(keys[rows[i].BorrowerID]); err != nil {
			return nil, err
		}
	}
	return loans, nil
}

// personProfile seals a profile as SaveProfile does.
func (t *Tx) personProfile(key *seal.DataKey, p Profile) (profileRow, error) {
	sealed, err := sealJSON(key, profileColumn, profileSecrets{FirstName: p.FirstName, MiddleName: p.MiddleName, LastName: p.LastName, BVN: p.BVN,
		Birthday: p.Birthday, Email: p.Email, Address: p.Address})
	return profileRow{BorrowerID: p.BorrowerID, Brand: p.Brand, BVNIndex: t.BVNIndex(p.Brand, p.BVN), Sealed: sealed, Gender: p.Gender,
		CityCode: p.CityCode, UpdatedAt: p.UpdatedAt}, err
}

// CountBorrowers counts all borrowers.
func (r reader) CountBorrowers(ctx context.Context) (n int64, err error) {
	err = r.idb.NewRaw(`SELECT count(*) FROM borrowers`).Scan(ctx, &n)
	return n, fromTx(err)
}
