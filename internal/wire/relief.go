package wire

import (
	"time"

	"github.com/creditpocket/creditpocket/gen/api"
	"github.com/creditpocket/creditpocket/internal/clock"
	"github.com/creditpocket/creditpocket/internal/origination"
	"github.com/creditpocket/creditpocket/internal/servicing"
	"github.com/creditpocket/creditpocket/internal/store"
)

// Payoff is a pay-off on the wire.
func Payoff(p servicing.Payoff) api.Payoff {
	o := p.Outstanding
	return api.Payoff{LoanID: ID(p.LoanID), Date: p.Date.String(), Status: int32(p.State), OverDays: Int32(p.OverDays), Principal: o.Principal.Wire(),
		Interest: o.Interest.Wire(), ServiceFee: o.ServiceFee.Wire(), Penalty: o.Penalty.Wire(), Rebate: p.Rebate.Wire(), Amount: p.Amount.Wire()}
}

// PayoffDate reads the day of a pay-off; absent is the zero date. It returns VALIDATION_FAILED.
func PayoffDate(text *string) (clock.Date, error) {
	if text == nil {
		return clock.Date{}, nil
	}
	return ParseDate("date", *text)
}

// Extension is an offer to move a due date on the wire.
func Extension(e servicing.Extension) api.LoanExtension {
	return api.LoanExtension{LoanID: ID(e.LoanID), Eligible: Flag(e.Eligible), Reason: e.Reason, Fee: e.Fee.Wire(), ShouldbackTime: Time(e.DueAt),
		NewShouldbackTime: Time(e.NewDueAt), ExtensionStatus: Int32(e.Extended), ExtensionsLeft: Int32(e.Left), Reference: e.Reference,
		AuthorizationURL: e.AuthorizationURL, ExpireTime: Time(e.ExpiresAt)}
}

// couponExpired is the wire's status of a coupon that was not used in time; the others are the store's.
const couponExpired = 4

// Coupons is a borrower's coupons on the wire.
func Coupons(l origination.CouponList) api.CouponList {
	list := make([]api.Coupon, len(l.Coupons))
	for i, c := range l.Coupons {
		list[i] = coupon(c, l.At)
	}
	return api.CouponList{List: list}
}

func coupon(c store.Coupon, at time.Time) api.Coupon {
	status := int32(c.State)
	if c.State == store.CouponAvailable && !at.Before(c.ExpiresAt) {
		status = couponExpired
	}
	return api.Coupon{ID: ID(c.ID), Amount: c.Amount.Wire(), MinBalance: c.MinPrincipal.Wire(), Status: status, Discount: c.Discount.Wire(), LoanID: ID(c.LoanID),
		ExpireTime: Time(c.ExpiresAt), CreatedTime: Time(c.CreatedAt)}
}

// couponOf is the coupon that a loan has, and how many: a loan that came to nothing has given it back.
func couponOf(l store.Loan) (id, count string) {
	if l.CouponID == 0 || !(l.State.Open() || l.State.PaidOut()) {
		return "", ""
	}
	return ID(l.CouponID), "1"
}
