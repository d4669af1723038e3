package store

import (
	"context"

	"github.com/creditpocket/creditpocket/internal/clock"
	"github.com/creditpocket/creditpocket/internal/money"
)

// Budget is what a brand may still approve today.
type Budget struct {
	Limited bool
	Left    money.Kobo // of today's budget in Lagos, may be below zero; 0 without a limit
}

// LockBudget reads what is left of a brand's daily budget and, where there is one, lets no other decision of the brand look at it
// until this transaction ends: two approvals at once cannot spend the same kobo. It comes after every other lock.
func (t *Tx) LockBudget(ctx context.Context, brand string) (Budget, error) {
	var budget *int64
	err := t.idb.NewRaw(`SELECT daily_budget FROM brands WHERE code = ?`, brand).Scan(ctx, &budget)
	if err != nil || budget == nil {
		return Budget{}, fromTx(err)
	}
	// Weaker than FOR UPDATE, with which every new loan of the brand would wait for its foreign key.
	if err := t.idb.NewRaw(`SELECT daily_budget FROM brands WHERE code = ? FOR NO KEY UPDATE`, brand).Scan(ctx, &budget); err != nil || budget == nil {
		return Budget{}, fromTx(err)
	}
	spent, err := t.approvedOn(ctx, brand, clock.DateOf(t.now))
	return Budget{Limited: true, Left: money.Kobo(*budget) - spent}, err
}

// approvedOn is the principal that a brand approved on a day in Lagos; what came to nothing is not counted.
func (r reader) approvedOn(ctx context.Context, brand string, day clock.Date) (money.Kobo, error) {
	var spent int64
	err := r.idb.NewRaw(`SELECT coalesce(sum(principal), 0)::bigint FROM loans
		WHERE brand = ? AND approved_at >= ? AND approved_at < ? AND status NOT IN (41, 42, 61, 62, 63)`, brand, day.Start(), day.AddDays(1).Start()).Scan(ctx, &spent)
	return money.Kobo(spent), fromTx(err)
}

// BrandBudget is a brand's daily budget as it stands.
type BrandBudget struct {
	Brand   string
	Date    clock.Date // today in Lagos
	Limited bool
	Daily   money.Kobo // 0 without a limit
	Spent   money.Kobo // approved today
}

// BrandBudgets reads the budgets of all brands, or of one, by code. It takes no lock: the figures may have moved on.
func (r reader) BrandBudgets(ctx context.Context, brand string) ([]BrandBudget, error) {
	var rows []struct {
		Code        string
		DailyBudget *int64
	}
	if err := r.idb.NewRaw(`SELECT code, daily_budget FROM brands WHERE (?0 = '' OR code = ?0) ORDER BY code`, brand).Scan(ctx, &rows); err != nil {
		return nil, fromTx(err)
	}
	today := clock.DateOf(r.clk.Now())
	budgets := make([]BrandBudget, len(rows))
	for i, row := range rows {
		spent, err := r.approvedOn(ctx, row.Code, today)
		if err != nil {
			return nil, err
		}
		budgets[i] = BrandBudget{Brand: row.Code, Date: today, Limited: row.DailyBudget != nil, Spent: spent}
		if row.DailyBudget != nil {
			budgets[i].Daily = money.Kobo(*row.DailyBudget)
		}
	}
	return budgets, nil
}

// SetDailyBudget sets what a brand may approve a day in Lagos, in kobo; nil takes the limit away. ErrStale for an unknown brand.
func (t *Tx) SetDailyBudget(ctx context.Context, brand string, budget *money.Kobo) error {
	var amount *int64
	if budget != nil {
		kobo := int64(*budget)
		amount = &kobo
	}
	result, err := t.idb.NewRaw(`UPDATE brands SET daily_budget = ? WHERE code = ?`, amount, brand).Exec(ctx)
	return exactly(1, result, err)
}
