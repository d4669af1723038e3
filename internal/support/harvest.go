package support

import (
	"context"

	"github.com/creditpocket/creditpocket/gen/catalog"
	"github.com/creditpocket/creditpocket/internal/fault"
	"github.com/creditpocket/creditpocket/internal/store"
)

// ReportAddressBook is told how many entries an uploaded address book has; the entries themselves never get here. It returns the
// fault POLICY_REFUSED, and keeps nothing, unless the deployment allows such uploads.
func (s *Service) ReportAddressBook(ctx context.Context, who Reporter, entries int) error {
	return s.countHarvest(ctx, who, store.HarvestAddressBook, entries)
}

// ReportShortMessages is told how many text messages were uploaded; the messages themselves never get here. It returns the fault
// POLICY_REFUSED, and keeps nothing, unless the deployment allows such uploads.
func (s *Service) ReportShortMessages(ctx context.Context, who Reporter, entries int) error {
	return s.countHarvest(ctx, who, store.HarvestShortMessages, entries)
}

func (s *Service) countHarvest(ctx context.Context, who Reporter, kind, entries int) error {
	if !s.config.AllowHarvest {
		return fault.New(catalog.PolicyRefused)
	}
	return s.store.InTx(ctx, func(ctx context.Context, tx *store.Tx) error {
		return tx.AddHarvestCount(ctx, who.Borrower, kind, entries)
	})
}
