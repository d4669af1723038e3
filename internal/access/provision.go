package access

import (
	"context"
	"errors"

	"github.com/creditpocket/creditpocket/gen/catalog"
	"github.com/creditpocket/creditpocket/internal/fault"
	"github.com/creditpocket/creditpocket/internal/store"
)

// Provision makes a borrower without a code, for data that an operator seeds. mobile is E.164. The borrower that is there
// already is returned unchanged. It returns PASSWORD_TOO_COMMON and UNKNOWN_APP.
func (s *Service) Provision(ctx context.Context, brand, mobile string, password Secret) (int64, error) {
	if err := refuseWeak("password", password, mobile, brand); err != nil {
		return 0, err
	}
	if _, err := s.App(ctx, brand); err != nil {
		return 0, err
	}
	hash, err := s.passwords.hash(ctx, password)
	if err != nil {
		return 0, err
	}
	var id int64
	err = s.store.InTx(ctx, func(ctx context.Context, tx *store.Tx) (err error) {
		id, err = tx.AddBorrower(ctx, brand, mobile, hash)
		return err
	})
	if store.IsDuplicate(err, "borrowers_one_per_mobile") {
		b, err := s.store.BorrowerByMobile(ctx, brand, mobile)
		if errors.Is(err, store.ErrNotFound) {
			return 0, fault.New(catalog.Unavailable)
		}
		return b.ID, err
	}
	return id, err
}
