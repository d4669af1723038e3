package store

import (
	"cmp"
	"context"
	"time"

	"github.com/uptrace/bun"

	"github.com/creditpocket/creditpocket/internal/lending"
	"github.com/creditpocket/creditpocket/internal/money"
)

// CouponState says how far a coupon has come.
type CouponState int

// The states of a coupon. One that a loan gives back is available again.
const (
	CouponAvailable CouponState = 1
	CouponReserved  CouponState = 2 // by an application that is not decided or not paid out yet
	CouponRedeemed  CouponState = 3
	CouponWithdrawn CouponState = 4 // taken back by an operator
)

// Coupon is a discount on the price of one loan of a borrower.
type Coupon struct {
	ID           int64
	Brand        string
	BorrowerID   int64
	Amount       money.Kobo
	MinPrincipal money.Kobo // of the loan it can be used for; 0 for any
	State        CouponState
	LoanID       int64      // that has it; 0 while it is available
	Discount     money.Kobo // what it paid for, once redeemed
	GrantedBy    string     // "system" or "operator:<id>"
	ExpiresAt    time.Time  // until when it can be reserved
	CreatedAt    time.Time
}

type couponRow struct {
	bun.BaseModel `bun:"table:coupons"`

	ID           int64      `bun:"id,pk"`
	Brand        string     `bun:"brand"`
	BorrowerID   int64      `bun:"borrower_id"`
	Amount       int64      `bun:"amount"`
	MinPrincipal int64      `bun:"min_principal"`
	State        int        `bun:"state"`
	LoanID       *int64     `bun:"loan_id"`
	Discount     int64      `bun:"discount"`
	GrantedBy    string     `bun:"granted_by"`
	ExpiresAt    time.Time  `bun:"expires_at"`
	CreatedAt    time.Time  `bun:"created_at"`
	ReservedAt   *time.Time `bun:"reserved_at"`
	ReleasedAt   *time.Time `bun:"released_at"`
	RedeemedAt   *time.Time `bun:"redeemed_at"`
	WithdrawnAt  *time.Time `bun:"withdrawn_at"`
}

func (row *couponRow) coupon() Coupon {
	return Coupon{ID: row.ID, Brand: row.Brand, BorrowerID: row.BorrowerID, Amount: money.Kobo(row.Amount), MinPrincipal: money.Kobo(row.MinPrincipal),
		State: CouponState(row.State), LoanID: idOut(row.LoanID), Discount: money.Kobo(row.Discount), GrantedBy: row.GrantedBy,
		ExpiresAt: row.ExpiresAt.UTC(), CreatedAt: row.CreatedAt.UTC()}
}

// Coupons lists the coupons that a borrower can use or has used, newest first, at most limit.
func (r reader) Coupons(ctx context.Context, borrower int64, limit int) ([]Coupon, error) {
	return r.coupons(ctx, `WHERE borrower_id = ? AND state <> 4 ORDER BY id DESC LIMIT ?`, borrower, limit)
}

// GrantedCoupons lists a borrower's coupons, withdrawn ones too, newest first; the cursor is the id of the last one seen.
func (r reader) GrantedCoupons(ctx context.Context, borrower int64, p Page) ([]Coupon, error) {
	return r.coupons(ctx, `WHERE borrower_id = ?0 AND (?1 = 0 OR id < ?1) ORDER BY id DESC LIMIT ?2`, borrower, p.Cursor, p.Limit)
}

// Coupon reads one coupon, or ErrNotFound.
func (r reader) Coupon(ctx context.Context, id int64) (Coupon, error) {
	found, err := r.coupons(ctx, `WHERE id = ?`, id)
	if err != nil || len(found) == 0 {
		return Coupon{}, cmp.Or(err, ErrNotFound)
	}
	return found[0], nil
}

func (r reader) coupons(ctx context.Context, where string, args ...any) ([]Coupon, error) {
	var rows []couponRow
	err := r.idb.NewRaw(`SELECT * FROM coupons `+where, args...).Scan(ctx, &rows)
	if err != nil {
		return nil, fromTx(err)
	}
	coupons := make([]Coupon, len(rows))
	for i := range rows {
		coupons[i] = rows[i].coupon()
	}
	return coupons, nil
}

// GrantCoupon gives a borrower a coupon and returns it with its id. Amount and ExpiresAt are required.
func (t *Tx) GrantCoupon(ctx context.Context, c Coupon) (Coupon, error) {
	c.ID, c.State, c.LoanID, c.Discount, c.CreatedAt = newID(), CouponAvailable, 0, 0, t.now
	row := &couponRow{ID: c.ID, Brand: c.Brand, BorrowerID: c.BorrowerID, Amount: int64(c.Amount), MinPrincipal: int64(c.MinPrincipal), State: int(c.State),
		GrantedBy: c.GrantedBy, ExpiresAt: c.ExpiresAt, CreatedAt: t.now}
	_, err := t.idb.NewInsert().Model(row).Exec(ctx)
	return c, fromTx(err)
}

// LockCoupon reads a coupon and holds it for this transaction, or ErrNotFound. It is the last of the lock order.
func (t *Tx) LockCoupon(ctx context.Context, id int64) (Coupon, error) {
	var row couponRow
	err := t.idb.NewRaw(`SELECT * FROM coupons WHERE id = ? FOR NO KEY UPDATE`, id).Scan(ctx, &row)
	return row.coupon(), fromTx(err)
}

// WithdrawCoupon takes an available coupon back. ErrStale where it is not available.
func (t *Tx) WithdrawCoupon(ctx context.Context, id int64) error {
	result, err := t.idb.NewRaw(`UPDATE coupons SET state = 4, withdrawn_at = ? WHERE id = ? AND state = 1`, t.now, id).Exec(ctx)
	return exactly(1, result, err)
}

// ReserveCoupon keeps a coupon for a loan that was just applied for, and marks the loan with it. It returns ErrStale where the coupon
// is not the borrower's, not available, expired, or asks for a larger loan: of two that try at once one wins.
func (t *Tx) ReserveCoupon(ctx context.Context, id int64, l Loan) error {
	result, err := t.idb.NewRaw(`UPDATE coupons SET state = 2, loan_id = ?0, reserved_at = ?1
		WHERE id = ?2 AND borrower_id = ?3 AND brand = ?4 AND state = 1 AND expires_at > ?1 AND min_principal <= ?5`,
		l.ID, t.now, id, l.BorrowerID, l.Brand, int64(l.Terms.Principal)).Exec(ctx)
	if err := exactly(1, result, err); err != nil {
		return err
	}
	result, err = t.idb.NewRaw(`UPDATE loans SET coupon_id = ? WHERE id = ?`, id, l.ID).Exec(ctx)
	return exactly(1, result, err)
}

// RedeemCoupon ends a reserved coupon: it paid for discount kobo of its loan's price. ErrStale where the loan does not have it.
func (t *Tx) RedeemCoupon(ctx context.Context, id, loan int64, discount money.Kobo) error {
	result, err := t.idb.NewRaw(`UPDATE coupons SET state = 3, discount = ?, redeemed_at = ? WHERE id = ? AND loan_id = ? AND state = 2`,
		int64(discount), t.now, id, loan).Exec(ctx)
	return exactly(1, result, err)
}

// ReleaseCoupons makes the coupons of loans that came to nothing available again, also one whose loan was reversed.
func (t *Tx) ReleaseCoupons(ctx context.Context, loans ...int64) error {
	if len(loans) == 0 {
		return nil
	}
	_, err := t.idb.NewRaw(`UPDATE coupons SET state = 1, loan_id = NULL, discount = 0, redeemed_at = NULL, released_at = ? WHERE loan_id IN (?)`,
		t.now, bun.List(loans)).Exec(ctx)
	return fromTx(err)
}

// followCoupon moves the coupon of a loan whose state has changed: a loan that ends without having been paid out, or whose payout
// came back, gives it back; one whose failed payout is tried again takes it back if nobody else has it.
func (t *Tx) followCoupon(ctx context.Context, seen lending.State, l Loan) error {
	switch {
	case l.CouponID == 0 || l.State == seen || l.State.PaidOut():
		return nil
	case !l.State.Open():
		return t.ReleaseCoupons(ctx, l.ID)
	case seen.Open():
		return nil
	}
	_, err := t.idb.NewRaw(`UPDATE coupons SET state = 2, loan_id = ?, reserved_at = ? WHERE id = ? AND state = 1`, l.ID, t.now, l.CouponID).Exec(ctx)
	return fromTx(err)
}
