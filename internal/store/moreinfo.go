package store

import (
	"context"
	"time"

	"github.com/uptrace/bun"
)

// MoreInfo is what a borrower may tell and no loan needs. Codes are the wire's, 0 is "not told". The address is sealed at rest.
type MoreInfo struct {
	BorrowerID       int64
	Education        int
	MaritalStatus    int
	Children         int
	ResidenceType    int
	ResidenceAddress string
	StateCode        string // ISO 3166-2:NG, or ""
	UpdatedAt        time.Time
}

type moreRow struct {
	bun.BaseModel `bun:"table:more_infos"`

	BorrowerID    int64     `bun:"borrower_id,pk"`
	Education     int       `bun:"education"`
	MaritalStatus int       `bun:"marital_status"`
	Children      int       `bun:"children"`
	ResidenceType int       `bun:"residence_type"`
	StateCode     string    `bun:"state_code"`
	Sealed        []byte    `bun:"sealed"`
	UpdatedAt     time.Time `bun:"updated_at"`
}

// moreSecrets is what the sealed column of the further information holds.
type moreSecrets struct {
	Address string `json:"address"`
}

const moreColumn = "more_infos.sealed"

// MoreInfo reads a borrower's further information, or ErrNotFound before the first save.
func (r reader) MoreInfo(ctx context.Context, borrower int64) (MoreInfo, error) {
	var row moreRow
	if err := r.idb.NewSelect().Model(&row).Where("borrower_id = ?", borrower).Scan(ctx); err != nil {
		return MoreInfo{}, fromTx(err)
	}
	key, err := r.dataKey(ctx, borrower)
	if err != nil {
		return MoreInfo{}, err
	}
	var s moreSecrets
	err = openJSON(key, moreColumn, row.Sealed, &s)
	return MoreInfo{BorrowerID: borrower, Education: row.Education, MaritalStatus: row.MaritalStatus, Children: row.Children,
		ResidenceType: row.ResidenceType, ResidenceAddress: s.Address, StateCode: row.StateCode, UpdatedAt: row.UpdatedAt.UTC()}, err
}

// SaveMoreInfo writes a borrower's further information in place of what was there.
func (t *Tx) SaveMoreInfo(ctx context.Context, m MoreInfo) error {
	key, err := t.dataKey(ctx, m.BorrowerID)
	if err != nil {
		return err
	}
	sealed, err := sealJSON(key, moreColumn, moreSecrets{m.ResidenceAddress})
	if err != nil {
		return err
	}
	row := &moreRow{BorrowerID: m.BorrowerID, Education: m.Education, MaritalStatus: m.MaritalStatus, Children: m.Children,
		ResidenceType: m.ResidenceType, StateCode: m.StateCode, Sealed: sealed, UpdatedAt: t.now}
	result, err := t.idb.NewInsert().Model(row).On("CONFLICT (borrower_id) DO UPDATE").
		Set("education = excluded.education, marital_status = excluded.marital_status, children = excluded.children, residence_type = excluded.residence_type, state_code = excluded.state_code, sealed = excluded.sealed, updated_at = excluded.updated_at").
		Exec(ctx)
	return exactly(1, result, err)
}
