package store

import (
	"context"
	"time"

	"github.com/uptrace/bun"

	"github.com/creditpocket/creditpocket/internal/lending"
	"github.com/creditpocket/creditpocket/internal/money"
)

// ExpiredLoan is an approval that has lapsed.
type ExpiredLoan struct {
	ID         int64
	BorrowerID int64
	Principal  money.Kobo
}

// expirable are approved loans whose approval is older than ?0 and of which no transfer may be on its way or has arrived.
const expirable = `status = 3 AND coalesce(approved_at, updated_at) < ?0::timestamptz
	AND NOT EXISTS (SELECT FROM payouts p WHERE p.loan_id = l.id AND p.state IN (0, 1, 2))`

// ExpireApproved ends the next approved loans that were approved before an instant and never paid out, at most limit, and moves the
// step's cursor; it is done when there are no more.
func (t *Tx) ExpireApproved(ctx context.Context, s *DailyStep, before time.Time, limit int) ([]ExpiredLoan, error) {
	var found []struct{ ID, BorrowerID int64 }
	err := t.idb.NewRaw(`SELECT id, borrower_id FROM loans l WHERE `+expirable+` AND id > ?1 ORDER BY id LIMIT ?2`,
		before, s.afterID, limit).Scan(ctx, &found)
	if err != nil {
		return nil, fromTx(err)
	}
	if s.Done = len(found) < limit; len(found) == 0 {
		return nil, nil
	}
	loans, borrowers := make([]int64, len(found)), make([]int64, len(found))
	for i, f := range found {
		loans[i], borrowers[i] = f.ID, f.BorrowerID
	}
	s.afterID = loans[len(loans)-1]
	// The lock order is borrower, loan: the moment at which a payout begins holds both.
	if _, err := t.idb.NewRaw(`SELECT id FROM borrowers WHERE id IN (?) ORDER BY id FOR KEY SHARE`, bun.List(borrowers)).Exec(ctx); err != nil {
		return nil, fromTx(err)
	}
	move, _ := lending.FindTransition(lending.Approved, lending.Expired)
	var rows []struct{ ID, BorrowerID, Principal int64 }
	err = t.idb.NewRaw(`WITH picked AS MATERIALIZED (SELECT id, borrower_id, principal FROM loans l WHERE id IN (?1) AND `+expirable+` ORDER BY id FOR UPDATE OF l),
		moved AS (UPDATE loans l SET status = 62, updated_at = ?2 FROM picked p WHERE l.id = p.id),
		events AS (INSERT INTO loan_events (id, loan_id, from_code, to_code, trigger, actor, at)
			SELECT ?3 + row_number() OVER (ORDER BY id) - 1, id, 3, 62, ?4, 'system', ?2::timestamptz FROM picked)
		SELECT id, borrower_id, principal FROM picked ORDER BY id`,
		before, bun.List(loans), t.now, ids.block(len(loans)), string(move.Trigger)).Scan(ctx, &rows)
	if err != nil {
		return nil, fromTx(err)
	}
	expired, gone := make([]ExpiredLoan, len(rows)), make([]int64, len(rows))
	for i, row := range rows {
		expired[i] = ExpiredLoan{row.ID, row.BorrowerID, money.Kobo(row.Principal)}
		gone[i] = row.ID
	}
	s.Loans += int64(len(expired))
	return expired, t.ReleaseCoupons(ctx, gone...)
}
