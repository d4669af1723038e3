package app

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/creditpocket/creditpocket/internal/clock"
	"github.com/creditpocket/creditpocket/internal/job"
	"github.com/creditpocket/creditpocket/internal/reconcile"
	"github.com/creditpocket/creditpocket/internal/store"
)

// openReconcile wires the reconciliation to those who can bring ours up to date.
func (a *App) openReconcile() {
	a.Reconcile = reconcile.New(a.Store, a.providers.books, reconcile.Appliers{
		Transfer: a.Origination.ApplyPayout,
		Charge:   a.appliers().Apply,
		Refund:   a.Servicing.RefundCharge,
		Receipt:  a.Backoffice.CollectReceipt,
	}, a.Clock, a.log)
}

// reconcileLater is when the nightly job looks again where another run is under way: that one may have been asked about a shorter time.
const reconcileLater = 10 * time.Minute

// reconcileNow is the nightly job.
func (a *App) reconcileNow(ctx context.Context) error {
	r, err := a.Reconcile.Run(ctx, time.Time{})
	if errors.Is(err, reconcile.ErrUnderWay) {
		return &job.Later{Wait: reconcileLater}
	}
	if err == nil {
		a.log.InfoContext(ctx, "reconciled with the gateway", "records", r.Records, "matched", r.Matched, "applied", r.Applied, "breaks", len(r.Breaks), "closed", r.Closed)
	}
	return err
}

// reconciled is a run as --json prints it. Amounts are kobo.
type reconciled struct {
	Since     string        `json:"since"` // RFC 3339; "" from the beginning
	Records   int           `json:"records"`
	Movements int           `json:"newMovements"`
	Matched   int           `json:"matched"`
	Applied   int           `json:"applied"`
	Fees      int64         `json:"feesBooked"`
	Closed    int           `json:"closed"`
	Breaks    []brokenThing `json:"breaks"`
}

type brokenThing struct {
	ID        string `json:"id"`
	Kind      string `json:"kind"`
	Object    string `json:"object"`
	Reference string `json:"reference"`
	Ours      int64  `json:"ours"`
	Theirs    int64  `json:"theirs"`
	Detail    string `json:"detail"`
	AgeHours  int64  `json:"ageHours"` // of the thing it is about
	FirstSeen string `json:"firstSeen"`
}

// BreaksOpen is how many breaks are open after a run that went well.
type BreaksOpen int

// Error says how many.
func (n BreaksOpen) Error() string { return fmt.Sprintf("%d breaks are open", int(n)) }

// ExitCode is what the command ends with.
func (BreaksOpen) ExitCode() int { return 2 }

// ReconcileHelp is the part of the command's help that scripts go by.
const ReconcileHelp = `Reads the gateway's transfers, charges, refunds and its ledger of our balance, and holds them against ours by reference and amount, both
ways. What is only behind is brought up to date; the rest are breaks, which stay open until a later run finds the books agreeing or a person
resolves them. docs/money.md says what each kind means. One run goes at a time, the server's nightly one included.

Exit codes: 0 the books agree; 2 breaks are open; 1 the run could not be made, or another one is under way.

Output: a line for each open break and one RESULT line, or with --json one document:
since, records, newMovements, matched, applied, feesBooked, closed, breaks[id, kind, object, reference, ours, theirs, detail, ageHours, firstSeen].
Amounts are kobo.`

// Reconcile holds the gateway's books against ours and prints every break that is open; then it returns BreaksOpen. since is "", a duration before now
// (72h) or a date (2006-01-02, from its midnight in Lagos).
func Reconcile(ctx context.Context, environ []string, since string, asJSON bool, out io.Writer) error {
	return withStore(ctx, environ, func(ctx context.Context, a *App) error {
		from, err := sinceWhen(since, a.Clock.Now())
		if err != nil {
			return err
		}
		started := time.Now()
		r, err := a.Reconcile.Run(ctx, from)
		if err != nil {
			return err
		}
		if asJSON {
			err = printReconciled(out, r, a.Clock.Now())
		} else {
			for _, b := range r.Breaks {
				fmt.Fprintf(out, "break %d: %s of %s %s, %s old: %s\n", b.ID, b.Kind, b.Object, b.Reference, age(b, a.Clock.Now()), b.Detail)
			}
			_, err = fmt.Fprintf(out, "RESULT reconcile records=%d movements=%d matched=%d applied=%d fees_kobo=%d closed=%d breaks=%d seconds=%.1f\n", r.Records, r.Movements,
				r.Matched, r.Applied, int64(r.Fees), r.Closed, len(r.Breaks), time.Since(started).Seconds())
		}
		if err == nil && len(r.Breaks) > 0 {
			err = BreaksOpen(len(r.Breaks))
		}
		return err
	})
}

func sinceWhen(text string, now time.Time) (time.Time, error) {
	if text == "" {
		return time.Time{}, nil
	}
	if d, err := time.ParseDuration(text); err == nil && d > 0 {
		return now.Add(-d), nil
	}
	date, err := clock.ParseDate(text)
	if err != nil {
		return time.Time{}, fmt.Errorf("--since: must be a duration such as 72h or a date such as 2026-03-10")
	}
	return date.Start(), nil
}

func age(b store.Break, now time.Time) time.Duration {
	return max(now.Sub(b.At), 0).Truncate(time.Minute)
}

func printReconciled(out io.Writer, r reconcile.Report, now time.Time) error {
	shown := reconciled{Records: r.Records, Movements: r.Movements, Matched: r.Matched, Applied: r.Applied, Fees: int64(r.Fees), Closed: r.Closed, Breaks: []brokenThing{}}
	if !r.Since.IsZero() {
		shown.Since = r.Since.UTC().Format(time.RFC3339)
	}
	for _, b := range r.Breaks {
		shown.Breaks = append(shown.Breaks, brokenThing{ID: fmt.Sprint(b.ID), Kind: b.Kind, Object: b.Object, Reference: b.Reference, Ours: int64(b.Ours), Theirs: int64(b.Theirs),
			Detail: b.Detail, AgeHours: int64(age(b, now).Hours()), FirstSeen: b.FirstSeenAt.Format(time.RFC3339)})
	}
	encoder := json.NewEncoder(out)
	encoder.SetIndent("", "  ")
	return encoder.Encode(shown)
}
