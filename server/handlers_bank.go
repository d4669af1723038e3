package server

import (
	"context"

	"github.com/creditpocket/creditpocket/gen/api"
	"github.com/creditpocket/creditpocket/internal/access"
	"github.com/creditpocket/creditpocket/internal/onboarding"
	"github.com/creditpocket/creditpocket/internal/support"
	"github.com/creditpocket/creditpocket/internal/wire"
)

// bankHandlers serves the operations of the tag bank.
type bankHandlers struct {
	svc    *onboarding.Service
	dict   *support.Service
	access *access.Service
	stamp  Stamp
}

// ListBanks serves GET /bank/dict/list.
func (h *bankHandlers) ListBanks(ctx context.Context, _ api.ListBanksRequestObject) (api.ListBanksResponseObject, error) {
	banks, err := h.dict.Banks(ctx)
	if err != nil {
		return nil, err
	}
	code, message, token := h.stamp.OK()
	return api.ListBanks200JSONResponse{Code: code, Message: message, Token: token, Data: wire.Banks(banks)}, nil
}

// GetDefaultCard serves GET /bank/card/default.
func (h *bankHandlers) GetDefaultCard(ctx context.Context, _ api.GetDefaultCardRequestObject) (api.GetDefaultCardResponseObject, error) {
	account, err := h.svc.Account(ctx, borrower(ctx), 0)
	if err != nil {
		return nil, err
	}
	code, message, token := h.stamp.OK()
	return api.GetDefaultCard200JSONResponse{Code: code, Message: message, Token: token, Data: wire.ManagerCard(account)}, nil
}

// SetDefaultCard serves POST /bank/card/default.
func (h *bankHandlers) SetDefaultCard(ctx context.Context, r api.SetDefaultCardRequestObject) (api.SetDefaultCardResponseObject, error) {
	id, err := wire.ParseID("id", r.Body.ID)
	if err != nil {
		return nil, err
	}
	sure, err := confirmed(ctx, h.access, r.Body.Password)
	if err != nil {
		return nil, err
	}
	done, err := h.svc.SetDefaultAccount(ctx, borrower(ctx), id, wire.Text(r.Params.IdempotencyKey), sure)
	if err != nil {
		return nil, err
	}
	code, message, token := h.stamp.OK()
	return api.SetDefaultCard200JSONResponse{
		Headers: api.SetDefaultCard200ResponseHeaders{IdempotencyReplayed: replayedHeader(done.Replayed)},
		Body:    api.ManagerCardResponse{Code: code, Message: message, Token: token, Data: wire.ManagerCard(done.Value)},
	}, nil
}

// ListCards serves GET /bank/card/list.
func (h *bankHandlers) ListCards(ctx context.Context, _ api.ListCardsRequestObject) (api.ListCardsResponseObject, error) {
	accounts, err := h.svc.Accounts(ctx, borrower(ctx))
	if err != nil {
		return nil, err
	}
	code, message, token := h.stamp.OK()
	return api.ListCards200JSONResponse{Code: code, Message: message, Token: token, Data: wire.ManagerCards(accounts)}, nil
}

// GetCardBindAmount serves GET /bank/card/bind/amount.
func (h *bankHandlers) GetCardBindAmount(ctx context.Context, r api.GetCardBindAmountRequestObject) (api.GetCardBindAmountResponseObject, error) {
	id, err := wire.ParseOptionalID("cardId", r.Params.CardID)
	if err != nil {
		return nil, err
	}
	binding, err := h.svc.OpenBinding(ctx, borrower(ctx), id)
	if err != nil {
		return nil, err
	}
	return api.GetCardBindAmount200JSONResponse(h.binding(binding)), nil
}

// VerifyCardBind serves GET /bank/card/bind/verify.
func (h *bankHandlers) VerifyCardBind(ctx context.Context, r api.VerifyCardBindRequestObject) (api.VerifyCardBindResponseObject, error) {
	binding, err := h.svc.VerifyBinding(ctx, borrower(ctx), r.Params.Reference)
	if err != nil {
		return nil, err
	}
	return api.VerifyCardBind200JSONResponse(h.binding(binding)), nil
}

// binding is the answer about a card check. Why one ended without a card is said in the envelope's sentence.
func (h *bankHandlers) binding(b onboarding.Binding) api.CardBindResponse {
	code, message, token := h.stamp.OK()
	if b.Message != "" {
		message = b.Message
	}
	return api.CardBindResponse{Code: code, Message: message, Token: token, Data: wire.CardBind(b)}
}
