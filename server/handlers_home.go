package server

import (
	"context"

	"github.com/creditpocket/creditpocket/gen/api"
	"github.com/creditpocket/creditpocket/internal/origination"
	"github.com/creditpocket/creditpocket/internal/wire"
)

// homeHandlers serves the operations of the tag home.
type homeHandlers struct {
	svc   *origination.Service
	stamp Stamp
}

// GetHomeProducts serves GET /home/product, for borrowers and visitors.
func (h *homeHandlers) GetHomeProducts(ctx context.Context, _ api.GetHomeProductsRequestObject) (api.GetHomeProductsResponseObject, error) {
	who := principal(ctx)
	home, err := h.svc.Home(ctx, who.BorrowerID, who.Brand)
	if err != nil {
		return nil, err
	}
	code, message, token := h.stamp.OK()
	return api.GetHomeProducts200JSONResponse{Code: code, Message: message, Token: token, Data: wire.HomeProducts(home)}, nil
}

// ListRealtimeLoans serves GET /home/loan/realtime.
func (h *homeHandlers) ListRealtimeLoans(ctx context.Context, _ api.ListRealtimeLoansRequestObject) (api.ListRealtimeLoansResponseObject, error) {
	payouts, err := h.svc.RealtimeLoans(ctx, principal(ctx).Brand)
	if err != nil {
		return nil, err
	}
	code, message, token := h.stamp.OK()
	return api.ListRealtimeLoans200JSONResponse{Code: code, Message: message, Token: token, Data: wire.RealtimeLoans(payouts)}, nil
}

// GetHomeLastLoan serves GET /home/loan/last.
func (h *homeHandlers) GetHomeLastLoan(ctx context.Context, _ api.GetHomeLastLoanRequestObject) (api.GetHomeLastLoanResponseObject, error) {
	view, err := h.svc.LatestLoan(ctx, principal(ctx).BorrowerID)
	if err != nil {
		return nil, err
	}
	code, message, token := h.stamp.OK()
	return api.GetHomeLastLoan200JSONResponse{Code: code, Message: message, Token: token, Data: wire.Loan(view.Loan, view.At)}, nil
}

// GetHomeAuthStatus serves GET /home/auth/status.
func (h *homeHandlers) GetHomeAuthStatus(ctx context.Context, _ api.GetHomeAuthStatusRequestObject) (api.GetHomeAuthStatusResponseObject, error) {
	who := principal(ctx)
	status, err := h.svc.AuthStatus(ctx, who.BorrowerID, who.Brand)
	if err != nil {
		return nil, err
	}
	code, message, token := h.stamp.OK()
	return api.GetHomeAuthStatus200JSONResponse{Code: code, Message: message, Token: token, Data: wire.HomeAuthStatus(status)}, nil
}
