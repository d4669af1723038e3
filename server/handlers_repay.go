package server

import (
	"context"

	"github.com/creditpocket/creditpocket/gen/api"
	"github.com/creditpocket/creditpocket/internal/servicing"
	"github.com/creditpocket/creditpocket/internal/wire"
)

// repayHandlers serves the operations by which a loan is paid back.
type repayHandlers struct {
	svc   *servicing.Service
	stamp Stamp
}

// GetRepayment serves GET /loan/record/repay.
func (h *repayHandlers) GetRepayment(ctx context.Context, r api.GetRepaymentRequestObject) (api.GetRepaymentResponseObject, error) {
	loan, err := wire.ParseOptionalID("id", r.Params.ID)
	if err != nil {
		return nil, err
	}
	repayment, err := h.svc.Repayment(ctx, principal(ctx).BorrowerID, loan)
	if err != nil {
		return nil, err
	}
	code, message, token := h.stamp.OK()
	return api.GetRepayment200JSONResponse{Code: code, Message: message, Token: token, Data: wire.Repayment(repayment)}, nil
}

// RepayLoan serves POST /loan/record/repay.
func (h *repayHandlers) RepayLoan(ctx context.Context, r api.RepayLoanRequestObject) (api.RepayLoanResponseObject, error) {
	in, err := wire.CardRepayment(principal(ctx).BorrowerID, *r.Body, r.Params.IdempotencyKey)
	if err != nil {
		return nil, err
	}
	repayment, replayed, err := h.svc.RepayByCard(ctx, in)
	if err != nil {
		return nil, err
	}
	code, message, token := h.stamp.OK()
	return api.RepayLoan200JSONResponse{
		Body:    api.RepaymentResponse{Code: code, Message: message, Token: token, Data: wire.Repayment(repayment)},
		Headers: api.RepayLoan200ResponseHeaders{IdempotencyReplayed: replayedHeader(replayed)},
	}, nil
}

// replayedHeader is the value of Idempotency-Replayed: "true" for the repeat of an earlier call, otherwise no header.
func replayedHeader(replayed bool) *string {
	if !replayed {
		return nil
	}
	yes := "true"
	return &yes
}
