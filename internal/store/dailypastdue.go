package store

import (
	"context"
	"errors"

	"github.com/creditpocket/creditpocket/internal/clock"
	"github.com/creditpocket/creditpocket/internal/ledger"
	"github.com/creditpocket/creditpocket/internal/lending"
	"github.com/creditpocket/creditpocket/internal/money"
)

// PastDue is what a batch of ChargePastDue did.
type PastDue struct {
	Overdue int64      // loans that were active and are overdue now
	Charged int64      // loans whose penalty changed
	Penalty money.Kobo // by how much in all
}

// holdPastDue finds the next loans that are past due and holds their borrowers, which the ledger refers to: the lock order is
// borrower, loan.
const holdPastDue = `WITH picked AS MATERIALIZED (
		SELECT due_date, id, borrower_id FROM loans
		WHERE status IN (5, 21) AND due_date < ?0::date AND (due_date, id) > (?1::date, ?2) ORDER BY due_date, id LIMIT ?3),
	held AS MATERIALIZED (SELECT id FROM borrowers WHERE id IN (SELECT borrower_id FROM picked) ORDER BY id FOR KEY SHARE)
	SELECT due_date::text, id, (SELECT count(*) FROM picked) AS loans, (SELECT count(*) FROM held) AS borrowers
	FROM picked ORDER BY due_date DESC, id DESC LIMIT 1`

// chargeableDays is lending.Conditions.ChargeableDays of so many days past due.
func chargeableDays(days string) string {
	return "CASE WHEN " + days + " <= grace THEN 0 WHEN clawback THEN " + days + " ELSE " + days + " - grace END"
}

// chargePastDue is lending.RunDay over a range of loans: the moves, the penalty, its postings. The penalty of a loan is a
// function of its anchor, so it does not matter which days were missed, and penalty_through keeps a day from being charged
// twice. updated_at stays with a loan that only accrues: it says when something happened, and it is in an index.
func chargePastDue() string {
	return `WITH picked AS MATERIALIZED (
		SELECT id, brand, borrower_id, status, principal, charged_penalty, anchor_penalty, penalty_through,
			greatest(?0::date, anchor_date) AS through,
			greatest(?0::date, anchor_date) - due_date AS days_through,
			coalesce(anchor_date - due_date, 0) AS days_anchor,
			` + outstandingColumn("principal") + ` AS unpaid,
			coalesce((conditions->>'PenaltyDailyBps')::bigint, 0) AS daily_bps,
			coalesce((conditions->>'PenaltyCapBps')::bigint, 0) AS cap_bps,
			coalesce((conditions->>'GraceDays')::int, 0) AS grace,
			coalesce(conditions->>'GraceMode' = '` + string(lending.GraceClawback) + `', false) AS clawback,
			coalesce(penalty_through < ?0::date, true) AS accrues
		FROM loans
		WHERE status IN (5, 21) AND due_date < ?0::date AND (due_date, id) > (?1::date, ?2) AND (due_date, id) <= (?3::date, ?4)
		ORDER BY due_date, id FOR UPDATE),
	priced AS (
		SELECT *, (unpaid * daily_bps + 5000) / 10000 AS daily,
			(` + chargeableDays("days_through") + `) - (` + chargeableDays("days_anchor") + `) AS days,
			CASE WHEN cap_bps = 0 THEN ?5 ELSE least((principal * cap_bps + 5000) / 10000, ?5) END AS cap
		FROM picked),
	target AS MATERIALIZED (
		SELECT *, row_number() OVER (ORDER BY id) - 1 AS place,
			CASE WHEN NOT accrues THEN charged_penalty WHEN days <= 0 THEN anchor_penalty
				ELSE greatest(anchor_penalty, least(anchor_penalty + least(daily * days, ?5), cap)) END AS charged
		FROM priced WHERE accrues OR status = 5),
	moved AS (
		UPDATE loans l SET status = 21, charged_penalty = t.charged, penalty_through = CASE WHEN t.accrues THEN t.through ELSE t.penalty_through END,
			updated_at = CASE WHEN t.status = 5 THEN ?6::timestamptz ELSE l.updated_at END
		FROM target t WHERE l.id = t.id),
	events AS (
		INSERT INTO loan_events (id, loan_id, from_code, to_code, trigger, actor, at)
		SELECT ?7 + place, id, 5, 21, ?8, 'system', ?6::timestamptz FROM target WHERE status = 5),
	batches AS (
		INSERT INTO ledger_batches (id, key, kind, brand, borrower_id, loan_id, effective_at, business_date, created_at)
		SELECT ?9 + 3 * place, 'loan:' || id || ':` + string(ledger.KindPenalty) + `:' || ?0, '` + string(ledger.KindPenalty) + `', brand, borrower_id, id, ?10::timestamptz, ?0::date, ?6::timestamptz
		FROM target WHERE charged <> charged_penalty),
	postings AS (
		INSERT INTO ledger_postings (id, batch_id, account, borrower_id, loan_id, amount)
		SELECT ?9 + 3 * place + side, ?9 + 3 * place, account, borrower_id, id, sign * (charged - charged_penalty)
		FROM target CROSS JOIN (VALUES (1, '` + string(ledger.PenaltyReceivable) + `', 1), (2, '` + string(ledger.PenaltyIncome) + `', -1)) AS s (side, account, sign)
		WHERE charged <> charged_penalty)
	SELECT count(*) FILTER (WHERE status = 5) AS overdue, count(*) FILTER (WHERE charged <> charged_penalty) AS charged,
		coalesce(sum(charged - charged_penalty), 0)::bigint AS penalty FROM target`
}

// ChargePastDue does the next batch of a business date's past-due loans: active ones become overdue, and the penalty is
// charged up to the date as lending.RunDay does it, with a ledger batch a loan under ledger.PenaltyAccrual's key, effective when the
// date begins. It looks at up to limit loans and moves the cursor of s; s is done when there are no more. A loan that is not past due is
// left alone: all that RunDay would do is to note that nothing is owed for the day.
func (t *Tx) ChargePastDue(ctx context.Context, s *DailyStep, limit int) (PastDue, error) {
	var last struct {
		DueDate   string
		ID        int64
		Loans     int
		Borrowers int
	}
	date, after := s.Date.String(), s.afterDate.Later(dailyBegin).String()
	err := t.idb.NewRaw(holdPastDue, date, after, s.afterID, limit).Scan(ctx, &last)
	if err = fromTx(err); errors.Is(err, ErrNotFound) {
		s.Done = true
		return PastDue{}, nil
	}
	if err != nil {
		return PastDue{}, err
	}
	move, _ := lending.FindTransition(lending.Active, lending.Overdue)
	events, batches := ids.block(last.Loans), ids.block(3*last.Loans)
	var done PastDue
	err = t.idb.NewRaw(chargePastDue(), date, after, s.afterID, last.DueDate, last.ID, int64(money.Max), t.now, events, string(move.Trigger),
		batches, s.Date.Start()).Scan(ctx, &done)
	if err != nil {
		return done, fromTx(err)
	}
	if s.afterDate, err = clock.ParseDate(last.DueDate); err != nil {
		return done, err
	}
	s.afterID, s.Done = last.ID, last.Loans < limit
	s.Loans += max(done.Overdue, done.Charged)
	s.Amount += done.Penalty
	return done, nil
}
