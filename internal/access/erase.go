package access

import (
	"context"
	"errors"
	"strconv"

	"github.com/creditpocket/creditpocket/gen/catalog"
	"github.com/creditpocket/creditpocket/internal/fault"
	"github.com/creditpocket/creditpocket/internal/store"
)

// Export reads everything that is kept of a borrower. That it was asked for is in the audit trail.
func (s *Service) Export(ctx context.Context, borrower int64, brand, requestID string) ([]store.PersonalSection, error) {
	sections, err := s.store.PersonalData(ctx, borrower)
	if err != nil {
		return nil, err
	}
	return sections, s.store.InTx(ctx, func(ctx context.Context, tx *store.Tx) error {
		return tx.AddTrail(ctx, store.TrailEntry{OperatorName: "the borrower", Act: "exportUser", Subject: borrowerSubject(borrower), Brand: brand,
			Reason: "the borrower's request", RequestID: requestID})
	})
}

// Erasure is a wish that a borrower be erased.
type Erasure struct {
	Borrower  int64
	Brand     string
	By        string // "the borrower", or who of the staff
	Reason    string
	RequestID string
}

// Erase erases a borrower for good: the data key is destroyed, and all that is not the books' is deleted, in one transaction with the
// entry in the audit trail. It returns ACCOUNT_IN_USE while a loan, a payment, a refund or a credit is open, and store.ErrNotFound
// for a borrower who is not there or was erased already.
func (s *Service) Erase(ctx context.Context, e Erasure) error {
	err := s.store.InTx(ctx, func(ctx context.Context, tx *store.Tx) error {
		if err := tx.LockBorrower(ctx, e.Borrower); err != nil {
			return err
		}
		obstacle, err := tx.ErasureObstacle(ctx, e.Borrower)
		if err != nil {
			return err
		}
		if obstacle != "" {
			return fault.New(catalog.AccountInUse)
		}
		if err := tx.EraseBorrower(ctx, e.Borrower); err != nil {
			return err
		}
		return tx.AddTrail(ctx, store.TrailEntry{OperatorName: e.By, Act: "eraseUser", Subject: borrowerSubject(e.Borrower), Brand: e.Brand,
			Changes: []store.Change{{Field: "dataKey", Before: "present", After: "destroyed"}}, Reason: e.Reason, RequestID: e.RequestID})
	})
	if errors.Is(err, store.ErrStale) {
		err = store.ErrNotFound
	}
	return err
}

func borrowerSubject(id int64) string { return "borrower:" + strconv.FormatInt(id, 10) }
