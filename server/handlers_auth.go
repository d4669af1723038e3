package server

import (
	"context"

	"github.com/creditpocket/creditpocket/gen/api"
	"github.com/creditpocket/creditpocket/internal/access"
	"github.com/creditpocket/creditpocket/internal/wire"
)

// authHandlers serves the operations of the tag auth.
type authHandlers struct {
	svc   *access.Service
	stamp Stamp
}

// Login serves POST /user/login.
func (h *authHandlers) Login(ctx context.Context, r api.LoginRequestObject) (api.LoginResponseObject, error) {
	in, err := wire.Login(principal(ctx).Brand, *r.Body)
	if err != nil {
		return nil, err
	}
	opened, err := h.svc.Login(ctx, in)
	if err != nil {
		return nil, err
	}
	code, message, token := h.stamp.OK()
	return api.Login200JSONResponse{Code: code, Message: message, Token: token, Data: wire.UserVo(opened)}, nil
}

// Register serves POST /user/register.
func (h *authHandlers) Register(ctx context.Context, r api.RegisterRequestObject) (api.RegisterResponseObject, error) {
	in, err := wire.Registration(principal(ctx).Brand, *r.Body, r.Params.IdempotencyKey)
	if err != nil {
		return nil, err
	}
	opened, err := h.svc.Register(ctx, in)
	if err != nil {
		return nil, err
	}
	var headers api.Register200ResponseHeaders
	if opened.Replayed {
		replayed := "true"
		headers.IdempotencyReplayed = &replayed
	}
	code, message, token := h.stamp.OK()
	return api.Register200JSONResponse{Headers: headers,
		Body: api.UserVoResponse{Code: code, Message: message, Token: token, Data: wire.UserVo(opened)}}, nil
}

// CheckLogin serves GET /user/login/check. Who is no visitor has shown a live session.
func (h *authHandlers) CheckLogin(ctx context.Context, _ api.CheckLoginRequestObject) (api.CheckLoginResponseObject, error) {
	p := principal(ctx)
	state, err := h.svc.CheckLogin(ctx, p.BorrowerID, p.SessionID)
	if err != nil {
		return nil, err
	}
	code, message, token := h.stamp.OK()
	return api.CheckLogin200JSONResponse{Code: code, Message: message, Token: token, Data: wire.LoginState(p.BorrowerID, state)}, nil
}

// Logout serves GET /user/logout.
func (h *authHandlers) Logout(ctx context.Context, _ api.LogoutRequestObject) (api.LogoutResponseObject, error) {
	answer, err := h.logout(ctx)
	return api.Logout200JSONResponse(answer), err
}

// PostLogout serves POST /user/logout.
func (h *authHandlers) PostLogout(ctx context.Context, _ api.PostLogoutRequestObject) (api.PostLogoutResponseObject, error) {
	answer, err := h.logout(ctx)
	return api.PostLogout200JSONResponse(answer), err
}

// logout ends the session, unless a browser or proxy asks ahead of its user, who may never click.
func (h *authHandlers) logout(ctx context.Context) (api.LogoutResultResponse, error) {
	if !request(ctx).Prefetch {
		p := principal(ctx)
		if err := h.svc.Logout(ctx, p.BorrowerID, p.SessionID); err != nil {
			return api.LogoutResultResponse{}, err
		}
	}
	code, message, token := h.stamp.OK()
	return api.LogoutResultResponse{Code: code, Message: message, Token: token, Data: api.LogoutResult{Logout: 1}}, nil
}

// SendCode serves POST /sms/send.
func (h *authHandlers) SendCode(ctx context.Context, r api.SendCodeRequestObject) (api.SendCodeResponseObject, error) {
	mobile, err := wire.ParseMobile("mobile", r.Body.Mobile)
	if err != nil {
		return nil, err
	}
	sent, err := h.svc.SendCode(ctx, principal(ctx).Brand, mobile, int(r.Body.Purpose))
	if err != nil {
		return nil, err
	}
	code, message, token := h.stamp.OK()
	return api.SendCode200JSONResponse{Code: code, Message: message, Token: token, Data: wire.CodeSent(sent)}, nil
}

// CheckCode serves POST /sms/check.
func (h *authHandlers) CheckCode(ctx context.Context, r api.CheckCodeRequestObject) (api.CheckCodeResponseObject, error) {
	mobile, err := wire.ParseMobile("mobile", r.Body.Mobile)
	if err != nil {
		return nil, err
	}
	if err := h.svc.CheckCode(ctx, principal(ctx).Brand, mobile, int(r.Body.Purpose), access.Secret(r.Body.Code)); err != nil {
		return nil, err
	}
	code, message, token := h.stamp.OK()
	return api.CheckCode200JSONResponse{Code: code, Message: message, Token: token, Data: api.CodeCheck{Valid: 1}}, nil
}
