package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/creditpocket/creditpocket/internal/clock"
	"github.com/creditpocket/creditpocket/internal/servicing"
	"github.com/creditpocket/creditpocket/internal/support"
)

// dailyConfig is the daily run as this server works it: the sweeps of what is kept for a time only belong to it.
func dailyConfig(s *support.Service) servicing.DailyConfig {
	return servicing.DailyConfig{Sweeps: []servicing.DailySweep{
		{Name: "locations", Run: func(ctx context.Context, _ clock.Date) error {
			_, err := s.SweepLocations(ctx)
			return err
		}},
	}}
}

// dailyWait is how often a command looks whether another process has finished the daily run.
const dailyWait = time.Second

// Daily works the daily run up to a business date (YYYY-MM-DD, or "" for today) and prints what it did and how the loans stand.
// While another process works the run it waits for it.
func Daily(ctx context.Context, environ []string, through string, out io.Writer) error {
	return withDatabase(ctx, environ, func(ctx context.Context, d *deployment) error {
		date := clock.DateOf(d.clock.Now())
		if through != "" {
			var err error
			if date, err = clock.ParseDate(through); err != nil {
				return fmt.Errorf("--through: %w", err)
			}
		}
		capability := servicing.New(d.store, nil, d.clock, servicing.Config{}, d.log)
		config := dailyConfig(support.New(d.store, support.Config{}))
		started := time.Now()
		shown := started
		progress := func(p servicing.DailyProgress) {
			if time.Since(shown) > time.Second {
				shown = time.Now()
				fmt.Fprintf(os.Stderr, "%s %s: %d loans\n", p.Date, p.Step, p.Loans)
			}
		}
		report, err := capability.RunDaily(ctx, date, config, progress)
		for said := false; errors.Is(err, servicing.ErrDailyRunning); report, err = capability.RunDaily(ctx, date, config, progress) {
			if !said {
				said = true
				fmt.Fprintln(os.Stderr, "another process works the daily run; waiting for it")
			}
			select {
			case <-ctx.Done():
				return ctx.Err()
			case <-time.After(dailyWait):
			}
		}
		if err != nil {
			return err
		}
		totals, err := d.store.Delinquency(ctx, date.Start())
		if err != nil {
			return err
		}
		for _, t := range totals {
			fmt.Fprintf(out, "%-8s %8d loans  %s\n", t.Bucket, t.Loans, t.Owed)
		}
		_, err = fmt.Fprintf(out, "RESULT daily through=%s dates=%d overdue=%d charged=%d penalty_kobo=%d expired=%d reminded=%d seconds=%.1f\n", date,
			report.Dates, report.Overdue, report.Charged, int64(report.Penalty), report.Expired, report.Reminded, time.Since(started).Seconds())
		return err
	})
}
