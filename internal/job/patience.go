package job

import (
	"errors"
	"time"

	"github.com/riverqueue/river"

	"github.com/creditpocket/creditpocket/internal/provider"
)

// patient turns a vendor's wish for patience into a wait as long as it says, which counts as no attempt. Other errors stay as they are.
func patient(err error) error {
	var limited *provider.RateLimitedError
	if errors.As(err, &limited) {
		return river.JobSnooze(max(limited.RetryAfter, time.Second))
	}
	return err
}
