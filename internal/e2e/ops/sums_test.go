package ops

import (
	"maps"
	"time"

	"github.com/creditpocket/creditpocket/internal/testkit"
)

// rest waits until the work behind earlier acts is done, and returns the state of every table then.
func (w *world) rest() (sums map[string]string) {
	w.Helper()
	w.eventually("the database to rest", func() bool {
		busy := testkit.Texts(w.T, w.app.DatabaseURL, `SELECT id::text FROM river_job WHERE state IN ('available', 'running') AND kind NOT LIKE '%.sweep' AND kind <> 'daily.run' LIMIT 1`)
		if len(busy) > 0 {
			return false
		}
		before := w.sums()
		time.Sleep(100 * time.Millisecond)
		sums = w.sums()
		return maps.Equal(before, sums)
	})
	return sums
}

// sums is the state of every table, without what goes on by itself while a test looks: jobs, events of the gateway and looks at
// payouts that are the rest of earlier acts. What an act was refused with is kept as the answer of its key.
func (w *world) sums() map[string]string {
	w.Helper()
	sums := testkit.Checksums(w.T, w.app.DatabaseURL)
	for _, table := range []string{"river_job", "daily_runs", "gateway_events", "payouts", "message_counters", "messages", "operations"} {
		delete(sums, table)
	}
	return sums
}
