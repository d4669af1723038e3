package server

import (
	"context"

	"github.com/creditpocket/creditpocket/gen/opsapi"
	"github.com/creditpocket/creditpocket/internal/opswire"
)

// opsReviewHandlers serves the operations about reviews and payouts, and who the operator is.
type opsReviewHandlers struct{ opsDesk }

// GetOperator serves GET /me.
func (h *opsReviewHandlers) GetOperator(ctx context.Context, _ opsapi.GetOperatorRequestObject) (opsapi.GetOperatorResponseObject, error) {
	code, message, token := h.stamp.OK()
	return opsapi.GetOperator200JSONResponse{Code: code, Message: message, Token: token, Data: opswire.Operator(actor(ctx))}, nil
}

// ListReviews serves GET /reviews.
func (h *opsReviewHandlers) ListReviews(ctx context.Context, r opsapi.ListReviewsRequestObject) (opsapi.ListReviewsResponseObject, error) {
	p, err := opswire.Page(r.Params.Brand, r.Params.Cursor, r.Params.Limit)
	if err != nil {
		return nil, err
	}
	rows, err := h.svc.Reviews(ctx, actor(ctx), opswire.ClaimFilter(r.Params.Claim), p)
	if err != nil {
		return nil, err
	}
	code, message, token := h.stamp.OK()
	return opsapi.ListReviews200JSONResponse{Code: code, Message: message, Token: token, Data: opswire.Reviews(rows, p)}, nil
}

// ClaimReview serves POST /reviews/{loanId}/claim.
func (h *opsReviewHandlers) ClaimReview(ctx context.Context, r opsapi.ClaimReviewRequestObject) (opsapi.ClaimReviewResponseObject, error) {
	id, err := opswire.ParseID("loanId", r.LoanID)
	if err != nil {
		return nil, err
	}
	done, err := h.svc.ClaimReview(ctx, actor(ctx), r.Params.IdempotencyKey, id)
	if err != nil {
		return nil, err
	}
	code, message, token := h.stamp.OK()
	return opsapi.ClaimReview200JSONResponse{
		Headers: opsapi.ClaimReview200ResponseHeaders{IdempotencyReplayed: replayedHeader(done.Replayed)},
		Body:    opsapi.ReviewClaimResponse{Code: code, Message: message, Token: token, Data: opswire.Claim(done.Value)},
	}, nil
}

// ApproveReview serves POST /reviews/{loanId}/approve.
func (h *opsReviewHandlers) ApproveReview(ctx context.Context, r opsapi.ApproveReviewRequestObject) (opsapi.ApproveReviewResponseObject, error) {
	id, err := opswire.ParseID("loanId", r.LoanID)
	if err != nil {
		return nil, err
	}
	done, err := h.svc.ApproveReview(ctx, actor(ctx), r.Params.IdempotencyKey, id, r.Body.Reason)
	if err != nil {
		return nil, err
	}
	code, message, token := h.stamp.OK()
	return opsapi.ApproveReview200JSONResponse{
		Headers: opsapi.ApproveReview200ResponseHeaders{IdempotencyReplayed: replayedHeader(done.Replayed)},
		Body:    opsapi.LoanBriefResponse{Code: code, Message: message, Token: token, Data: opswire.LoanBrief(done.Value)},
	}, nil
}

// RejectReview serves POST /reviews/{loanId}/reject.
func (h *opsReviewHandlers) RejectReview(ctx context.Context, r opsapi.RejectReviewRequestObject) (opsapi.RejectReviewResponseObject, error) {
	id, err := opswire.ParseID("loanId", r.LoanID)
	if err != nil {
		return nil, err
	}
	done, err := h.svc.RejectReview(ctx, actor(ctx), r.Params.IdempotencyKey, id, opswire.Rejection(*r.Body))
	if err != nil {
		return nil, err
	}
	code, message, token := h.stamp.OK()
	return opsapi.RejectReview200JSONResponse{
		Headers: opsapi.RejectReview200ResponseHeaders{IdempotencyReplayed: replayedHeader(done.Replayed)},
		Body:    opsapi.LoanBriefResponse{Code: code, Message: message, Token: token, Data: opswire.LoanBrief(done.Value)},
	}, nil
}

// ListPayouts serves GET /payouts.
func (h *opsReviewHandlers) ListPayouts(ctx context.Context, r opsapi.ListPayoutsRequestObject) (opsapi.ListPayoutsResponseObject, error) {
	p, err := opswire.Page(r.Params.Brand, r.Params.Cursor, r.Params.Limit)
	if err != nil {
		return nil, err
	}
	rows, err := h.svc.Payouts(ctx, actor(ctx), opswire.PayoutQueue(r.Params.Queue), p)
	if err != nil {
		return nil, err
	}
	code, message, token := h.stamp.OK()
	return opsapi.ListPayouts200JSONResponse{Code: code, Message: message, Token: token, Data: opswire.Payouts(rows, p)}, nil
}

// ReleasePayout serves POST /loans/{loanId}/payout/release.
func (h *opsReviewHandlers) ReleasePayout(ctx context.Context, r opsapi.ReleasePayoutRequestObject) (opsapi.ReleasePayoutResponseObject, error) {
	id, err := opswire.ParseID("loanId", r.LoanID)
	if err != nil {
		return nil, err
	}
	done, err := h.svc.ReleasePayout(ctx, actor(ctx), r.Params.IdempotencyKey, id, r.Body.Reason)
	if err != nil {
		return nil, err
	}
	code, message, token := h.stamp.OK()
	return opsapi.ReleasePayout200JSONResponse{
		Headers: opsapi.ReleasePayout200ResponseHeaders{IdempotencyReplayed: replayedHeader(done.Replayed)},
		Body:    opsapi.LoanBriefResponse{Code: code, Message: message, Token: token, Data: opswire.LoanBrief(done.Value)},
	}, nil
}

// RefusePayout serves POST /loans/{loanId}/payout/refuse.
func (h *opsReviewHandlers) RefusePayout(ctx context.Context, r opsapi.RefusePayoutRequestObject) (opsapi.RefusePayoutResponseObject, error) {
	id, err := opswire.ParseID("loanId", r.LoanID)
	if err != nil {
		return nil, err
	}
	done, err := h.svc.RefusePayout(ctx, actor(ctx), r.Params.IdempotencyKey, id, r.Body.Reason)
	if err != nil {
		return nil, err
	}
	code, message, token := h.stamp.OK()
	return opsapi.RefusePayout200JSONResponse{
		Headers: opsapi.RefusePayout200ResponseHeaders{IdempotencyReplayed: replayedHeader(done.Replayed)},
		Body:    opsapi.LoanBriefResponse{Code: code, Message: message, Token: token, Data: opswire.LoanBrief(done.Value)},
	}, nil
}
