package creditpocket

import (
	"context"
	"iter"
	"net/http"
	"strconv"

	"github.com/creditpocket/creditpocket/client/internal/raw"
)

// LoanService is quotes, applications, loans and repayments.
type LoanService struct{ c *Client }

// Page is a page of the borrower's loans and applications, newest first. Operation listLoans.
func (s *LoanService) Page(ctx context.Context, q PageQuery, options ...CallOption) (Page[Loan], error) {
	return invoke[Page[Loan]](ctx, s.c, opListLoans, noBody, func(server string, _ *string) (*http.Request, error) {
		p := &raw.ListLoansParams{}
		p.PageNum, p.PageSize = q.params()
		return raw.NewListLoansRequest(server, p)
	}, options)
}

// All is all of the borrower's loans and applications, newest first. It asks for the next page when it is needed; after an error it
// ends. Operation listLoans.
func (s *LoanService) All(ctx context.Context, options ...CallOption) iter.Seq2[Loan, error] {
	return all(ctx, func(l Loan) string { return l.ID }, func(ctx context.Context, q PageQuery) (Page[Loan], error) {
		return s.Page(ctx, q, options...)
	})
}

// Products is a page of the brand's products, cheapest principal first. Operation listLoanProducts.
func (s *LoanService) Products(ctx context.Context, q PageQuery, options ...CallOption) (Page[Product], error) {
	return invoke[Page[Product]](ctx, s.c, opListLoanProducts, noBody, func(server string, _ *string) (*http.Request, error) {
		p := &raw.ListLoanProductsParams{}
		p.PageNum, p.PageSize = q.params()
		return raw.NewListLoanProductsRequest(server, p)
	}, options)
}

// AllProducts is all of the brand's products. Operation listLoanProducts.
func (s *LoanService) AllProducts(ctx context.Context, options ...CallOption) iter.Seq2[Product, error] {
	return all(ctx, func(p Product) string { return p.ID }, func(ctx context.Context, q PageQuery) (Page[Product], error) {
		return s.Products(ctx, q, options...)
	})
}

// Product is a product with its whole cost and a quote that Apply holds the server to. ErrProductNotFound. Operation
// getLoanProduct.
func (s *LoanService) Product(ctx context.Context, productID string, options ...CallOption) (ProductDetail, error) {
	return invoke[ProductDetail](ctx, s.c, opGetLoanProduct, noBody, func(server string, _ *string) (*http.Request, error) {
		return raw.NewGetLoanProductRequest(server, &raw.GetLoanProductParams{ID: productID})
	}, options)
}

// Apply applies for a loan and answers the borrower's loans, the new one first. Repeats carry one Idempotency-Key, so nothing is
// applied for twice. Errors: ErrOpenLoanExists, ErrProductNotFound, ErrProfileIncomplete, ErrNotEligible, ErrQuoteExpired,
// ErrQuoteInvalid, ErrCouponNotUsable, ErrImageRejected, ErrIdempotencyKeyReused. Operation applyLoan.
func (s *LoanService) Apply(ctx context.Context, a Application, options ...CallOption) (Page[Loan], error) {
	fields := [][2]string{{"id", a.ProductID}, {"applyTerminal", strconv.Itoa(int(a.Terminal))}}
	if a.QuoteID != "" {
		fields = append(fields, [2]string{"quoteId", a.QuoteID})
	}
	if a.CouponID != "" {
		fields = append(fields, [2]string{"couponId", a.CouponID})
	}
	form := formBody(fields, "files", a.Photos)
	return invoke[Page[Loan]](ctx, s.c, opApplyLoan, form, func(server string, key *string) (*http.Request, error) {
		return raw.NewApplyLoanRequestWithBody(server, &raw.ApplyLoanParams{IdempotencyKey: key}, form.contentType, nil)
	}, options)
}

// LatestOpen is the borrower's open loan; ErrLoanNotFound when there is none. Operation getLatestOpenLoan.
func (s *LoanService) LatestOpen(ctx context.Context, options ...CallOption) (Loan, error) {
	return invoke[Loan](ctx, s.c, opGetLatestOpenLoan, noBody, func(server string, _ *string) (*http.Request, error) {
		return raw.NewGetLatestOpenLoanRequest(server)
	}, options)
}

// Latest is the borrower's latest loan; ErrLoanNotFound when there is none. Operation getLatestLoan.
func (s *LoanService) Latest(ctx context.Context, options ...CallOption) (Loan, error) {
	return invoke[Loan](ctx, s.c, opGetLatestLoan, noBody, func(server string, _ *string) (*http.Request, error) {
		return raw.NewGetLatestLoanRequest(server)
	}, options)
}

// Checkout is the one open payment of a loan, with the page to pay it on; "" is the open loan. Asked twice it is the same payment;
// no money moves here. Errors: ErrLoanNotFound, ErrLoanNotOwing, ErrGatewayUnavailable. Operation getRepayment.
func (s *LoanService) Checkout(ctx context.Context, loanID string, options ...CallOption) (Repayment, error) {
	return invoke[Repayment](ctx, s.c, opGetRepayment, noBody, func(server string, _ *string) (*http.Request, error) {
		p := &raw.GetRepaymentParams{}
		if loanID != "" {
			p.ID = &loanID
		}
		return raw.NewGetRepaymentRequest(server, p)
	}, options)
}

// Repay charges a bound card. Repeats carry one Idempotency-Key, so nothing is charged twice. Errors: ErrLoanNotFound,
// ErrLoanNotOwing, ErrPaymentInProgress, ErrAmountOutOfRange, ErrCardNotBound, ErrCardDeclined. Operation repayLoan.
func (s *LoanService) Repay(ctx context.Context, r RepayRequest, options ...CallOption) (Repayment, error) {
	return invoke[Repayment](ctx, s.c, opRepayLoan, jsonBody(r), func(server string, key *string) (*http.Request, error) {
		return raw.NewRepayLoanRequestWithBody(server, &raw.RepayLoanParams{IdempotencyKey: key}, "application/json", nil)
	}, options)
}
