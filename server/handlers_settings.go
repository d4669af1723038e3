package server

import (
	"context"

	"github.com/creditpocket/creditpocket/gen/api"
	"github.com/creditpocket/creditpocket/internal/wire"
)

// GetUserSetting serves GET /user/setting.
func (h *userHandlers) GetUserSetting(ctx context.Context, _ api.GetUserSettingRequestObject) (api.GetUserSettingResponseObject, error) {
	settings, err := h.svc.Settings(ctx, borrower(ctx))
	if err != nil {
		return nil, err
	}
	code, message, token := h.stamp.OK()
	return api.GetUserSetting200JSONResponse{Code: code, Message: message, Token: token, Data: wire.UserSetting(settings)}, nil
}

// SaveUserSetting serves POST /user/setting.
func (h *userHandlers) SaveUserSetting(ctx context.Context, r api.SaveUserSettingRequestObject) (api.SaveUserSettingResponseObject, error) {
	settings, err := h.svc.SaveSettings(ctx, borrower(ctx), wire.SettingsChange(*r.Body))
	if err != nil {
		return nil, err
	}
	code, message, token := h.stamp.OK()
	return api.SaveUserSetting200JSONResponse{Code: code, Message: message, Token: token, Data: wire.UserSetting(settings)}, nil
}

// SubscribeTopic serves POST /user/topic.
func (h *userHandlers) SubscribeTopic(ctx context.Context, r api.SubscribeTopicRequestObject) (api.SubscribeTopicResponseObject, error) {
	topic, err := wire.PushTopic(*r.Body)
	if err != nil {
		return nil, err
	}
	if err := h.svc.Subscribe(ctx, borrower(ctx), topic); err != nil {
		return nil, err
	}
	code, message, token := h.stamp.OK()
	return api.SubscribeTopic200JSONResponse{Code: code, Message: message, Token: token, Data: wire.Accepted()}, nil
}

// ListConsents serves GET /user/consent.
func (h *userHandlers) ListConsents(ctx context.Context, _ api.ListConsentsRequestObject) (api.ListConsentsResponseObject, error) {
	consents, err := h.svc.Consents(ctx, borrower(ctx))
	if err != nil {
		return nil, err
	}
	code, message, token := h.stamp.OK()
	return api.ListConsents200JSONResponse{Code: code, Message: message, Token: token, Data: wire.Consents(consents)}, nil
}

// SaveConsent serves POST /user/consent.
func (h *userHandlers) SaveConsent(ctx context.Context, r api.SaveConsentRequestObject) (api.SaveConsentResponseObject, error) {
	consent, err := h.svc.SaveConsent(ctx, borrower(ctx), string(r.Body.Purpose), r.Body.PolicyVersion, r.Body.Granted == 1)
	if err != nil {
		return nil, err
	}
	code, message, token := h.stamp.OK()
	return api.SaveConsent200JSONResponse{Code: code, Message: message, Token: token, Data: wire.Consent(consent)}, nil
}
