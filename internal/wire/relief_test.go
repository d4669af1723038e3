package wire_test

import (
	"testing"
	"time"

	"github.com/creditpocket/creditpocket/internal/clock"
	"github.com/creditpocket/creditpocket/internal/lending"
	"github.com/creditpocket/creditpocket/internal/origination"
	"github.com/creditpocket/creditpocket/internal/store"
	"github.com/creditpocket/creditpocket/internal/wire"
)

func TestTheStatusOfACoupon(t *testing.T) {
	now := time.Date(2026, 5, 2, 9, 0, 0, 0, time.UTC)
	for name, c := range map[string]struct {
		state  store.CouponState
		life   time.Duration
		status int32
	}{
		"available": {store.CouponAvailable, time.Second, 1}, "expired": {store.CouponAvailable, 0, 4},
		"kept beyond its time": {store.CouponReserved, -time.Hour, 2}, "used": {store.CouponRedeemed, -time.Hour, 3},
	} {
		list := wire.Coupons(origination.CouponList{Coupons: []store.Coupon{{ID: 7, State: c.state, ExpiresAt: now.Add(c.life)}}, At: now})
		if got := list.List[0].Status; got != c.status {
			t.Errorf("%s: %d, want %d", name, got, c.status)
		}
	}
}

func TestALoanShowsTheCouponItHas(t *testing.T) {
	for state, shown := range map[lending.State]string{lending.Submitted: "7", lending.Active: "7", lending.SettledLate: "7",
		lending.RejectedRisk: "", lending.Expired: "", lending.DisbursementFailed: "", lending.Reversed: ""} {
		l := store.Loan{ID: 1, CouponID: 7, Loan: lending.Loan{State: state}}
		vo := wire.Loan(l, time.Now())
		if vo.CouponIds != shown || (vo.CouponCount == "1") != (shown != "") {
			t.Errorf("%s: %q, %q", state, vo.CouponIds, vo.CouponCount)
		}
	}
}

func TestPayoffDatesOnTheWire(t *testing.T) {
	text := func(s string) *string { return &s }
	if d, err := wire.PayoffDate(nil); err != nil || !d.IsZero() {
		t.Errorf("absent: %v, %v", d, err)
	}
	if d, err := wire.PayoffDate(text("2028-02-29")); err != nil || d != clock.NewDate(2028, 2, 29) {
		t.Errorf("a leap day: %v, %v", d, err)
	}
	for _, bad := range []string{"2026-02-29", "2026-13-01", "0000-00-00", ""} {
		if _, err := wire.PayoffDate(text(bad)); err == nil {
			t.Errorf("%q was taken", bad)
		}
	}
}
