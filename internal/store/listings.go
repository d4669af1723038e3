package store

import (
	"context"
	"encoding/hex"
	"time"
)

// Listing is a subject on a list of a brand. What was listed is kept as a keyed hash only.
type Listing struct {
	ID          int64
	Brand       string
	List        List
	Kind        string // one of the Listed constants
	Fingerprint string // beginning of the hash, to tell listings apart
	Reason      string
	AddedBy     string // "operator:<id>", or "" where nobody said
	CreatedAt   time.Time
}

type listingRow struct {
	ID           int64
	Brand        string
	List         string
	Kind         string
	SubjectIndex []byte
	Reason       string
	AddedBy      string
	CreatedAt    time.Time
}

func (r listingRow) listing() Listing {
	return Listing{ID: r.ID, Brand: r.Brand, List: List(r.List), Kind: r.Kind, Fingerprint: hex.EncodeToString(r.SubjectIndex[:min(len(r.SubjectIndex), 8)]),
		Reason: r.Reason, AddedBy: r.AddedBy, CreatedAt: r.CreatedAt.UTC()}
}

const listingColumns = `id, brand, list, kind, subject_index, reason, added_by, created_at`

// Listings lists subjects, newest first; list and kind narrow it where they are not "". The cursor is the id of the last one seen.
func (r reader) Listings(ctx context.Context, list List, kind string, p Page) ([]Listing, error) {
	var rows []listingRow
	err := r.idb.NewRaw(`SELECT `+listingColumns+` FROM listed_subjects WHERE (?0 = '' OR list = ?0) AND (?1 = '' OR kind = ?1)
		AND (?2 = '' OR brand = ?2) AND (?3 = 0 OR id < ?3) ORDER BY id DESC LIMIT ?4`, string(list), kind, p.Brand, p.Cursor, p.Limit).Scan(ctx, &rows)
	if err != nil {
		return nil, fromTx(err)
	}
	all := make([]Listing, len(rows))
	for i, row := range rows {
		all[i] = row.listing()
	}
	return all, nil
}

// Listing reads one listing, or ErrNotFound.
func (r reader) Listing(ctx context.Context, id int64) (Listing, error) {
	var row listingRow
	err := r.idb.NewRaw(`SELECT `+listingColumns+` FROM listed_subjects WHERE id = ?`, id).Scan(ctx, &row)
	return row.listing(), fromTx(err)
}

// AddListing puts a subject on a list, by its blind index, and returns the listing; listed again it gets the new reason.
func (t *Tx) AddListing(ctx context.Context, brand string, list List, kind string, index []byte, reason, addedBy string) (Listing, error) {
	var row listingRow
	err := t.idb.NewRaw(`INSERT INTO listed_subjects (brand, list, kind, subject_index, reason, added_by, created_at) VALUES (?, ?, ?, ?, ?, ?, ?)
		ON CONFLICT (brand, list, kind, subject_index) DO UPDATE SET reason = excluded.reason, added_by = excluded.added_by RETURNING `+listingColumns,
		brand, string(list), kind, index, reason, addedBy, t.now).Scan(ctx, &row)
	return row.listing(), fromTx(err)
}

// RemoveListing takes a subject off its list; ErrStale where it is off already.
func (t *Tx) RemoveListing(ctx context.Context, id int64) error {
	result, err := t.idb.NewRaw(`DELETE FROM listed_subjects WHERE id = ?`, id).Exec(ctx)
	return exactly(1, result, err)
}

// DeviceIndexes lists the keyed hashes of a borrower's devices, as decisions see them.
func (r reader) DeviceIndexes(ctx context.Context, borrower int64) ([][]byte, error) {
	var all [][]byte
	err := r.idb.NewRaw(deviceIndexes, borrower, r.clk.Now().Add(-deviceMemory)).Scan(ctx, &all)
	return all, fromTx(err)
}
