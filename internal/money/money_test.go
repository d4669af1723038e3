package money_test

import (
	"errors"
	"math"
	"math/big"
	"testing"

	"github.com/creditpocket/creditpocket/internal/money"
	"pgregory.net/rapid"
)

func TestMulRatioRoundsHalfUpInMagnitude(t *testing.T) {
	for _, c := range []struct{ k, num, den, want int64 }{
		{5, 1, 2, 3}, {-5, 1, 2, -3}, {5, -1, 2, -3}, {4, 1, 2, 2}, {1, 4999, 10_000, 0}, {1, 5000, 10_000, 1},
		{600_000, 350, 10_000, 21_000}, {100_001, 50, 10_000, 500}, {100_100, 50, 10_000, 501}, {0, 99, 1, 0},
		{math.MaxInt64, 10_000, 10_000, math.MaxInt64},
	} {
		got, err := money.Kobo(c.k).MulRatio(c.num, c.den)
		if err != nil || int64(got) != c.want {
			t.Errorf("%d*%d/%d = %d, %v; want %d", c.k, c.num, c.den, got, err, c.want)
		}
	}
}

func TestArithmeticReportsOverflow(t *testing.T) {
	for name, f := range map[string]func() error{
		"add high": func() error { _, err := money.Kobo(math.MaxInt64).Add(1); return err },
		"add low":  func() error { _, err := money.Kobo(math.MinInt64).Add(-1); return err },
		"sub high": func() error { _, err := money.Kobo(math.MaxInt64).Sub(-1); return err },
		"sub low":  func() error { _, err := money.Kobo(math.MinInt64).Sub(1); return err },
		"mul":      func() error { _, err := money.Kobo(math.MaxInt64).Mul(2); return err },
		"mul wide": func() error { _, err := money.Kobo(math.MaxInt64).MulRatio(math.MaxInt64, 2); return err },
		"sum":      func() error { _, err := money.Sum(math.MaxInt64, 1, -1); return err },
	} {
		if err := f(); !errors.Is(err, money.ErrOverflow) {
			t.Errorf("%s: got %v, want ErrOverflow", name, err)
		}
	}
	if _, err := money.Kobo(1).MulRatio(1, 0); !errors.Is(err, money.ErrDivisor) {
		t.Errorf("zero divisor: got %v", err)
	}
}

func TestMulRatioAgreesWithRationals(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		k, num := rapid.Int64().Draw(t, "k"), rapid.Int64().Draw(t, "num")
		den := rapid.Int64Range(1, math.MaxInt64).Draw(t, "den")
		want := halfUp(new(big.Rat).Mul(new(big.Rat).SetInt64(k), big.NewRat(num, den)))
		got, err := money.Kobo(k).MulRatio(num, den)
		if fits := want.IsInt64() && want.Int64() != math.MinInt64; fits != (err == nil) {
			t.Fatalf("%d*%d/%d: error %v, rational %s", k, num, den, err, want)
		}
		if err == nil && want.Int64() != int64(got) {
			t.Fatalf("%d*%d/%d = %d, rational %s", k, num, den, got, want)
		}
	})
}

// halfUp rounds a rational to an integer, half away from zero, without any machine integer.
func halfUp(r *big.Rat) *big.Int {
	abs := new(big.Rat).Abs(r)
	twice := new(big.Int).Add(new(big.Int).Lsh(abs.Num(), 1), abs.Denom())
	n := twice.Div(twice, new(big.Int).Lsh(abs.Denom(), 1))
	if r.Sign() < 0 {
		n.Neg(n)
	}
	return n
}

func TestAddAndSubAgreeWithBigIntegers(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, b := rapid.Int64().Draw(t, "a"), rapid.Int64().Draw(t, "b")
		check := func(name string, want *big.Int, got money.Kobo, err error) {
			if want.IsInt64() != (err == nil) || (err == nil && want.Int64() != int64(got)) {
				t.Fatalf("%s(%d, %d) = %d, %v; want %s", name, a, b, got, err, want)
			}
		}
		sum, err := money.Kobo(a).Add(money.Kobo(b))
		check("add", new(big.Int).Add(big.NewInt(a), big.NewInt(b)), sum, err)
		diff, err := money.Kobo(a).Sub(money.Kobo(b))
		check("sub", new(big.Int).Sub(big.NewInt(a), big.NewInt(b)), diff, err)
	})
}

func TestParseTakesOnlyTheWireForm(t *testing.T) {
	for s, want := range map[string]int64{"0": 0, "1": 1, "-1": -1, "600000": 600_000, "9223372036854775807": math.MaxInt64, "-9223372036854775808": math.MinInt64} {
		if got, err := money.Parse(s); err != nil || int64(got) != want {
			t.Errorf("Parse(%q) = %d, %v", s, got, err)
		}
	}
	for _, s := range []string{"", "-", "+1", " 1", "1 ", "01", "-0", "-01", "1.0", "1e3", "0x1", "1_000", "٣", "--1"} {
		if _, err := money.Parse(s); !errors.Is(err, money.ErrSyntax) {
			t.Errorf("Parse(%q): got %v, want ErrSyntax", s, err)
		}
	}
	for _, s := range []string{"9223372036854775808", "-9223372036854775809", "99999999999999999999999"} {
		if _, err := money.Parse(s); !errors.Is(err, money.ErrOverflow) {
			t.Errorf("Parse(%q): got %v, want ErrOverflow", s, err)
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		k := money.Kobo(rapid.Int64().Draw(t, "k"))
		if back, err := money.Parse(k.Wire()); err != nil || back != k {
			t.Fatalf("%d came back as %d, %v", k, back, err)
		}
	})
}

func TestStringIsNaira(t *testing.T) {
	for k, want := range map[money.Kobo]string{
		0: "₦0.00", 5: "₦0.05", -5: "-₦0.05", 600_000: "₦6,000.00", 123_456_789: "₦1,234,567.89", 99_999: "₦999.99", 100_000: "₦1,000.00",
		math.MinInt64: "-₦92,233,720,368,547,758.08",
	} {
		if got := k.String(); got != want {
			t.Errorf("%d: got %s, want %s", int64(k), got, want)
		}
	}
}

func TestInt32(t *testing.T) {
	if n, err := money.Kobo(604_000).Int32(); n != 604_000 || err != nil {
		t.Errorf("got %d, %v", n, err)
	}
	if _, err := money.Kobo(math.MaxInt32 + 1).Int32(); !errors.Is(err, money.ErrOverflow) {
		t.Errorf("got %v", err)
	}
}
