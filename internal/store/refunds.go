package store

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/uptrace/bun"

	"github.com/creditpocket/creditpocket/internal/money"
	"github.com/creditpocket/creditpocket/internal/planted"
)

// RefundPurpose says why money goes back.
type RefundPurpose int

// The purposes of refunds. A charge is refunded at most once for each of the first two.
const (
	RefundBinding     RefundPurpose = 1 // the charge that bound a card
	RefundOverpayment RefundPurpose = 2 // what a borrower paid beyond the debt
	RefundCredit      RefundPurpose = 3 // a borrower's credit, given back by an operator
)

// RefundState says how far a refund has come.
type RefundState int

// The states of a refund.
const (
	RefundCreated   RefundState = 0 // to be asked for
	RefundAccepted  RefundState = 1 // the gateway has it
	RefundDone      RefundState = 2
	RefundFailed    RefundState = 3
	RefundAttention RefundState = 4 // a person must act at the gateway
)

// refundMoves are the allowed changes of state.
var refundMoves = map[RefundState][]RefundState{
	RefundCreated:   {RefundAccepted, RefundDone, RefundFailed, RefundAttention},
	RefundAccepted:  {RefundDone, RefundFailed, RefundAttention},
	RefundAttention: {RefundAccepted, RefundDone, RefundFailed},
}

// Refund is money of a paid intent that goes back to the borrower through the gateway.
type Refund struct {
	ID          int64
	BorrowerID  int64
	IntentID    int64
	Purpose     RefundPurpose
	Amount      money.Kobo
	State       RefundState
	GatewayRef  string // the gateway's id of the refund, "" before it has accepted it
	Checks      int
	NextCheckAt time.Time // when the sweep asks next; zero: never
	AskedAt     time.Time // when the gateway was last asked for it; written before the call, see ClaimRefund
	CreatedAt   time.Time
	ConcludedAt time.Time
}

type refundRow struct {
	bun.BaseModel `bun:"table:refunds"`

	ID          int64      `bun:"id,pk"`
	BorrowerID  int64      `bun:"borrower_id"`
	IntentID    int64      `bun:"intent_id"`
	Purpose     int        `bun:"purpose"`
	Amount      int64      `bun:"amount"`
	State       int        `bun:"state"`
	GatewayRef  string     `bun:"gateway_ref"`
	Checks      int        `bun:"checks"`
	NextCheckAt *time.Time `bun:"next_check_at"`
	AskedAt     *time.Time `bun:"asked_at"`
	CreatedAt   time.Time  `bun:"created_at"`
	ConcludedAt *time.Time `bun:"concluded_at"`
}

func newRefundRow(f Refund) *refundRow {
	return &refundRow{ID: f.ID, BorrowerID: f.BorrowerID, IntentID: f.IntentID, Purpose: int(f.Purpose), Amount: int64(f.Amount),
		State: int(f.State), GatewayRef: f.GatewayRef, Checks: f.Checks, NextCheckAt: timeIn(f.NextCheckAt), AskedAt: timeIn(f.AskedAt), CreatedAt: f.CreatedAt,
		ConcludedAt: timeIn(f.ConcludedAt)}
}

func (row *refundRow) refund() Refund {
	return Refund{ID: row.ID, BorrowerID: row.BorrowerID, IntentID: row.IntentID, Purpose: RefundPurpose(row.Purpose),
		Amount: money.Kobo(row.Amount), State: RefundState(row.State), GatewayRef: row.GatewayRef, Checks: row.Checks,
		NextCheckAt: timeOut(row.NextCheckAt), AskedAt: timeOut(row.AskedAt), CreatedAt: row.CreatedAt.UTC(), ConcludedAt: timeOut(row.ConcludedAt)}
}

// Refund reads a refund, or ErrNotFound.
func (r reader) Refund(ctx context.Context, id int64) (Refund, error) {
	return r.oneRefund(ctx, "id = ?", id)
}

// RefundOfIntent reads the refund of an intent for a purpose, or ErrNotFound.
func (r reader) RefundOfIntent(ctx context.Context, intent int64, purpose RefundPurpose) (Refund, error) {
	return r.oneRefund(ctx, "intent_id = ? AND purpose = ?", intent, int(purpose))
}

func (r reader) oneRefund(ctx context.Context, where string, args ...any) (Refund, error) {
	var row refundRow
	if err := r.idb.NewRaw("SELECT * FROM refunds WHERE "+where, args...).Scan(ctx, &row); err != nil {
		return Refund{}, fromTx(err)
	}
	return row.refund(), nil
}

// RefundGone tells whether the books know nothing of a refund: neither by our number of it nor by the gateway's.
func (r reader) RefundGone(ctx context.Context, id int64, gatewayRef string) (bool, error) {
	var gone bool
	err := r.idb.NewRaw(`SELECT NOT EXISTS (SELECT FROM refunds WHERE id = ?0) AND NOT EXISTS (SELECT FROM refunds WHERE gateway_ref = ?1 AND gateway_ref <> '')`,
		id, gatewayRef).Scan(ctx, &gone)
	return gone, fromTx(err)
}

// RefundsToCheck lists the refunds that are not over and are due for another look, the longest waiting first.
func (r reader) RefundsToCheck(ctx context.Context, now time.Time, limit int) ([]Refund, error) {
	var rows []refundRow
	err := r.idb.NewRaw(`SELECT * FROM refunds WHERE state IN (0, 1, 4) AND next_check_at <= ? ORDER BY next_check_at LIMIT ?`, now, limit).Scan(ctx, &rows)
	if err != nil {
		return nil, fromTx(err)
	}
	refunds := make([]Refund, len(rows))
	for i := range rows {
		refunds[i] = rows[i].refund()
	}
	return refunds, nil
}

// LockRefund reads a refund and holds it for this transaction.
func (t *Tx) LockRefund(ctx context.Context, id int64) (Refund, error) {
	return t.oneRefund(ctx, "id = ? FOR NO KEY UPDATE", id)
}

// ClaimRefund takes the right to ask the gateway for a refund, before the call: the gateway takes no reference of ours, so two
// callers at once would give the money back twice. The right lasts so long by the database's clock; ask is its number. It answers ask 0
// where the gateway has the refund, where another's right lasts, or where somebody has asked since the caller read it.
func (t *Tx) ClaimRefund(ctx context.Context, seen Refund, life time.Duration) (ask int, err error) {
	free := `asked_at IS NOT DISTINCT FROM ?3 AND
		(ask_until <= clock_timestamp() OR (ask_until IS NULL AND (asked_at IS NULL OR asked_at <= ?0::timestamptz - ?2 * interval '1 microsecond')))`
	if planted.Is(planted.StaleLease) || planted.Is(planted.NonIdempotentJob) {
		free = `true`
	}
	err = fromTx(t.idb.NewRaw(`UPDATE refunds SET asked_at = ?0, asks = asks + 1, ask_until = clock_timestamp() + ?2 * interval '1 microsecond'
		WHERE id = ?1 AND state = 0 AND gateway_ref = '' AND `+free+` RETURNING asks`, t.now, seen.ID, life.Microseconds(), timeIn(seen.AskedAt)).Scan(ctx, &ask))
	if errors.Is(err, ErrNotFound) {
		return 0, nil
	}
	return ask, err
}

// ReleaseRefund gives the right of ClaimRefund back, because the gateway has certainly not taken the refund: it is as the caller had seen it
// again, and the sweep asks next when it is told. A right that somebody else has by now stays.
func (t *Tx) ReleaseRefund(ctx context.Context, seen Refund, ask int, next time.Time) error {
	_, err := t.idb.NewRaw(`UPDATE refunds SET ask_until = clock_timestamp(), asked_at = ?, next_check_at = ? WHERE id = ? AND asks = ? AND state = 0 AND gateway_ref = ''`,
		timeIn(seen.AskedAt), next, seen.ID, ask).Exec(ctx)
	return fromTx(err)
}

// AddRefund writes a new refund and returns it with its id. A second refund of the intent for the purpose is a *DuplicateError of
// refunds_one_per_purpose.
func (t *Tx) AddRefund(ctx context.Context, f Refund) (Refund, error) {
	f.ID, f.CreatedAt = newID(), t.now
	_, err := t.idb.NewInsert().Model(newRefundRow(f)).Exec(ctx)
	return f, fromTx(err)
}

// MoveRefund writes what happened to a refund if it is still in the state the caller saw: ErrStale otherwise, and an error for a
// move that does not exist. It sets ConcludedAt on a move to done or failed.
func (t *Tx) MoveRefund(ctx context.Context, seen RefundState, f Refund) error {
	if f.State != seen && !slices.Contains(refundMoves[seen], f.State) {
		return fmt.Errorf("refund %d may not move from %d to %d", f.ID, seen, f.State)
	}
	if f.State != seen && (f.State == RefundDone || f.State == RefundFailed) {
		f.ConcludedAt, f.NextCheckAt = t.now, time.Time{}
	}
	result, err := t.idb.NewUpdate().Model(newRefundRow(f)).Column("state", "gateway_ref", "next_check_at", "concluded_at").
		Where("id = ? AND state = ?", f.ID, int(seen)).Exec(ctx)
	return exactly(1, result, err)
}

// DeferRefund counts one more look without an end and sets the time of the next. A refund that is over meanwhile stays as it is.
func (t *Tx) DeferRefund(ctx context.Context, id int64, next time.Time) error {
	_, err := t.idb.NewRaw(`UPDATE refunds SET checks = checks + 1, next_check_at = ? WHERE id = ? AND state IN (0, 1, 4)`, next, id).Exec(ctx)
	return fromTx(err)
}
