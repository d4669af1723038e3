package store

import (
	"context"
	"time"

	"github.com/creditpocket/creditpocket/internal/lending"
	"github.com/creditpocket/creditpocket/internal/money"
)

// BucketTotal is what stands in one delinquency bucket.
type BucketTotal struct {
	Bucket lending.Bucket
	Loans  int64
	Owed   money.Kobo // with the penalty charged so far
}

// lagosDate is the SQL of the date in Lagos at an instant, whatever the session's time zone is: clock.DateOf.
func lagosDate(instant string) string { return "(" + instant + " AT TIME ZONE 'Africa/Lagos')::date" }

// daysPastDue is the SQL of lending.DaysPastDue at an instant for a due date.
func daysPastDue(instant, dueDate string) string {
	return "greatest(" + lagosDate(instant) + " - " + dueDate + ", 0)"
}

// Delinquency sums what borrowers owe at an instant by bucket of days past due; every bucket is named.
func (r reader) Delinquency(ctx context.Context, at time.Time) ([]BucketTotal, error) {
	var rows []struct {
		Days  int
		Loans int64
		Owed  int64
	}
	err := r.idb.NewRaw(`SELECT `+daysPastDue("?::timestamptz", "due_date")+` AS days, count(*) AS loans, sum(`+outstandingSum()+`)::bigint AS owed
		FROM loans WHERE status IN (5, 21) GROUP BY 1`, at).Scan(ctx, &rows)
	if err != nil {
		return nil, fromTx(err)
	}
	totals := make([]BucketTotal, 0, len(lending.Buckets()))
	for _, b := range lending.Buckets() {
		total := BucketTotal{Bucket: b}
		for _, row := range rows {
			if lending.BucketOf(row.Days) == b {
				total.Loans += row.Loans
				total.Owed += money.Kobo(row.Owed)
			}
		}
		totals = append(totals, total)
	}
	return totals, nil
}
