package store_test

import (
	"context"
	"encoding/hex"
	"errors"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/creditpocket/creditpocket/internal/clock"
	"github.com/creditpocket/creditpocket/internal/seed"
	"github.com/creditpocket/creditpocket/internal/store"
	"github.com/creditpocket/creditpocket/internal/testkit"
)

// readable tells whether a text stands in a row, as it is or as bytes in PostgreSQL's hexadecimal form. The text must have a letter beyond f or be
// long: what is sealed holds every short text of hexadecimal digits now and then.
func readable(row, text string) bool {
	return strings.Contains(row, text) || strings.Contains(row, hex.EncodeToString([]byte(text)))
}

// session opens a session of a borrower.
func session(t *testing.T, st *store.Store, id int64, token string) int64 {
	t.Helper()
	var s store.Session
	write(t, st, func(ctx context.Context, tx *store.Tx) (err error) {
		s, err = tx.AddSession(ctx, brand, store.NewSession{Borrower: id, TokenHash: []byte(token), Terminal: 1, Idle: time.Hour, Absolute: time.Hour})
		return err
	})
	return s.ID
}

func TestDeviceIsKnownOnceAndSealed(t *testing.T) {
	st := seeded(t)
	id := borrower(t, st, "+2347000000003")
	one, two := session(t, st, id, "one"), session(t, st, id, "two")
	device := store.Device{ID: "a1b2c3", Maker: "TECNO", Model: "Spark 20", OS: "ANDROID", OSVersion: "14", AppVersion: "3.2.1", Language: "en-NG",
		Timezone: "Africa/Lagos", Rooted: true, ScreenWidth: 720, ScreenHeight: 1612}
	save := func(session int64, d store.Device) {
		t.Helper()
		write(t, st, func(ctx context.Context, tx *store.Tx) error { return tx.SaveDevice(ctx, id, session, brand, d) })
	}
	save(one, device)
	device.AppVersion = "3.3.0"
	save(one, device)
	if got, err := st.DeviceOfSession(t.Context(), id, one); err != nil || got != device {
		t.Errorf("got %+v, %v", got, err)
	}
	// The same device in a later session, then another one in it.
	save(two, device)
	if _, err := st.DeviceOfSession(t.Context(), id, one); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("the old session still has it: %v", err)
	}
	other := store.Device{ID: "second-phone", Maker: "Apple", Model: "iPhone", OS: "IOS", OSVersion: "18", AppVersion: "1"}
	save(two, other)
	if got, err := st.DeviceOfSession(t.Context(), id, two); err != nil || got != other {
		t.Errorf("got %+v, %v", got, err)
	}
	if _, err := st.DeviceOfSession(t.Context(), 1, two); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("another borrower's: %v", err)
	}
	if rows := st.Dump(t, "devices"); len(rows) != 1 || readable(rows[0], "iPhone") || readable(rows[0], "second-phone") {
		t.Errorf("rows %q", rows)
	}
}

func TestPlacesAreSealedHashedAndShortLived(t *testing.T) {
	clk := clock.NewManual(testkit.Noon())
	st := testkit.Store(t, clk)
	if _, err := seed.Base(t.Context(), st); err != nil {
		t.Fatal(err)
	}
	id, other := borrower(t, st, "+2347000000003"), borrower(t, st, "+2347000000004")
	add := func(id int64, latitude int, life time.Duration, bssids ...string) {
		t.Helper()
		write(t, st, func(ctx context.Context, tx *store.Tx) error {
			return tx.AddLocation(ctx, id, brand, store.Location{Latitude: latitude, Longitude: 338, Accuracy: 26}, bssids, tx.Now().Add(life))
		})
	}
	add(id, 652, time.Hour, "02:00:5e:10:00:AB", "02:00:5e:10:00:02")
	add(id, 653, 2*time.Hour)
	add(other, 654, 2*time.Hour, "02:00:5E:10:00:ab")
	rows := st.Dump(t, "device_locations")
	shared := hex.EncodeToString(st.Keys().Blind("wifi", brand, "02:00:5e:10:00:ab"))
	bytea, id18 := regexp.MustCompile(`\\x([0-9a-f]+)`), regexp.MustCompile(`[0-9]{15,}`)
	for i, row := range rows {
		rest := id18.ReplaceAllString(bytea.ReplaceAllString(row, ""), "")
		for _, digits := range bytea.FindAllStringSubmatch(row, -1) {
			raw, err := hex.DecodeString(digits[1])
			if err != nil {
				t.Fatal(err)
			}
			rest += string(raw)
		}
		if strings.Contains(strings.ToLower(rest), "02:00:5e") || strings.Contains(rest, "652") && strings.Contains(rest, "338") {
			t.Errorf("readable: %q", row)
		}
		if with := strings.Contains(row, shared); with != (i != 1) {
			t.Errorf("row %d holds the network: %t: %q", i, with, row)
		}
	}
	places := func(want ...int) {
		t.Helper()
		got, err := st.Locations(t.Context(), id)
		if err != nil || len(got) != len(want) {
			t.Fatalf("%v, %v, want %v", got, err, want)
		}
		for i := range want {
			if got[i] != (store.Location{Latitude: want[i], Longitude: 338, Accuracy: 26}) {
				t.Errorf("place %d: %+v", i, got[i])
			}
		}
	}
	sweep := func(limit, want int) {
		t.Helper()
		write(t, st, func(ctx context.Context, tx *store.Tx) error {
			n, err := tx.DeleteExpiredLocations(ctx, limit)
			if n != want {
				t.Errorf("deleted %d, want %d", n, want)
			}
			return err
		})
	}
	places(653, 652)
	sweep(10, 0)
	clk.Advance(time.Hour)
	places(653) // over, and not shown even before the sweep
	sweep(10, 1)
	clk.Advance(time.Hour)
	sweep(1, 1)
	sweep(10, 1)
	if rows := st.Dump(t, "device_locations"); len(rows) != 0 {
		t.Errorf("rows %q", rows)
	}
}

// Withdrawing the consent deletes the borrower's places, and nobody else's.
func TestWithdrawalDeletesPlaces(t *testing.T) {
	st := seeded(t)
	ids := []int64{borrower(t, st, "+2347000000003"), borrower(t, st, "+2347000000004")}
	write(t, st, func(ctx context.Context, tx *store.Tx) error {
		for _, id := range ids {
			if err := tx.AddLocation(ctx, id, brand, store.Location{Latitude: 1}, nil, tx.Now().Add(time.Hour)); err != nil {
				return err
			}
		}
		if _, err := tx.AddConsent(ctx, ids[0], store.ConsentMarketing, "2026-01", false); err != nil {
			return err
		}
		_, err := tx.AddConsent(ctx, ids[1], store.ConsentLocation, "2026-01", false)
		return err
	})
	for i, id := range ids {
		if got, err := st.Locations(t.Context(), id); err != nil || len(got) != 1-i {
			t.Errorf("borrower %d: %v, %v", i, got, err)
		}
	}
}

func TestReportsBecomeRows(t *testing.T) {
	st := seeded(t)
	id := borrower(t, st, "+2347000000003")
	write(t, st, func(ctx context.Context, tx *store.Tx) error {
		return errors.Join(
			tx.AddActivity(ctx, id, 2, "3.2.1", tx.Now().Add(-time.Minute)),
			tx.AddLoanClick(ctx, id, 301, 4, "home", tx.Now().Add(-time.Minute)),
			tx.AddHarvestCount(ctx, id, store.HarvestShortMessages, 17),
			tx.SetAdSource(ctx, id, store.AdSource{Source: "google-play", ClickID: "x", InstalledAt: testkit.Noon()}),
			tx.SetAdSource(ctx, id, store.AdSource{Source: "late"}),
		)
	})
	for table, want := range map[string]string{"device_activity": ",2,3.2.1,", "loan_clicks": ",301,4,home,", "harvest_counts": ",2,17,"} {
		if rows := st.Dump(t, table); len(rows) != 1 || !strings.Contains(rows[0], want) {
			t.Errorf("%s: %q, want %s", table, rows, want)
		}
	}
	ad, err := st.AdSource(t.Context(), id)
	if err != nil || ad != (store.AdSource{Source: "google-play", ClickID: "x", InstalledAt: testkit.Noon()}) {
		t.Errorf("%+v, %v", ad, err)
	}
}
