package lending_test

import (
	"testing"
	"time"

	"github.com/creditpocket/creditpocket/internal/clock"
	"github.com/creditpocket/creditpocket/internal/lending"
	"github.com/creditpocket/creditpocket/internal/money"
	"pgregory.net/rapid"
)

// A daily run under a clock that had jumped ahead charges days that have not come. Once the clock is right again nobody sees or pays for
// them: every figure, and every event, is as if that run had not been.
func TestADailyRunAheadOfTimeLeavesNoTrace(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		l := drawActive(t)
		at := l.DisbursedAt.Add(time.Duration(rapid.IntRange(0, 200*86_400).Draw(t, "second")) * time.Second)
		if rapid.Bool().Draw(t, "ran") {
			l, _ = lending.RunDay(l, clock.DateOf(at).AddDays(-rapid.IntRange(0, 3).Draw(t, "days before")))
		}
		ahead, _ := lending.RunDay(l, clock.DateOf(at).AddDays(rapid.IntRange(1, 400).Draw(t, "days ahead")))
		want := lending.PositionAt(l, at)
		if got := lending.PositionAt(ahead, at); got != want {
			t.Fatalf("position\n got %+v\nwant %+v", got, want)
		}
		event := rapid.SampledFrom([]string{"pay", "waive", "coupon", "extend", "extend paid", "write off", "reverse"}).Draw(t, "event")
		amount := money.Kobo(rapid.Int64Range(1, int64(want.Remaining)+1000).Draw(t, "amount"))
		act := func(l lending.Loan) (lending.Effect, error) {
			switch event {
			case "pay":
				return lending.ApplyPayment(l, amount, at, at)
			case "waive":
				parts, err := lending.SpreadWaiver(l, amount, at)
				if err != nil {
					return lending.Effect{Loan: l}, err
				}
				return lending.Waive(l, parts, at)
			case "coupon":
				return lending.RedeemCoupon(l, amount, at)
			case "extend":
				return lending.Extend(l, at)
			case "extend paid":
				return lending.ExtendPaid(l, at, at)
			case "write off":
				return lending.WriteOff(l, at)
			}
			return lending.ReversePayout(l, at)
		}
		one, err1 := act(l)
		two, err2 := act(ahead)
		if (err1 == nil) != (err2 == nil) {
			t.Fatalf("%s: %v, after a run ahead of time %v", event, err1, err2)
		}
		if err1 != nil {
			if two.Loan != ahead {
				t.Fatal("a refusal changed the loan")
			}
			return
		}
		for _, look := range []time.Time{at, at.Add(24 * time.Hour), at.Add(40 * 24 * time.Hour)} {
			if got, want := lending.PositionAt(two.Loan, look), lending.PositionAt(one.Loan, look); got != want {
				t.Fatalf("%s, at %s\n got %+v\nwant %+v", event, look, got, want)
			}
		}
		if two.Loan.Balances != one.Loan.Balances || two.Loan.PenaltyThrough != one.Loan.PenaltyThrough {
			t.Fatalf("%s\n got %+v\nwant %+v", event, two.Loan, one.Loan)
		}
		if moved := two.PenaltyBefore + two.PenaltyAfter; ahead.Charged.Penalty+moved != two.Loan.Charged.Penalty {
			t.Fatalf("%s: penalty %d, booked %d, then %d", event, ahead.Charged.Penalty, moved, two.Loan.Charged.Penalty)
		}
	})
}
