package main

import (
	"context"
	"fmt"
	"time"
)

// backlog is one thing that is not at its end, and must come there by itself.
type backlog struct {
	What    string
	Subject string
}

// backlogQueries find what is under way. A loan in review waits for a person, a page that nobody has paid waits for its payer,
// a refund that needs attention waits for a person.
var backlogQueries = []struct{ what, query string }{
	{"loan", `SELECT id || ' in status ' || status FROM loans WHERE status IN (1, 3, 4)`},
	{"payout", `SELECT reference || ' in state ' || state FROM payouts WHERE state IN (0, 1)`},
	{"refund", `SELECT id || ' in state ' || state FROM refunds WHERE state IN (0, 1)`},
	{"event", `SELECT event || ' ' || reference FROM gateway_events WHERE state = 0`},
	{"card charge", `SELECT reference || ' in state ' || state FROM payment_intents WHERE kind = 2 AND state IN (0, 1)`},
	{"operation", `SELECT o.scope || ' ' || o.kind || ' ' || o.key FROM operations o WHERE o.state = 0 AND NOT EXISTS (
		SELECT 1 FROM payment_intents i WHERE i.operation_id = o.id AND i.state IN (0, 1, 5))`},
	{"job", `SELECT kind || ' ' || id || ' ' || state || ' after ' || attempt || ' attempts' FROM river_job
		WHERE state IN ('available', 'running', 'retryable') AND kind NOT LIKE '%.sweep' AND kind <> 'daily.run'`},
}

// backlogs lists everything under way, ours and the gateway's.
func (w *world) backlogs(ctx context.Context) ([]backlog, error) {
	var out []backlog
	for _, q := range backlogQueries {
		found, err := w.texts(ctx, q.query)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", q.what, err)
		}
		for _, text := range found {
			out = append(out, backlog{q.what, text})
		}
	}
	books, err := w.gateway.books(ctx)
	if err != nil {
		return nil, err
	}
	unsettled, err := w.texts(ctx, `SELECT reference FROM payment_intents WHERE state IN (0, 1, 3, 4, 5)`)
	if err != nil {
		return nil, err
	}
	waiting := map[string]bool{}
	for _, reference := range unsettled {
		waiting[reference] = true
	}
	for _, c := range books.Charges {
		if c.Status == "success" && waiting[c.Reference] {
			out = append(out, backlog{"paid charge", c.Reference})
		}
	}
	for _, t := range books.Transfers {
		if t.Next != "" {
			out = append(out, backlog{"transfer at the gateway", t.Reference})
		}
	}
	for _, h := range books.Webhooks {
		if !h.Delivered && !h.Dropped && !h.GaveUp {
			out = append(out, backlog{"event at the gateway", fmt.Sprintf("%s %s after %d attempts, next at %s", h.Event, h.Reference, h.Attempts, h.NextAt.Format(time.TimeOnly))})
		}
	}
	return out, nil
}

// drain waits until nothing is under way any more, and returns what is left when the time is over. The business clock jumps
// ahead now and then, so that what waits for its time need not wait for it.
func (w *world) drain(ctx context.Context) ([]backlog, time.Duration, error) {
	began := time.Now()
	quiet := 0
	for jumped := began; ; {
		left, err := w.backlogs(ctx)
		if err != nil {
			return nil, 0, err
		}
		if len(left) == 0 {
			// Twice in a row: what was between two tables is seen the second time.
			if quiet++; quiet == 2 {
				return nil, time.Since(began), nil
			}
		} else {
			quiet = 0
		}
		if time.Since(began) > w.plan.drain {
			return left, time.Since(began), nil
		}
		// Calls that are under way must end before their leases run out: no jump in the first seconds.
		if time.Since(jumped) > 4*time.Second {
			jumped = time.Now()
			if err := w.jump(ctx, 20*time.Minute); err != nil {
				return nil, 0, err
			}
		}
		if err := pause(ctx, 400*time.Millisecond); err != nil {
			return nil, 0, err
		}
	}
}

func (w *world) texts(ctx context.Context, query string, args ...any) ([]string, error) {
	rows, err := w.pool.Query(ctx, query, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var out []string
	for rows.Next() {
		var text string
		if err := rows.Scan(&text); err != nil {
			return nil, err
		}
		out = append(out, text)
	}
	return out, rows.Err()
}

// jump lets time pass at once: for the business, for jobs that wait for their next attempt, and for the right to ask for a refund, which a
// process that was killed has left behind.
func (w *world) jump(ctx context.Context, by time.Duration) error {
	if err := w.advance(ctx, by); err != nil {
		return err
	}
	if _, err := w.pool.Exec(ctx, `UPDATE refunds SET ask_until = ask_until - $1::interval WHERE state = 0`, by); err != nil {
		return err
	}
	_, err := w.pool.Exec(ctx, `UPDATE river_job SET scheduled_at = scheduled_at - $1::interval WHERE state IN ('retryable', 'scheduled')`, by)
	return err
}
