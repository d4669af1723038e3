package servicing_test

import (
	"maps"
	"testing"

	"github.com/creditpocket/creditpocket/gen/catalog"
	"github.com/creditpocket/creditpocket/internal/clock"
	"github.com/creditpocket/creditpocket/internal/money"
	"github.com/creditpocket/creditpocket/internal/servicing"
	"github.com/creditpocket/creditpocket/internal/testkit"
)

// Whatever a borrower asks of a loan that cannot have it has its own error, and no row of any table changes.
func TestRefusedRequestsChangeNothing(t *testing.T) {
	w := newWorld(t)
	settled, lost, open := w.cardholder("4084"), w.cardholder("4084"), w.cardholder("4084")
	page := w.page(settled)
	w.pay(page.AuthorizationURL)
	w.apply(page.Reference)
	w.late(lost, 20)
	w.writeOff(lost)
	w.must(w.drain(t.Context()))
	today := clock.DateOf(w.clk.Now())
	extend := func(p person, loan int64) error {
		_, _, err := w.Extend(t.Context(), p.id, loan, "")
		return err
	}
	payoff := func(p person, loan int64, date clock.Date) error {
		_, err := w.PayoffOn(t.Context(), p.id, loan, date)
		return err
	}
	repay := func(p person, loan int64, amount money.Kobo) error {
		_, _, err := w.RepayByCard(t.Context(), servicing.CardRepayment{Borrower: p.id, Loan: loan, Amount: amount})
		return err
	}
	checkout := func(p person, loan int64) error {
		_, err := w.Repayment(t.Context(), p.id, loan)
		return err
	}
	before := testkit.Checksums(t, w.url)
	for _, r := range []struct {
		what string
		err  func() error
		want catalog.Entry
	}{
		{"an extension of a settled loan", func() error { return extend(settled, settled.loan) }, catalog.LoanNotOwing},
		{"an extension of a written-off loan", func() error { return extend(lost, lost.loan) }, catalog.LoanNotOwing},
		{"an extension whose fee is not paid", func() error { return extend(open, open.loan) }, catalog.ExtensionNotAllowed},
		{"an extension of somebody else's loan", func() error { return extend(settled, open.loan) }, catalog.LoanNotFound},
		{"a pay-off of a settled loan", func() error { return payoff(settled, settled.loan, today) }, catalog.LoanNotOwing},
		{"a pay-off of yesterday", func() error { return payoff(open, open.loan, today.AddDays(-1)) }, catalog.ValidationFailed},
		{"a pay-off in a hundred days", func() error { return payoff(open, open.loan, today.AddDays(100)) }, catalog.ValidationFailed},
		{"a pay-off of somebody else's loan", func() error { return payoff(open, lost.loan, today) }, catalog.LoanNotFound},
		{"a repayment of a settled loan", func() error { return checkout(settled, settled.loan) }, catalog.LoanNotOwing},
		{"a repayment of somebody else's loan", func() error { return checkout(settled, open.loan) }, catalog.LoanNotFound},
		{"a card repayment of a settled loan", func() error { return repay(settled, settled.loan, 1000) }, catalog.LoanNotOwing},
		{"a card repayment of more than is owed", func() error { return repay(open, open.loan, 100*owed) }, catalog.AmountOutOfRange},
		{"a card repayment of somebody else's loan", func() error { return repay(settled, open.loan, 1000) }, catalog.LoanNotFound},
	} {
		wantFault(t, r.what, r.err(), r.want)
		if after := testkit.Checksums(t, w.url); !maps.Equal(after, before) {
			for table, sum := range after {
				if before[table] != sum {
					t.Errorf("%s changed %s: %s, before %s", r.what, table, sum, before[table])
				}
			}
			before = after
		}
	}
}
