package opswire

import (
	"github.com/creditpocket/creditpocket/gen/opsapi"
	"github.com/creditpocket/creditpocket/internal/backoffice"
	"github.com/creditpocket/creditpocket/internal/fault"
	"github.com/creditpocket/creditpocket/internal/money"
	"github.com/creditpocket/creditpocket/internal/store"
	"github.com/creditpocket/creditpocket/internal/wire"
)

// CouponGrant reads a discount to give. It returns VALIDATION_FAILED.
func CouponGrant(borrower string, in opsapi.CouponGrant) (backoffice.NewCoupon, error) {
	out := backoffice.NewCoupon{Reason: in.Reason}
	var err error
	if out.Borrower, err = ParseID("id", borrower); err != nil {
		return out, err
	}
	if out.Amount, err = wire.ParseKobo("amount", in.Amount); err != nil {
		return out, err
	}
	if out.MinPrincipal, err = optionalKobo("minPrincipal", in.MinPrincipal); err != nil {
		return out, err
	}
	out.ExpiresAt, err = parseInstant("expiresAt", &in.ExpiresAt)
	return out, err
}

// Coupons is a page of a borrower's coupons.
func Coupons(rows []backoffice.CouponView, p store.Page) opsapi.CouponList {
	return opsapi.CouponList{List: each(rows, Coupon), Next: next(rows, p, func(c backoffice.CouponView) int64 { return c.ID })}
}

// Coupon is a coupon of a borrower.
func Coupon(c backoffice.CouponView) opsapi.Coupon {
	state := map[store.CouponState]opsapi.CouponState{store.CouponAvailable: opsapi.CouponStateAVAILABLE, store.CouponReserved: opsapi.CouponStateRESERVED,
		store.CouponRedeemed: opsapi.CouponStateREDEEMED, store.CouponWithdrawn: opsapi.CouponStateWITHDRAWN}[c.State]
	if c.Expired {
		state = opsapi.CouponStateEXPIRED
	}
	return opsapi.Coupon{ID: id(c.ID), Brand: c.Brand, BorrowerID: id(c.BorrowerID), Amount: c.Amount.Wire(), MinPrincipal: c.MinPrincipal.Wire(), State: state,
		LoanID: id(c.LoanID), Discount: c.Discount.Wire(), GrantedBy: c.GrantedBy, ExpiresAt: instant(c.ExpiresAt), CreatedAt: instant(c.CreatedAt)}
}

// BudgetInfo reads a daily budget; nil is no limit. It returns VALIDATION_FAILED.
func BudgetInfo(in opsapi.BudgetInfo) (*money.Kobo, error) {
	switch {
	case in.Limited && in.DailyBudget == nil:
		return nil, fault.Invalid("dailyBudget", "is required with a limit")
	case !in.Limited && in.DailyBudget != nil:
		return nil, fault.Invalid("dailyBudget", "must be left out without a limit")
	case !in.Limited:
		return nil, nil
	}
	daily, err := wire.ParseKobo("dailyBudget", *in.DailyBudget)
	return &daily, err
}

// Budgets are the daily budgets of brands.
func Budgets(rows []store.BrandBudget) opsapi.BudgetList {
	return opsapi.BudgetList{List: each(rows, Budget)}
}

// Budget is a brand's daily budget; what is left is never below zero.
func Budget(b store.BrandBudget) opsapi.Budget {
	out := opsapi.Budget{Brand: b.Brand, Date: date(b.Date), Limited: b.Limited, Spent: b.Spent.Wire()}
	if b.Limited {
		out.DailyBudget, out.Left = b.Daily.Wire(), max(b.Daily-b.Spent, 0).Wire()
	}
	return out
}

// BorrowerBlock says whether a borrower is kept out.
func BorrowerBlock(b backoffice.Block) opsapi.BorrowerBlock {
	return opsapi.BorrowerBlock{ID: id(b.ID), Brand: b.Brand, Blocked: b.Blocked, At: instant(b.At)}
}
