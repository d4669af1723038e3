package server

import (
	"context"

	"github.com/creditpocket/creditpocket/gen/api"
	"github.com/creditpocket/creditpocket/internal/access"
	"github.com/creditpocket/creditpocket/internal/wire"
)

// accountHandlers serves a borrower's sessions and password, the export of what is kept, and the erasure.
type accountHandlers struct {
	svc   *access.Service
	stamp Stamp
}

// confirmed tells whether a request came with the borrower's right password. It returns PASSWORD_REQUIRED for a wrong one; none is no.
func confirmed(ctx context.Context, svc *access.Service, password *string) (bool, error) {
	if password == nil {
		return false, nil
	}
	return true, svc.StepUp(ctx, principal(ctx).BorrowerID, access.Secret(*password))
}

// ListSessions serves GET /user/session/list.
func (h *accountHandlers) ListSessions(ctx context.Context, _ api.ListSessionsRequestObject) (api.ListSessionsResponseObject, error) {
	p := principal(ctx)
	sessions, err := h.svc.Sessions(ctx, p.BorrowerID)
	if err != nil {
		return nil, err
	}
	code, message, token := h.stamp.OK()
	return api.ListSessions200JSONResponse{Code: code, Message: message, Token: token, Data: wire.SessionList(sessions, p.SessionID)}, nil
}

// RevokeSession serves POST /user/session/revoke.
func (h *accountHandlers) RevokeSession(ctx context.Context, r api.RevokeSessionRequestObject) (api.RevokeSessionResponseObject, error) {
	p := principal(ctx)
	id, err := wire.ParseOptionalID("id", r.Body.ID)
	if err != nil {
		return nil, err
	}
	left, err := h.svc.EndSession(ctx, p.BorrowerID, p.SessionID, id)
	if err != nil {
		return nil, err
	}
	code, message, token := h.stamp.OK()
	return api.RevokeSession200JSONResponse{Code: code, Message: message, Token: token, Data: wire.SessionList(left, p.SessionID)}, nil
}

// RefreshSession serves POST /user/session/refresh.
func (h *accountHandlers) RefreshSession(ctx context.Context, _ api.RefreshSessionRequestObject) (api.RefreshSessionResponseObject, error) {
	p := principal(ctx)
	refreshed, err := h.svc.Refresh(ctx, p.BorrowerID, p.SessionID, p.Token)
	if err != nil {
		return nil, err
	}
	code, message, token := h.stamp.OK()
	return api.RefreshSession200JSONResponse{Code: code, Message: message, Token: token, Data: wire.SessionToken(refreshed)}, nil
}

// ChangePassword serves POST /user/password/change.
func (h *accountHandlers) ChangePassword(ctx context.Context, r api.ChangePasswordRequestObject) (api.ChangePasswordResponseObject, error) {
	p := principal(ctx)
	left, err := h.svc.ChangePassword(ctx, access.PasswordChange{Borrower: p.BorrowerID, Session: p.SessionID, Brand: p.Brand,
		Password: access.Secret(r.Body.Password), New: access.Secret(r.Body.NewPassword), RequestID: request(ctx).ID})
	if err != nil {
		return nil, err
	}
	code, message, token := h.stamp.OK()
	return api.ChangePassword200JSONResponse{Code: code, Message: message, Token: token, Data: wire.SessionList(left, p.SessionID)}, nil
}

// ExportUser serves GET /user/export.
func (h *accountHandlers) ExportUser(ctx context.Context, _ api.ExportUserRequestObject) (api.ExportUserResponseObject, error) {
	p := principal(ctx)
	sections, err := h.svc.Export(ctx, p.BorrowerID, p.Brand, request(ctx).ID)
	if err != nil {
		return nil, err
	}
	code, message, token := h.stamp.OK()
	return api.ExportUser200JSONResponse{Code: code, Message: message, Token: token, Data: wire.UserExport(sections, h.stamp.clock.Now())}, nil
}

// EraseUser serves POST /user/erase.
func (h *accountHandlers) EraseUser(ctx context.Context, r api.EraseUserRequestObject) (api.EraseUserResponseObject, error) {
	p := principal(ctx)
	if err := h.svc.StepUp(ctx, p.BorrowerID, access.Secret(wire.Text(r.Body.Password))); err != nil {
		return nil, err
	}
	err := h.svc.Erase(ctx, access.Erasure{Borrower: p.BorrowerID, Brand: p.Brand, By: "the borrower", Reason: "the borrower's request", RequestID: request(ctx).ID})
	if err != nil {
		return nil, err
	}
	code, message, token := h.stamp.OK()
	return api.EraseUser200JSONResponse{Code: code, Message: message, Token: token, Data: wire.Accepted()}, nil
}
