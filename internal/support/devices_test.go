package support_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/creditpocket/creditpocket/gen/catalog"
	"github.com/creditpocket/creditpocket/internal/fault"
	"github.com/creditpocket/creditpocket/internal/store"
	"github.com/creditpocket/creditpocket/internal/support"
)

func (h *house) consent(t *testing.T, granted bool) {
	t.Helper()
	h.write(t, func(ctx context.Context, tx *store.Tx) error {
		_, err := tx.AddConsent(ctx, h.who.Borrower, store.ConsentLocation, "2026-01", granted)
		return err
	})
}

func TestLocationNeedsConsentAndIsCoarse(t *testing.T) {
	h := newHouse(t, support.Config{})
	report := func(latitude, longitude, accuracy float64) error {
		return h.svc.ReportLocation(t.Context(), h.who, support.Position{Latitude: latitude, Longitude: longitude, Accuracy: accuracy,
			BSSIDs: []string{"02:00:5e:10:00:01"}})
	}
	if err := report(6.5244, 3.3792, 25.5); !fault.Has(err, catalog.ConsentRequired) {
		t.Fatalf("without consent: %v", err)
	}
	if places, err := h.store.Locations(t.Context(), h.who.Borrower); err != nil || len(places) != 0 {
		t.Fatalf("kept without consent: %v, %v", places, err)
	}
	h.consent(t, true)
	for _, c := range []struct {
		latitude, longitude, accuracy float64
		want                          store.Location
	}{
		{6.5244, 3.3792, 25.5, store.Location{Latitude: 652, Longitude: 338, Accuracy: 26}},
		{-33.8688, -151.2093, 0, store.Location{Latitude: -3387, Longitude: -15121}},
		{90, -180, 100000, store.Location{Latitude: 9000, Longitude: -18000, Accuracy: 100000}},
	} {
		if err := report(c.latitude, c.longitude, c.accuracy); err != nil {
			t.Fatal(err)
		}
		if places, err := h.store.Locations(t.Context(), h.who.Borrower); err != nil || places[0] != c.want {
			t.Errorf("got %v, %v, want %v", places, err, c.want)
		}
	}
	h.consent(t, false)
	if err := report(6.5, 3.4, 0); !fault.Has(err, catalog.ConsentRequired) {
		t.Errorf("after the withdrawal: %v", err)
	}
	if places, err := h.store.Locations(t.Context(), h.who.Borrower); err != nil || len(places) != 0 {
		t.Errorf("kept after the withdrawal: %v, %v", places, err)
	}
}

func TestSweepDeletesPlacesAfter30Days(t *testing.T) {
	h := newHouse(t, support.Config{})
	h.consent(t, true)
	if err := h.svc.ReportLocation(t.Context(), h.who, support.Position{Latitude: 1}); err != nil {
		t.Fatal(err)
	}
	// More than one batch of older ones.
	h.write(t, func(ctx context.Context, tx *store.Tx) error {
		for range 1001 {
			if err := tx.AddLocation(ctx, h.who.Borrower, brand, store.Location{}, nil, tx.Now().Add(time.Hour)); err != nil {
				return err
			}
		}
		return nil
	})
	for _, c := range []struct {
		pass time.Duration
		want int
	}{{0, 0}, {time.Hour, 1001}, {30*24*time.Hour - time.Hour - time.Second, 0}, {time.Second, 1}, {0, 0}} {
		h.clock.Advance(c.pass)
		if n, err := h.svc.SweepLocations(t.Context()); err != nil || n != c.want {
			t.Errorf("after another %s: deleted %d, %v, want %d", c.pass, n, err, c.want)
		}
	}
}

func TestHarvestIsRefusedUnlessAllowed(t *testing.T) {
	for _, allowed := range []bool{false, true} {
		h := newHouse(t, support.Config{AllowHarvest: allowed})
		for name, report := range map[string]func(context.Context, support.Reporter, int) error{
			"address book": h.svc.ReportAddressBook, "short messages": h.svc.ReportShortMessages,
		} {
			err := report(t.Context(), h.who, 3)
			if allowed && err != nil || !allowed && !fault.Has(err, catalog.PolicyRefused) {
				t.Errorf("%s, allowed %t: %v", name, allowed, err)
			}
		}
		// Where it is refused the database is not even asked.
		if err := h.store.Close(); err != nil {
			t.Fatal(err)
		}
		if err := h.svc.ReportAddressBook(t.Context(), h.who, 3); fault.Has(err, catalog.PolicyRefused) == allowed {
			t.Errorf("without a database, allowed %t: %v", allowed, err)
		}
	}
}

func TestDeviceAndAdSource(t *testing.T) {
	h := newHouse(t, support.Config{})
	device := store.Device{ID: "a1b2c3", Maker: "TECNO", Model: "Spark 20", OS: "ANDROID", OSVersion: "14", AppVersion: "3.2.1", ScreenWidth: 720}
	if err := h.svc.ReportDevice(t.Context(), h.who, device); err != nil {
		t.Fatal(err)
	}
	if got, err := h.store.DeviceOfSession(t.Context(), h.who.Borrower, h.who.Session); err != nil || got != device {
		t.Errorf("got %+v, %v", got, err)
	}
	for i, installed := range []time.Duration{time.Hour, -time.Hour} { // the first counts; its clock runs ahead
		ad := store.AdSource{Source: fmt.Sprint("store-", i), InstalledAt: h.clock.Now().Add(installed)}
		if err := h.svc.ReportAdSource(t.Context(), h.who, ad); err != nil {
			t.Fatal(err)
		}
	}
	got, err := h.store.AdSource(t.Context(), h.who.Borrower)
	if err != nil || got.Source != "store-0" || !got.InstalledAt.Equal(h.clock.Now()) {
		t.Errorf("got %+v, %v", got, err)
	}
}

func TestActivityAndLoanClicks(t *testing.T) {
	h := newHouse(t, support.Config{})
	for _, at := range []time.Time{{}, h.clock.Now().Add(-time.Hour), h.clock.Now().Add(time.Hour)} {
		if err := h.svc.ReportActivity(t.Context(), h.who, support.Activity{Event: 1, AppVersion: "3.2.1", At: at}); err != nil {
			t.Errorf("activity at %s: %v", at, err)
		}
		if err := h.svc.ReportLoanClick(t.Context(), h.who, support.LoanClick{Product: 301, Event: 2, Page: "home", At: at}); err != nil {
			t.Errorf("click at %s: %v", at, err)
		}
	}
	if err := h.svc.ReportLoanClick(t.Context(), h.who, support.LoanClick{Product: 77, Event: 2}); !fault.Has(err, catalog.ProductNotFound) {
		t.Errorf("unknown product: %v", err)
	}
	stranger := h.who
	stranger.Brand = "Other"
	if err := h.svc.ReportLoanClick(t.Context(), stranger, support.LoanClick{Product: 301, Event: 2}); !fault.Has(err, catalog.ProductNotFound) {
		t.Errorf("another brand's product: %v", err)
	}
}
