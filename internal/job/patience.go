package job

import (
	"errors"
	"fmt"
	"time"

	"github.com/riverqueue/river"

	"github.com/creditpocket/creditpocket/internal/provider"
)

// Later says that there is nothing wrong, but that the work cannot be done before the wait is over.
type Later struct{ Wait time.Duration }

// Error names the wait.
func (e *Later) Error() string { return fmt.Sprintf("job: to be done in %s", e.Wait) }

// patient turns Later, and a vendor's wish for patience, into a wait that counts as no attempt. Other errors stay as they are.
func patient(err error) error {
	var later *Later
	if errors.As(err, &later) {
		return river.JobSnooze(max(later.Wait, time.Second))
	}
	var limited *provider.RateLimitedError
	if errors.As(err, &limited) {
		return river.JobSnooze(max(limited.RetryAfter, time.Second))
	}
	return err
}
