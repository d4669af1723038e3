package creditpocket

import (
	"context"
	"net/http"
	"time"

	"github.com/creditpocket/creditpocket/client/internal/raw"
)

// Extension is what moving the due date of a loan costs and gives.
type Extension struct {
	LoanID   string `wire:"loanId"`
	Eligible bool   `wire:"eligible"`
	// Reason is why not, such as NO_EXTENSION_LEFT; "" when eligible.
	Reason string `wire:"reason"`
	// Fee is of one extension, and no part of what the loan owes.
	Fee Kobo `wire:"fee"`
	// Due is when the loan is due now.
	Due time.Time `wire:"shouldbackTime"`
	// NewDue is the zero time when the loan cannot be extended.
	NewDue time.Time `wire:"newShouldbackTime"`
	Count  int32     `wire:"extensionStatus"`
	Left   int32     `wire:"extensionsLeft"`
	// Reference is the fee's; "" when there is nothing to pay.
	Reference string `wire:"reference"`
	// AuthorizationURL is the page to pay the fee on; "" when there is nothing to pay.
	AuthorizationURL string    `wire:"authorizationUrl"`
	Expires          time.Time `wire:"expireTime"`
	Extra            Extra
}

type extendInfo struct {
	LoanID string `wire:"id,omitempty"`
}

// CouponStatus is where a coupon stands.
type CouponStatus int32

// The statuses.
const (
	CouponAvailable CouponStatus = 1
	CouponKept      CouponStatus = 2
	CouponUsed      CouponStatus = 3
	CouponExpired   CouponStatus = 4
)

// Coupon is a discount on the price of one loan.
type Coupon struct {
	ID string `wire:"id"`
	// Amount is the most it pays for.
	Amount Kobo `wire:"amount"`
	// MinPrincipal is the smallest loan it can be used for.
	MinPrincipal Kobo         `wire:"minBalance"`
	Status       CouponStatus `wire:"status"`
	// Discount is what it paid for, once used.
	Discount Kobo `wire:"discount"`
	// LoanID is the loan that has it; "" when none.
	LoanID  string    `wire:"loanId"`
	Expires time.Time `wire:"expireTime"`
	Created time.Time `wire:"createdTime"`
	Extra   Extra
}

// Extension says what moving the due date costs, and makes the page to pay the fee on, if there is one; "" is the open loan. Asked
// twice it is the same page; no date moves here. Errors: ErrLoanNotFound, ErrGatewayUnavailable. Operation getExtension.
func (s *LoanService) Extension(ctx context.Context, loanID string, options ...CallOption) (Extension, error) {
	return invoke[Extension](ctx, s.c, opGetExtension, noBody, func(server string, _ *string) (*http.Request, error) {
		p := &raw.GetExtensionParams{}
		if loanID != "" {
			p.ID = &loanID
		}
		return raw.NewGetExtensionRequest(server, p)
	}, options)
}

// Extend moves the due date at once where that costs nothing; "" is the open loan. Errors: ErrLoanNotFound, ErrLoanNotOwing,
// ErrExtensionNotAllowed. Operation extendLoan.
func (s *LoanService) Extend(ctx context.Context, loanID string, options ...CallOption) (Extension, error) {
	return invoke[Extension](ctx, s.c, opExtendLoan, jsonBody(extendInfo{loanID}), func(server string, key *string) (*http.Request, error) {
		return raw.NewExtendLoanRequestWithBody(server, &raw.ExtendLoanParams{IdempotencyKey: key}, "application/json", nil)
	}, options)
}

// Coupons lists the borrower's coupons, newest first. Operation listCoupons.
func (s *LoanService) Coupons(ctx context.Context, options ...CallOption) ([]Coupon, error) {
	list, err := invoke[listOf[Coupon]](ctx, s.c, opListCoupons, noBody, func(server string, _ *string) (*http.Request, error) {
		return raw.NewListCouponsRequest(server)
	}, options)
	return list.Items, err
}
