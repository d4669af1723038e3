package store

import (
	"context"
	"time"

	"github.com/uptrace/bun"

	"github.com/creditpocket/creditpocket/internal/seal"
)

// ClaimFilter says whose reviews to list.
type ClaimFilter int

// The filters.
const (
	ClaimAny  ClaimFilter = iota
	ClaimFree             // nobody's
	ClaimMine             // the operator's own
)

// ReviewClaim is the right of one operator to decide a review.
type ReviewClaim struct {
	LoanID       int64
	OperatorID   int64
	OperatorName string
	ExpiresAt    time.Time
}

// Review is an application that waits for a person, and who works on it (zero for nobody).
type Review struct {
	Loan  Loan
	Claim ReviewClaim
}

// Reviews lists the applications that wait for a person, oldest first; the cursor is the id of the last loan seen. Claims that have
// ended count as none.
func (r reader) Reviews(ctx context.Context, f ClaimFilter, operator int64, p Page) ([]Review, error) {
	claims := `LEFT JOIN review_claims c ON c.loan_id = loans.id AND c.expires_at > ?4`
	loans, err := r.loansWhere(ctx, claims+` WHERE loans.status = 2 AND (?0 = '' OR loans.brand = ?0) AND loans.id > ?1
		AND (?2 = 0 OR (?2 = 1 AND c.operator_id IS NULL) OR (?2 = 2 AND c.operator_id = ?3)) ORDER BY loans.id LIMIT ?5`,
		p.Brand, p.Cursor, int(f), operator, r.clk.Now(), p.Limit)
	if err != nil || len(loans) == 0 {
		return nil, err
	}
	ids := make([]int64, len(loans))
	for i, l := range loans {
		ids[i] = l.ID
	}
	var rows []ReviewClaim
	err = r.idb.NewRaw(`SELECT c.loan_id, c.operator_id, o.name AS operator_name, c.expires_at FROM review_claims c JOIN operators o ON o.id = c.operator_id
		WHERE c.loan_id IN (?) AND c.expires_at > ?`, bun.List(ids), r.clk.Now()).Scan(ctx, &rows)
	if err != nil {
		return nil, fromTx(err)
	}
	reviews := make([]Review, len(loans))
	for i, l := range loans {
		reviews[i].Loan = l
		for _, c := range rows {
			if c.LoanID == l.ID {
				reviews[i].Claim = c
			}
		}
	}
	return reviews, nil
}

// ReviewClaim reads who may decide a review now, or ErrNotFound.
func (r reader) ReviewClaim(ctx context.Context, loan int64) (ReviewClaim, error) {
	var c ReviewClaim
	err := r.idb.NewRaw(`SELECT c.loan_id, c.operator_id, o.name AS operator_name, c.expires_at FROM review_claims c JOIN operators o ON o.id = c.operator_id
		WHERE c.loan_id = ? AND c.expires_at > ?`, loan, r.clk.Now()).Scan(ctx, &c)
	return c, fromTx(err)
}

// ClaimReview gives an operator the right to decide a review until an instant, or moves the end of the right the operator has. It
// returns ErrStale where somebody else has it.
func (t *Tx) ClaimReview(ctx context.Context, loan, operator int64, until time.Time) error {
	result, err := t.idb.NewRaw(`INSERT INTO review_claims AS c (loan_id, operator_id, claimed_at, expires_at) VALUES (?0, ?1, ?2, ?3)
		ON CONFLICT (loan_id) DO UPDATE SET operator_id = excluded.operator_id, claimed_at = excluded.claimed_at, expires_at = excluded.expires_at
		WHERE c.operator_id = ?1 OR c.expires_at <= ?2`, loan, operator, t.now, until).Exec(ctx)
	return exactly(1, result, err)
}

// EndReviewClaim takes the right to decide a review away, because it is decided.
func (t *Tx) EndReviewClaim(ctx context.Context, loan int64) error {
	_, err := t.idb.NewRaw(`DELETE FROM review_claims WHERE loan_id = ?`, loan).Exec(ctx)
	return fromTx(err)
}

// loansWhere reads loans of several borrowers by a condition on the table loans. The snapshot of an erased borrower is empty.
func (r reader) loansWhere(ctx context.Context, where string, args ...any) ([]Loan, error) {
	var rows []loanRow
	if err := r.idb.NewRaw(`SELECT loans.* FROM loans `+where, args...).Scan(ctx, &rows); err != nil || len(rows) == 0 {
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
	loans := make([]Loan, len(rows))
	for i := range rows {
		if loans[i], err = rows[i].loan(keys[rows[i].BorrowerID]); err != nil {
			return nil, err
		}
	}
	return loans, nil
}

// livingKeys opens the data keys of several borrowers; one whose key was destroyed is left out.
func (r reader) livingKeys(ctx context.Context, borrowers []int64) (map[int64]*seal.DataKey, error) {
	var rows []struct {
		BorrowerID int64
		Wrapped    []byte
	}
	err := r.idb.NewRaw(`SELECT borrower_id, wrapped FROM borrower_keys WHERE borrower_id IN (?) AND wrapped IS NOT NULL`, bun.List(borrowers)).Scan(ctx, &rows)
	if err != nil {
		return nil, fromTx(err)
	}
	keys := make(map[int64]*seal.DataKey, len(rows))
	for _, row := range rows {
		if keys[row.BorrowerID], err = r.keys.DataKey(row.BorrowerID, row.Wrapped); err != nil {
			return nil, err
		}
	}
	return keys, nil
}
