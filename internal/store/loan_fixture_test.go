package store_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/creditpocket/creditpocket/internal/clock"
	"github.com/creditpocket/creditpocket/internal/lending"
	"github.com/creditpocket/creditpocket/internal/seed"
	"github.com/creditpocket/creditpocket/internal/store"
	"github.com/creditpocket/creditpocket/internal/testkit"
)

// lender is a store with the demo brand and one borrower who has a bank account.
type lender struct {
	t        *testing.T
	st       *store.Store
	clk      *clock.Manual
	borrower int64
	account  int64
}

func newLender(t *testing.T) *lender {
	t.Helper()
	clk := clock.NewManual(testkit.Noon())
	l := &lender{t: t, clk: clk, st: testkit.Store(t, clk)}
	if _, err := seed.Base(t.Context(), l.st); err != nil {
		t.Fatal(err)
	}
	l.borrower, l.account = l.newBorrower("+2347000000003")
	return l
}

// in runs work in a transaction and returns its error.
func (l *lender) in(work func(ctx context.Context, tx *store.Tx) error) error {
	return l.st.InTx(l.t.Context(), work)
}

func (l *lender) must(work func(ctx context.Context, tx *store.Tx) error) {
	l.t.Helper()
	if err := l.in(work); err != nil {
		l.t.Fatal(err)
	}
}

func (l *lender) newBorrower(mobile string) (borrower, account int64) {
	l.t.Helper()
	l.must(func(ctx context.Context, tx *store.Tx) (err error) {
		if borrower, err = tx.AddBorrower(ctx, lending.DemoBrand, mobile, "hash"); err != nil {
			return err
		}
		account, err = tx.AddBankAccount(ctx, lending.DemoBrand, store.BankAccount{BorrowerID: borrower, BankCode: "058", BankName: "GTBank",
			AccountNo: fmt.Sprintf("%010d", borrower%1e10), AccountName: "ADA OBI", Default: true})
		return err
	})
	return borrower, account
}

// application is a loan as it is applied for: the demo's product 301.
func (l *lender) application() store.Loan {
	l.t.Helper()
	p := lending.DemoProducts()[0]
	terms, err := p.Price()
	if err != nil {
		l.t.Fatal(err)
	}
	return store.Loan{Brand: lending.DemoBrand, BorrowerID: l.borrower, ProductID: p.ID, ProductVersion: 1, Loan: lending.NewLoan(terms, p.Conditions),
		ApplyTerminal: 1, BankAccountID: l.account, HeadImage: "0f8fad5b-d9cb-469f-a165-70867728950e"}
}

// apply stores an application.
func (l *lender) apply() store.Loan {
	l.t.Helper()
	loan := l.application()
	l.must(func(ctx context.Context, tx *store.Tx) (err error) {
		loan, err = tx.AddLoan(ctx, loan)
		return err
	})
	return loan
}

// move takes a loan through states.
func (l *lender) move(loan store.Loan, states ...lending.State) store.Loan {
	l.t.Helper()
	for _, to := range states {
		l.must(func(ctx context.Context, tx *store.Tx) error {
			seen := loan.State
			loan.State = to
			return tx.UpdateLoan(ctx, seen, loan, "system")
		})
	}
	return loan
}
