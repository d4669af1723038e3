package backoffice

import (
	"context"
	"fmt"
	"time"

	"github.com/creditpocket/creditpocket/gen/catalog"
	"github.com/creditpocket/creditpocket/internal/fault"
	"github.com/creditpocket/creditpocket/internal/money"
	"github.com/creditpocket/creditpocket/internal/store"
)

// MaxCouponLife is the longest that a coupon may be good for.
const MaxCouponLife = 366 * 24 * time.Hour

// CouponView is a coupon as it is at an instant.
type CouponView struct {
	store.Coupon
	Expired bool // available, and too late
}

func (s *Service) couponView(c store.Coupon) CouponView {
	return CouponView{c, c.State == store.CouponAvailable && !s.clock.Now().Before(c.ExpiresAt)}
}

// Coupons lists what a borrower was given, newest first. It returns BORROWER_NOT_FOUND.
func (s *Service) Coupons(ctx context.Context, by Actor, borrower int64, p store.Page) ([]CouponView, error) {
	if _, err := s.borrower(ctx, by, borrower); err != nil {
		return nil, err
	}
	rows, err := s.store.GrantedCoupons(ctx, borrower, p)
	views := make([]CouponView, len(rows))
	for i, c := range rows {
		views[i] = s.couponView(c)
	}
	return views, err
}

// NewCoupon is a discount to give. Amounts are kobo.
type NewCoupon struct {
	Borrower     int64
	Amount       money.Kobo // the most it pays for, above zero
	MinPrincipal money.Kobo // of the loan it can be used for; 0 for any
	ExpiresAt    time.Time
	Reason       string
}

// GrantCoupon gives a borrower a coupon. It returns BORROWER_NOT_FOUND, and VALIDATION_FAILED for one that is not good for any time,
// or for more than a year.
func (s *Service) GrantCoupon(ctx context.Context, by Actor, key string, in NewCoupon) (Done[CouponView], error) {
	o := order{by, "grantCoupon", key, in.Reason, []any{in.Borrower, in.Amount, in.MinPrincipal, in.ExpiresAt}}
	return act(ctx, s, o, func(ctx context.Context, tx *store.Tx, n *note) (CouponView, error) {
		b, err := tx.Borrower(ctx, in.Borrower)
		if err == nil && !by.sees(b.Brand) {
			err = store.ErrNotFound
		}
		if err != nil {
			return CouponView{}, orFault(err, catalog.BorrowerNotFound)
		}
		if in.ExpiresAt.Before(tx.Now()) || in.ExpiresAt.After(tx.Now().Add(MaxCouponLife)) {
			return CouponView{}, fault.Invalid("expiresAt", "must be in the future, at most 366 days from now")
		}
		n.about("borrower", b.ID, b.Brand)
		c, err := tx.GrantCoupon(ctx, store.Coupon{Brand: b.Brand, BorrowerID: b.ID, Amount: in.Amount, MinPrincipal: in.MinPrincipal,
			GrantedBy: by.trace(), ExpiresAt: in.ExpiresAt})
		n.change(fmt.Sprintf("coupon.%d", c.ID), "", in.Amount.Wire())
		return s.couponView(c), err
	})
}

// WithdrawCoupon takes a coupon back that no application and no loan has. It returns RECORD_NOT_FOUND, COUPON_IN_USE, and
// STATE_CONFLICT for one that is withdrawn.
func (s *Service) WithdrawCoupon(ctx context.Context, by Actor, key string, coupon int64, reason string) (Done[CouponView], error) {
	return act(ctx, s, order{by, "withdrawCoupon", key, reason, coupon}, func(ctx context.Context, tx *store.Tx, n *note) (CouponView, error) {
		c, err := tx.LockCoupon(ctx, coupon)
		if err == nil && !by.sees(c.Brand) {
			err = store.ErrNotFound
		}
		if err != nil {
			return CouponView{}, orFault(err, catalog.RecordNotFound)
		}
		n.about("borrower", c.BorrowerID, c.Brand)
		n.change(fmt.Sprintf("coupon.%d", c.ID), "available", "withdrawn")
		switch c.State {
		case store.CouponReserved, store.CouponRedeemed:
			return CouponView{}, fault.New(catalog.CouponInUse)
		case store.CouponWithdrawn:
			return CouponView{}, fault.New(catalog.StateConflict)
		}
		if err := tx.WithdrawCoupon(ctx, coupon); err != nil {
			return CouponView{}, err
		}
		c, err = tx.Coupon(ctx, coupon)
		return s.couponView(c), err
	})
}
