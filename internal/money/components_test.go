package money_test

import (
	"testing"

	"github.com/creditpocket/creditpocket/internal/money"
	"pgregory.net/rapid"
)

func components(t *rapid.T, name string, low int64) money.Components {
	draw := func(part string) money.Kobo { return money.Kobo(rapid.Int64Range(low, 1_000_000).Draw(t, name+part)) }
	return money.Components{Principal: draw("P"), ServiceFee: draw("S"), Interest: draw("I"), Penalty: draw("F")}
}

func order(t *rapid.T) money.Order {
	parts := money.DefaultOrder()
	return money.Order(rapid.Permutation(parts[:]).Draw(t, "order"))
}

func TestAllocateLosesAndInventsNothing(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		owed, o := components(t, "owed", 0), order(t)
		amount := money.Kobo(rapid.Int64Range(0, 6_000_000).Draw(t, "amount"))
		paid, over := money.Allocate(owed, o, amount)
		if paid.Total()+over != amount {
			t.Fatalf("%v + %d != %d", paid, over, amount)
		}
		if !paid.NonNegative() || !owed.Minus(paid).NonNegative() || over < 0 {
			t.Fatalf("paid %v of %v, over %d", paid, owed, over)
		}
		if over > 0 && paid != owed {
			t.Fatalf("over %d while %v is owed", over, owed.Minus(paid))
		}
		// A later component receives nothing while an earlier one is still owed.
		for i, part := range o {
			if owed.Of(part) == paid.Of(part) {
				continue
			}
			for _, later := range o[i+1:] {
				if paid.Of(later) != 0 {
					t.Fatalf("%s was paid before %s was complete", later, part)
				}
			}
		}
	})
}

func TestAllocateInPartsEqualsAllocateAtOnce(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		owed, o := components(t, "owed", 0), order(t)
		a := money.Kobo(rapid.Int64Range(0, 3_000_000).Draw(t, "a"))
		b := money.Kobo(rapid.Int64Range(0, 3_000_000).Draw(t, "b"))
		first, over1 := money.Allocate(owed, o, a)
		second, over2 := money.Allocate(owed.Minus(first), o, b)
		once, over := money.Allocate(owed, o, a+b)
		if first.Plus(second) != once || over1+over2 != over {
			t.Fatalf("%v + %v over %d, at once %v over %d", first, second, over1+over2, once, over)
		}
	})
}

func TestAllocateIgnoresNegatives(t *testing.T) {
	paid, over := money.Allocate(money.Components{Principal: -5, Interest: 10}, money.DefaultOrder(), 7)
	if paid != (money.Components{Interest: 7}) || over != 0 {
		t.Errorf("got %v over %d", paid, over)
	}
	if paid, over := money.Allocate(money.Components{Principal: 5}, money.DefaultOrder(), -7); !paid.IsZero() || over != 0 {
		t.Errorf("negative amount: got %v over %d", paid, over)
	}
}

func TestOrderValidate(t *testing.T) {
	if err := money.DefaultOrder().Validate(); err != nil {
		t.Error(err)
	}
	for name, o := range map[string]money.Order{
		"empty": {}, "twice": {money.Penalty, money.Penalty, money.Interest, money.Principal}, "unknown": {money.Penalty, "tax", money.Interest, money.Principal},
	} {
		if o.Validate() == nil {
			t.Errorf("%s: accepted", name)
		}
	}
}

func TestBalancesAlwaysAddUp(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		b := money.Balances{
			Charged: components(t, "c", 0), Paid: components(t, "p", 0), Waived: components(t, "w", 0), Coupon: components(t, "k", 0),
			Rebated: components(t, "r", 0), WrittenOff: components(t, "o", 0), Reversed: components(t, "v", 0),
		}
		out := b.Outstanding()
		if sum := b.Paid.Total() + b.Waived.Total() + b.Coupon.Total() + b.Rebated.Total() + b.WrittenOff.Total() + b.Reversed.Total() + out.Total(); sum != b.Charged.Total() {
			t.Fatalf("parts %d, charged %d", sum, b.Charged.Total())
		}
		for _, part := range money.DefaultOrder() {
			if out.With(part, 0).Of(part) != 0 || out.With(part, 7).Total()-out.Total() != 7-out.Of(part) {
				t.Fatalf("With(%s) is wrong", part)
			}
		}
	})
	if got := (money.Balances{WrittenOff: money.Components{Principal: 10}, Recovered: 4}).Unrecovered(); got != 6 {
		t.Errorf("unrecovered %d", got)
	}
}
