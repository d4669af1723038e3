package main

import "context"

// promiseQueries list what is in the database, as it must have been acknowledged: subject, borrower, loan, amount.
var promiseQueries = map[promise]string{
	promisedBorrower: `SELECT id::text, id::text, '', 0::bigint FROM borrowers`,
	promisedProfile:  `SELECT borrower_id::text, borrower_id::text, '', 0::bigint FROM profiles`,
	promisedAccount:  `SELECT id::text, borrower_id::text, '', 0::bigint FROM bank_accounts`,
	promisedLoan:     `SELECT id::text, borrower_id::text, '', 0::bigint FROM loans`,
	promisedPage:     `SELECT reference, borrower_id::text, coalesce(loan_id::text, ''), amount FROM payment_intents WHERE kind = 1`,
	promisedPaid: `SELECT i.reference, i.borrower_id::text, p.loan_id::text, p.amount FROM payment_intents i JOIN payments p ON p.intent_id = i.id
		WHERE i.kind = 2 AND i.state = 2`,
	promisedBound: `SELECT i.reference, i.borrower_id::text, '', 0::bigint FROM payment_intents i JOIN cards c ON c.id = i.card_id WHERE i.kind = 3 AND i.state = 2`,
}

// auditAcks looks for every answer a client was given in the database.
func (w *world) auditAcks(ctx context.Context, f *findings) error {
	there := map[acknowledged]bool{}
	for what, query := range promiseQueries {
		rows, err := w.pool.Query(ctx, query)
		if err != nil {
			return err
		}
		for rows.Next() {
			a := acknowledged{What: what}
			if err := rows.Scan(&a.Subject, &a.Borrower, &a.Loan, &a.Amount); err != nil {
				rows.Close()
				return err
			}
			there[a] = true
		}
		rows.Close()
		if err := rows.Err(); err != nil {
			return err
		}
	}
	for a := range w.diary.acks {
		w.counts.add("acknowledgements held to the database", 1)
		if !there[a] {
			f.add(lost, "%s %s (borrower %s, loan %s, %d kobo) was acknowledged and is not in the database", a.What, a.Subject, a.Borrower, a.Loan, a.Amount)
		}
	}
	return nil
}
