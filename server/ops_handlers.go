package server

import (
	"context"

	"github.com/creditpocket/creditpocket/gen/opsapi"
	"github.com/creditpocket/creditpocket/internal/backoffice"
)

// opsHandlers is every operation of the operators' contract: each group's handlers serve their own, and the embedding puts them
// together.
type opsHandlers struct {
	opsReviewHandlers
	opsLoanHandlers
	opsMoneyHandlers
	opsRuleHandlers
	opsBorrowerHandlers
	opsReliefHandlers
	opsAccountHandlers
}

// opsDesk is what all groups work with.
type opsDesk struct {
	svc   *backoffice.Service
	stamp Stamp
}

// NewOpsHandlers puts the handlers of all operations of the operators' contract together.
func NewOpsHandlers(svc *backoffice.Service, stamp Stamp) opsapi.StrictServerInterface {
	d := opsDesk{svc, stamp}
	return &opsHandlers{opsReviewHandlers{d}, opsLoanHandlers{d}, opsMoneyHandlers{d}, opsRuleHandlers{d}, opsBorrowerHandlers{d}, opsReliefHandlers{d}, opsAccountHandlers{d}}
}

// actor is the member of the staff whom a request acts for. Handlers take it from here and from nowhere else.
func actor(ctx context.Context) backoffice.Actor {
	o := operator(ctx)
	return backoffice.Actor{ID: o.ID, Name: o.Name, Role: backoffice.Role(o.Role), Brand: o.Brand, ExpiresAt: o.ExpiresAt, RequestID: request(ctx).ID}
}
