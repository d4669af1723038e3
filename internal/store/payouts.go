package store

import (
	"context"
	"time"

	"github.com/uptrace/bun"

	"github.com/creditpocket/creditpocket/internal/lending"
	"github.com/creditpocket/creditpocket/internal/money"
)

// PayoutState says how far a transfer to a borrower has come.
type PayoutState int

// The states of a payout. The gateway hears of its reference only after the row is committed.
const (
	PayoutCreated   PayoutState = 0 // committed; never sent
	PayoutSent      PayoutState = 1 // sent at least once; its end is not known
	PayoutSucceeded PayoutState = 2
	PayoutFailed    PayoutState = 3 // no money moved, and none will under this reference
	PayoutReversed  PayoutState = 4 // the money came back after it had counted as paid
)

// Open says whether the end of the payout is not known yet.
func (s PayoutState) Open() bool { return s == PayoutCreated || s == PayoutSent }

// Payout is one transfer to a borrower.
type Payout struct {
	ID            int64
	LoanID        int64
	Attempt       int    // counted from 1 a loan
	Reference     string // ours; never changes
	Amount        money.Kobo
	BankAccountID int64
	RecipientCode string // the gateway's name of the account
	State         PayoutState
	GatewayStatus string    // the gateway's last word, or ours for an answer that it did not give; no personal data
	Sends         int       // how often the transfer was sent
	SentAt        time.Time // the last of them
	Checks        int       // how often the gateway was asked
	NextCheckAt   time.Time // zero: never again
	CreatedAt     time.Time
	ConcludedAt   time.Time
}

type payoutRow struct {
	bun.BaseModel `bun:"table:payouts"`

	ID            int64      `bun:"id,pk"`
	LoanID        int64      `bun:"loan_id"`
	Attempt       int        `bun:"attempt"`
	Reference     string     `bun:"reference"`
	Amount        int64      `bun:"amount"`
	BankAccountID int64      `bun:"bank_account_id"`
	RecipientCode string     `bun:"recipient_code"`
	State         int        `bun:"state"`
	GatewayStatus string     `bun:"gateway_status"`
	Sends         int        `bun:"sends"`
	SentAt        *time.Time `bun:"sent_at"`
	Checks        int        `bun:"checks"`
	NextCheckAt   *time.Time `bun:"next_check_at"`
	CreatedAt     time.Time  `bun:"created_at"`
	ConcludedAt   *time.Time `bun:"concluded_at"`
}

func newPayoutRow(p Payout) *payoutRow {
	return &payoutRow{ID: p.ID, LoanID: p.LoanID, Attempt: p.Attempt, Reference: p.Reference, Amount: int64(p.Amount), BankAccountID: p.BankAccountID,
		RecipientCode: p.RecipientCode, State: int(p.State), GatewayStatus: p.GatewayStatus, Sends: p.Sends, SentAt: timeIn(p.SentAt),
		Checks: p.Checks, NextCheckAt: timeIn(p.NextCheckAt), CreatedAt: p.CreatedAt, ConcludedAt: timeIn(p.ConcludedAt)}
}

func (row *payoutRow) payout() Payout {
	return Payout{ID: row.ID, LoanID: row.LoanID, Attempt: row.Attempt, Reference: row.Reference, Amount: money.Kobo(row.Amount),
		BankAccountID: row.BankAccountID, RecipientCode: row.RecipientCode, State: PayoutState(row.State), GatewayStatus: row.GatewayStatus,
		Sends: row.Sends, SentAt: timeOut(row.SentAt), Checks: row.Checks, NextCheckAt: timeOut(row.NextCheckAt),
		CreatedAt: row.CreatedAt.UTC(), ConcludedAt: timeOut(row.ConcludedAt)}
}

// Payout reads a payout by its reference, or ErrNotFound.
func (r reader) Payout(ctx context.Context, reference string) (Payout, error) {
	return r.onePayout(ctx, "WHERE reference = ?", reference)
}

// LatestPayout reads a loan's newest payout, or ErrNotFound.
func (r reader) LatestPayout(ctx context.Context, loan int64) (Payout, error) {
	return r.onePayout(ctx, "WHERE loan_id = ? ORDER BY attempt DESC LIMIT 1", loan)
}

func (r reader) onePayout(ctx context.Context, where string, args ...any) (Payout, error) {
	var row payoutRow
	if err := r.idb.NewRaw("SELECT * FROM payouts "+where, args...).Scan(ctx, &row); err != nil {
		return Payout{}, fromTx(err)
	}
	return row.payout(), nil
}

// PayoutsToCheck lists the references of payouts whose next check is due, longest waiting first, at most limit.
func (r reader) PayoutsToCheck(ctx context.Context, limit int) ([]string, error) {
	var references []string
	err := r.idb.NewRaw(`SELECT reference FROM payouts WHERE next_check_at <= ? ORDER BY next_check_at LIMIT ?`, r.clk.Now(), limit).Scan(ctx, &references)
	return references, fromTx(err)
}

// LoansWaiting lists loans that have been in a state since before the instant, longest waiting first, at most limit.
func (r reader) LoansWaiting(ctx context.Context, state lending.State, before time.Time, limit int) ([]int64, error) {
	var ids []int64
	err := r.idb.NewRaw(`SELECT id FROM loans WHERE status = ?0 AND updated_at < ?1 AND status IN (1, 2, 3, 4)
		AND (status <> 3 OR NOT EXISTS (SELECT FROM bank_accounts a WHERE a.id = bank_account_id AND a.payable_from > ?3)) ORDER BY updated_at LIMIT ?2`,
		int(state), before, limit, r.clk.Now()).Scan(ctx, &ids)
	return ids, fromTx(err)
}

// LockPayout reads a payout and holds it for this transaction. Lock order: borrower, loan, payout.
func (t *Tx) LockPayout(ctx context.Context, reference string) (Payout, error) {
	return t.onePayout(ctx, "WHERE reference = ? FOR UPDATE", reference)
}

// AddPayout writes the intent to pay a loan out, before the gateway hears of its reference. A second open payout of the loan is a
// *DuplicateError of payouts_one_open.
func (t *Tx) AddPayout(ctx context.Context, p Payout) (Payout, error) {
	p.ID, p.CreatedAt = newID(), t.now
	_, err := t.idb.NewInsert().Model(newPayoutRow(p)).Exec(ctx)
	return p, fromTx(err)
}

// ClaimSend counts a sending of an open payout before it happens, if it was sent as often as the caller saw: of several workers
// one may send, the others get ErrStale. next is when somebody looks what became of it.
func (t *Tx) ClaimSend(ctx context.Context, seen Payout, next time.Time) error {
	result, err := t.idb.NewRaw(`UPDATE payouts SET state = 1, sends = sends + 1, sent_at = ?, gateway_status = '', next_check_at = ?
		WHERE id = ? AND state IN (0, 1) AND sends = ?`, t.now, next, seen.ID, seen.Sends).Exec(ctx)
	return exactly(1, result, err)
}

// UpdatePayout writes state, status, checks, next check and conclusion of a payout that is still in the state the caller saw; ErrStale
// otherwise.
func (t *Tx) UpdatePayout(ctx context.Context, seen PayoutState, p Payout) error {
	result, err := t.idb.NewUpdate().Model(newPayoutRow(p)).Column("state", "gateway_status", "checks", "next_check_at", "concluded_at").
		Where("id = ? AND state = ?", p.ID, int(seen)).Exec(ctx)
	return exactly(1, result, err)
}

// RecentPayout is a payout as strangers may be told of it, once the number is masked.
type RecentPayout struct {
	Mobile    string // E.164
	Principal money.Kobo
	At        time.Time
}

// RecentPayouts lists the newest payouts of a brand, at most limit. Borrowers who were erased are left out.
func (r reader) RecentPayouts(ctx context.Context, brand string, limit int) ([]RecentPayout, error) {
	var rows []struct {
		BorrowerID   int64
		Principal    int64
		DisbursedAt  time.Time
		MobileSealed []byte
		Wrapped      []byte
	}
	err := r.idb.NewRaw(`SELECT l.borrower_id, l.principal, l.disbursed_at, b.mobile_sealed, k.wrapped
		FROM (SELECT borrower_id, principal, disbursed_at FROM loans WHERE brand = ? AND disbursed_at IS NOT NULL AND status <> 63
			ORDER BY disbursed_at DESC LIMIT ?) l
		JOIN borrowers b ON b.id = l.borrower_id JOIN borrower_keys k ON k.borrower_id = b.id AND k.wrapped IS NOT NULL
		ORDER BY l.disbursed_at DESC`, brand, limit).Scan(ctx, &rows)
	if err != nil {
		return nil, fromTx(err)
	}
	recent := make([]RecentPayout, len(rows))
	for i, row := range rows {
		key, err := r.keys.DataKey(row.BorrowerID, row.Wrapped)
		if err != nil {
			return nil, err
		}
		mobile, err := key.Open(mobileColumn, row.MobileSealed)
		if err != nil {
			return nil, err
		}
		recent[i] = RecentPayout{Mobile: string(mobile), Principal: money.Kobo(row.Principal), At: row.DisbursedAt.UTC()}
	}
	return recent, nil
}
