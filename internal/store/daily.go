package store

import (
	"context"

	"github.com/creditpocket/creditpocket/internal/clock"
	"github.com/creditpocket/creditpocket/internal/money"
)

// DailyStep is how far one step of the daily run of a business date has come.
type DailyStep struct {
	Step   string
	Date   clock.Date
	Loans  int64      // acted on so far
	Amount money.Kobo // penalty charged so far
	Done   bool

	// The cursor: the due date and the id of the last loan looked at.
	afterDate clock.Date
	afterID   int64
}

// dailyBegin is the due date at which every cursor begins.
var dailyBegin = clock.NewDate(1, 1, 1)

// LockDailyStep reads how far a step has come, from its beginning where it has not begun, and holds it for this transaction:
// the batches of a step happen one after the other, whoever works them.
func (t *Tx) LockDailyStep(ctx context.Context, step string, date clock.Date) (DailyStep, error) {
	_, err := t.idb.NewRaw(`INSERT INTO daily_runs (step, business_date, started_at) VALUES (?, ?::date, ?) ON CONFLICT DO NOTHING`,
		step, date.String(), t.now).Exec(ctx)
	if err != nil {
		return DailyStep{}, fromTx(err)
	}
	var row struct {
		AfterDate string
		AfterID   int64
		Loans     int64
		Amount    int64
		Done      bool
	}
	err = t.idb.NewRaw(`SELECT after_date::text, after_id, loans, amount, finished_at IS NOT NULL AS done
		FROM daily_runs WHERE step = ? AND business_date = ?::date FOR UPDATE`, step, date.String()).Scan(ctx, &row)
	if err != nil {
		return DailyStep{}, fromTx(err)
	}
	s := DailyStep{Step: step, Date: date, Loans: row.Loans, Amount: money.Kobo(row.Amount), Done: row.Done, afterID: row.AfterID}
	s.afterDate, err = clock.ParseDate(row.AfterDate)
	return s, err
}

// SaveDailyStep writes how far a step has come, in the transaction of the batch that got there. A step that is done already is
// ErrStale.
func (t *Tx) SaveDailyStep(ctx context.Context, s DailyStep) error {
	after := s.afterDate.Later(dailyBegin)
	result, err := t.idb.NewRaw(`UPDATE daily_runs SET after_date = ?::date, after_id = ?, loans = ?, amount = ?, finished_at = CASE WHEN ? THEN ?::timestamptz END
		WHERE step = ? AND business_date = ?::date AND finished_at IS NULL`,
		after.String(), s.afterID, s.Loans, int64(s.Amount), s.Done, t.now, s.Step, s.Date.String()).Exec(ctx)
	return exactly(1, result, err)
}

// DailyDates says up to which business date a step is done, and the first later one at which it was begun and is not done;
// the zero date for none.
func (r reader) DailyDates(ctx context.Context, step string) (done, begun clock.Date, err error) {
	var row struct{ Done, Begun *string }
	err = r.idb.NewRaw(`WITH last AS (SELECT max(business_date) AS done FROM daily_runs WHERE step = ?0 AND finished_at IS NOT NULL)
		SELECT done::text, (SELECT min(business_date)::text FROM daily_runs
			WHERE step = ?0 AND finished_at IS NULL AND business_date > coalesce(done, '0001-01-01')) AS begun FROM last`, step).Scan(ctx, &row)
	if err != nil {
		return done, begun, fromTx(err)
	}
	if done, err = dateOut(row.Done); err != nil {
		return done, begun, err
	}
	begun, err = dateOut(row.Begun)
	return done, begun, err
}

// outstandingColumn is the SQL of what one component of a loan still owes: money.Balances.Outstanding.
func outstandingColumn(component string) string {
	sql := "charged_" + component
	for _, kind := range []string{"paid_", "waived_", "coupon_", "rebated_", "written_off_", "reversed_"} {
		sql += " - " + kind + component
	}
	return sql
}

// outstandingSum is the SQL of what a loan still owes in all.
func outstandingSum() string {
	return outstandingColumn("principal") + " + " + outstandingColumn("service_fee") + " + " +
		outstandingColumn("interest") + " + " + outstandingColumn("penalty")
}
