package server

import (
	"context"

	"github.com/creditpocket/creditpocket/gen/api"
	"github.com/creditpocket/creditpocket/internal/origination"
	"github.com/creditpocket/creditpocket/internal/wire"
)

// loanHandlers serves the operations of the tag loan but for those that repay.
type loanHandlers struct {
	svc   *origination.Service
	stamp Stamp
}

// firstPage and defaultSize are what a page is when the caller does not say.
const (
	firstPage   = 1
	defaultSize = 10
)

func pageOf(number, size *int32) (int, int) {
	n, s := firstPage, defaultSize
	if number != nil {
		n = int(*number)
	}
	if size != nil {
		s = int(*size)
	}
	return n, s
}

// ListLoanProducts serves GET /loan/product/page.
func (h *loanHandlers) ListLoanProducts(ctx context.Context, r api.ListLoanProductsRequestObject) (api.ListLoanProductsResponseObject, error) {
	who := principal(ctx)
	number, size := pageOf(r.Params.PageNum, r.Params.PageSize)
	page, err := h.svc.Products(ctx, who.BorrowerID, who.Brand, number, size)
	if err != nil {
		return nil, err
	}
	code, message, token := h.stamp.OK()
	return api.ListLoanProducts200JSONResponse{Code: code, Message: message, Token: token, Data: wire.LoanProductPage(page)}, nil
}

// GetLoanProduct serves GET /loan/product/detail.
func (h *loanHandlers) GetLoanProduct(ctx context.Context, r api.GetLoanProductRequestObject) (api.GetLoanProductResponseObject, error) {
	who := principal(ctx)
	id, err := wire.ParseID("id", r.Params.ID)
	if err != nil {
		return nil, err
	}
	detail, err := h.svc.Product(ctx, who.BorrowerID, who.Brand, id)
	if err != nil {
		return nil, err
	}
	code, message, token := h.stamp.OK()
	return api.GetLoanProduct200JSONResponse{Code: code, Message: message, Token: token, Data: wire.LoanProductDetail(detail)}, nil
}

// ApplyLoan serves POST /loan/record/apply.
func (h *loanHandlers) ApplyLoan(ctx context.Context, r api.ApplyLoanRequestObject) (api.ApplyLoanResponseObject, error) {
	application, err := readApplication(ctx, r.Body, h.svc.NewIntake())
	if err != nil {
		return nil, err
	}
	application.Borrower, application.Key = principal(ctx).BorrowerID, wire.Text(r.Params.IdempotencyKey)
	applied, err := h.svc.Apply(ctx, application)
	if err != nil {
		return nil, err
	}
	code, message, token := h.stamp.OK()
	return api.ApplyLoan200JSONResponse{
		Body:    api.LoanPageResponse{Code: code, Message: message, Token: token, Data: wire.LoanPage(applied.Page)},
		Headers: api.ApplyLoan200ResponseHeaders{IdempotencyReplayed: replayedHeader(applied.Replayed)},
	}, nil
}

// ListLoans serves GET /loan/record/page.
func (h *loanHandlers) ListLoans(ctx context.Context, r api.ListLoansRequestObject) (api.ListLoansResponseObject, error) {
	number, size := pageOf(r.Params.PageNum, r.Params.PageSize)
	page, err := h.svc.Loans(ctx, principal(ctx).BorrowerID, number, size)
	if err != nil {
		return nil, err
	}
	code, message, token := h.stamp.OK()
	return api.ListLoans200JSONResponse{Code: code, Message: message, Token: token, Data: wire.LoanPage(page)}, nil
}

// GetLatestLoan serves GET /loan/record/latest.
func (h *loanHandlers) GetLatestLoan(ctx context.Context, _ api.GetLatestLoanRequestObject) (api.GetLatestLoanResponseObject, error) {
	view, err := h.svc.LatestLoan(ctx, principal(ctx).BorrowerID)
	if err != nil {
		return nil, err
	}
	code, message, token := h.stamp.OK()
	return api.GetLatestLoan200JSONResponse{Code: code, Message: message, Token: token, Data: wire.Loan(view.Loan, view.At)}, nil
}

// GetLatestOpenLoan serves GET /loan/record/latest/open.
func (h *loanHandlers) GetLatestOpenLoan(ctx context.Context, _ api.GetLatestOpenLoanRequestObject) (api.GetLatestOpenLoanResponseObject, error) {
	view, err := h.svc.OpenLoan(ctx, principal(ctx).BorrowerID)
	if err != nil {
		return nil, err
	}
	code, message, token := h.stamp.OK()
	return api.GetLatestOpenLoan200JSONResponse{Code: code, Message: message, Token: token, Data: wire.Loan(view.Loan, view.At)}, nil
}
