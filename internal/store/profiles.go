package store

import (
	"context"
	"time"

	"github.com/uptrace/bun"

	"github.com/creditpocket/creditpocket/internal/clock"
	"github.com/creditpocket/creditpocket/internal/seal"
)

// Profile is who a borrower is, as told by the borrower. Names, BVN, birthday, e-mail and address are sealed at rest.
type Profile struct {
	BorrowerID int64
	Brand      string
	FirstName  string
	MiddleName string
	LastName   string
	BVN        string // 11 digits
	Birthday   clock.Date
	Gender     int // 1 male, 2 female
	Email      string
	CityCode   string // of the city dictionary, or ""
	Address    string
	UpdatedAt  time.Time
}

type profileRow struct {
	bun.BaseModel `bun:"table:profiles"`

	BorrowerID int64     `bun:"borrower_id,pk"`
	Brand      string    `bun:"brand"`
	BVNIndex   []byte    `bun:"bvn_index"`
	Sealed     []byte    `bun:"sealed"`
	Gender     int       `bun:"gender"`
	CityCode   string    `bun:"city_code"`
	UpdatedAt  time.Time `bun:"updated_at"`
}

// profileSecrets is what a profile's sealed column holds.
type profileSecrets struct {
	FirstName  string     `json:"first"`
	MiddleName string     `json:"middle"`
	LastName   string     `json:"last"`
	BVN        string     `json:"bvn"`
	Birthday   clock.Date `json:"birthday"`
	Email      string     `json:"email"`
	Address    string     `json:"address"`
}

const profileColumn = "profiles.sealed"

// BVNIndex is the blind index of a BVN at a brand, in profiles and in the lists of subjects.
func (r reader) BVNIndex(brand, bvn string) []byte { return r.keys.Blind("bvn", brand, bvn) }

var profileQuery = "SELECT " + selected[profileRow]("p") + " FROM profiles p WHERE borrower_id = ?"

// Profile reads a borrower's profile, or ErrNotFound before the first save.
func (r reader) Profile(ctx context.Context, borrower int64) (Profile, error) {
	var row profileRow
	if err := r.prepared(profileQuery, borrower).Scan(ctx, &row); err != nil {
		return Profile{}, fromTx(err)
	}
	key, err := r.dataKey(ctx, borrower)
	if err != nil {
		return Profile{}, err
	}
	return row.profile(key)
}

func (row *profileRow) profile(key *seal.DataKey) (Profile, error) {
	var s profileSecrets
	err := openJSON(key, profileColumn, row.Sealed, &s)
	return Profile{BorrowerID: row.BorrowerID, Brand: row.Brand, FirstName: s.FirstName, MiddleName: s.MiddleName, LastName: s.LastName,
		BVN: s.BVN, Birthday: s.Birthday, Gender: row.Gender, Email: s.Email, CityCode: row.CityCode, Address: s.Address,
		UpdatedAt: row.UpdatedAt.UTC()}, err
}

// SaveProfile writes a borrower's profile in place of the one before. A BVN that another borrower of the brand has is a
// *DuplicateError of profiles_one_per_bvn.
func (t *Tx) SaveProfile(ctx context.Context, p Profile) error {
	key, err := t.dataKey(ctx, p.BorrowerID)
	if err != nil {
		return err
	}
	sealed, err := sealJSON(key, profileColumn, profileSecrets{p.FirstName, p.MiddleName, p.LastName, p.BVN, p.Birthday, p.Email, p.Address})
	if err != nil {
		return err
	}
	row := &profileRow{BorrowerID: p.BorrowerID, Brand: p.Brand, BVNIndex: t.BVNIndex(p.Brand, p.BVN), Sealed: sealed, Gender: p.Gender,
		CityCode: p.CityCode, UpdatedAt: t.now}
	result, err := t.idb.NewInsert().Model(row).On("CONFLICT (borrower_id) DO UPDATE").
		Set("bvn_index = excluded.bvn_index, sealed = excluded.sealed, gender = excluded.gender, city_code = excluded.city_code, updated_at = excluded.updated_at").
		Exec(ctx)
	return exactly(1, result, err)
}
