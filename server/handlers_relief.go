package server

import (
	"context"

	"github.com/creditpocket/creditpocket/gen/api"
	"github.com/creditpocket/creditpocket/internal/wire"
)

// GetPayoff serves GET /loan/record/payoff.
func (h *repayHandlers) GetPayoff(ctx context.Context, r api.GetPayoffRequestObject) (api.GetPayoffResponseObject, error) {
	loan, err := wire.ParseOptionalID("id", r.Params.ID)
	if err != nil {
		return nil, err
	}
	date, err := wire.PayoffDate(r.Params.Date)
	if err != nil {
		return nil, err
	}
	payoff, err := h.svc.PayoffOn(ctx, principal(ctx).BorrowerID, loan, date)
	if err != nil {
		return nil, err
	}
	code, message, token := h.stamp.OK()
	return api.GetPayoff200JSONResponse{Code: code, Message: message, Token: token, Data: wire.Payoff(payoff)}, nil
}

// GetExtension serves GET /loan/record/extension.
func (h *repayHandlers) GetExtension(ctx context.Context, r api.GetExtensionRequestObject) (api.GetExtensionResponseObject, error) {
	loan, err := wire.ParseOptionalID("id", r.Params.ID)
	if err != nil {
		return nil, err
	}
	extension, err := h.svc.Extension(ctx, principal(ctx).BorrowerID, loan)
	if err != nil {
		return nil, err
	}
	code, message, token := h.stamp.OK()
	return api.GetExtension200JSONResponse{Code: code, Message: message, Token: token, Data: wire.Extension(extension)}, nil
}

// ExtendLoan serves POST /loan/record/extension.
func (h *repayHandlers) ExtendLoan(ctx context.Context, r api.ExtendLoanRequestObject) (api.ExtendLoanResponseObject, error) {
	loan, err := wire.ParseOptionalID("id", r.Body.ID)
	if err != nil {
		return nil, err
	}
	extension, replayed, err := h.svc.Extend(ctx, principal(ctx).BorrowerID, loan, wire.Text(r.Params.IdempotencyKey))
	if err != nil {
		return nil, err
	}
	code, message, token := h.stamp.OK()
	return api.ExtendLoan200JSONResponse{
		Body:    api.LoanExtensionResponse{Code: code, Message: message, Token: token, Data: wire.Extension(extension)},
		Headers: api.ExtendLoan200ResponseHeaders{IdempotencyReplayed: replayedHeader(replayed)},
	}, nil
}

// ListCoupons serves GET /coupon/list.
func (h *loanHandlers) ListCoupons(ctx context.Context, _ api.ListCouponsRequestObject) (api.ListCouponsResponseObject, error) {
	coupons, err := h.svc.Coupons(ctx, principal(ctx).BorrowerID)
	if err != nil {
		return nil, err
	}
	code, message, token := h.stamp.OK()
	return api.ListCoupons200JSONResponse{Code: code, Message: message, Token: token, Data: wire.Coupons(coupons)}, nil
}
