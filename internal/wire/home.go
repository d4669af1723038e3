package wire

import (
	"github.com/creditpocket/creditpocket/gen/api"
	"github.com/creditpocket/creditpocket/internal/origination"
	"github.com/creditpocket/creditpocket/internal/store"
)

// HomeProducts shows the products of the first page.
func HomeProducts(h origination.Home) api.HomeProducts {
	return api.HomeProducts{List: LoanProducts(h.Offers), CanApply: Flag(h.CanApply()), OpenLoanID: ID(h.OpenLoanID)}
}

// HomeAuthStatus shows how far a borrower is from being able to apply.
func HomeAuthStatus(a origination.AuthStatus) api.HomeAuthStatus {
	missing := make([]api.MissingStep, len(a.Missing))
	for i, step := range a.Missing {
		missing[i] = api.MissingStep(step)
	}
	return api.HomeAuthStatus{Login: 1, Complete: Flag(a.Complete), CanApply: Flag(a.Blocked == ""), Missing: missing, OpenLoanID: ID(a.OpenLoanID),
		ApplyBlockedReason: a.Blocked}
}

// RealtimeLoans shows payouts to strangers: the numbers are masked here, on the way out.
func RealtimeLoans(payouts []store.RecentPayout) api.RealtimeLoanList {
	list := make([]api.RealtimeLoan, len(payouts))
	for i, p := range payouts {
		list[i] = api.RealtimeLoan{Mobile: MaskMobile(p.Mobile), Balance: p.Principal.Wire(), ArriveTime: Time(p.At)}
	}
	return api.RealtimeLoanList{List: list}
}
