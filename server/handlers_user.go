package server

import (
	"context"

	"github.com/creditpocket/creditpocket/gen/api"
	"github.com/creditpocket/creditpocket/internal/access"
	"github.com/creditpocket/creditpocket/internal/onboarding"
	"github.com/creditpocket/creditpocket/internal/store"
	"github.com/creditpocket/creditpocket/internal/wire"
)

// userHandlers serves the operations of the tag user.
type userHandlers struct {
	svc    *onboarding.Service
	access *access.Service
	stamp  Stamp
}

// borrower is who the session belongs to.
func borrower(ctx context.Context) onboarding.Subject {
	p := principal(ctx)
	return onboarding.Subject{Borrower: p.BorrowerID, Brand: p.Brand}
}

// status is the answer of everything that changes a part of the profile.
func (h *userHandlers) status(r store.Readiness) api.InfoStatusResponse {
	code, message, token := h.stamp.OK()
	return api.InfoStatusResponse{Code: code, Message: message, Token: token, Data: wire.InfoStatus(r)}
}

// SaveBasicInfo serves POST /user/info/basic.
func (h *userHandlers) SaveBasicInfo(ctx context.Context, r api.SaveBasicInfoRequestObject) (api.SaveBasicInfoResponseObject, error) {
	basic, err := wire.BasicInfo(*r.Body)
	if err != nil {
		return nil, err
	}
	after, err := h.svc.SaveBasic(ctx, borrower(ctx), basic)
	if err != nil {
		return nil, err
	}
	return api.SaveBasicInfo200JSONResponse(h.status(after)), nil
}

// SaveWorkInfo serves POST /user/info/work.
func (h *userHandlers) SaveWorkInfo(ctx context.Context, r api.SaveWorkInfoRequestObject) (api.SaveWorkInfoResponseObject, error) {
	work, err := wire.WorkInfo(*r.Body)
	if err != nil {
		return nil, err
	}
	after, err := h.svc.SaveWork(ctx, borrower(ctx), work)
	if err != nil {
		return nil, err
	}
	return api.SaveWorkInfo200JSONResponse(h.status(after)), nil
}

// SaveMoreInfo serves POST /user/info/more.
func (h *userHandlers) SaveMoreInfo(ctx context.Context, r api.SaveMoreInfoRequestObject) (api.SaveMoreInfoResponseObject, error) {
	more, err := wire.MoreInfo(*r.Body)
	if err != nil {
		return nil, err
	}
	after, err := h.svc.SaveMore(ctx, borrower(ctx), more)
	if err != nil {
		return nil, err
	}
	return api.SaveMoreInfo200JSONResponse(h.status(after)), nil
}

// SaveEmergencyContacts serves POST /user/contact/emergency.
func (h *userHandlers) SaveEmergencyContacts(ctx context.Context, r api.SaveEmergencyContactsRequestObject) (api.SaveEmergencyContactsResponseObject, error) {
	contacts, err := wire.EmergencyContacts(*r.Body)
	if err != nil {
		return nil, err
	}
	after, err := h.svc.SaveContacts(ctx, borrower(ctx), contacts)
	if err != nil {
		return nil, err
	}
	return api.SaveEmergencyContacts200JSONResponse(h.status(after)), nil
}

// GetInfoStatus serves GET /user/info/status.
func (h *userHandlers) GetInfoStatus(ctx context.Context, _ api.GetInfoStatusRequestObject) (api.GetInfoStatusResponseObject, error) {
	now, err := h.svc.Status(ctx, borrower(ctx))
	if err != nil {
		return nil, err
	}
	return api.GetInfoStatus200JSONResponse(h.status(now)), nil
}

// GetUserInfo serves GET /user/info.
func (h *userHandlers) GetUserInfo(ctx context.Context, _ api.GetUserInfoRequestObject) (api.GetUserInfoResponseObject, error) {
	info, err := h.svc.UserInfo(ctx, borrower(ctx))
	if err != nil {
		return nil, err
	}
	code, message, token := h.stamp.OK()
	return api.GetUserInfo200JSONResponse{Code: code, Message: message, Token: token, Data: wire.UserInfo(info)}, nil
}

// GetCreditInfo serves GET /user/credit.
func (h *userHandlers) GetCreditInfo(ctx context.Context, _ api.GetCreditInfoRequestObject) (api.GetCreditInfoResponseObject, error) {
	credit, err := h.svc.Credit(ctx, borrower(ctx))
	if err != nil {
		return nil, err
	}
	code, message, token := h.stamp.OK()
	return api.GetCreditInfo200JSONResponse{Code: code, Message: message, Token: token, Data: wire.CreditInfo(credit)}, nil
}

// SaveBankAccount serves POST /user/bank/simple.
func (h *userHandlers) SaveBankAccount(ctx context.Context, r api.SaveBankAccountRequestObject) (api.SaveBankAccountResponseObject, error) {
	account := wire.BankAccountInfo(*r.Body, r.Params.IdempotencyKey)
	var err error
	if account.Confirmed, err = confirmed(ctx, h.access, r.Body.Password); err != nil {
		return nil, err
	}
	done, err := h.svc.SaveAccount(ctx, borrower(ctx), account)
	if err != nil {
		return nil, err
	}
	code, message, token := h.stamp.OK()
	return api.SaveBankAccount200JSONResponse{
		Headers: api.SaveBankAccount200ResponseHeaders{IdempotencyReplayed: replayedHeader(done.Replayed)},
		Body:    api.ManagerCardResponse{Code: code, Message: message, Token: token, Data: wire.ManagerCard(done.Value)},
	}, nil
}

// EnsureTransferRecipient serves POST /user/transfer/recipient.
func (h *userHandlers) EnsureTransferRecipient(ctx context.Context, r api.EnsureTransferRecipientRequestObject) (api.EnsureTransferRecipientResponseObject, error) {
	id, err := wire.ParseOptionalID("cardId", r.Body.CardID)
	if err != nil {
		return nil, err
	}
	done, err := h.svc.EnsureRecipient(ctx, borrower(ctx), id, wire.Text(r.Params.IdempotencyKey))
	if err != nil {
		return nil, err
	}
	code, message, token := h.stamp.OK()
	return api.EnsureTransferRecipient200JSONResponse{
		Headers: api.EnsureTransferRecipient200ResponseHeaders{IdempotencyReplayed: replayedHeader(done.Replayed)},
		Body:    api.TransferRecipientResponse{Code: code, Message: message, Token: token, Data: wire.TransferRecipient(done.Value)},
	}, nil
}
