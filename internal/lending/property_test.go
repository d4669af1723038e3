package lending_test

import (
	"testing"
	"time"

	"github.com/creditpocket/creditpocket/internal/clock"
	"github.com/creditpocket/creditpocket/internal/lending"
	"github.com/creditpocket/creditpocket/internal/money"
	"pgregory.net/rapid"
)

// drawProduct draws a valid product, often with figures that do not divide evenly.
func drawProduct(t *rapid.T) lending.Product {
	p := lending.Product{
		ID: 1, Version: 1, Brand: "CycleCash", Name: "drawn", EffectiveFrom: time.Unix(1, 0),
		Principal: money.Kobo(rapid.Int64Range(1, 100_000_000).Draw(t, "principal")), TermDays: rapid.IntRange(1, 120).Draw(t, "term"),
		ServiceFee: money.Kobo(rapid.Int64Range(0, 1_000_000).Draw(t, "service")), InterestDailyBps: rapid.IntRange(0, 100).Draw(t, "interest"),
		Conditions: lending.Conditions{
			PenaltyDailyBps: rapid.IntRange(0, 300).Draw(t, "penalty"), PenaltyCapBps: rapid.SampledFrom([]int{0, 1, 500, 3_333, 10_000}).Draw(t, "cap"),
			GraceDays: rapid.IntRange(0, 10).Draw(t, "grace"), GraceMode: rapid.SampledFrom([]lending.GraceMode{lending.GraceForgiving, lending.GraceClawback}).Draw(t, "mode"),
			ExtensionDays: rapid.IntRange(0, 30).Draw(t, "extension"), MaxExtensions: rapid.IntRange(0, 3).Draw(t, "extensions"),
			RebateInterest: rapid.Bool().Draw(t, "rebate"), Allocation: money.DefaultOrder(),
		},
	}
	if rapid.Bool().Draw(t, "reorder") {
		parts := money.DefaultOrder()
		p.Allocation = money.Order(rapid.Permutation(parts[:]).Draw(t, "order"))
	}
	p.UpfrontFee = money.Kobo(rapid.Int64Range(0, int64(p.Principal-1)/10).Draw(t, "upfront"))
	if err := p.Validate(); err != nil {
		t.Fatal(err)
	}
	return p
}

func drawActive(t *rapid.T) lending.Loan {
	p := drawProduct(t)
	terms, err := p.Price()
	if err != nil {
		t.Fatal(err)
	}
	l := lending.NewLoan(terms, p.Conditions)
	l.State = lending.Disbursing
	l, err = lending.Disburse(l, time.Unix(rapid.Int64Range(1_600_000_000, 1_900_000_000).Draw(t, "at"), 0))
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func TestPriceTotalsEqualTheirParts(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		l := drawActive(t)
		c := l.Terms.Charged()
		if !l.Terms.Consistent() || c.Total() != l.Terms.Due || c.Principal != l.Terms.Principal || l.Terms.TotalCharge() != l.Terms.Due-l.Terms.Disbursed {
			t.Fatalf("%+v", l.Terms)
		}
		if got := l.DueAt.Sub(l.DisbursedAt); got != time.Duration(l.Terms.TermDays)*24*time.Hour || !l.FirstDueAt.Equal(l.DueAt) {
			t.Fatalf("due after %s", got)
		}
	})
}

func TestRunOverAGapEqualsRunEveryDay(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		daily := drawActive(t)
		gap := daily
		day := daily.DueDate().AddDays(-rapid.IntRange(0, 5).Draw(t, "before"))
		for range rapid.IntRange(1, 6).Draw(t, "stretches") {
			until := day.AddDays(rapid.IntRange(0, 40).Draw(t, "gap"))
			for d := day; !d.After(until); d = d.AddDays(1) {
				daily, _ = lending.RunDay(daily, d)
				again, added := lending.RunDay(daily, d)
				if again != daily || added != 0 {
					t.Fatalf("a second run of %s changed the loan", d)
				}
			}
			gap, _ = lending.RunDay(gap, until)
			if gap != daily {
				t.Fatalf("until %s\n gap   %+v\n daily %+v", until, gap, daily)
			}
			if !daily.State.Owing() {
				return
			}
			amount := money.Kobo(rapid.Int64Range(1, int64(daily.Outstanding().Total())).Draw(t, "amount"))
			at := until.Start().Add(12 * time.Hour)
			one, err1 := lending.ApplyPayment(daily, amount, at, at)
			two, err2 := lending.ApplyPayment(gap, amount, at, at)
			if err1 != nil || err2 != nil || one != two {
				t.Fatalf("%v %v\n%+v\n%+v", err1, err2, one, two)
			}
			daily, gap, day = one.Loan, two.Loan, until
		}
	})
}

func TestPenaltyIsMonotoneAndCapped(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		l := drawActive(t)
		last := money.Kobo(0)
		for n := -2; n < 90; n++ {
			got := lending.PenaltyAt(l, l.DueDate().AddDays(n))
			if got < last || got > lending.PenaltyCap(l) || (n <= l.Conditions.GraceDays && got != 0) {
				t.Fatalf("day %d: %d after %d, cap %d", n, got, last, lending.PenaltyCap(l))
			}
			if c := l.Conditions; n > c.GraceDays && c.GraceMode == lending.GraceForgiving {
				if want := min(lending.PenaltyPerDay(l)*money.Kobo(n-c.GraceDays), lending.PenaltyCap(l)); got != want {
					t.Fatalf("day %d: %d, want %d", n, got, want)
				}
			}
			last = got
		}
	})
}

// A payment that is reported days late must leave the same loan as one that is reported at once.
func TestLateReportEqualsPromptReport(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		l := drawActive(t)
		paid := l.DueDate().AddDays(rapid.IntRange(-3, 15).Draw(t, "day")).Start().Add(time.Duration(rapid.IntRange(0, 86_399).Draw(t, "second")) * time.Second)
		if paid.Before(l.DisbursedAt) {
			paid = l.DisbursedAt
		}
		reported := paid.Add(time.Duration(rapid.IntRange(0, 20*86_400).Draw(t, "delay")) * time.Second)
		amount := money.Kobo(rapid.Int64Range(1, int64(l.Terms.Due)*2).Draw(t, "amount"))

		prompt, err := lending.ApplyPayment(l, amount, paid, paid)
		if err != nil {
			t.Fatal(err)
		}
		after, _ := lending.RunDay(prompt.Loan, clock.DateOf(reported))

		waiting, _ := lending.RunDay(l, clock.DateOf(reported))
		late, err := lending.ApplyPayment(waiting, amount, paid, reported)
		if err != nil || late.Loan != after || late.Over != prompt.Over || late.Paid != prompt.Paid {
			t.Fatalf("%v\nprompt %+v\nlate   %+v", err, after, late.Loan)
		}
	})
}

func TestPayoffSettlesExactly(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		l := drawActive(t)
		at := l.DisbursedAt.Add(time.Duration(rapid.IntRange(0, 200*86_400).Draw(t, "second")) * time.Second)
		payoff, err := lending.PayoffAt(l, at)
		if err != nil || payoff.Amount <= 0 || payoff.Amount > lending.PositionAt(l, at).Remaining {
			t.Fatalf("%+v, %v", payoff, err)
		}
		exact, err := lending.ApplyPayment(l, payoff.Amount, at, at)
		if err != nil || !exact.Loan.State.IsSettled() || exact.Over != 0 || exact.Rebate != payoff.Rebate {
			t.Fatalf("%+v, %v", exact, err)
		}
		if payoff.Amount > 1 {
			short, err := lending.ApplyPayment(l, payoff.Amount-1, at, at)
			if err != nil || !short.Loan.State.Owing() {
				t.Fatalf("one kobo short: %+v, %v", short, err)
			}
		}
	})
}

func TestDaysPastDueDoNotDependOnTheZone(t *testing.T) {
	zones := []*time.Location{time.UTC, clock.Lagos, time.FixedZone("HST", -10*60*60)}
	rapid.Check(t, func(t *rapid.T) {
		l := drawActive(t)
		around := l.DueAt
		if rapid.Bool().Draw(t, "midnight") {
			around = l.DueDate().AddDays(rapid.IntRange(0, 40).Draw(t, "days")).Start()
		}
		at := around.Add(time.Duration(rapid.Int64Range(-3e9, 3e9).Draw(t, "around")))
		want := lending.PositionAt(l, at)
		for _, zone := range zones {
			moved := l
			moved.DisbursedAt, moved.DueAt, moved.FirstDueAt = l.DisbursedAt.In(zone), l.DueAt.In(zone), l.FirstDueAt.In(zone)
			if got := lending.PositionAt(moved, at.In(zone)); got != want {
				t.Fatalf("in %s\n got %+v\nwant %+v", zone, got, want)
			}
		}
		days := lagosDay(at) - lagosDay(l.DueAt)
		if want.OverDays != max(days, 0) || (want.State == lending.Overdue) != (days > 0) || want.Bucket != lending.BucketOf(want.OverDays) {
			t.Fatalf("%d days: %+v", days, want)
		}
	})
}

func TestBuckets(t *testing.T) {
	for days, want := range map[int]string{-3: "current", 0: "current", 1: "1-7", 7: "1-7", 8: "8-30", 30: "8-30", 31: "31-60", 60: "31-60", 61: "61-90", 90: "61-90", 91: "90+", 4000: "90+"} {
		if got := lending.BucketOf(days).String(); got != want {
			t.Errorf("%d: %s, want %s", days, got, want)
		}
	}
}

func TestPaymentsThatAreRefused(t *testing.T) {
	now := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	for _, s := range lending.States() {
		l := lending.Loan{State: s.State, Conditions: lending.Conditions{Allocation: money.DefaultOrder()}}
		e, err := lending.ApplyPayment(l, 100, now, now)
		if s.State.PaidOut() || s.State == lending.Reversed {
			if err != nil || e.Received() != 100 {
				t.Errorf("%s: %+v, %v", s.Name, e, err)
			}
		} else {
			wantReason(t, err, lending.ReasonLoanNotOwing)
		}
		for _, amount := range []money.Kobo{0, -1, money.Max + 1} {
			_, err := lending.ApplyPayment(l, amount, now, now)
			wantReason(t, err, lending.ReasonAmountOutOfRange)
		}
		if s.State != lending.Disbursing {
			_, err := lending.Disburse(l, now)
			wantReason(t, err, lending.ReasonStateConflict)
		}
		if !s.State.Owing() {
			_, err := lending.Extend(l, now)
			wantReason(t, err, lending.ReasonLoanNotOwing)
			_, err = lending.SpreadWaiver(l, 1, now)
			wantReason(t, err, lending.ReasonLoanNotOwing)
			if s.State != lending.WrittenOff {
				_, err = lending.PayoffAt(l, now)
				wantReason(t, err, lending.ReasonLoanNotOwing)
			}
		}
	}
}

func TestFuturePaymentIsBookedToday(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		l := drawActive(t)
		now := l.DueAt.Add(time.Duration(rapid.IntRange(0, 10*86_400).Draw(t, "second")) * time.Second)
		amount := money.Kobo(rapid.Int64Range(1, int64(l.Terms.Due)).Draw(t, "amount"))
		future, err1 := lending.ApplyPayment(l, amount, now.Add(50*time.Hour), now)
		today, err2 := lending.ApplyPayment(l, amount, now, now)
		if err1 != nil || err2 != nil || future != today {
			t.Fatalf("%v %v\n%+v\n%+v", err1, err2, future, today)
		}
	})
}
