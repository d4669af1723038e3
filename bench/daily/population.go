package main

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/creditpocket/creditpocket/bench/copies"
	"github.com/creditpocket/creditpocket/internal/clock"
	"github.com/creditpocket/creditpocket/internal/ledger"
	"github.com/creditpocket/creditpocket/internal/lending"
	"github.com/creditpocket/creditpocket/internal/store"
)

// populate generates borrowers with one open loan each: a tenth past due by 1 to 60 days today, the others due within the
// next 30. Two loans are made by the program itself, of a product without and one with grace days; the others are copies of
// them under ids, dates and borrowers of their own, sealed values included, which the daily run does not open. Every payout is in the
// ledger.
func populate(ctx context.Context, st *store.Store, url string, loans int, today clock.Date) error {
	var models []int64
	for i, product := range []lending.Product{lending.DemoProducts()[0], lending.DemoProducts()[5]} {
		id, err := model(ctx, st, i, product, today.AddDays(5).Start())
		if err != nil {
			return err
		}
		models = append(models, id)
	}
	db, err := pgx.Connect(ctx, url)
	if err != nil {
		return err
	}
	defer db.Close(context.WithoutCancel(ctx))
	// Copies need no check of what the model has passed: constraints hold for rows that the program writes afterwards.
	if _, err := db.Exec(ctx, "SET session_replication_role = replica"); err != nil {
		return err
	}
	for _, rows := range lives(models, loans, today) {
		if err := rows.Insert(ctx, db); err != nil {
			return err
		}
	}
	return settle(ctx, url)
}

// model makes a borrower with a loan that is due at an instant, through the program.
func model(ctx context.Context, st *store.Store, number int, product lending.Product, due time.Time) (id int64, err error) {
	err = st.InTx(ctx, func(ctx context.Context, tx *store.Tx) error {
		borrower, err := tx.AddBorrower(ctx, product.Brand, fmt.Sprintf("+23470000000%02d", number), "hash")
		if err != nil {
			return err
		}
		account, err := tx.AddBankAccount(ctx, product.Brand, store.BankAccount{BorrowerID: borrower, BankCode: "058", BankName: "Guaranty Trust Bank",
			AccountNo: fmt.Sprintf("%010d", number), AccountName: "BORROWER ADA", Default: true})
		if err != nil {
			return err
		}
		terms, err := product.Price()
		if err != nil {
			return err
		}
		l, err := tx.AddLoan(ctx, store.Loan{Brand: product.Brand, BorrowerID: borrower, ProductID: product.ID, ProductVersion: product.Version,
			Loan: lending.NewLoan(terms, product.Conditions), ApplyTerminal: 1, BankAccountID: account, HeadImage: "6b1b2c3d-0000-4000-8000-000000000000",
			Snapshot: store.LoanSnapshot{FirstName: "Ada", LastName: "Borrower", Mobile: "+2347000000003", BankName: "Guaranty Trust Bank", AccountNo: "0000000030"}})
		if err != nil {
			return err
		}
		for _, to := range []lending.State{lending.Approved, lending.Disbursing} {
			seen := l.State
			l.State, l.ApprovedAt = to, tx.Now()
			if err := tx.UpdateLoan(ctx, seen, l, "system"); err != nil {
				return err
			}
		}
		at := due.AddDate(0, 0, -terms.TermDays)
		if l.Loan, err = lending.Disburse(l.Loan, at); err != nil {
			return err
		}
		sale, err := ledger.Disbursement(ledger.Ref{LoanID: l.ID, BorrowerID: borrower, At: at}, "po", ledger.Sale{Charged: l.Charged, Disbursed: terms.Disbursed})
		if err != nil {
			return err
		}
		id = l.ID
		if err := tx.Post(ctx, l.Brand, sale); err != nil {
			return err
		}
		return tx.UpdateLoan(ctx, lending.Disbursing, l, "gateway")
	})
	return id, err
}

// lives are the rows of the copies, in the order in which they are written. $1 are the models, $2 is how many copies there are, $3 today.
func lives(models []int64, loans int, today clock.Date) []copies.Rows {
	all, only := []any{models, loans, today.String()}, []any{models}
	const numbered = `(SELECT i, ($1::bigint[])[1 + i % 2] AS model,
			CASE WHEN i % 10 = 0 THEN $3::date - 1 - (hashint8(i) & 2147483647) % 60 ELSE $3::date + (hashint8(i) & 2147483647) % 30 END AS due_date
		FROM generate_series(1, $2::bigint) AS i) n JOIN loans l ON l.id = n.model `
	return []copies.Rows{
		copies.Of("borrowers", map[string]string{"id": "n.i", "mobile_index": "int8send(n.i)"}, numbered+"JOIN borrowers m ON m.id = l.borrower_id", all...),
		copies.Of("borrower_keys", map[string]string{"borrower_id": "n.i"}, numbered+"JOIN borrower_keys m ON m.borrower_id = l.borrower_id", all...),
		copies.Of("bank_accounts", map[string]string{"id": "n.i", "borrower_id": "n.i", "account_index": "int8send(n.i)"}, numbered+"JOIN bank_accounts m ON m.id = l.bank_account_id", all...),
		copies.Of("loans", map[string]string{"id": "n.i", "borrower_id": "n.i", "bank_account_id": "n.i", "indent_no": "'XX' || n.i", "penalty_through": "n.due_date - m.term_days",
			"anchor_date": "n.due_date - m.term_days", "created_at": "d.at", "updated_at": "d.at", "approved_at": "d.at", "disbursed_at": "d.at",
			"due_at": "d.due", "first_due_at": "d.due", "due_date": "n.due_date"},
			numbered+`JOIN loans m ON m.id = n.model
				CROSS JOIN LATERAL (SELECT (n.due_date + make_time((n.i % 24)::int, (n.i % 60)::int, 0)) AT TIME ZONE 'Africa/Lagos' AS due) x
				CROSS JOIN LATERAL (SELECT x.due, x.due - make_interval(days => m.term_days) AS at) d`, all...),
		copies.Of("ledger_batches", map[string]string{"id": "l.id", "key": "'loan:' || l.id || ':disbursement:po'", "borrower_id": "l.borrower_id", "loan_id": "l.id",
			"effective_at": "l.disbursed_at", "business_date": "l.anchor_date", "created_at": "l.disbursed_at"},
			`loans l JOIN loans model ON model.product_id = l.product_id AND model.id = ANY ($1::bigint[]) JOIN ledger_batches m ON m.loan_id = model.id
				WHERE l.id <> ALL ($1::bigint[])`, only...),
		copies.Of("ledger_postings", map[string]string{"id": "10 * l.id + m.place", "batch_id": "l.id", "borrower_id": "l.borrower_id", "loan_id": "l.id"},
			`loans l JOIN loans model ON model.product_id = l.product_id AND model.id = ANY ($1::bigint[])
				JOIN (SELECT *, row_number() OVER (PARTITION BY loan_id) - 1 AS place FROM ledger_postings) m ON m.loan_id = model.id
				WHERE l.id <> ALL ($1::bigint[])`, only...),
	}
}
