//go:build linux

package main

import (
	"fmt"

	"github.com/creditpocket/creditpocket/bench/copies"
)

// lives are what the measured borrowers have, in the order in which it is written.
func lives(w *world) []copies.Rows {
	series := fmt.Sprintf("generate_series(0, %d) AS n(i)", people-1)
	var all []copies.Rows
	// What the first applicant of ours has, for the others of ours.
	others := `unnest($1::bigint[]) AS n(i)`
	ours := []any{w.applicants[1:], w.applicants[0]}
	all = append(all,
		copies.Of("work_infos", map[string]string{"borrower_id": "n.i"}, others+", work_infos m WHERE m.borrower_id = $2", ours...),
		copies.Of("emergency_contacts", map[string]string{"borrower_id": "n.i"}, others+", emergency_contacts m WHERE m.borrower_id = $2", ours...),
		copies.Of("consents", map[string]string{"borrower_id": "n.i", "id": "row_number() OVER ()"}, others+", consents m WHERE m.borrower_id = $2", ours...))
	// pgbench's borrowers, of both kinds, with all that the models have.
	for _, kind := range []struct {
		first, model int64
	}{{applicants, w.applicants[0]}, {debtors, w.debtors[0]}} {
		id, args := fmt.Sprintf("%d + n.i", kind.first), []any{kind.model}
		of := func(table string, own map[string]string) copies.Rows {
			if _, ok := own["borrower_id"]; !ok && table != "borrowers" {
				own["borrower_id"] = id
			}
			key := "borrower_id"
			if table == "borrowers" {
				key = "id"
			}
			return copies.Of(table, own, series+", "+table+" m WHERE m."+key+" = $1", args...)
		}
		all = append(all,
			of("borrowers", map[string]string{"id": id, "mobile_index": "int8send(" + id + ")"}),
			of("borrower_keys", map[string]string{}),
			of("profiles", map[string]string{"bvn_index": "int8send(" + id + ")"}),
			of("bank_accounts", map[string]string{"id": id, "account_index": "int8send(" + id + ")"}),
			of("work_infos", map[string]string{}),
			of("emergency_contacts", map[string]string{}),
			of("consents", map[string]string{"id": fmt.Sprintf("10 * (%s) + row_number() OVER (PARTITION BY n.i)", id)}))
	}
	// Loans: an open one of every debtor, and settled ones before it; of ours under the borrower's own seal.
	settled := map[string]string{"status": "8", "closed_at": "m.due_at", "number": "p.j + 2"}
	loan := func(own map[string]string) map[string]string {
		own["indent_no"] = "'B' || (" + own["id"] + ")"
		return own
	}
	open := loan(map[string]string{"id": fmt.Sprintf("%d + n.i", debtors), "borrower_id": fmt.Sprintf("%d + n.i", debtors), "bank_account_id": fmt.Sprintf("%d + n.i", debtors)})
	pastOf := func(id string, own map[string]string) map[string]string {
		own["id"] = id
		for column, value := range settled {
			own[column] = value
		}
		return loan(own)
	}
	times := fmt.Sprintf("generate_series(0, %d) AS p(j)", past-1)
	all = append(all,
		copies.Of("loans", pastOf("10000000 + row_number() OVER ()", map[string]string{}), times+", loans m WHERE m.id = ANY ($1::bigint[])", w.loans),
		copies.Of("loans", open, series+", loans m WHERE m.id = $1", w.loans[0]),
		copies.Of("loans", pastOf(fmt.Sprintf("%d * 100 + n.i * 100 + p.j", debtors), map[string]string{"borrower_id": open["borrower_id"], "bank_account_id": open["bank_account_id"]}),
			series+", "+times+", loans m WHERE m.id = $1", w.loans[0]),
		copies.Of("payment_intents", nil, fmt.Sprintf(`(SELECT %d + i AS id, l.brand, l.borrower_id, 1 AS kind, l.id AS loan_id, NULL::bigint AS bank_account_id, NULL::bigint AS card_id,
			NULL::bigint AS operation_id, 'bench-' || (%d + i) AS reference, %d AS amount, 4 AS state, '' AS authorization_url, '' AS failure, 0 AS paid_amount, NULL::timestamptz AS paid_at,
			0 AS checks, now() + interval '1 day' AS next_check_at, now() AS created_at, now() + interval '1 day' AS expires_at, NULL::timestamptz AS concluded_at
			FROM generate_series(0, %d) i JOIN LATERAL (SELECT ($1::bigint[])[1 + i %% %d] AS id) n ON true JOIN loans l ON l.id = n.id) m`,
			ourIntents, ourIntents, part, intents-1, people), w.loans),
		copies.Of("payment_intents", map[string]string{"id": fmt.Sprintf("%d + m.id - %d", itsIntents, ourIntents), "reference": fmt.Sprintf("'bench-' || (%d + m.id - %d)", itsIntents, ourIntents),
			"loan_id": fmt.Sprintf("%d + (m.id - %d) %% %d", debtors, ourIntents, people), "borrower_id": fmt.Sprintf("%d + (m.id - %d) %% %d", debtors, ourIntents, people)},
			fmt.Sprintf("payment_intents m WHERE m.id >= %d", ourIntents)))
	return all
}
