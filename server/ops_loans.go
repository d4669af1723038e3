package server

import (
	"context"

	"github.com/creditpocket/creditpocket/gen/opsapi"
	"github.com/creditpocket/creditpocket/internal/opswire"
)

// opsLoanHandlers serves the operations about loans, waivers, write-offs, and what waits for a second person.
type opsLoanHandlers struct{ opsDesk }

// GetLoan serves GET /loans/{loanId}.
func (h *opsLoanHandlers) GetLoan(ctx context.Context, r opsapi.GetLoanRequestObject) (opsapi.GetLoanResponseObject, error) {
	id, err := opswire.ParseID("loanId", r.LoanID)
	if err != nil {
		return nil, err
	}
	file, err := h.svc.Loan(ctx, actor(ctx), id)
	if err != nil {
		return nil, err
	}
	code, message, token := h.stamp.OK()
	return opsapi.GetLoan200JSONResponse{Code: code, Message: message, Token: token, Data: opswire.LoanFile(file)}, nil
}

// WaiveLoan serves POST /loans/{loanId}/waive.
func (h *opsLoanHandlers) WaiveLoan(ctx context.Context, r opsapi.WaiveLoanRequestObject) (opsapi.WaiveLoanResponseObject, error) {
	waiver, err := opswire.Waiver(r.LoanID, *r.Body)
	if err != nil {
		return nil, err
	}
	done, err := h.svc.Waive(ctx, actor(ctx), r.Params.IdempotencyKey, waiver)
	if err != nil {
		return nil, err
	}
	code, message, token := h.stamp.OK()
	return opsapi.WaiveLoan200JSONResponse{
		Headers: opsapi.WaiveLoan200ResponseHeaders{IdempotencyReplayed: replayedHeader(done.Replayed)},
		Body:    opsapi.ReliefResponse{Code: code, Message: message, Token: token, Data: opswire.Relief(done.Value)},
	}, nil
}

// WriteOffLoan serves POST /loans/{loanId}/write-off.
func (h *opsLoanHandlers) WriteOffLoan(ctx context.Context, r opsapi.WriteOffLoanRequestObject) (opsapi.WriteOffLoanResponseObject, error) {
	id, err := opswire.ParseID("loanId", r.LoanID)
	if err != nil {
		return nil, err
	}
	done, err := h.svc.WriteOff(ctx, actor(ctx), r.Params.IdempotencyKey, id, r.Body.Reason)
	if err != nil {
		return nil, err
	}
	code, message, token := h.stamp.OK()
	return opsapi.WriteOffLoan200JSONResponse{
		Headers: opsapi.WriteOffLoan200ResponseHeaders{IdempotencyReplayed: replayedHeader(done.Replayed)},
		Body:    opsapi.ReliefResponse{Code: code, Message: message, Token: token, Data: opswire.Relief(done.Value)},
	}, nil
}

// ListApprovals serves GET /approvals.
func (h *opsLoanHandlers) ListApprovals(ctx context.Context, r opsapi.ListApprovalsRequestObject) (opsapi.ListApprovalsResponseObject, error) {
	p, err := opswire.Page(r.Params.Brand, r.Params.Cursor, r.Params.Limit)
	if err != nil {
		return nil, err
	}
	rows, err := h.svc.Approvals(ctx, actor(ctx), opswire.ApprovalStates(r.Params.State), p)
	if err != nil {
		return nil, err
	}
	code, message, token := h.stamp.OK()
	return opsapi.ListApprovals200JSONResponse{Code: code, Message: message, Token: token, Data: opswire.Approvals(rows, p)}, nil
}

// ApproveRequest serves POST /approvals/{id}/approve.
func (h *opsLoanHandlers) ApproveRequest(ctx context.Context, r opsapi.ApproveRequestRequestObject) (opsapi.ApproveRequestResponseObject, error) {
	id, err := opswire.ParseID("id", r.ID)
	if err != nil {
		return nil, err
	}
	done, err := h.svc.ApproveRequest(ctx, actor(ctx), r.Params.IdempotencyKey, id, r.Body.Reason)
	if err != nil {
		return nil, err
	}
	code, message, token := h.stamp.OK()
	return opsapi.ApproveRequest200JSONResponse{
		Headers: opsapi.ApproveRequest200ResponseHeaders{IdempotencyReplayed: replayedHeader(done.Replayed)},
		Body:    opsapi.ApprovalRulingResponse{Code: code, Message: message, Token: token, Data: opswire.Ruling(done.Value)},
	}, nil
}

// DeclineRequest serves POST /approvals/{id}/decline.
func (h *opsLoanHandlers) DeclineRequest(ctx context.Context, r opsapi.DeclineRequestRequestObject) (opsapi.DeclineRequestResponseObject, error) {
	id, err := opswire.ParseID("id", r.ID)
	if err != nil {
		return nil, err
	}
	done, err := h.svc.DeclineRequest(ctx, actor(ctx), r.Params.IdempotencyKey, id, r.Body.Reason)
	if err != nil {
		return nil, err
	}
	code, message, token := h.stamp.OK()
	return opsapi.DeclineRequest200JSONResponse{
		Headers: opsapi.DeclineRequest200ResponseHeaders{IdempotencyReplayed: replayedHeader(done.Replayed)},
		Body:    opsapi.ApprovalRulingResponse{Code: code, Message: message, Token: token, Data: opswire.Ruling(done.Value)},
	}, nil
}

// ListRecoveries serves GET /recoveries.
func (h *opsLoanHandlers) ListRecoveries(ctx context.Context, r opsapi.ListRecoveriesRequestObject) (opsapi.ListRecoveriesResponseObject, error) {
	p, err := opswire.Page(r.Params.Brand, r.Params.Cursor, r.Params.Limit)
	if err != nil {
		return nil, err
	}
	rows, err := h.svc.Recoveries(ctx, actor(ctx), p)
	if err != nil {
		return nil, err
	}
	code, message, token := h.stamp.OK()
	return opsapi.ListRecoveries200JSONResponse{Code: code, Message: message, Token: token, Data: opswire.Recoveries(rows, p)}, nil
}
