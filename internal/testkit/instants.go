package testkit

import (
	"math/rand/v2"
	"time"

	"github.com/creditpocket/creditpocket/internal/clock"
)

// DueInstant is the instant at which a loan is due, with instants at which somebody looks at it.
type DueInstant struct {
	Due time.Time
	At  []time.Time
}

// DueInstants are due instants with looks instants each: seconds and microseconds around midnights in Lagos, in UTC and in Honolulu, and
// around the due instants themselves. They are the same in every process, all between 2024 and 2028.
func DueInstants(dues, looks int) []DueInstant {
	rnd := rand.New(rand.NewPCG(1919, 8))
	begin := time.Date(2024, 1, 3, 0, 0, 0, 0, time.UTC)
	around := func(day int) time.Time {
		midnight := begin.AddDate(0, 0, day).Add(time.Duration([]int{-1, 0, 10}[rnd.IntN(3)]) * time.Hour)
		return midnight.Add(time.Duration(rnd.IntN(7)-3) * time.Second).Add(time.Duration(rnd.IntN(3)-1) * time.Microsecond)
	}
	all := make([]DueInstant, dues)
	for i := range all {
		day := rnd.IntN(1400)
		due := around(day)
		if rnd.IntN(2) == 0 {
			due = begin.AddDate(0, 0, day).Add(time.Duration(rnd.Int64N(int64(24 * time.Hour)))).Truncate(time.Microsecond)
		}
		all[i].Due = due
		for range looks {
			at := around(day + rnd.IntN(9) - 3)
			switch rnd.IntN(4) {
			case 0:
				at = due.Add(time.Duration(rnd.IntN(5)-2) * time.Second)
			case 1:
				at = clock.DateOf(due).AddDays(rnd.IntN(4)).Start().Add(time.Duration(rnd.IntN(5)-2) * time.Microsecond)
			case 2:
				at = due.Add(time.Duration(rnd.Int64N(int64(100 * 24 * time.Hour)))).Truncate(time.Microsecond)
			}
			all[i].At = append(all[i].At, at)
		}
	}
	return all
}
