package origination

import (
	"context"
	"slices"
	"time"

	"github.com/creditpocket/creditpocket/gen/catalog"
	"github.com/creditpocket/creditpocket/internal/lending"
	"github.com/creditpocket/creditpocket/internal/planted"
	"github.com/creditpocket/creditpocket/internal/store"
)

// Home is what the first page shows.
type Home struct {
	Offers     []Offer
	OpenLoanID int64 // 0 for none
}

// CanApply says whether the borrower may apply for at least one of the products.
func (h Home) CanApply() bool { return slices.ContainsFunc(h.Offers, Offer.Eligible) }

// maxHomeOffers is the wire's bound of the first page.
const maxHomeOffers = 100

// Home answers a brand's products, for a borrower or, with borrower 0, for a visitor. It returns no faults of its own.
func (s *Service) Home(ctx context.Context, borrower int64, brand string) (Home, error) {
	var h Home
	now := s.clock.Now()
	refusal := func(lending.Product) string { return NotSignedIn }
	if borrower != 0 {
		st, err := s.standing(ctx, s.store, borrower)
		if err != nil {
			return h, err
		}
		h.OpenLoanID = st.OpenLoanID
		refusal = func(p lending.Product) string { return st.refusal(p, now) }
	}
	offers, err := s.offers(ctx, brand, now, refusal)
	h.Offers = offers[:min(len(offers), maxHomeOffers)]
	return h, err
}

// AuthStatus is how far a borrower is from being able to apply.
type AuthStatus struct {
	Complete   bool
	Missing    []string // lending's steps, in the order to do them
	OpenLoanID int64    // 0 for none
	Blocked    string   // why no application is possible, or ""
}

// AuthStatus answers how far a borrower is from being able to apply. It returns no faults of its own.
func (s *Service) AuthStatus(ctx context.Context, borrower int64, brand string) (AuthStatus, error) {
	st, err := s.standing(ctx, s.store, borrower)
	if err != nil {
		return AuthStatus{}, err
	}
	now := s.clock.Now()
	a := AuthStatus{Complete: st.Complete(), Missing: st.Missing(), OpenLoanID: st.OpenLoanID, Blocked: st.blocked(now)}
	if a.Blocked != "" {
		return a, nil
	}
	offers, err := s.offers(ctx, brand, now, func(p lending.Product) string { return st.refusal(p, now) })
	if err != nil {
		return AuthStatus{}, err
	}
	if !slices.ContainsFunc(offers, Offer.Eligible) {
		a.Blocked = NoProduct
	}
	return a, nil
}

// realtimeLoans is how many payouts are told of.
const realtimeLoans = 20

// RealtimeLoans lists the newest payouts of a brand. The numbers are whole: whoever shows them to strangers masks them.
func (s *Service) RealtimeLoans(ctx context.Context, brand string) ([]store.RecentPayout, error) {
	return s.store.RecentPayouts(ctx, brand, realtimeLoans)
}

// Page is a page of a borrower's loans, newest first, as they were at an instant.
type Page struct {
	Loans []store.Loan
	Total int64 // on all pages together
	At    time.Time
}

// View is a loan as it was at an instant.
type View struct {
	Loan store.Loan
	At   time.Time
}

// Loans answers a page of a borrower's loans; pages count from 1. It returns no faults of its own.
func (s *Service) Loans(ctx context.Context, borrower int64, page, size int) (Page, error) {
	found, err := s.store.LoansPage(ctx, borrower, page, size)
	return Page{found.Loans, found.Total, s.clock.Now()}, err
}

// LatestLoan answers a borrower's newest loan in any state. It returns LOAN_NOT_FOUND.
func (s *Service) LatestLoan(ctx context.Context, borrower int64) (View, error) {
	if planted.Is(planted.CachedReading) {
		return planted.Cached(borrower, func() (View, error) {
			l, err := s.store.LatestLoan(ctx, borrower)
			return View{l, s.clock.Now()}, orFault(err, catalog.LoanNotFound)
		})
	}
	l, err := s.store.LatestLoan(ctx, borrower)
	return View{l, s.clock.Now()}, orFault(err, catalog.LoanNotFound)
}

// OpenLoan answers a borrower's open loan. It returns LOAN_NOT_FOUND.
func (s *Service) OpenLoan(ctx context.Context, borrower int64) (View, error) {
	l, err := s.store.OpenLoan(ctx, borrower)
	return View{l, s.clock.Now()}, orFault(err, catalog.LoanNotFound)
}
