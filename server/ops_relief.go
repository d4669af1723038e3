package server

import (
	"context"

	"github.com/creditpocket/creditpocket/gen/opsapi"
	"github.com/creditpocket/creditpocket/internal/opswire"
	"github.com/creditpocket/creditpocket/internal/wire"
)

// opsReliefHandlers serves the operations about coupons, daily budgets, and keeping borrowers out.
type opsReliefHandlers struct{ opsDesk }

// ListCoupons serves GET /borrowers/{id}/coupons.
func (h *opsReliefHandlers) ListCoupons(ctx context.Context, r opsapi.ListCouponsRequestObject) (opsapi.ListCouponsResponseObject, error) {
	id, err := opswire.ParseID("id", r.ID)
	if err != nil {
		return nil, err
	}
	p, err := opswire.Page(nil, r.Params.Cursor, r.Params.Limit)
	if err != nil {
		return nil, err
	}
	rows, err := h.svc.Coupons(ctx, actor(ctx), id, p)
	if err != nil {
		return nil, err
	}
	code, message, token := h.stamp.OK()
	return opsapi.ListCoupons200JSONResponse{Code: code, Message: message, Token: token, Data: opswire.Coupons(rows, p)}, nil
}

// GrantCoupon serves POST /borrowers/{id}/coupons.
func (h *opsReliefHandlers) GrantCoupon(ctx context.Context, r opsapi.GrantCouponRequestObject) (opsapi.GrantCouponResponseObject, error) {
	in, err := opswire.CouponGrant(r.ID, *r.Body)
	if err != nil {
		return nil, err
	}
	done, err := h.svc.GrantCoupon(ctx, actor(ctx), r.Params.IdempotencyKey, in)
	if err != nil {
		return nil, err
	}
	code, message, token := h.stamp.OK()
	return opsapi.GrantCoupon200JSONResponse{
		Headers: opsapi.GrantCoupon200ResponseHeaders{IdempotencyReplayed: replayedHeader(done.Replayed)},
		Body:    opsapi.CouponResponse{Code: code, Message: message, Token: token, Data: opswire.Coupon(done.Value)},
	}, nil
}

// WithdrawCoupon serves POST /coupons/{id}/withdraw.
func (h *opsReliefHandlers) WithdrawCoupon(ctx context.Context, r opsapi.WithdrawCouponRequestObject) (opsapi.WithdrawCouponResponseObject, error) {
	id, err := opswire.ParseID("id", r.ID)
	if err != nil {
		return nil, err
	}
	done, err := h.svc.WithdrawCoupon(ctx, actor(ctx), r.Params.IdempotencyKey, id, r.Body.Reason)
	if err != nil {
		return nil, err
	}
	code, message, token := h.stamp.OK()
	return opsapi.WithdrawCoupon200JSONResponse{
		Headers: opsapi.WithdrawCoupon200ResponseHeaders{IdempotencyReplayed: replayedHeader(done.Replayed)},
		Body:    opsapi.CouponResponse{Code: code, Message: message, Token: token, Data: opswire.Coupon(done.Value)},
	}, nil
}

// ListBudgets serves GET /budgets.
func (h *opsReliefHandlers) ListBudgets(ctx context.Context, r opsapi.ListBudgetsRequestObject) (opsapi.ListBudgetsResponseObject, error) {
	rows, err := h.svc.Budgets(ctx, actor(ctx), wire.Text(r.Params.Brand))
	if err != nil {
		return nil, err
	}
	code, message, token := h.stamp.OK()
	return opsapi.ListBudgets200JSONResponse{Code: code, Message: message, Token: token, Data: opswire.Budgets(rows)}, nil
}

// SetBudget serves POST /budgets.
func (h *opsReliefHandlers) SetBudget(ctx context.Context, r opsapi.SetBudgetRequestObject) (opsapi.SetBudgetResponseObject, error) {
	daily, err := opswire.BudgetInfo(*r.Body)
	if err != nil {
		return nil, err
	}
	done, err := h.svc.SetBudget(ctx, actor(ctx), r.Params.IdempotencyKey, r.Body.Brand, daily, r.Body.Reason)
	if err != nil {
		return nil, err
	}
	code, message, token := h.stamp.OK()
	return opsapi.SetBudget200JSONResponse{
		Headers: opsapi.SetBudget200ResponseHeaders{IdempotencyReplayed: replayedHeader(done.Replayed)},
		Body:    opsapi.BudgetResponse{Code: code, Message: message, Token: token, Data: opswire.Budget(done.Value)},
	}, nil
}

// BlockBorrower serves POST /borrowers/{id}/block.
func (h *opsReliefHandlers) BlockBorrower(ctx context.Context, r opsapi.BlockBorrowerRequestObject) (opsapi.BlockBorrowerResponseObject, error) {
	id, err := opswire.ParseID("id", r.ID)
	if err != nil {
		return nil, err
	}
	done, err := h.svc.BlockBorrower(ctx, actor(ctx), r.Params.IdempotencyKey, id, r.Body.Reason)
	if err != nil {
		return nil, err
	}
	code, message, token := h.stamp.OK()
	return opsapi.BlockBorrower200JSONResponse{
		Headers: opsapi.BlockBorrower200ResponseHeaders{IdempotencyReplayed: replayedHeader(done.Replayed)},
		Body:    opsapi.BorrowerBlockResponse{Code: code, Message: message, Token: token, Data: opswire.BorrowerBlock(done.Value)},
	}, nil
}

// UnblockBorrower serves POST /borrowers/{id}/unblock.
func (h *opsReliefHandlers) UnblockBorrower(ctx context.Context, r opsapi.UnblockBorrowerRequestObject) (opsapi.UnblockBorrowerResponseObject, error) {
	id, err := opswire.ParseID("id", r.ID)
	if err != nil {
		return nil, err
	}
	done, err := h.svc.UnblockBorrower(ctx, actor(ctx), r.Params.IdempotencyKey, id, r.Body.Reason)
	if err != nil {
		return nil, err
	}
	code, message, token := h.stamp.OK()
	return opsapi.UnblockBorrower200JSONResponse{
		Headers: opsapi.UnblockBorrower200ResponseHeaders{IdempotencyReplayed: replayedHeader(done.Replayed)},
		Body:    opsapi.BorrowerBlockResponse{Code: code, Message: message, Token: token, Data: opswire.BorrowerBlock(done.Value)},
	}, nil
}
