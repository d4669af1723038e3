package backoffice

import (
	"context"

	"github.com/creditpocket/creditpocket/internal/money"
	"github.com/creditpocket/creditpocket/internal/store"
)

// Budgets lists what brands may approve a day, and how far today has come. It returns BRAND_FORBIDDEN.
func (s *Service) Budgets(ctx context.Context, by Actor, brand string) ([]store.BrandBudget, error) {
	brand, err := by.scope(brand)
	if err != nil {
		return nil, err
	}
	return s.store.BrandBudgets(ctx, brand)
}

// SetBudget sets what a brand may approve a day in Lagos, in kobo; nil takes the limit away. It holds from the next decision on. It
// returns BRAND_FORBIDDEN, and VALIDATION_FAILED for an unknown brand.
func (s *Service) SetBudget(ctx context.Context, by Actor, key, brand string, daily *money.Kobo, reason string) (Done[store.BrandBudget], error) {
	if err := s.mayImport(ctx, by, brand); err != nil {
		return Done[store.BrandBudget]{}, err
	}
	return act(ctx, s, order{by, "setBudget", key, reason, []any{brand, daily}}, func(ctx context.Context, tx *store.Tx, n *note) (store.BrandBudget, error) {
		if _, err := tx.LockBudget(ctx, brand); err != nil {
			return store.BrandBudget{}, err
		}
		before, err := tx.BrandBudgets(ctx, brand)
		if err != nil {
			return store.BrandBudget{}, err
		}
		if err := tx.SetDailyBudget(ctx, brand, daily); err != nil {
			return store.BrandBudget{}, err
		}
		after, err := tx.BrandBudgets(ctx, brand)
		if err != nil || len(before) != 1 || len(after) != 1 {
			return store.BrandBudget{}, err
		}
		n.subject, n.brand = "brand:"+brand, brand
		n.change("dailyBudget", budgetText(before[0]), budgetText(after[0]))
		return after[0], nil
	})
}

func budgetText(b store.BrandBudget) string {
	if !b.Limited {
		return "no limit"
	}
	return b.Daily.Wire()
}
