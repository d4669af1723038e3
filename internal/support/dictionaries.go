package support

import (
	"context"

	"github.com/creditpocket/creditpocket/internal/store"
)

// Cities lists the cities of a state by its ISO 3166-2:NG code, all for ""; an unknown state has none.
func (s *Service) Cities(ctx context.Context, state string) ([]store.City, error) {
	return s.store.Cities(ctx, state)
}

// IncomeBands lists the bands of monthly income, lowest first.
func (s *Service) IncomeBands(ctx context.Context) ([]store.IncomeBand, error) {
	return s.store.IncomeBands(ctx)
}

// Banks lists the banks that accounts can be held at, in the order to show them.
func (s *Service) Banks(ctx context.Context) ([]store.Bank, error) { return s.store.Banks(ctx) }
