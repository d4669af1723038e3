package origination

import (
	"context"
	"errors"
	"strconv"
	"time"

	"github.com/creditpocket/creditpocket/gen/catalog"
	"github.com/creditpocket/creditpocket/internal/fault"
	"github.com/creditpocket/creditpocket/internal/ledger"
	"github.com/creditpocket/creditpocket/internal/lending"
	"github.com/creditpocket/creditpocket/internal/store"
)

// maxCoupons is the wire's bound of the list.
const maxCoupons = 100

// CouponList is a borrower's coupons as they were at an instant.
type CouponList struct {
	Coupons []store.Coupon // newest first
	At      time.Time
}

// Coupons lists a borrower's coupons. It returns no faults of its own.
func (s *Service) Coupons(ctx context.Context, borrower int64) (CouponList, error) {
	coupons, err := s.store.Coupons(ctx, borrower, maxCoupons)
	return CouponList{coupons, s.clock.Now()}, err
}

// reserveCoupon keeps the coupon that an application asks for, in its transaction. It returns COUPON_NOT_USABLE.
func reserveCoupon(ctx context.Context, tx *store.Tx, id int64, l store.Loan) (store.Loan, error) {
	if id == 0 {
		return l, nil
	}
	err := tx.ReserveCoupon(ctx, id, l)
	if errors.Is(err, store.ErrStale) {
		return l, fault.New(catalog.CouponNotUsable)
	}
	l.CouponID = id
	return l, err
}

// RedeemCoupon lets the coupon that a loan was applied for with take over its price, at the payout, and returns the loan for the
// caller to write. A coupon that the loan no longer has, or that finds nothing to pay for, leaves the price as it is.
func RedeemCoupon(ctx context.Context, tx *store.Tx, l store.Loan, at time.Time) (store.Loan, error) {
	if l.CouponID == 0 {
		return l, nil
	}
	coupon, err := tx.LockCoupon(ctx, l.CouponID)
	if err != nil {
		return l, err
	}
	if coupon.State != store.CouponReserved || coupon.LoanID != l.ID {
		l.CouponID = 0 // a failed payout had given it back, and another loan took it
		return l, nil
	}
	effect, err := lending.RedeemCoupon(l.Loan, coupon.Amount, at)
	if errors.Is(err, &lending.RuleError{Reason: lending.ReasonAmountOutOfRange}) {
		l.CouponID = 0
		return l, tx.ReleaseCoupons(ctx, l.ID)
	}
	if err != nil {
		return l, err
	}
	batches, err := ledger.Book(ledger.Ref{LoanID: l.ID, BorrowerID: l.BorrowerID, At: at}, strconv.FormatInt(coupon.ID, 10), ledger.FromGateway, effect.Movement)
	if err != nil {
		return l, err
	}
	if err := tx.Post(ctx, l.Brand, batches...); err != nil {
		return l, err
	}
	l.Loan = effect.Loan
	return l, tx.RedeemCoupon(ctx, coupon.ID, l.ID, effect.Coupon.Total())
}
