// Package money owns amounts: integer kobo with checked arithmetic, one rounding rule, the four components of a debt and the
// allocation of a payment over them. It imports the standard library only. No function here uses a float.
package money

import (
	"errors"
	"math"
	"math/bits"
)

// Kobo is an amount in kobo, a hundredth of a naira. All money of this program is held in it.
type Kobo int64

// Limits of one amount. Every amount that enters the program (a product, a payment, a waiver) is checked against Max, so that
// a sum of thousands of such amounts cannot leave int64.
const (
	// Naira is 100 kobo.
	Naira Kobo = 100
	// Max is the largest amount that may enter the program: ten trillion naira.
	Max Kobo = 1_000_000_000_000_000
	// BpsScale is one whole in basis points.
	BpsScale = 10_000
)

// ErrOverflow says that a result does not fit int64 kobo.
var ErrOverflow = errors.New("money: amount overflows int64 kobo")

// ErrDivisor says that a ratio has a divisor that is not positive.
var ErrDivisor = errors.New("money: ratio needs a positive divisor")

// Add returns k+o, or ErrOverflow.
func (k Kobo) Add(o Kobo) (Kobo, error) {
	s := k + o
	if (o > 0 && s < k) || (o < 0 && s > k) {
		return 0, ErrOverflow
	}
	return s, nil
}

// Sub returns k-o, or ErrOverflow.
func (k Kobo) Sub(o Kobo) (Kobo, error) {
	d := k - o
	if (o > 0 && d > k) || (o < 0 && d < k) {
		return 0, ErrOverflow
	}
	return d, nil
}

// Mul returns k times n, or ErrOverflow.
func (k Kobo) Mul(n int64) (Kobo, error) { return k.MulRatio(n, 1) }

// MulBps returns bps basis points of k, rounded half up to the kobo, or ErrOverflow.
func (k Kobo) MulBps(bps int64) (Kobo, error) { return k.MulRatio(bps, BpsScale) }

// MulRatio returns k*num/den rounded once, half up in magnitude (2.5 gives 3, -2.5 gives -3), through a 128-bit product. It
// returns ErrDivisor when den is not positive and ErrOverflow when the result does not fit. It is the only place of the
// program where money is rounded; SQL mirrors it for amounts that are not negative as (k*num + den/2) / den.
func (k Kobo) MulRatio(num, den int64) (Kobo, error) {
	if den <= 0 {
		return 0, ErrDivisor
	}
	negative := (k < 0) != (num < 0)
	d := magnitude(den)
	hi, lo := bits.Mul64(magnitude(int64(k)), magnitude(num))
	if hi >= d {
		return 0, ErrOverflow
	}
	q, r := bits.Div64(hi, lo, d)
	if r >= d-r {
		q++
	}
	if q > math.MaxInt64 {
		return 0, ErrOverflow
	}
	if negative {
		return -Kobo(q), nil
	}
	return Kobo(q), nil
}

// magnitude is |n| without the overflow of -math.MinInt64.
func magnitude(n int64) uint64 {
	if n < 0 {
		return -uint64(n)
	}
	return uint64(n)
}

// Sum adds amounts, or returns ErrOverflow.
func Sum(amounts ...Kobo) (Kobo, error) {
	var total Kobo
	for _, a := range amounts {
		var err error
		if total, err = total.Add(a); err != nil {
			return 0, err
		}
	}
	return total, nil
}

// Valid says whether k may enter the program as an amount: from zero to Max.
func (k Kobo) Valid() bool { return k >= 0 && k <= Max }
