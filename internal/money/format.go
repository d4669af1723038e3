package money

import (
	"errors"
	"math"
	"strconv"
)

// ErrSyntax says that a text is not an amount in the wire's form. It never repeats the text.
var ErrSyntax = errors.New("money: want an amount in kobo as decimal digits")

// Parse reads the wire's form of an amount: decimal digits, at most one leading minus, no plus, no blank, no leading zero. It
// returns ErrSyntax for another form (also for "") and ErrOverflow for a number beyond int64.
func Parse(s string) (Kobo, error) {
	digits := s
	if len(digits) > 0 && digits[0] == '-' {
		digits = digits[1:]
	}
	if digits == "" || (digits[0] == '0' && (len(digits) > 1 || len(s) > 1)) {
		return 0, ErrSyntax
	}
	for i := range len(digits) {
		if digits[i] < '0' || digits[i] > '9' {
			return 0, ErrSyntax
		}
	}
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil {
		return 0, ErrOverflow
	}
	return Kobo(n), nil
}

// Wire returns the wire's form: the amount in kobo as decimal digits, such as "600000".
func (k Kobo) Wire() string { return strconv.FormatInt(int64(k), 10) }

// Int32 returns the amount as the 32-bit JSON number that a few legacy wire fields are, or ErrOverflow.
func (k Kobo) Int32() (int32, error) {
	if k < math.MinInt32 || k > math.MaxInt32 {
		return 0, ErrOverflow
	}
	return int32(k), nil
}

// String returns the amount as people in Nigeria write it: "₦6,000.00", "-₦0.05".
func (k Kobo) String() string {
	m := magnitude(int64(k))
	naira := strconv.FormatUint(m/100, 10)
	out := make([]byte, 0, len(naira)+len(naira)/3+8)
	if k < 0 {
		out = append(out, '-')
	}
	out = append(out, "₦"...)
	for i := range len(naira) {
		if i > 0 && (len(naira)-i)%3 == 0 {
			out = append(out, ',')
		}
		out = append(out, naira[i])
	}
	return string(append(out, '.', byte('0'+m/10%10), byte('0'+m%10)))
}
