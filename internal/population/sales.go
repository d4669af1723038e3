package population

import (
	"context"
	"fmt"
	mrand "math/rand/v2"
	"time"

	"github.com/creditpocket/creditpocket/internal/lending"
	"github.com/creditpocket/creditpocket/internal/money"
	"github.com/creditpocket/creditpocket/internal/origination"
	"github.com/creditpocket/creditpocket/internal/store"
)

// override is why products that break policy are in the database of a population.
const override = "sold to generated borrowers only"

func addProducts(ctx context.Context, tx *store.Tx, products []lending.Product) error {
	for _, p := range products {
		if _, err := tx.SeedProduct(ctx, p, override); err != nil {
			return err
		}
	}
	return nil
}

// sale is a loan to be paid out at an instant.
type sale struct {
	person  int
	product lending.Product
	at      time.Time
	coupon  money.Kobo // what its coupon is worth; 0 for none
}

// withCoupons gives a few of the borrowers a coupon: some of them worth more than the price of the loan.
func withCoupons(rng *mrand.Rand, sales []sale) {
	for i := range sales {
		if rng.IntN(12) == 0 {
			sales[i].coupon = money.Kobo(1 + rng.IntN(600_000))
		}
	}
}

// sell pays loans out in one transaction, opens a paper for each and returns what left for the borrowers.
func (p *Population) sell(ctx context.Context, st *store.Store, rng *mrand.Rand, sales []sale) (paid money.Kobo, err error) {
	withCoupons(rng, sales)
	loans, coupons := make([]store.PaidOutLoan, len(sales)), make([]int64, len(sales))
	for i, s := range sales {
		if loans[i], err = p.paidOut(s); err != nil {
			return 0, err
		}
	}
	err = st.InTx(ctx, func(ctx context.Context, tx *store.Tx) error {
		if err := tx.AddPaidOutLoans(ctx, lending.DemoBrand, loans); err != nil {
			return err
		}
		for i, s := range sales {
			if s.coupon == 0 {
				continue
			}
			var err error
			if coupons[i], err = useCoupon(ctx, tx, loans[i].Loan, s); err != nil {
				return fmt.Errorf("coupon of loan %d: %w", loans[i].Loan.ID, err)
			}
		}
		return nil
	})
	if err != nil {
		return 0, err
	}
	for i, s := range sales {
		who := &p.people[s.person]
		l := loans[i].Loan
		sold := newPaper(l.ID, s, l.Terms, loans[i].Payout.Reference, natureOf(rng, s.product.TermDays))
		sold.prior = who.loans
		if coupons[i] != 0 {
			sold.redeem(coupons[i], s.coupon)
		}
		who.loans++
		who.busy = true
		p.papers = append(p.papers, sold)
		paid += loans[i].Payout.Amount
	}
	return paid, nil
}

// useCoupon grants a coupon, reserves it for a loan and lets it pay for it as the payout does. It returns the coupon, or 0 where the
// loan had nothing that it could pay for.
func useCoupon(ctx context.Context, tx *store.Tx, l store.Loan, s sale) (int64, error) {
	coupon, err := tx.GrantCoupon(ctx, store.Coupon{Brand: l.Brand, BorrowerID: l.BorrowerID, Amount: s.coupon, GrantedBy: "system", ExpiresAt: tx.Now().AddDate(0, 1, 0)})
	if err != nil {
		return 0, err
	}
	if err := tx.ReserveCoupon(ctx, coupon.ID, l); err != nil {
		return 0, err
	}
	l.CouponID = coupon.ID
	if l, err = origination.RedeemCoupon(ctx, tx, l, s.at); err != nil {
		return 0, err
	}
	return l.CouponID, tx.UpdateLoan(ctx, lending.Active, l, "gateway")
}

func (p *Population) paidOut(s sale) (out store.PaidOutLoan, err error) {
	who := p.people[s.person]
	terms, err := s.product.Price()
	if err != nil {
		return out, err
	}
	at := s.at
	l := lending.NewLoan(terms, s.product.Conditions)
	l.State = lending.Disbursing
	if l, err = lending.Disburse(l, at); err != nil {
		return out, err
	}
	photo, err := randomPhoto()
	if err != nil {
		return out, err
	}
	reference, err := randomHex(16)
	if err != nil {
		return out, err
	}
	asked := at.Add(-2 * time.Minute)
	out.Loan = store.Loan{BorrowerID: who.id, ProductID: s.product.ID, ProductVersion: s.product.Version, Loan: l, ApplyTerminal: 1, PriorLoans: who.loans, RiskStatus: 2,
		RiskAt: asked, BankAccountID: who.account, HeadImage: photo, CreatedAt: asked,
		ApprovedAt: asked, Snapshot: who.snapshot}
	out.Payout = store.Payout{Reference: origination.PayoutPrefix + reference, Amount: terms.Disbursed, BankAccountID: who.account, RecipientCode: who.bank,
		GatewayStatus: "success", Sends: 1, SentAt: at.Add(-time.Minute), CreatedAt: at.Add(-time.Minute), ConcludedAt: at}
	return out, nil
}
