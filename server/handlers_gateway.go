package server

import (
	"context"

	"github.com/creditpocket/creditpocket/gen/api"
	"github.com/creditpocket/creditpocket/internal/fault"
	"github.com/creditpocket/creditpocket/internal/servicing"
	"github.com/creditpocket/creditpocket/internal/wire"
)

// gatewayHandlers takes the gateway's events.
type gatewayHandlers struct {
	svc   *servicing.Service
	parse func(raw []byte) (servicing.Event, error)
	stamp Stamp
}

// ReceivePaystackEvent serves POST /gateway/paystack/webhook. The signature over the raw body was verified before.
func (h *gatewayHandlers) ReceivePaystackEvent(ctx context.Context, _ api.ReceivePaystackEventRequestObject) (api.ReceivePaystackEventResponseObject, error) {
	event, err := h.parse(request(ctx).RawBody)
	if err != nil {
		return nil, fault.Invalid("data", "must be the object that the event is about").WithCause(err)
	}
	if err := h.svc.ReceiveEvent(ctx, event); err != nil {
		return nil, err
	}
	code, message, token := h.stamp.OK()
	return api.ReceivePaystackEvent200JSONResponse{Code: code, Message: message, Token: token, Data: wire.Accepted()}, nil
}
