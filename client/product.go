package creditpocket

import "time"

// Product is a loan with its whole price for the asking borrower.
type Product struct {
	ID        string `wire:"id"`
	Name      string `wire:"name"`
	Principal Kobo   `wire:"balance"`
	TermDays  int32  `wire:"cycle"`
	// ServiceFee is part of FinanceCharge.
	ServiceFee Kobo `wire:"serviceFee"`
	// Interest is for the whole term, part of FinanceCharge.
	Interest Kobo `wire:"interest"`
	// FinanceCharge is service fee and interest.
	FinanceCharge Kobo `wire:"suffixFee"`
	// DueAmount is principal and finance charge.
	DueAmount Kobo `wire:"shouldbackFee"`
	// UpfrontFee is kept back from the payout.
	UpfrontFee Kobo `wire:"fee"`
	// Payout is what arrives on the account.
	Payout        Kobo        `wire:"actualBalance"`
	InterestDaily BasisPoints `wire:"interestDailyBps"`
	// PenaltyDaily is of the unpaid principal, after the due date and the grace days.
	PenaltyDaily BasisPoints `wire:"penaltyDailyBps"`
	// PenaltyCap is of the principal.
	PenaltyCap BasisPoints `wire:"penaltyCapBps"`
	GraceDays  int32       `wire:"graceDays"`
	// APR is the nominal annual rate.
	APR BasisPoints `wire:"apr"`
	// MinLoanCount is how many loans must have been paid out to the borrower before.
	MinLoanCount int32 `wire:"minLoanCount"`
	// Eligible says that the asking borrower may apply for it now.
	Eligible bool `wire:"eligible"`
	// IneligibleReason is a stable word such as MIN_LOAN_COUNT; "" when eligible.
	IneligibleReason string `wire:"ineligibleReason"`
	// Compliant says that the product passes the policy check.
	Compliant bool `wire:"compliant"`
	Extra     Extra
}

// ProductDetail is a product with its cost in figures and words, and a quote.
type ProductDetail struct {
	Product
	// QuoteID holds the price until QuoteExpires; "" when the borrower may not apply now.
	QuoteID      string    `wire:"quoteId"`
	QuoteExpires time.Time `wire:"quoteExpireTime"`
	// Due is when the loan would be due if it were paid out now.
	Due           time.Time `wire:"dueTime"`
	PenaltyRule   string    `wire:"penaltyRule"`
	EarlyRule     string    `wire:"earlyRule"`
	GraceRule     string    `wire:"graceRule"`
	ExtensionFee  Kobo      `wire:"extensionFee"`
	MaxExtensions int32     `wire:"maxExtensions"`
	// TotalCost is everything the loan costs when it is paid on time.
	TotalCost Kobo `wire:"totalCost"`
	// PolicyWarnings is what the policy check finds wrong, in words.
	PolicyWarnings []string `wire:"policyWarnings"`
	Extra          Extra
}

// HomeProducts is what the first page shows.
type HomeProducts struct {
	Products []Product `wire:"list"`
	// CanApply says that the borrower may apply for at least one of them now.
	CanApply bool `wire:"canApply"`
	// OpenLoanID is "" when there is no open loan.
	OpenLoanID string `wire:"openLoanId"`
	Extra      Extra
}

// RecentPayout is a payout that just happened.
type RecentPayout struct {
	// Mobile is masked by the server: 700****003.
	Mobile    Masked    `wire:"mobile"`
	Principal Kobo      `wire:"balance"`
	Paid      time.Time `wire:"arriveTime"`
	Extra     Extra
}

// HomeStatus is what stands between the borrower and a loan.
type HomeStatus struct {
	LoggedIn bool `wire:"login"`
	Complete bool `wire:"complete"`
	CanApply bool `wire:"canApply"`
	// Missing are the steps still to be done, in order.
	Missing []Step `wire:"missing"`
	// OpenLoanID is "" when there is no open loan.
	OpenLoanID string `wire:"openLoanId"`
	// BlockedReason is a stable word such as OPEN_LOAN_EXISTS; "" when the borrower may apply.
	BlockedReason string `wire:"applyBlockedReason"`
	Extra         Extra
}
