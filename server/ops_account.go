package server

import (
	"context"

	"github.com/creditpocket/creditpocket/gen/opsapi"
	"github.com/creditpocket/creditpocket/internal/opswire"
)

// opsAccountHandlers serves the operations about borrowers' sessions, the export of what is kept, and the erasure.
type opsAccountHandlers struct{ opsDesk }

// ListBorrowerSessions serves GET /borrowers/{id}/sessions.
func (h *opsAccountHandlers) ListBorrowerSessions(ctx context.Context, r opsapi.ListBorrowerSessionsRequestObject) (opsapi.ListBorrowerSessionsResponseObject, error) {
	id, err := opswire.ParseID("id", r.ID)
	if err != nil {
		return nil, err
	}
	open, err := h.svc.Sessions(ctx, actor(ctx), id)
	if err != nil {
		return nil, err
	}
	code, message, token := h.stamp.OK()
	return opsapi.ListBorrowerSessions200JSONResponse{Code: code, Message: message, Token: token, Data: opswire.Sessions(open)}, nil
}

// EndBorrowerSessions serves POST /borrowers/{id}/sessions/end.
func (h *opsAccountHandlers) EndBorrowerSessions(ctx context.Context, r opsapi.EndBorrowerSessionsRequestObject) (opsapi.EndBorrowerSessionsResponseObject, error) {
	id, session, err := opswire.SessionsEnd(r.ID, *r.Body)
	if err != nil {
		return nil, err
	}
	done, err := h.svc.EndSessions(ctx, actor(ctx), r.Params.IdempotencyKey, id, session, r.Body.Reason)
	if err != nil {
		return nil, err
	}
	code, message, token := h.stamp.OK()
	return opsapi.EndBorrowerSessions200JSONResponse{
		Headers: opsapi.EndBorrowerSessions200ResponseHeaders{IdempotencyReplayed: replayedHeader(done.Replayed)},
		Body:    opsapi.BorrowerSessionsResponse{Code: code, Message: message, Token: token, Data: opswire.Sessions(done.Value)},
	}, nil
}

// ExportBorrower serves POST /borrowers/{id}/export.
func (h *opsAccountHandlers) ExportBorrower(ctx context.Context, r opsapi.ExportBorrowerRequestObject) (opsapi.ExportBorrowerResponseObject, error) {
	id, err := opswire.ParseID("id", r.ID)
	if err != nil {
		return nil, err
	}
	sections, at, err := h.svc.Export(ctx, actor(ctx), id, r.Body.Reason)
	if err != nil {
		return nil, err
	}
	code, message, token := h.stamp.OK()
	return opsapi.ExportBorrower200JSONResponse{Code: code, Message: message, Token: token, Data: opswire.Export(sections, at)}, nil
}

// EraseBorrower serves POST /borrowers/{id}/erase.
func (h *opsAccountHandlers) EraseBorrower(ctx context.Context, r opsapi.EraseBorrowerRequestObject) (opsapi.EraseBorrowerResponseObject, error) {
	id, err := opswire.ParseID("id", r.ID)
	if err != nil {
		return nil, err
	}
	done, err := h.svc.EraseBorrower(ctx, actor(ctx), r.Params.IdempotencyKey, id, r.Body.Reason)
	if err != nil {
		return nil, err
	}
	code, message, token := h.stamp.OK()
	return opsapi.EraseBorrower200JSONResponse{
		Headers: opsapi.EraseBorrower200ResponseHeaders{IdempotencyReplayed: replayedHeader(done.Replayed)},
		Body:    opsapi.BorrowerErasureResponse{Code: code, Message: message, Token: token, Data: opswire.Erasure(done.Value)},
	}, nil
}
