package servicing_test

import (
	"testing"

	"github.com/creditpocket/creditpocket/gen/catalog"
	"github.com/creditpocket/creditpocket/internal/clock"
	"github.com/creditpocket/creditpocket/internal/lending"
	"github.com/creditpocket/creditpocket/internal/testkit"
)

func TestThePayoffOfADayClosesTheLoanOnThatDay(t *testing.T) {
	for name, c := range map[string]struct {
		day    int
		rebate bool
		state  lending.State
	}{
		"early": {3, false, lending.SettledEarly}, "early with a rebate": {3, true, lending.SettledEarly},
		"on the day": {7, false, lending.Settled}, "late": {12, false, lending.SettledLate},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			b := w.borrower()
			if c.rebate {
				testkit.Exec(t, w.url, `UPDATE loans SET conditions = jsonb_set(conditions, '{RebateInterest}', 'true')`)
			}
			date := clock.DateOf(w.clk.Now()).AddDays(c.day)
			quote, err := w.PayoffOn(t.Context(), b.id, 0, date)
			w.must(err)
			if (quote.Rebate > 0) != c.rebate || quote.Amount != quote.Outstanding.Total()-quote.Rebate || quote.Date != date {
				t.Errorf("the quote is %+v", quote)
			}
			w.clk.Advance(date.Start().Sub(clock.DateOf(w.clk.Now()).Start()))
			page := w.page(b)
			if page.Amount != quote.Amount {
				t.Fatalf("on the day %d is asked for, the quote was %d", page.Amount, quote.Amount)
			}
			w.pay(page.AuthorizationURL)
			w.apply(page.Reference)
			w.wantState(b.loan, c.state)
			if left := w.loan(b.loan).Outstanding().Total(); left != 0 {
				t.Errorf("%d left", left)
			}
			_, err = w.PayoffOn(t.Context(), b.id, b.loan, clock.Date{})
			wantFault(t, "refusal", err, catalog.LoanNotOwing)
		})
	}
}

func TestPayoffDatesAreNear(t *testing.T) {
	w := newWorld(t)
	b, other := w.borrower(), w.borrower()
	today := clock.DateOf(w.clk.Now())
	for _, date := range []clock.Date{today.AddDays(-1), today.AddDays(61), clock.NewDate(9999, 12, 31)} {
		_, err := w.PayoffOn(t.Context(), b.id, 0, date)
		wantFault(t, "refusal", err, catalog.ValidationFailed)
	}
	for _, date := range []clock.Date{{}, today, today.AddDays(60)} {
		_, err := w.PayoffOn(t.Context(), b.id, 0, date)
		w.must(err)
	}
	_, err := w.PayoffOn(t.Context(), b.id, other.loan, today)
	wantFault(t, "refusal", err, catalog.LoanNotFound)
}
