package origination

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/creditpocket/creditpocket/gen/catalog"
	"github.com/creditpocket/creditpocket/internal/clock"
	"github.com/creditpocket/creditpocket/internal/fault"
	"github.com/creditpocket/creditpocket/internal/ledger"
	"github.com/creditpocket/creditpocket/internal/lending"
	"github.com/creditpocket/creditpocket/internal/money"
	"github.com/creditpocket/creditpocket/internal/store"
)

// grant gives a person a coupon.
func (w *world) grant(p person, amount, least money.Kobo, life time.Duration) store.Coupon {
	w.t.Helper()
	var c store.Coupon
	w.write(func(ctx context.Context, tx *store.Tx) (err error) {
		c, err = tx.GrantCoupon(ctx, store.Coupon{Brand: brand, BorrowerID: p.id, Amount: amount, MinPrincipal: least, GrantedBy: "system", ExpiresAt: tx.Now().Add(life)})
		return err
	})
	return c
}

// coupon reads one of a person's coupons.
func (w *world) coupon(p person, id int64) store.Coupon {
	w.t.Helper()
	list, err := w.Coupons(w.t.Context(), p.id)
	w.must(err)
	for _, c := range list.Coupons {
		if c.ID == id {
			return c
		}
	}
	w.t.Fatalf("no coupon %d", id)
	return store.Coupon{}
}

// withCoupon is a good application with a coupon.
func (w *world) withCoupon(p person, c store.Coupon) Application {
	a := w.application(p)
	a.CouponID = c.ID
	return a
}

const month = 30 * 24 * time.Hour

func TestACouponPaysForThePriceAtThePayout(t *testing.T) {
	for name, c := range map[string]struct{ amount, discount money.Kobo }{
		"a part of the service fee": {50_000, 50_000}, "the fee and a part of the interest": {240_000, 240_000}, "more than the price": {400_000, 250_000},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			p := w.person(1, "09")
			coupon := w.grant(p, c.amount, 600_000, time.Hour)
			done, err := w.Apply(t.Context(), w.withCoupon(p, coupon))
			w.must(err)
			l := done.Loans[0]
			if got := w.coupon(p, coupon.ID); l.CouponID != coupon.ID || got.State != store.CouponReserved || got.LoanID != l.ID {
				t.Errorf("after the application: %+v", got)
			}
			w.clk.Advance(2 * time.Hour) // a coupon that is kept does not expire
			w.must(w.Decide(t.Context(), l.ID))
			w.must(w.StartPayout(t.Context(), l.ID))
			l = w.inState(l.ID, lending.Active)
			position := lending.PositionAt(l.Loan, w.clk.Now())
			if position.Coupon != c.discount || position.Remaining != 850_000-c.discount || l.Outstanding().Principal != 600_000 {
				t.Errorf("discount %d, remaining %d, outstanding %+v", position.Coupon, position.Remaining, l.Outstanding())
			}
			if got := w.coupon(p, coupon.ID); got.State != store.CouponRedeemed || got.Discount != c.discount {
				t.Errorf("after the payout: %+v", got)
			}
			w.equalsLedger(l.ID)
			w.audit(l)
			totals, err := w.st.AccountTotals(t.Context())
			w.must(err)
			if totals[ledger.CouponExpense] != c.discount {
				t.Errorf("the expense is %d", totals[ledger.CouponExpense])
			}
		})
	}
}

func TestWhichCouponsCanBeUsed(t *testing.T) {
	w := newWorld(t)
	p, other := w.person(1, "09"), w.person(2, "09")
	for name, c := range map[string]store.Coupon{
		"none": {ID: 7}, "another borrower's": w.grant(other, 1000, 0, month), "for larger loans": w.grant(p, 1000, 600_001, month), "expired": w.grant(p, 1000, 0, -time.Second),
	} {
		if _, err := w.Apply(t.Context(), w.withCoupon(p, c)); !fault.Has(err, catalog.CouponNotUsable) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if page, err := w.Loans(t.Context(), p.id, 1, 10); err != nil || page.Total != 0 {
		t.Errorf("%d loans of refused applications, %v", page.Total, err)
	}
	if n := w.blobCount(); n != 0 {
		t.Errorf("%d photographs of refused applications", n)
	}
}

// refuse ends an application as the rules would.
func (w *world) refuse(l store.Loan) {
	w.t.Helper()
	w.write(func(ctx context.Context, tx *store.Tx) error {
		locked, err := tx.LockLoan(ctx, l.ID)
		if err != nil {
			return err
		}
		locked.State = lending.RejectedRisk
		return tx.UpdateLoan(ctx, lending.Submitted, locked, "system")
	})
}

func TestACouponComesBackFromALoanThatCameToNothing(t *testing.T) {
	w := newWorld(t, soon)
	ctx := t.Context()
	for i, c := range []struct {
		name, ending string
		end          func(p person, l store.Loan)
	}{
		{"the payout failed", "02", func(_ person, l store.Loan) {
			w.must(w.Decide(ctx, l.ID))
			w.must(w.StartPayout(ctx, l.ID))
			w.gatewaySays(w.payout(l.ID).Reference, "failed")
			w.must(w.ApplyPayout(ctx, w.payout(l.ID).Reference))
			w.inState(l.ID, lending.DisbursementFailed)
		}},
		{"the payout came back", "03", func(_ person, l store.Loan) {
			w.must(w.Decide(ctx, l.ID))
			w.must(w.StartPayout(ctx, l.ID))
			w.inState(l.ID, lending.Active)
			w.gatewaySays(w.payout(l.ID).Reference, "reversed")
			w.must(w.ApplyPayout(ctx, w.payout(l.ID).Reference))
			w.inState(l.ID, lending.Reversed)
			w.equalsLedger(l.ID)
		}},
		{"refused", "09", func(_ person, l store.Loan) { w.refuse(l) }},
		{"expired", "09", func(_ person, l store.Loan) {
			w.must(w.Decide(ctx, l.ID))
			w.clk.Advance(10 * 24 * time.Hour)
			w.write(func(ctx context.Context, tx *store.Tx) error {
				step, err := tx.LockDailyStep(ctx, "expire", clock.DateOf(w.clk.Now()))
				if err != nil {
					return err
				}
				gone, err := tx.ExpireApproved(ctx, &step, tx.Now().Add(-24*time.Hour), 100)
				if err == nil && len(gone) != 1 {
					return errors.New("not expired")
				}
				return err
			})
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := w.person(i+1, c.ending)
			coupon := w.grant(p, 50_000, 0, 12*month)
			done, err := w.Apply(ctx, w.withCoupon(p, coupon))
			w.must(err)
			c.end(p, done.Loans[0])
			if got := w.coupon(p, coupon.ID); got.State != store.CouponAvailable || got.LoanID != 0 || got.Discount != 0 {
				t.Errorf("the coupon is %+v", got)
			}
			again, err := w.Apply(ctx, w.withCoupon(p, coupon))
			w.must(err)
			if got := w.coupon(p, coupon.ID); got.State != store.CouponReserved || got.LoanID != again.Loans[0].ID {
				t.Errorf("the coupon of the next application is %+v", got)
			}
		})
	}
}

func TestACouponIsReservedOnce(t *testing.T) {
	w := newWorld(t)
	p := w.person(1, "09")
	coupon := w.grant(p, 50_000, 0, month)
	a := w.withCoupon(p, coupon)
	won := 0
	for _, err := range together(20, func(int) error { _, err := w.Apply(t.Context(), a); return err }) {
		switch {
		case err == nil:
			won++
		case !fault.Has(err, catalog.OpenLoanExists):
			t.Error(err)
		}
	}
	if got := w.coupon(p, coupon.ID); won != 1 || got.State != store.CouponReserved {
		t.Errorf("%d applications, the coupon is %+v", won, got)
	}

	// Two loans at once, past the rule of one open loan: the coupon goes to one of them.
	q := w.person(2, "09")
	both := []store.Loan{w.applied(q), {}}
	w.refuse(both[0])
	both[1] = w.applied(q)
	second := w.grant(q, 50_000, 0, month)
	won = 0
	for _, err := range together(20, func(i int) error {
		return w.st.InTx(t.Context(), func(ctx context.Context, tx *store.Tx) error { return tx.ReserveCoupon(ctx, second.ID, both[i%2]) })
	}) {
		switch {
		case err == nil:
			won++
		case !errors.Is(err, store.ErrStale):
			t.Error(err)
		}
	}
	if won != 1 {
		t.Errorf("%d reservations of one coupon", won)
	}
}
