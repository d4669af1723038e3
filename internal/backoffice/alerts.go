package backoffice

import (
	"context"

	"github.com/creditpocket/creditpocket/gen/catalog"
	"github.com/creditpocket/creditpocket/internal/store"
)

// Alerts lists alerts of a kind (all kinds for ""), oldest first. Those of the deployment itself have no brand: an operator of one
// brand does not see them. It returns BRAND_FORBIDDEN.
func (s *Service) Alerts(ctx context.Context, by Actor, kind string, resolved bool, p store.Page) ([]store.AlertRecord, error) {
	p, err := by.page(p)
	if err != nil {
		return nil, err
	}
	return s.store.AlertRecords(ctx, kind, resolved, p)
}

// ResolveAlert marks an alert as resolved. It returns RECORD_NOT_FOUND, and STATE_CONFLICT for one that is resolved.
func (s *Service) ResolveAlert(ctx context.Context, by Actor, key string, id int64, reason string) (Done[store.AlertRecord], error) {
	return act(ctx, s, order{by, "resolveAlert", key, reason, id}, func(ctx context.Context, tx *store.Tx, n *note) (store.AlertRecord, error) {
		a, err := tx.AlertRecord(ctx, id)
		if err == nil && !by.sees(a.Brand) {
			err = store.ErrNotFound
		}
		if err != nil {
			return a, orFault(err, catalog.RecordNotFound)
		}
		n.about("alert", a.ID, a.Brand)
		n.change(a.Kind, "open", "resolved")
		if err := tx.ResolveAlert(ctx, id); err != nil {
			return a, err
		}
		a.ResolvedAt = tx.Now()
		return a, nil
	})
}
