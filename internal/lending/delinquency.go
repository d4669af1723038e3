package lending

import (
	"github.com/creditpocket/creditpocket/internal/clock"
)

// Bucket is a range of days past due.
type Bucket struct {
	Name string
	From int // days past due, inclusive
	To   int // inclusive; 0 in the last bucket, which has no end
}

// Buckets lists the delinquency buckets: current, 1-7, 8-30, 31-60, 61-90, 90+ (from 91 days).
func Buckets() []Bucket {
	return []Bucket{{"current", 0, 0}, {"1-7", 1, 7}, {"8-30", 8, 30}, {"31-60", 31, 60}, {"61-90", 61, 90}, {"90+", 91, 0}}
}

// BucketOf returns the bucket of a number of days past due; a negative number is current.
func BucketOf(days int) Bucket {
	all := Buckets()
	for i := len(all) - 1; i > 0; i-- {
		if days >= all[i].From {
			return all[i]
		}
	}
	return all[0]
}

// String returns the bucket's name.
func (b Bucket) String() string { return b.Name }

// DaysPastDue is the number of calendar days in Lagos from the due date to a date, never negative.
func DaysPastDue(due, on clock.Date) int {
	if due.IsZero() || on.IsZero() {
		return 0
	}
	return max(on.Sub(due), 0)
}
