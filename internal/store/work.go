package store

import (
	"context"
	"time"

	"github.com/uptrace/bun"
)

// WorkInfo is where a borrower's money comes from. Company, position, address and telephone are sealed at rest.
type WorkInfo struct {
	BorrowerID       int64
	EmploymentStatus int    // the wire's code, 1..6
	IncomeCode       string // of the income dictionary
	PayDay           int    // day of the month, 0 unknown
	Company          string
	Position         string
	Address          string
	Phone            string
	UpdatedAt        time.Time
}

type workRow struct {
	bun.BaseModel `bun:"table:work_infos"`

	BorrowerID       int64     `bun:"borrower_id,pk"`
	EmploymentStatus int       `bun:"employment_status"`
	IncomeCode       string    `bun:"income_code"`
	PayDay           int       `bun:"pay_day"`
	Sealed           []byte    `bun:"sealed"`
	UpdatedAt        time.Time `bun:"updated_at"`
}

// workSecrets is what the sealed column of the work information holds.
type workSecrets struct {
	Company  string `json:"company"`
	Position string `json:"position"`
	Address  string `json:"address"`
	Phone    string `json:"phone"`
}

const workColumn = "work_infos.sealed"

// WorkInfo reads a borrower's work information, or ErrNotFound before the first save.
func (r reader) WorkInfo(ctx context.Context, borrower int64) (WorkInfo, error) {
	var row workRow
	if err := r.idb.NewSelect().Model(&row).Where("borrower_id = ?", borrower).Scan(ctx); err != nil {
		return WorkInfo{}, fromTx(err)
	}
	key, err := r.dataKey(ctx, borrower)
	if err != nil {
		return WorkInfo{}, err
	}
	var s workSecrets
	err = openJSON(key, workColumn, row.Sealed, &s)
	return WorkInfo{BorrowerID: borrower, EmploymentStatus: row.EmploymentStatus, IncomeCode: row.IncomeCode, PayDay: row.PayDay,
		Company: s.Company, Position: s.Position, Address: s.Address, Phone: s.Phone, UpdatedAt: row.UpdatedAt.UTC()}, err
}

// SaveWorkInfo writes a borrower's work information in place of what was there.
func (t *Tx) SaveWorkInfo(ctx context.Context, w WorkInfo) error {
	key, err := t.dataKey(ctx, w.BorrowerID)
	if err != nil {
		return err
	}
	sealed, err := sealJSON(key, workColumn, workSecrets{w.Company, w.Position, w.Address, w.Phone})
	if err != nil {
		return err
	}
	row := &workRow{BorrowerID: w.BorrowerID, EmploymentStatus: w.EmploymentStatus, IncomeCode: w.IncomeCode, PayDay: w.PayDay,
		Sealed: sealed, UpdatedAt: t.now}
	result, err := t.idb.NewInsert().Model(row).On("CONFLICT (borrower_id) DO UPDATE").
		Set("employment_status = excluded.employment_status, income_code = excluded.income_code, pay_day = excluded.pay_day, sealed = excluded.sealed, updated_at = excluded.updated_at").
		Exec(ctx)
	return exactly(1, result, err)
}
