package onboarding

import (
	"context"

	"github.com/creditpocket/creditpocket/gen/catalog"
	"github.com/creditpocket/creditpocket/internal/fault"
	"github.com/creditpocket/creditpocket/internal/store"
)

// SaveWork writes where the borrower's money comes from, in place of what was there. It returns DICT_VALUE_UNKNOWN for an income
// band that is not in the dictionary.
func (s *Service) SaveWork(ctx context.Context, who Subject, w store.WorkInfo) (store.Readiness, error) {
	w.BorrowerID = who.Borrower
	return s.save(ctx, who, func(ctx context.Context, tx *store.Tx) error {
		if _, err := tx.IncomeBand(ctx, w.IncomeCode); err != nil {
			return unknownWord(err, "incomeCode")
		}
		return tx.SaveWorkInfo(ctx, w)
	})
}

// SaveMore writes the further information, in place of what was there. It returns DICT_VALUE_UNKNOWN for a state that is not in
// the dictionary of cities.
func (s *Service) SaveMore(ctx context.Context, who Subject, m store.MoreInfo) (store.Readiness, error) {
	m.BorrowerID = who.Borrower
	return s.save(ctx, who, func(ctx context.Context, tx *store.Tx) error {
		if m.StateCode != "" {
			known, err := tx.HasState(ctx, m.StateCode)
			if err != nil {
				return err
			}
			if !known {
				return fault.New(catalog.DictValueUnknown).WithField("stateCode", "must be a code of the dictionary")
			}
		}
		return tx.SaveMoreInfo(ctx, m)
	})
}
