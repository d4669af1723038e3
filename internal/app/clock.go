package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"regexp"
	"strconv"
	"time"

	"github.com/creditpocket/creditpocket/internal/clock"
	"github.com/creditpocket/creditpocket/internal/config"
	"github.com/creditpocket/creditpocket/internal/store"
)

// The business clock of development runs ahead of the real one by an offset that is kept in the database: what happens in three
// weeks can be seen now. Every process on the database follows it. Production has no such clock.

// clockInterval is how often a process looks whether the business clock was moved.
const clockInterval = time.Second

var errProductionClock = errors.New("production runs on the real clock: `creditpocket clock` is for development only")

// readClock sets a clock to the deployment's offset.
func readClock(ctx context.Context, st *store.Store, c *clock.Offset) error {
	offset, err := st.BusinessClock(ctx)
	if err != nil {
		return fmt.Errorf("the business clock: %w", err)
	}
	c.SetOffset(offset)
	return nil
}

// followClock makes a clock follow the deployment's until stop is called. While the database is away the clock runs on.
func followClock(ctx context.Context, st *store.Store, c *clock.Offset, every time.Duration, log *slog.Logger) (stop func(), err error) {
	if err := readClock(ctx, st, c); err != nil {
		return nil, err
	}
	ctx, cancel := context.WithCancel(context.WithoutCancel(ctx))
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		ticker := time.NewTicker(every)
		defer ticker.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-ticker.C:
			}
			before := c.By()
			if err := readClock(ctx, st, c); err != nil {
				log.DebugContext(ctx, "the business clock cannot be read", "error", err)
			} else if after := c.By(); after != before {
				log.InfoContext(ctx, "the business clock was moved", "ahead", spanText(after))
			}
		}
	}()
	return func() {
		cancel()
		<-ended
	}, nil
}

// ClockShow prints the business time.
func ClockShow(ctx context.Context, environ []string, out io.Writer) error {
	return withClock(ctx, environ, func(ctx context.Context, d *deployment) error { return showClock(ctx, d.store, out) })
}

// ClockAdvance moves the business clock ahead by a span such as "3d", "12h" or "1d6h30m", and prints the business time.
func ClockAdvance(ctx context.Context, environ []string, span string, out io.Writer) error {
	by, err := parseSpan(span)
	if err != nil {
		return err
	}
	return withClock(ctx, environ, func(ctx context.Context, d *deployment) error {
		err := d.store.InTx(ctx, func(ctx context.Context, tx *store.Tx) error {
			_, err := tx.AdvanceBusinessClock(ctx, by)
			return err
		})
		if err != nil {
			return err
		}
		if err := showClock(ctx, d.store, out); err != nil {
			return err
		}
		_, err = fmt.Fprintln(out, "A running server follows within a second, works the daily run within a minute (`creditpocket daily` works it now) and deletes records "+
			"whose time is over within five (`creditpocket retention --sweep`).")
		return err
	})
}

// ClockReset makes the business time the real one again, and prints it.
func ClockReset(ctx context.Context, environ []string, out io.Writer) error {
	return withClock(ctx, environ, func(ctx context.Context, d *deployment) error {
		err := d.store.InTx(ctx, func(ctx context.Context, tx *store.Tx) error { return tx.ResetBusinessClock(ctx) })
		if err != nil {
			return err
		}
		return showClock(ctx, d.store, out)
	})
}

// withClock is withDatabase where there is a business clock. Production is refused before its database is touched.
func withClock(ctx context.Context, environ []string, work func(ctx context.Context, d *deployment) error) error {
	c, err := config.Load(environ)
	if c.Mode == config.Production {
		return errProductionClock
	}
	if err != nil {
		return fmt.Errorf("the settings are not right:\n%w", err)
	}
	return withDatabase(ctx, environ, work)
}

func showClock(ctx context.Context, st *store.Store, out io.Writer) error {
	offset, err := st.BusinessClock(ctx)
	if err != nil {
		return err
	}
	now := time.Now().Add(offset)
	_, err = fmt.Fprintf(out, "Business time %s in Lagos, %s ahead of the real time.\n", clock.FormatWire(now), spanText(offset))
	return err
}

var spanForm = regexp.MustCompile(`^(?:([0-9]{1,4})d)?([0-9].*)?$`)

// parseSpan reads days before what time.ParseDuration reads.
func parseSpan(text string) (time.Duration, error) {
	bad := fmt.Errorf("%q is not a span of time above zero such as 3d, 12h or 1d6h30m", text)
	parts := spanForm.FindStringSubmatch(text)
	if text == "" || parts == nil {
		return 0, bad
	}
	var span time.Duration
	if parts[1] != "" {
		days, err := strconv.Atoi(parts[1])
		if err != nil {
			return 0, bad
		}
		span = time.Duration(days) * 24 * time.Hour
	}
	if parts[2] != "" {
		rest, err := time.ParseDuration(parts[2])
		if err != nil || rest < 0 || rest > store.MaxClockOffset {
			return 0, bad
		}
		span += rest
	}
	if span < time.Second {
		return 0, bad
	}
	return span, nil
}

// spanText writes a span with its days: "3d6h0m0s".
func spanText(d time.Duration) string {
	days := d / (24 * time.Hour)
	rest := d % (24 * time.Hour)
	switch {
	case days == 0:
		return rest.String()
	case rest == 0:
		return fmt.Sprintf("%dd", days)
	}
	return fmt.Sprintf("%dd%s", days, rest)
}
