package lending_test

import (
	"testing"
	"time"

	"github.com/creditpocket/creditpocket/internal/clock"
	"github.com/creditpocket/creditpocket/internal/lending"
	"pgregory.net/rapid"
)

// What counts for a fee that was paid is when it was paid: daily runs in between change nothing in the end, and a fee that is booked
// at once is Extend.
func TestAPaidExtensionDependsOnThePaymentAlone(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		product := rapid.SampledFrom(lending.DemoProducts()).Draw(t, "product")
		terms, err := product.Price()
		if err != nil {
			t.Fatal(err)
		}
		paidOut := time.Date(2026, 3, 1, rapid.IntRange(0, 23).Draw(t, "hour"), 17, 0, 0, time.UTC)
		l := lending.NewLoan(terms, product.Conditions)
		l.State = lending.Disbursing
		if l, err = lending.Disburse(l, paidOut); err != nil {
			t.Fatal(err)
		}
		paidAt := paidOut.Add(time.Duration(rapid.IntRange(0, 24*250).Draw(t, "hours until the fee")) * time.Hour)
		now := paidAt.Add(time.Duration(rapid.IntRange(0, 24*60).Draw(t, "hours until we know")) * time.Hour)
		direct, refused := lending.ExtendPaid(l, paidAt, now)

		run := l
		for n := rapid.IntRange(0, 3).Draw(t, "daily runs"); n > 0; n-- {
			day := clock.DateOf(now).AddDays(-rapid.IntRange(0, 5).Draw(t, "day before"))
			run, _ = lending.RunDay(run, day)
		}
		late, err := lending.ExtendPaid(run, paidAt, now)
		if (refused == nil) != (err == nil) {
			t.Fatalf("%v without the daily runs, %v with them", refused, err)
		}
		if err != nil {
			if late.Loan != run {
				t.Fatal("a refusal changed the loan")
			}
			return
		}
		if late.Loan != direct.Loan {
			t.Fatalf("with daily runs\n%+v, without\n%+v", late.Loan, direct.Loan)
		}
		if change := late.PenaltyBefore + late.PenaltyAfter; run.Charged.Penalty+change != late.Loan.Charged.Penalty {
			t.Fatalf("penalty %d, booked %d, then %d", run.Charged.Penalty, change, late.Loan.Charged.Penalty)
		}
		atOnce, err := lending.Extend(l, paidAt)
		if err != nil {
			t.Fatal(err)
		}
		same, err := lending.ExtendPaid(l, paidAt, paidAt)
		if err != nil || same.Loan != atOnce.Loan || same.PenaltyBefore != atOnce.PenaltyBefore || same.PenaltyAfter != 0 {
			t.Fatalf("at once\n%+v, Extend\n%+v, %v", same, atOnce, err)
		}
	})
}
