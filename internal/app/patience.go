package app

import (
	"context"
	"log/slog"
	"time"

	"github.com/creditpocket/creditpocket/internal/store"
)

// startPatience is how long a process that starts waits for a database that is busy, starting, or away for a moment: a replica that gave
// up at the first full connection table would be missing when it is needed most.
const startPatience = 30 * time.Second

// patiently does one step of the start, again while the database cannot do it now, with waits of 100 ms doubling to 2 s. After the time
// it returns the last error.
func patiently(ctx context.Context, patience time.Duration, log *slog.Logger, what string, step func() error) error {
	began := time.Now()
	for wait := 100 * time.Millisecond; ; wait = min(2*wait, 2*time.Second) {
		err := step()
		left := patience - time.Since(began)
		if err == nil || !store.MayPass(err) || left <= 0 || ctx.Err() != nil {
			return err
		}
		log.WarnContext(ctx, "the database is busy or away: waiting for it", "step", what, "waited", time.Since(began).Truncate(time.Millisecond).String(),
			"atMost", patience.String(), "error", err.Error())
		timer := time.NewTimer(min(wait, left))
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			return err
		}
	}
}
