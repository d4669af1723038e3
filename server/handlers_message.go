package server

import (
	"context"

	"github.com/creditpocket/creditpocket/gen/api"
	"github.com/creditpocket/creditpocket/internal/messaging"
	"github.com/creditpocket/creditpocket/internal/wire"
)

// messageHandlers serves the operations of the tag message.
type messageHandlers struct {
	svc   *messaging.Service
	stamp Stamp
}

// ListMessages serves GET /message/page.
func (h *messageHandlers) ListMessages(ctx context.Context, r api.ListMessagesRequestObject) (api.ListMessagesResponseObject, error) {
	page, err := h.svc.Read(ctx, principal(ctx).BorrowerID, wire.MessageQuery(r.Params))
	if err != nil {
		return nil, err
	}
	code, message, token := h.stamp.OK()
	return api.ListMessages200JSONResponse{Code: code, Message: message, Token: token, Data: wire.MessagePage(page)}, nil
}
