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

// sealBatch entries get their places in one transaction.
const sealBatch = 500

// SealTrail works job.SealTrail: it gives every entry of the trail its place in the hash chain.
func (s *Service) SealTrail(ctx context.Context) error {
	for {
		sealed := 0
		err := s.store.InTx(ctx, func(ctx context.Context, tx *store.Tx) (err error) {
			sealed, err = tx.SealTrail(ctx, sealBatch)
			return err
		})
		if err != nil || sealed < sealBatch {
			return err
		}
	}
}

// VerifyTrail walks the chain and names what does not fit.
func (s *Service) VerifyTrail(ctx context.Context) (store.TrailAudit, error) {
	return s.store.VerifyTrail(ctx)
}
