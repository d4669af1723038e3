package app

import (
	"context"
	"fmt"
	"io"
	"text/tabwriter"
	"time"

	"github.com/creditpocket/creditpocket/internal/backoffice"
	"github.com/creditpocket/creditpocket/internal/clock"
	"github.com/creditpocket/creditpocket/internal/lending"
)

// ReplayOrder says which decisions to make again: that about one loan, or all since a date in Lagos ("" is the beginning).
type ReplayOrder struct {
	Loan    int64
	Version int // of the rules, for one loan; 0 is those of the time
	Since   string
}

// RulesReplay makes decisions again from their stored snapshots and says where that gives another decision than the recorded one. One
// difference is an error.
func RulesReplay(ctx context.Context, environ []string, o ReplayOrder, out io.Writer) error {
	var since time.Time
	if o.Since != "" {
		d, err := clock.ParseDate(o.Since)
		if err != nil {
			return fmt.Errorf("--since must be a date as YYYY-MM-DD")
		}
		since = d.Start()
	}
	return withStaff(ctx, environ, func(ctx context.Context, staff *backoffice.Service) error {
		if o.Loan != 0 {
			return replayOne(ctx, staff, o, out)
		}
		started := time.Now()
		tally, err := staff.ReplayAll(ctx, since, func(r backoffice.Replay) error {
			_, err := fmt.Fprintf(out, "loan %d: recorded %s, replayed %s\n", r.Recorded.LoanID, ruling(r.Recorded.Outcome, r.Recorded.Hits), ruling(r.Outcome, r.Hits))
			return err
		})
		if err != nil {
			return err
		}
		fmt.Fprintf(out, "RESULT rules-replay decisions=%d differing=%d erased=%d seconds=%.1f\n", tally.Decisions, tally.Differing, tally.Erased, time.Since(started).Seconds())
		if tally.Differing > 0 {
			return fmt.Errorf("%d decisions differ", tally.Differing)
		}
		return nil
	})
}

func replayOne(ctx context.Context, staff *backoffice.Service, o ReplayOrder, out io.Writer) error {
	r, err := staff.ReplayDecision(ctx, backoffice.Actor{}, o.Loan, o.Version)
	if err != nil {
		return err
	}
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintf(table, "loan\t%d, decided %s\n", o.Loan, r.Recorded.CreatedAt.Format(time.RFC3339))
	for _, f := range r.Recorded.Snapshot.Named() {
		fmt.Fprintf(table, "  %s\t%s\n", f.Name, f.Value)
	}
	fmt.Fprintf(table, "recorded\tversion %d: %s\n", r.Recorded.RuleSetVersion, ruling(r.Recorded.Outcome, r.Recorded.Hits))
	fmt.Fprintf(table, "replayed\tversion %d: %s\n", r.Version, ruling(r.Outcome, r.Hits))
	if err := table.Flush(); err != nil {
		return err
	}
	differing := 0
	if !r.Agrees {
		differing = 1
	}
	fmt.Fprintf(out, "RESULT rules-replay decisions=1 differing=%d erased=0\n", differing)
	if !r.Agrees {
		return fmt.Errorf("the decision differs")
	}
	return nil
}

// ruling is an outcome with the rules that applied, the deciding one first.
func ruling(o lending.Outcome, hits []lending.Hit) string {
	text := string(o)
	for i, h := range hits {
		sep := ", "
		if i == 0 {
			sep = ": "
		}
		text += sep + h.Reason
	}
	return text
}
