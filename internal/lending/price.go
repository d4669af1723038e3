package lending

import (
	"time"

	"github.com/creditpocket/creditpocket/internal/money"
)

// Terms are the price of one loan as sold. They are stored with the loan and never recomputed: the seed's row 150333 (principal
// 3,000,000 and due 2,950,000) shows that a loan may have been sold at a price that no product explains.
type Terms struct {
	Principal  money.Kobo // the wire's balance
	Disbursed  money.Kobo // paid out: principal less the upfront fee
	UpfrontFee money.Kobo
	ServiceFee money.Kobo
	Interest   money.Kobo
	SuffixFee  money.Kobo // service fee plus interest
	Due        money.Kobo // owed at maturity: principal plus suffix fee
	TermDays   int
}

// Price returns the terms of a loan sold under the product: interest is principal x daily rate x days, rounded once, half up
// (checked over nine of the seed's ten rows). It returns money.ErrOverflow for a product that
// Validate refuses.
func (p Product) Price() (Terms, error) {
	interest, err := p.Principal.MulBps(int64(p.InterestDailyBps) * int64(p.TermDays))
	if err != nil {
		return Terms{}, err
	}
	suffix, err := p.ServiceFee.Add(interest)
	if err != nil {
		return Terms{}, err
	}
	due, err := p.Principal.Add(suffix)
	if err != nil {
		return Terms{}, err
	}
	return Terms{
		Principal: p.Principal, Disbursed: p.Principal - p.UpfrontFee, UpfrontFee: p.UpfrontFee, ServiceFee: p.ServiceFee,
		Interest: interest, SuffixFee: suffix, Due: due, TermDays: p.TermDays,
	}, nil
}

// TotalCharge is the whole cost of the loan when it is paid on time: service fee, interest and upfront fee.
func (t Terms) TotalCharge() money.Kobo { return t.SuffixFee + t.UpfrontFee }

// APRBps is the nominal annual percentage rate in basis points: total charge / principal x 365 / days, rounded half up. It is zero
// for terms without a principal or a term.
func (t Terms) APRBps() int64 {
	if t.Principal <= 0 || t.TermDays <= 0 {
		return 0
	}
	yearly, err := t.TotalCharge().Mul(365 * money.BpsScale)
	if err != nil {
		return 0
	}
	days, err := t.Principal.Mul(int64(t.TermDays))
	if err != nil {
		return 0
	}
	apr, err := yearly.MulRatio(1, int64(days))
	if err != nil {
		return 0
	}
	return int64(apr)
}

// Charged is what the borrower comes to owe at payout, by component.
func (t Terms) Charged() money.Components {
	return money.Components{Principal: t.Due - t.SuffixFee, ServiceFee: t.ServiceFee, Interest: t.Interest}
}

// DueAt is the due instant of a loan paid out at an instant: exactly the term times 24 hours later.
func (t Terms) DueAt(disbursedAt time.Time) time.Time {
	return disbursedAt.Add(time.Duration(t.TermDays) * 24 * time.Hour)
}

// Consistent says whether the figures add up as a product's price does: nothing is negative, suffix fee is service fee plus
// interest, principal is disbursed plus upfront fee, due is not above principal plus suffix fee.
func (t Terms) Consistent() bool {
	return t.Principal > 0 && t.Disbursed > 0 && t.UpfrontFee >= 0 && t.ServiceFee >= 0 && t.Interest >= 0 && t.TermDays > 0 &&
		t.SuffixFee == t.ServiceFee+t.Interest && t.Principal == t.Disbursed+t.UpfrontFee &&
		t.Due >= t.SuffixFee && t.Due <= t.Principal+t.SuffixFee
}
