package ops

import "github.com/creditpocket/creditpocket/internal/testkit"

// sums is the state of every table, without what goes on by itself while a test looks: the rest of an accepted act's background work.
func (w *world) sums() map[string]string {
	w.Helper()
	sums := testkit.Checksums(w.T, w.app.DatabaseURL)
	for _, table := range []string{"river_job", "daily_runs", "gateway_events", "message_counters", "messages"} {
		delete(sums, table)
	}
	return sums
}
