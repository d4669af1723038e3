package store

import "context"

// BatchFlaw is something that is wrong with one batch of the ledger in itself.
type BatchFlaw struct {
	BatchID int64
	Field   string // "sum", "batch" (its row is missing), "postings" (it has none), "owner" (its postings are somebody else's)
}

// BatchRangeAfter finds the end of the next size batches above after, in postings or in batches, whichever comes first; 0 where
// there are none. Postings whose batch is missing count.
func (r reader) BatchRangeAfter(ctx context.Context, after int64, size int) (int64, error) {
	var last int64
	err := r.idb.NewRaw(`SELECT coalesce(min(last) FILTER (WHERE n = ?1), max(last), 0) FROM (
		SELECT max(id) AS last, count(*) AS n FROM (SELECT id FROM ledger_batches WHERE id > ?0 ORDER BY id LIMIT ?1) a
		UNION ALL
		SELECT max(batch_id), count(*) FROM (SELECT batch_id FROM ledger_postings WHERE batch_id > ?0 ORDER BY batch_id LIMIT ?1) b) ends`,
		after, size).Scan(ctx, &last)
	return last, fromTx(err)
}

// BatchFlaws lists what is wrong with the batches with ids above after, up to and including last. The database refuses to write
// any of it, so there should be none.
func (r reader) BatchFlaws(ctx context.Context, after, last int64) ([]BatchFlaw, error) {
	var flaws []BatchFlaw
	err := r.idb.NewRaw(`WITH posted AS (
			SELECT q.batch_id, sum(q.amount) AS total,
				bool_or(q.loan_id IS DISTINCT FROM b.loan_id OR q.borrower_id IS DISTINCT FROM b.borrower_id) AS strange
			FROM ledger_postings q LEFT JOIN ledger_batches b ON b.id = q.batch_id AND b.id > ?0 AND b.id <= ?1 WHERE q.batch_id > ?0 AND q.batch_id <= ?1 GROUP BY q.batch_id),
		kept AS (
			SELECT b.id, b.borrower_id IS DISTINCT FROM l.borrower_id AND b.loan_id IS NOT NULL AS strange
			FROM ledger_batches b LEFT JOIN loans l ON l.id = b.loan_id WHERE b.id > ?0 AND b.id <= ?1)
		SELECT coalesce(p.batch_id, k.id) AS batch_id, v.field FROM posted p FULL JOIN kept k ON k.id = p.batch_id
		CROSS JOIN LATERAL (VALUES ('sum', p.total <> 0), ('batch', k.id IS NULL), ('postings', p.batch_id IS NULL),
			('owner', k.strange OR (p.strange AND k.id IS NOT NULL))) v (field, wrong)
		WHERE v.wrong ORDER BY 1, 2`, after, last).Scan(ctx, &flaws)
	return flaws, fromTx(err)
}
