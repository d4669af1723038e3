package store_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/creditpocket/creditpocket/internal/ledger"
	"github.com/creditpocket/creditpocket/internal/lending"
	"github.com/creditpocket/creditpocket/internal/money"
	"github.com/creditpocket/creditpocket/internal/store"
)

// paidOut books the payout of a new loan.
func (l *lender) paidOut() store.Loan {
	l.t.Helper()
	loan := l.move(l.apply(), lending.Approved, lending.Disbursing)
	l.must(func(ctx context.Context, tx *store.Tx) (err error) {
		if loan.Loan, err = lending.Disburse(loan.Loan, tx.Now()); err != nil {
			return err
		}
		if err := tx.Post(ctx, loan.Brand, l.disbursement(loan)); err != nil {
			return err
		}
		return tx.UpdateLoan(ctx, lending.Disbursing, loan, "gateway")
	})
	return loan
}

func (l *lender) disbursement(loan store.Loan) ledger.Batch {
	l.t.Helper()
	batch, err := ledger.Disbursement(ledger.Ref{LoanID: loan.ID, BorrowerID: loan.BorrowerID, At: l.clk.Now()}, "ref", ledger.Sale{Charged: loan.Terms.Charged(), Disbursed: loan.Terms.Disbursed})
	if err != nil {
		l.t.Fatal(err)
	}
	return batch
}

func TestPostedBatchesComeBack(t *testing.T) {
	l := newLender(t)
	loan := l.paidOut()
	lines, err := l.st.LoanLines(t.Context(), loan.ID)
	if err != nil {
		t.Fatal(err)
	}
	want := ledger.LoanMoney{Balances: money.Balances{Charged: loan.Terms.Charged()}, Disbursed: loan.Terms.Disbursed}
	if diff := cmp.Diff(want, ledger.Rebuild(lines)); diff != "" {
		t.Error(diff)
	}
	totals, err := l.st.AccountTotals(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(ledger.Totals(l.disbursement(loan).Postings), totals); diff != "" {
		t.Error(diff)
	}
	for _, row := range l.st.Dump(t, "ledger_batches") {
		if !strings.Contains(row, "2026-03-10") {
			t.Errorf("business date: %s", row)
		}
	}
}

func TestAnEventIsPostedOnce(t *testing.T) {
	l := newLender(t)
	loan := l.paidOut()
	err := l.in(func(ctx context.Context, tx *store.Tx) error { return tx.Post(ctx, loan.Brand, l.disbursement(loan)) })
	if !store.IsDuplicate(err, "ledger_batches_key_key") {
		t.Errorf("the same event again: %v", err)
	}
}

func TestLedgerIsAppendOnlyAndBalanced(t *testing.T) {
	l := newLender(t)
	loan := l.paidOut()
	before := append(l.st.Dump(t, "ledger_batches"), l.st.Dump(t, "ledger_postings")...)
	for _, table := range []string{"ledger_batches", "ledger_postings", "loan_events"} {
		for _, change := range []string{"UPDATE %s SET id = id + 1", "DELETE FROM %s", "TRUNCATE %s CASCADE"} {
			if err := l.st.TryExec(t.Context(), fmt.Sprintf(change, table)); err == nil || !strings.Contains(err.Error(), "append-only") {
				t.Errorf("%s: %v", fmt.Sprintf(change, table), err)
			}
		}
	}
	batch := fmt.Sprintf(`INSERT INTO ledger_batches (id, key, kind, brand, loan_id, effective_at, business_date, created_at)
		VALUES (1, 'k', 'payment', 'CycleCash', %d, now(), '2026-03-10', now())`, loan.ID)
	for name, postings := range map[string]string{
		"one side":        `(1, 1, 'gateway_clearing', 5)`,
		"a kobo short":    `(1, 1, 'gateway_clearing', 500), (2, 1, 'principal_receivable', -499)`,
		"a posting of 0":  `(1, 1, 'gateway_clearing', 0), (2, 1, 'principal_receivable', 0)`,
		"no such batch":   `(1, 2, 'gateway_clearing', 5), (2, 2, 'principal_receivable', -5)`,
		"an old batch on": `(1, (SELECT max(id) FROM ledger_batches), 'gateway_clearing', 5)`,
	} {
		if err := l.st.TryExec(t.Context(), fmt.Sprintf("BEGIN; %s; INSERT INTO ledger_postings (id, batch_id, account, amount) VALUES %s; COMMIT", batch, postings)); err == nil {
			t.Errorf("%s was written", name)
		}
	}
	if diff := cmp.Diff(before, append(l.st.Dump(t, "ledger_batches"), l.st.Dump(t, "ledger_postings")...)); diff != "" {
		t.Error(diff)
	}
	// The program refuses before the database does.
	unbalanced := ledger.Batch{Key: "x", Kind: ledger.KindPayment, At: l.clk.Now(), Postings: []ledger.Posting{{Account: ledger.GatewayClearing, Amount: 5}, {Account: ledger.Unassigned, Amount: -4}}}
	if err := l.in(func(ctx context.Context, tx *store.Tx) error { return tx.Post(ctx, loan.Brand, unbalanced) }); err == nil {
		t.Error("an unbalanced batch was posted")
	}
}
