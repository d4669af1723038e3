package backoffice

import (
	"context"

	"github.com/creditpocket/creditpocket/internal/store"
)

// WrittenOff is a loan that was given up, with what came back of it in its balances.
type WrittenOff struct {
	Loan  store.Loan
	Brief LoanBrief
}

// Recoveries lists written-off loans, newest first. It returns BRAND_FORBIDDEN.
func (s *Service) Recoveries(ctx context.Context, by Actor, p store.Page) ([]WrittenOff, error) {
	p, err := by.page(p)
	if err != nil {
		return nil, err
	}
	loans, err := s.store.WrittenOffLoans(ctx, p)
	if err != nil {
		return nil, err
	}
	lost := make([]WrittenOff, len(loans))
	for i, l := range loans {
		lost[i] = WrittenOff{l, brief(l, s.clock.Now())}
	}
	return lost, nil
}
