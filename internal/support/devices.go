package support

import (
	"context"
	"time"

	"github.com/creditpocket/creditpocket/gen/catalog"
	"github.com/creditpocket/creditpocket/internal/fault"
	"github.com/creditpocket/creditpocket/internal/store"
)

// Reporter is whose device reports: a borrower of a brand, in a session.
type Reporter struct {
	Borrower int64
	Session  int64
	Brand    string
}

// ReportDevice keeps what the device of the session says about itself.
func (s *Service) ReportDevice(ctx context.Context, who Reporter, d store.Device) error {
	return s.store.InTx(ctx, func(ctx context.Context, tx *store.Tx) error {
		return tx.SaveDevice(ctx, who.Borrower, who.Session, who.Brand, d)
	})
}

// Activity is a sign of life of the app.
type Activity struct {
	Event      int // 1 opened, 2 brought to the foreground
	AppVersion string
	At         time.Time // by the device's clock; zero means now
}

// ReportActivity records that the app is in use.
func (s *Service) ReportActivity(ctx context.Context, who Reporter, a Activity) error {
	return s.store.InTx(ctx, func(ctx context.Context, tx *store.Tx) error {
		return tx.AddActivity(ctx, who.Borrower, a.Event, a.AppVersion, happened(a.At, tx.Now()))
	})
}

// ReportAdSource keeps where the installation came from; the first report of a borrower counts.
func (s *Service) ReportAdSource(ctx context.Context, who Reporter, a store.AdSource) error {
	return s.store.InTx(ctx, func(ctx context.Context, tx *store.Tx) error {
		if !a.InstalledAt.IsZero() {
			a.InstalledAt = happened(a.InstalledAt, tx.Now())
		}
		return tx.SetAdSource(ctx, who.Borrower, a)
	})
}

// LoanClick is one step towards an application.
type LoanClick struct {
	Product int64
	Event   int // 1 viewed, 2 clicked, 3 application opened, 4 application left
	Page    string
	At      time.Time // by the device's clock; zero means now
}

// ReportLoanClick records a step towards an application. It returns the fault PRODUCT_NOT_FOUND when the brand never had such a
// product.
func (s *Service) ReportLoanClick(ctx context.Context, who Reporter, c LoanClick) error {
	return s.store.InTx(ctx, func(ctx context.Context, tx *store.Tx) error {
		known, err := tx.HasProduct(ctx, who.Brand, c.Product)
		if err != nil {
			return err
		}
		if !known {
			return fault.New(catalog.ProductNotFound)
		}
		return tx.AddLoanClick(ctx, who.Borrower, c.Product, c.Event, c.Page, happened(c.At, tx.Now()))
	})
}

// happened is when a device says something happened; its clock may be wrong, but nothing happened after we were told.
func happened(at, now time.Time) time.Time {
	if at.IsZero() || at.After(now) {
		return now
	}
	return at
}
