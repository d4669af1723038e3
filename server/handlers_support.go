package server

import (
	"context"

	"github.com/creditpocket/creditpocket/gen/api"
	"github.com/creditpocket/creditpocket/internal/support"
	"github.com/creditpocket/creditpocket/internal/wire"
)

// supportHandlers serves the operations of the tag support.
type supportHandlers struct {
	svc   *support.Service
	stamp Stamp
}

// ListHotQuestions serves POST /support/question/hot.
func (h *supportHandlers) ListHotQuestions(ctx context.Context, r api.ListHotQuestionsRequestObject) (api.ListHotQuestionsResponseObject, error) {
	category, limit := wire.HotQuestionQuery(r.Body)
	questions, err := h.svc.HotQuestions(ctx, principal(ctx).Brand, category, limit)
	if err != nil {
		return nil, err
	}
	code, message, token := h.stamp.OK()
	return api.ListHotQuestions200JSONResponse{Code: code, Message: message, Token: token, Data: wire.HotQuestions(questions)}, nil
}

// ListSupportPhones serves GET /support/phone/list.
func (h *supportHandlers) ListSupportPhones(ctx context.Context, _ api.ListSupportPhonesRequestObject) (api.ListSupportPhonesResponseObject, error) {
	phones, err := h.svc.Phones(ctx, principal(ctx).Brand)
	if err != nil {
		return nil, err
	}
	code, message, token := h.stamp.OK()
	return api.ListSupportPhones200JSONResponse{Code: code, Message: message, Token: token, Data: wire.SupportPhones(phones)}, nil
}

// GetSupportEmail serves GET /support/email.
func (h *supportHandlers) GetSupportEmail(ctx context.Context, _ api.GetSupportEmailRequestObject) (api.GetSupportEmailResponseObject, error) {
	email, err := h.svc.Email(ctx, principal(ctx).Brand)
	if err != nil {
		return nil, err
	}
	code, message, token := h.stamp.OK()
	return api.GetSupportEmail200JSONResponse{Code: code, Message: message, Token: token, Data: wire.SupportEmail(email)}, nil
}
