package backoffice

import (
	"context"

	"github.com/creditpocket/creditpocket/gen/catalog"
	"github.com/creditpocket/creditpocket/internal/fault"
	"github.com/creditpocket/creditpocket/internal/store"
)

// Breaks lists breaks in a state (all for below 0), oldest first. They belong to the deployment, as its balance at the gateway does: an
// operator of one brand gets BRAND_FORBIDDEN.
func (s *Service) Breaks(ctx context.Context, by Actor, state store.BreakState, p store.Page) ([]store.Break, error) {
	if by.Brand != "" {
		return nil, fault.New(catalog.BrandForbidden)
	}
	return s.store.Breaks(ctx, state, p)
}

// ResolveBreak closes a break that a person has explained. It returns BRAND_FORBIDDEN for an operator of one brand, RECORD_NOT_FOUND, and
// STATE_CONFLICT for one that is not open.
func (s *Service) ResolveBreak(ctx context.Context, by Actor, key string, id int64, reason string) (Done[store.Break], error) {
	if by.Brand != "" {
		return Done[store.Break]{}, fault.New(catalog.BrandForbidden)
	}
	return act(ctx, s, order{by, "resolveBreak", key, reason, id}, func(ctx context.Context, tx *store.Tx, n *note) (store.Break, error) {
		b, err := tx.Break(ctx, id)
		if err != nil {
			return b, orFault(err, catalog.RecordNotFound)
		}
		n.about("break", b.ID, "")
		n.change(b.Kind, "open", "resolved")
		n.change("reference", "", b.Object+" "+b.Reference)
		if err := tx.ResolveBreak(ctx, id, by.ID, reason); err != nil {
			return b, err
		}
		if err := tx.ResolveAlerts(ctx, "reconcile:"+b.Object+":"+b.Kind+":"+b.Reference); err != nil {
			return b, err
		}
		return tx.Break(ctx, id)
	})
}
