package store

import (
	"context"
	"encoding/json"
	"time"

	"github.com/creditpocket/creditpocket/internal/lending"
)

// Decision is the record of an automatic decision: everything that is needed to make it again.
type Decision struct {
	LoanID         int64
	RuleSetVersion int // of the brand, see RuleSet
	Snapshot       lending.Snapshot
	Erased         bool // the snapshot cannot be read any more: the borrower was erased
	Outcome        lending.Outcome
	Hits           []lending.Hit // the rules that applied, the deciding one first
	CreatedAt      time.Time
}

const decisionColumn = "decisions.snapshot"

// Decision reads the decision about a loan with its snapshot opened, or ErrNotFound. That of an erased borrower has no snapshot.
func (r reader) Decision(ctx context.Context, borrower, loan int64) (Decision, error) {
	var row struct {
		RuleSetVersion int
		SnapshotSealed []byte
		Outcome        string
		Reasons        json.RawMessage
		CreatedAt      time.Time
	}
	err := r.prepared(`SELECT d.rule_set_version, d.snapshot_sealed, d.outcome, d.reasons, d.created_at FROM decisions d
		JOIN loans l ON l.id = d.loan_id AND l.borrower_id = ? WHERE d.loan_id = ?`, borrower, loan).Scan(ctx, &row)
	if err != nil {
		return Decision{}, fromTx(err)
	}
	d := Decision{LoanID: loan, RuleSetVersion: row.RuleSetVersion, Outcome: lending.Outcome(row.Outcome), CreatedAt: row.CreatedAt.UTC()}
	if err := json.Unmarshal(row.Reasons, &d.Hits); err != nil {
		return Decision{}, err
	}
	key, err := r.livingKey(ctx, borrower)
	if d.Erased = key == nil; err != nil || d.Erased {
		return d, err
	}
	return d, openJSON(key, decisionColumn, row.SnapshotSealed, &d.Snapshot)
}

// BrandDecision is a decision with the brand whose rules made it.
type BrandDecision struct {
	Decision
	Brand string
}

// DecisionsSince lists decisions that were made since an instant about loans after one, by loan, at most limit.
func (r reader) DecisionsSince(ctx context.Context, since time.Time, after int64, limit int) ([]BrandDecision, error) {
	var rows []struct {
		LoanID         int64
		BorrowerID     int64
		Brand          string
		RuleSetVersion int
		SnapshotSealed []byte
		Outcome        string
		Reasons        json.RawMessage
		CreatedAt      time.Time
	}
	err := r.prepared(`SELECT d.loan_id, l.borrower_id, l.brand, d.rule_set_version, d.snapshot_sealed, d.outcome, d.reasons, d.created_at
		FROM decisions d JOIN loans l ON l.id = d.loan_id WHERE d.loan_id > ? AND d.created_at >= ? ORDER BY d.loan_id LIMIT ?`, after, since, limit).Scan(ctx, &rows)
	if err != nil || len(rows) == 0 {
		return nil, fromTx(err)
	}
	borrowers := make([]int64, len(rows))
	for i, row := range rows {
		borrowers[i] = row.BorrowerID
	}
	keys, err := r.livingKeys(ctx, borrowers)
	if err != nil {
		return nil, err
	}
	decisions := make([]BrandDecision, len(rows))
	for i, row := range rows {
		d := BrandDecision{Decision{LoanID: row.LoanID, RuleSetVersion: row.RuleSetVersion, Outcome: lending.Outcome(row.Outcome), CreatedAt: row.CreatedAt.UTC()}, row.Brand}
		if err := json.Unmarshal(row.Reasons, &d.Hits); err != nil {
			return nil, err
		}
		key := keys[row.BorrowerID]
		if d.Erased = key == nil; !d.Erased {
			if err := openJSON(key, decisionColumn, row.SnapshotSealed, &d.Snapshot); err != nil {
				return nil, err
			}
		}
		decisions[i] = d
	}
	return decisions, nil
}

// AddDecision writes the decision about a borrower's loan, its snapshot sealed with the borrower's key. A second decision about the
// loan is a *DuplicateError of decisions_loan_id_key.
func (t *Tx) AddDecision(ctx context.Context, borrower int64, d Decision) error {
	key, err := t.dataKey(ctx, borrower)
	if err != nil {
		return err
	}
	sealed, err := sealJSON(key, decisionColumn, d.Snapshot)
	if err != nil {
		return err
	}
	reasons, err := json.Marshal(d.Hits)
	if err != nil {
		return err
	}
	_, err = t.prepared(`INSERT INTO decisions (id, loan_id, rule_set_version, snapshot_sealed, outcome, reasons, created_at)
		VALUES (?, ?, ?, ?, ?, ?::jsonb, ?)`, newID(), d.LoanID, d.RuleSetVersion, sealed, string(d.Outcome), string(reasons), t.now).Exec(ctx)
	return fromTx(err)
}
