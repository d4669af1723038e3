package support

import (
	"context"
	"math"

	"github.com/creditpocket/creditpocket/gen/catalog"
	"github.com/creditpocket/creditpocket/internal/fault"
	"github.com/creditpocket/creditpocket/internal/store"
)

// Position is where a device says it is, as exact as the device likes. It does not outlive the call.
type Position struct {
	Latitude  float64  // degrees
	Longitude float64  // degrees
	Accuracy  float64  // metres
	BSSIDs    []string // hardware addresses of the wireless networks in reach
}

// coarse is the position as it may be kept: two decimals.
func (p Position) coarse() store.Location {
	return store.Location{
		Latitude: int(math.Round(p.Latitude * 100)), Longitude: int(math.Round(p.Longitude * 100)), Accuracy: int(math.Ceil(p.Accuracy)),
	}
}

// ReportLocation keeps a rough place for a limited time, and keyed hashes of the networks in reach. It returns the fault
// CONSENT_REQUIRED, and keeps nothing, unless the borrower's consent to LOCATION holds.
func (s *Service) ReportLocation(ctx context.Context, who Reporter, p Position) error {
	return s.store.InTx(ctx, func(ctx context.Context, tx *store.Tx) error {
		// A withdrawal takes the same lock: a place is never kept after it.
		if err := tx.LockBorrower(ctx, who.Borrower); err != nil {
			return err
		}
		holds, err := tx.HoldsConsent(ctx, who.Borrower, who.Brand, store.ConsentLocation)
		if err != nil {
			return err
		}
		if !holds {
			return fault.New(catalog.ConsentRequired)
		}
		return tx.AddLocation(ctx, who.Borrower, who.Brand, p.coarse(), p.BSSIDs, tx.Now().Add(s.config.LocationLifetime))
	})
}

// sweepBatch is how many places one transaction deletes.
const sweepBatch = 1000

// SweepLocations deletes the places whose time is over, in small transactions, and says how many there were. It may run as often
// and on as many replicas as one likes.
func (s *Service) SweepLocations(ctx context.Context) (int, error) {
	total := 0
	for {
		deleted := 0
		err := s.store.InTx(ctx, func(ctx context.Context, tx *store.Tx) error {
			var err error
			deleted, err = tx.DeleteExpiredLocations(ctx, sweepBatch)
			return err
		})
		if err != nil {
			return total, err
		}
		total += deleted
		if deleted < sweepBatch {
			return total, nil
		}
	}
}
