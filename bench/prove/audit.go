package main

import (
	"context"
	"fmt"
	"time"
)

// audit holds everything against everything: the books against themselves, against the gateway's and against what clients
// were told.
func (w *world) audit(ctx context.Context, left []backlog) (*findings, error) {
	f := &findings{}
	for _, b := range left {
		f.add(stuck, "%s %s", b.What, b.Subject)
	}
	for _, part := range []func(context.Context, *findings) error{w.auditSchema, w.auditLedger, w.auditGateway, w.auditDoubles, w.auditAcks, w.auditLoans,
		w.auditHooks, w.auditClock, w.auditHistories} {
		if err := part(ctx, f); err != nil {
			return f, err
		}
	}
	for _, text := range w.diary.forged {
		f.add(forged, "%s was answered with 200", text)
	}
	for _, text := range w.diary.odd {
		f.add(strange, "%s", text)
	}
	return f, nil
}

// lastWords are the constraints and triggers that refuse what no code should ask for.
var lastWords = []string{"loans_one_open", "payouts_one_open", "payouts_one_per_attempt", "payouts_reference_key", "payment_intents_one_checkout",
	"payment_intents_one_card_charge", "payment_intents_one_binding", "payment_intents_reference_key", "payments_intent_id_key", "refunds_one_per_purpose",
	"operations_one_per_key", "gateway_events_digest_key", "ledger_batches_key_key", "ledger_balanced", "ledger_batches_append_only",
	"ledger_postings_append_only", "loans_transition", "loan_events_append_only", "borrowers_one_per_mobile"}

func (w *world) auditSchema(ctx context.Context, f *findings) error {
	there, err := w.texts(ctx, `SELECT conname::text FROM pg_constraint UNION SELECT indexname::text FROM pg_indexes
		UNION SELECT tgname::text FROM pg_trigger WHERE tgenabled <> 'D'`)
	if err != nil {
		return err
	}
	known := map[string]bool{}
	for _, name := range there {
		known[name] = true
	}
	for _, name := range lastWords {
		if !known[name] {
			f.add(weakSchema, "%s is not in the database", name)
		}
	}
	return nil
}

// auditLedger recomputes all loans, payments, refunds and payouts from the postings, with the application's own verify, and
// the sums of the batches with SQL of our own.
func (w *world) auditLedger(ctx context.Context, f *findings) error {
	off, err := w.texts(ctx, `SELECT batch_id || ' is off by ' || sum(amount) || ' kobo' FROM ledger_postings GROUP BY batch_id HAVING sum(amount) <> 0`)
	if err != nil {
		return err
	}
	for _, text := range off {
		f.add(unbalanced, "batch %s", text)
	}
	books, st, err := w.capability()
	if err != nil {
		return err
	}
	defer st.Close()
	result, err := books.Verify(ctx, nil)
	if err != nil {
		return err
	}
	w.counts.add("loans recomputed from postings", result.Loans)
	for _, d := range result.Differences {
		f.add(offLedger, "%s", d)
	}
	return nil
}

// auditDoubles looks for one wish with two effects.
func (w *world) auditDoubles(ctx context.Context, f *findings) error {
	loans, err := w.numbers(ctx, `SELECT borrower_id::text, count(*) FROM loans GROUP BY 1`)
	if err != nil {
		return err
	}
	for who, n := range loans {
		if wished := int64(w.diary.applied[who]); n > wished {
			f.add(doubled, "borrower %s has %d loans after %d applications", who, n, wished)
		}
	}
	charges, err := w.numbers(ctx, `SELECT borrower_id::text, count(*) FROM payment_intents WHERE kind = 2 AND state = 2 GROUP BY 1`)
	if err != nil {
		return err
	}
	for who, n := range charges {
		if wished := int64(w.diary.charged[who]); n > wished {
			f.add(doubled, "the card of borrower %s was charged %d times after %d wishes", who, n, wished)
		}
	}
	return w.each(ctx, f, doubled, `SELECT 'loan ' || loan_id || ' was paid out ' || count(*) || ' times' FROM payouts WHERE state = 2 GROUP BY loan_id HAVING count(*) > 1
		UNION ALL SELECT 'intent ' || intent_id || ' has ' || count(*) || ' payments' FROM payments GROUP BY intent_id HAVING count(*) > 1
		UNION ALL SELECT 'batch key ' || key || ' was posted ' || count(*) || ' times' FROM ledger_batches GROUP BY key HAVING count(*) > 1
		UNION ALL SELECT 'key ' || key || ' of ' || scope || ' was claimed ' || count(*) || ' times' FROM operations GROUP BY scope, kind, key HAVING count(*) > 1`)
}

// auditLoans looks for borrowers who had two loans at a time, at any moment of the run.
func (w *world) auditLoans(ctx context.Context, f *findings) error {
	return w.each(ctx, f, secondLoan, `WITH lives AS (
			SELECT l.id, l.brand, l.borrower_id, l.created_at AS born, CASE WHEN l.status IN (1, 2, 3, 4, 5, 21) THEN 'infinity'::timestamptz
				ELSE (SELECT max(e.at) FROM loan_events e WHERE e.loan_id = l.id) END AS ended FROM loans l)
		SELECT 'borrower ' || a.borrower_id || ' had loans ' || a.id || ' and ' || b.id || ' at a time'
		FROM lives a JOIN lives b ON a.brand = b.brand AND a.borrower_id = b.borrower_id AND a.id < b.id AND b.born < a.ended - $1::interval`, 2*w.plan.skew*time.Duration(w.plan.replicas+w.plan.workers))
}

// auditClock looks for rows that were dated by another clock than the business's.
func (w *world) auditClock(ctx context.Context, f *findings) error {
	from := w.began.Add(-5 * time.Second)
	for table, column := range map[string]string{"loans": "created_at", "ledger_batches": "created_at", "payouts": "created_at", "payment_intents": "created_at", "borrowers": "created_at"} {
		if err := w.each(ctx, f, foreignClock, fmt.Sprintf(`SELECT '%[1]s ' || id || ' is dated ' || %[2]s FROM %[1]s WHERE %[2]s < $1`, table, column), from); err != nil {
			return err
		}
	}
	return nil
}

// each adds a finding for every row.
func (w *world) each(ctx context.Context, f *findings, k kind, query string, args ...any) error {
	found, err := w.texts(ctx, query, args...)
	for _, text := range found {
		f.add(k, "%s", text)
	}
	return err
}

func (w *world) numbers(ctx context.Context, query string, args ...any) (map[string]int64, error) {
	rows, err := w.pool.Query(ctx, query, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	out := map[string]int64{}
	for rows.Next() {
		var name string
		var n int64
		if err := rows.Scan(&name, &n); err != nil {
			return nil, err
		}
		out[name] = n
	}
	return out, rows.Err()
}
