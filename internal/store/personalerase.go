package store

import (
	"context"
	"crypto/rand"
	"fmt"
)

// ErasureObstacle says what still binds a borrower and the lender, in a word for the trail: "loan", "debt", "payment", "refund",
// "credit"; "" where nothing does.
func (r reader) ErasureObstacle(ctx context.Context, borrower int64) (string, error) {
	var found string
	err := r.idb.NewRaw(`SELECT CASE
		WHEN EXISTS (SELECT FROM loans l JOIN loan_states s ON s.code = l.status WHERE l.borrower_id = ?0 AND s.is_open) THEN 'loan'
		WHEN EXISTS (SELECT FROM loans WHERE borrower_id = ?0 AND status = 51
			AND written_off_principal + written_off_service_fee + written_off_interest + written_off_penalty > recovered) THEN 'debt'
		WHEN EXISTS (SELECT FROM payouts p JOIN loans l ON l.id = p.loan_id WHERE l.borrower_id = ?0 AND p.state IN (0, 1)) THEN 'payment'
		WHEN EXISTS (SELECT FROM payment_intents WHERE borrower_id = ?0 AND (state IN (0, 1, 5, 6))) THEN 'payment'
		WHEN EXISTS (SELECT FROM refunds WHERE borrower_id = ?0 AND state IN (0, 1, 4)) THEN 'refund'
		WHEN (SELECT coalesce(sum(amount), 0) FROM ledger_postings WHERE borrower_id = ?0 AND account = 'borrower_credit') <> 0 THEN 'credit'
		ELSE '' END`, borrower).Scan(ctx, &found)
	return found, fromTx(err)
}

// EraseBorrower destroys the borrower's data key, and with it everything sealed for them, deletes what is not the books', and puts random
// bytes in the place of keyed hashes, so that the number, the account and the BVN can belong to somebody again. The ledger, the loans and
// the consents stay, without anything that tells whose they were. The caller holds the borrower's lock and has asked ErasureObstacle.
// It returns ErrStale for a borrower who was erased already.
func (t *Tx) EraseBorrower(ctx context.Context, borrower int64) error {
	// What came in under the number before there was a borrower.
	for _, statement := range []string{
		`DELETE FROM operations o USING borrowers b WHERE b.id = ?0 AND o.scope = 'visitor:' || encode(b.mobile_index, 'hex')`,
		`DELETE FROM codes c USING borrowers b WHERE b.id = ?0 AND c.mobile_index = b.mobile_index AND c.brand = b.brand`,
	} {
		if _, err := t.idb.NewRaw(statement, borrower).Exec(ctx); err != nil {
			return fromTx(err)
		}
	}
	random := rand.Text()
	for _, table := range personalTables {
		statement := table.erase
		switch statement {
		case "":
			continue
		case eraseRows:
			statement = `DELETE FROM ` + table.name + ` WHERE ` + table.rows()
		}
		result, err := t.idb.NewRaw(statement, borrower, random, t.now).Exec(ctx)
		if err != nil {
			return fmt.Errorf("erase %s: %w", table.name, fromTx(err))
		}
		if table.name == "borrower_keys" {
			if err := exactly(1, result, nil); err != nil {
				return err
			}
		}
	}
	return nil
}
