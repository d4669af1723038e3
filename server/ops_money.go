package server

import (
	"context"

	"github.com/creditpocket/creditpocket/gen/opsapi"
	"github.com/creditpocket/creditpocket/internal/opswire"
)

// opsMoneyHandlers serves the operations about payments that no loan has, and about money that belongs to borrowers.
type opsMoneyHandlers struct{ opsDesk }

// ListReceipts serves GET /receipts.
func (h *opsMoneyHandlers) ListReceipts(ctx context.Context, r opsapi.ListReceiptsRequestObject) (opsapi.ListReceiptsResponseObject, error) {
	p, err := opswire.Page(r.Params.Brand, r.Params.Cursor, r.Params.Limit)
	if err != nil {
		return nil, err
	}
	rows, err := h.svc.Receipts(ctx, actor(ctx), opswire.ReceiptState(r.Params.State), p)
	if err != nil {
		return nil, err
	}
	code, message, token := h.stamp.OK()
	return opsapi.ListReceipts200JSONResponse{Code: code, Message: message, Token: token, Data: opswire.Receipts(rows, p)}, nil
}

// AssignReceipt serves POST /receipts/{id}/assign.
func (h *opsMoneyHandlers) AssignReceipt(ctx context.Context, r opsapi.AssignReceiptRequestObject) (opsapi.AssignReceiptResponseObject, error) {
	id, err := opswire.ParseID("id", r.ID)
	if err != nil {
		return nil, err
	}
	loan, err := opswire.ParseID("loanId", r.Body.LoanID)
	if err != nil {
		return nil, err
	}
	done, err := h.svc.AssignReceipt(ctx, actor(ctx), r.Params.IdempotencyKey, id, loan, r.Body.Reason)
	if err != nil {
		return nil, err
	}
	code, message, token := h.stamp.OK()
	return opsapi.AssignReceipt200JSONResponse{
		Headers: opsapi.AssignReceipt200ResponseHeaders{IdempotencyReplayed: replayedHeader(done.Replayed)},
		Body:    opsapi.AssignmentResponse{Code: code, Message: message, Token: token, Data: opswire.Assignment(done.Value)},
	}, nil
}

// ListCredits serves GET /credits.
func (h *opsMoneyHandlers) ListCredits(ctx context.Context, r opsapi.ListCreditsRequestObject) (opsapi.ListCreditsResponseObject, error) {
	p, err := opswire.Page(r.Params.Brand, r.Params.Cursor, r.Params.Limit)
	if err != nil {
		return nil, err
	}
	rows, err := h.svc.Credits(ctx, actor(ctx), p)
	if err != nil {
		return nil, err
	}
	code, message, token := h.stamp.OK()
	return opsapi.ListCredits200JSONResponse{Code: code, Message: message, Token: token, Data: opswire.Credits(rows, p)}, nil
}

// RefundCredit serves POST /borrowers/{id}/refund.
func (h *opsMoneyHandlers) RefundCredit(ctx context.Context, r opsapi.RefundCreditRequestObject) (opsapi.RefundCreditResponseObject, error) {
	borrower, amount, err := opswire.Refund(r.ID, *r.Body)
	if err != nil {
		return nil, err
	}
	done, err := h.svc.RefundCredit(ctx, actor(ctx), r.Params.IdempotencyKey, borrower, amount, r.Body.Reason)
	if err != nil {
		return nil, err
	}
	code, message, token := h.stamp.OK()
	return opsapi.RefundCredit200JSONResponse{
		Headers: opsapi.RefundCredit200ResponseHeaders{IdempotencyReplayed: replayedHeader(done.Replayed)},
		Body:    opsapi.RefundOrderResponse{Code: code, Message: message, Token: token, Data: opswire.RefundOrder(borrower, done.Value)},
	}, nil
}

// ListBreaks serves GET /reconciliation/breaks.
func (h *opsMoneyHandlers) ListBreaks(ctx context.Context, r opsapi.ListBreaksRequestObject) (opsapi.ListBreaksResponseObject, error) {
	p, err := opswire.Page(nil, r.Params.Cursor, r.Params.Limit)
	if err != nil {
		return nil, err
	}
	rows, err := h.svc.Breaks(ctx, actor(ctx), opswire.BreakState(r.Params.Scope), p)
	if err != nil {
		return nil, err
	}
	code, message, token := h.stamp.OK()
	return opsapi.ListBreaks200JSONResponse{Code: code, Message: message, Token: token, Data: opswire.Breaks(rows, p, h.stamp.clock.Now())}, nil
}

// ResolveBreak serves POST /reconciliation/breaks/{id}/resolve.
func (h *opsMoneyHandlers) ResolveBreak(ctx context.Context, r opsapi.ResolveBreakRequestObject) (opsapi.ResolveBreakResponseObject, error) {
	id, err := opswire.ParseID("id", r.ID)
	if err != nil {
		return nil, err
	}
	done, err := h.svc.ResolveBreak(ctx, actor(ctx), r.Params.IdempotencyKey, id, r.Body.Reason)
	if err != nil {
		return nil, err
	}
	code, message, token := h.stamp.OK()
	return opsapi.ResolveBreak200JSONResponse{
		Headers: opsapi.ResolveBreak200ResponseHeaders{IdempotencyReplayed: replayedHeader(done.Replayed)},
		Body:    opsapi.BreakResponse{Code: code, Message: message, Token: token, Data: opswire.Break(done.Value, done.Value.ConcludedAt)},
	}, nil
}
