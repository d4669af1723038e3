package server

import (
	"context"

	"github.com/creditpocket/creditpocket/gen/api"
	"github.com/creditpocket/creditpocket/internal/support"
	"github.com/creditpocket/creditpocket/internal/wire"
)

// dictHandlers serves the operations of the tag dict.
type dictHandlers struct {
	svc   *support.Service
	stamp Stamp
}

// ListCities serves GET /dict/city/list.
func (h *dictHandlers) ListCities(ctx context.Context, r api.ListCitiesRequestObject) (api.ListCitiesResponseObject, error) {
	cities, err := h.svc.Cities(ctx, wire.Text(r.Params.State))
	if err != nil {
		return nil, err
	}
	code, message, token := h.stamp.OK()
	return api.ListCities200JSONResponse{Code: code, Message: message, Token: token, Data: wire.Cities(cities)}, nil
}

// ListIncomeBands serves GET /dict/income/list.
func (h *dictHandlers) ListIncomeBands(ctx context.Context, _ api.ListIncomeBandsRequestObject) (api.ListIncomeBandsResponseObject, error) {
	bands, err := h.svc.IncomeBands(ctx)
	if err != nil {
		return nil, err
	}
	code, message, token := h.stamp.OK()
	return api.ListIncomeBands200JSONResponse{Code: code, Message: message, Token: token, Data: wire.IncomeBands(bands)}, nil
}
