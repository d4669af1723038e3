package store

import (
	"context"
	"strings"
	"time"

	"github.com/uptrace/bun"
)

// Device is what a session's device says about itself. It is sealed at rest but for a keyed hash of its id.
type Device struct {
	ID           string `json:"id"` // of the installation, chosen by the app
	Maker        string `json:"maker"`
	Model        string `json:"model"`
	OS           string `json:"os"` // ANDROID, IOS or WEB
	OSVersion    string `json:"osVersion"`
	AppVersion   string `json:"appVersion"`
	Language     string `json:"language"`
	Timezone     string `json:"timezone"`
	Rooted       bool   `json:"rooted"`
	ScreenWidth  int    `json:"screenWidth"`  // pixels
	ScreenHeight int    `json:"screenHeight"` // pixels
}

// Location is a rough place: hundredths of a degree (about 1.1 km) and an accuracy in metres. Anything finer is not kept.
type Location struct {
	Latitude  int `json:"lat"` // hundredths of a degree
	Longitude int `json:"lon"` // hundredths of a degree
	Accuracy  int `json:"acc"` // metres
}

// AdSource is where an installation came from.
type AdSource struct {
	Source      string
	Campaign    string
	AdGroup     string
	Creative    string
	ClickID     string
	InstalledAt time.Time // zero when unknown
}

// The kinds of uploads of which only a count may ever be kept.
const (
	HarvestAddressBook   = 1
	HarvestShortMessages = 2
)

const (
	deviceColumn   = "devices.sealed"
	locationColumn = "device_locations.sealed"
)

// DeviceIndex is the blind index of a device id at a brand.
func (r reader) DeviceIndex(brand, deviceID string) []byte {
	return r.keys.Blind("device", brand, deviceID)
}

// DeviceOfSession reads what a session's device last reported, or ErrNotFound.
func (r reader) DeviceOfSession(ctx context.Context, borrower, session int64) (Device, error) {
	var sealed []byte
	err := r.idb.NewRaw(`SELECT sealed FROM devices WHERE session_id = ? AND borrower_id = ?`, session, borrower).Scan(ctx, &sealed)
	if err != nil {
		return Device{}, fromTx(err)
	}
	key, err := r.dataKey(ctx, borrower)
	if err != nil {
		return Device{}, err
	}
	var d Device
	return d, openJSON(key, deviceColumn, sealed, &d)
}

// Locations reads a borrower's places that have not expired, newest first.
func (r reader) Locations(ctx context.Context, borrower int64) ([]Location, error) {
	var rows [][]byte
	err := r.idb.NewRaw(`SELECT sealed FROM device_locations WHERE borrower_id = ? AND expires_at > ? ORDER BY id DESC`,
		borrower, r.clk.Now()).Scan(ctx, &rows)
	if err != nil || len(rows) == 0 {
		return nil, fromTx(err)
	}
	key, err := r.dataKey(ctx, borrower)
	if err != nil {
		return nil, err
	}
	places := make([]Location, len(rows))
	for i, sealed := range rows {
		if err := openJSON(key, locationColumn, sealed, &places[i]); err != nil {
			return nil, err
		}
	}
	return places, nil
}

// SaveDevice keeps what the device of a session reports, in place of what was known of the session and of the same device.
func (t *Tx) SaveDevice(ctx context.Context, borrower, session int64, brand string, d Device) error {
	key, err := t.dataKey(ctx, borrower)
	if err != nil {
		return err
	}
	sealed, err := sealJSON(key, deviceColumn, d)
	if err != nil {
		return err
	}
	index := t.DeviceIndex(brand, d.ID)
	_, err = t.idb.NewRaw(`WITH replaced AS (DELETE FROM devices WHERE device_index = ?0 AND borrower_id = ?1 AND session_id <> ?2)
		INSERT INTO devices (session_id, borrower_id, device_index, sealed, updated_at) VALUES (?2, ?1, ?0, ?3, ?4)
		ON CONFLICT (session_id) DO UPDATE SET device_index = excluded.device_index, sealed = excluded.sealed, updated_at = excluded.updated_at`,
		index, borrower, session, sealed, t.now).Exec(ctx)
	return fromTx(err)
}

// AddActivity records a sign of life of the app: event 1 opened, 2 brought to the foreground.
func (t *Tx) AddActivity(ctx context.Context, borrower int64, event int, appVersion string, at time.Time) error {
	_, err := t.idb.NewRaw(`INSERT INTO device_activity (id, borrower_id, event, app_version, happened_at, created_at) VALUES (?, ?, ?, ?, ?, ?)`,
		newID(), borrower, event, appVersion, at, t.now).Exec(ctx)
	return fromTx(err)
}

// AddLocation keeps a rough place until an instant, and the networks in reach as keyed hashes of their hardware addresses.
func (t *Tx) AddLocation(ctx context.Context, borrower int64, brand string, l Location, bssids []string, expiresAt time.Time) error {
	key, err := t.dataKey(ctx, borrower)
	if err != nil {
		return err
	}
	sealed, err := sealJSON(key, locationColumn, l)
	if err != nil {
		return err
	}
	id := newID()
	hashes := make([][]byte, len(bssids))
	for i, bssid := range bssids {
		hashes[i] = t.keys.Blind("wifi", brand, strings.ToLower(bssid))
	}
	indexes := any(bun.Safe("'{}'::bytea[]"))
	if len(hashes) > 0 {
		indexes = bun.SafeQuery("ARRAY[?]::bytea[]", bun.List(hashes))
	}
	_, err = t.idb.NewRaw(`INSERT INTO device_locations (id, borrower_id, sealed, wifi_indexes, created_at, expires_at) VALUES (?, ?, ?, ?, ?, ?)`,
		id, borrower, sealed, indexes, t.now, expiresAt).Exec(ctx)
	return fromTx(err)
}

// DeleteExpiredLocations deletes up to limit places that have expired and says how many those were.
func (t *Tx) DeleteExpiredLocations(ctx context.Context, limit int) (int, error) {
	result, err := t.idb.NewRaw(`DELETE FROM device_locations WHERE id IN (
		SELECT id FROM device_locations WHERE expires_at <= ? ORDER BY expires_at LIMIT ? FOR UPDATE SKIP LOCKED)`, t.now, limit).Exec(ctx)
	if err != nil {
		return 0, fromTx(err)
	}
	n, err := result.RowsAffected()
	return int(n), err
}

// AddHarvestCount records how many entries an upload had that a deployment's policy allows. There is no column for more.
func (t *Tx) AddHarvestCount(ctx context.Context, borrower int64, kind, entries int) error {
	_, err := t.idb.NewRaw(`INSERT INTO harvest_counts (id, borrower_id, kind, entries, created_at) VALUES (?, ?, ?, ?, ?)`,
		newID(), borrower, kind, entries, t.now).Exec(ctx)
	return fromTx(err)
}

// SetAdSource keeps where a borrower's installation came from; the first report counts, later ones change nothing.
func (t *Tx) SetAdSource(ctx context.Context, borrower int64, a AdSource) error {
	_, err := t.idb.NewRaw(`INSERT INTO ad_sources (borrower_id, source, campaign, ad_group, creative, click_id, installed_at, created_at)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (borrower_id) DO NOTHING`,
		borrower, a.Source, a.Campaign, a.AdGroup, a.Creative, a.ClickID, timeIn(a.InstalledAt), t.now).Exec(ctx)
	return fromTx(err)
}

// AdSource reads where a borrower's installation came from, or ErrNotFound.
func (r reader) AdSource(ctx context.Context, borrower int64) (AdSource, error) {
	var row struct {
		Source, Campaign, AdGroup, Creative, ClickID string
		InstalledAt                                  *time.Time
	}
	err := r.idb.NewRaw(`SELECT source, campaign, ad_group, creative, click_id, installed_at FROM ad_sources WHERE borrower_id = ?`, borrower).Scan(ctx, &row)
	if err != nil {
		return AdSource{}, fromTx(err)
	}
	return AdSource{row.Source, row.Campaign, row.AdGroup, row.Creative, row.ClickID, timeOut(row.InstalledAt)}, nil
}

// AddLoanClick records a step towards an application: event 1 viewed, 2 clicked, 3 application opened, 4 application left.
func (t *Tx) AddLoanClick(ctx context.Context, borrower, product int64, event int, page string, at time.Time) error {
	_, err := t.idb.NewRaw(`INSERT INTO loan_clicks (id, borrower_id, product_id, event, page, happened_at, created_at) VALUES (?, ?, ?, ?, ?, ?, ?)`,
		newID(), borrower, product, event, page, at, t.now).Exec(ctx)
	return fromTx(err)
}
