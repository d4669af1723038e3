package server

import (
	"context"

	"github.com/creditpocket/creditpocket/gen/opsapi"
	"github.com/creditpocket/creditpocket/internal/backoffice"
	"github.com/creditpocket/creditpocket/internal/opswire"
	"github.com/creditpocket/creditpocket/internal/wire"
)

// opsRuleHandlers serves the operations about products, decision rules, alerts and the audit trail.
type opsRuleHandlers struct{ opsDesk }

// ListProducts serves GET /products.
func (h *opsRuleHandlers) ListProducts(ctx context.Context, r opsapi.ListProductsRequestObject) (opsapi.ListProductsResponseObject, error) {
	p, err := opswire.Page(r.Params.Brand, r.Params.Cursor, r.Params.Limit)
	if err != nil {
		return nil, err
	}
	rows, err := h.svc.Products(ctx, actor(ctx), p)
	if err != nil {
		return nil, err
	}
	code, message, token := h.stamp.OK()
	return opsapi.ListProducts200JSONResponse{Code: code, Message: message, Token: token, Data: opswire.Products(rows, p)}, nil
}

// ImportProduct serves POST /products.
func (h *opsRuleHandlers) ImportProduct(ctx context.Context, r opsapi.ImportProductRequestObject) (opsapi.ImportProductResponseObject, error) {
	in, err := opswire.ProductImport(*r.Body)
	if err != nil {
		return nil, err
	}
	var done backoffice.Done[backoffice.ProductVersion]
	if r.Body.CheckOnly != nil && *r.Body.CheckOnly {
		done.Value, err = h.svc.CheckProduct(ctx, actor(ctx), in)
	} else {
		done, err = h.svc.ImportProduct(ctx, actor(ctx), r.Params.IdempotencyKey, in)
	}
	if err != nil {
		return nil, err
	}
	code, message, token := h.stamp.OK()
	return opsapi.ImportProduct200JSONResponse{
		Headers: opsapi.ImportProduct200ResponseHeaders{IdempotencyReplayed: replayedHeader(done.Replayed)},
		Body:    opsapi.ProductVersionResponse{Code: code, Message: message, Token: token, Data: opswire.Product(done.Value)},
	}, nil
}

// ListRuleSets serves GET /rule-sets.
func (h *opsRuleHandlers) ListRuleSets(ctx context.Context, r opsapi.ListRuleSetsRequestObject) (opsapi.ListRuleSetsResponseObject, error) {
	p, err := opswire.Page(&r.Params.Brand, r.Params.Cursor, r.Params.Limit)
	if err != nil {
		return nil, err
	}
	rows, err := h.svc.RuleSets(ctx, actor(ctx), p)
	if err != nil {
		return nil, err
	}
	code, message, token := h.stamp.OK()
	return opsapi.ListRuleSets200JSONResponse{Code: code, Message: message, Token: token, Data: opswire.RuleSets(r.Params.Brand, rows, p)}, nil
}

// ImportRuleSet serves POST /rule-sets.
func (h *opsRuleHandlers) ImportRuleSet(ctx context.Context, r opsapi.ImportRuleSetRequestObject) (opsapi.ImportRuleSetResponseObject, error) {
	done, err := h.svc.ImportRuleSet(ctx, actor(ctx), r.Params.IdempotencyKey, r.Body.Brand, opswire.RuleSet(*r.Body), r.Body.Reason)
	if err != nil {
		return nil, err
	}
	code, message, token := h.stamp.OK()
	return opsapi.ImportRuleSet200JSONResponse{
		Headers: opsapi.ImportRuleSet200ResponseHeaders{IdempotencyReplayed: replayedHeader(done.Replayed)},
		Body:    opsapi.RuleSetVersionResponse{Code: code, Message: message, Token: token, Data: opswire.RuleSetVersion(r.Body.Brand, done.Value)},
	}, nil
}

// ReplayDecision serves GET /loans/{loanId}/decision/replay.
func (h *opsRuleHandlers) ReplayDecision(ctx context.Context, r opsapi.ReplayDecisionRequestObject) (opsapi.ReplayDecisionResponseObject, error) {
	id, err := opswire.ParseID("loanId", r.LoanID)
	if err != nil {
		return nil, err
	}
	replay, err := h.svc.ReplayDecision(ctx, actor(ctx), id, wire.Int(r.Params.Version))
	if err != nil {
		return nil, err
	}
	code, message, token := h.stamp.OK()
	return opsapi.ReplayDecision200JSONResponse{Code: code, Message: message, Token: token, Data: opswire.Replay(id, replay)}, nil
}

// ListAlerts serves GET /alerts.
func (h *opsRuleHandlers) ListAlerts(ctx context.Context, r opsapi.ListAlertsRequestObject) (opsapi.ListAlertsResponseObject, error) {
	p, err := opswire.Page(r.Params.Brand, r.Params.Cursor, r.Params.Limit)
	if err != nil {
		return nil, err
	}
	rows, err := h.svc.Alerts(ctx, actor(ctx), wire.Text(r.Params.Kind), opswire.WithResolved(r.Params.Scope), p)
	if err != nil {
		return nil, err
	}
	code, message, token := h.stamp.OK()
	return opsapi.ListAlerts200JSONResponse{Code: code, Message: message, Token: token, Data: opswire.Alerts(rows, p)}, nil
}

// ResolveAlert serves POST /alerts/{id}/resolve.
func (h *opsRuleHandlers) ResolveAlert(ctx context.Context, r opsapi.ResolveAlertRequestObject) (opsapi.ResolveAlertResponseObject, error) {
	id, err := opswire.ParseID("id", r.ID)
	if err != nil {
		return nil, err
	}
	done, err := h.svc.ResolveAlert(ctx, actor(ctx), r.Params.IdempotencyKey, id, r.Body.Reason)
	if err != nil {
		return nil, err
	}
	code, message, token := h.stamp.OK()
	return opsapi.ResolveAlert200JSONResponse{
		Headers: opsapi.ResolveAlert200ResponseHeaders{IdempotencyReplayed: replayedHeader(done.Replayed)},
		Body:    opsapi.AlertResponse{Code: code, Message: message, Token: token, Data: opswire.Alert(done.Value)},
	}, nil
}

// ListAudit serves GET /audit.
func (h *opsRuleHandlers) ListAudit(ctx context.Context, r opsapi.ListAuditRequestObject) (opsapi.ListAuditResponseObject, error) {
	p, err := opswire.Page(r.Params.Brand, r.Params.Cursor, r.Params.Limit)
	if err != nil {
		return nil, err
	}
	filter, err := opswire.TrailFilter(r.Params.OperatorID, r.Params.Subject)
	if err != nil {
		return nil, err
	}
	rows, err := h.svc.Trail(ctx, actor(ctx), filter, p)
	if err != nil {
		return nil, err
	}
	code, message, token := h.stamp.OK()
	return opsapi.ListAudit200JSONResponse{Code: code, Message: message, Token: token, Data: opswire.Trail(rows, p)}, nil
}
