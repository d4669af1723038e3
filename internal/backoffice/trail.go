package backoffice

import (
	"context"

	"github.com/creditpocket/creditpocket/internal/store"
)

// Trail lists acts, newest first. It returns BRAND_FORBIDDEN.
func (s *Service) Trail(ctx context.Context, by Actor, f store.TrailFilter, p store.Page) ([]store.TrailEntry, error) {
	p, err := by.page(p)
	if err != nil {
		return nil, err
	}
	return s.store.Trail(ctx, f, p)
}
