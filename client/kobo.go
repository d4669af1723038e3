package creditpocket

import (
	"fmt"
	"strconv"
	"strings"
)

// Kobo is an amount of money: hundredths of a naira.
type Kobo int64

// Naira is n whole naira.
func Naira(n int64) Kobo { return Kobo(n * 100) }

// String shows the amount for people: "NGN 16,000.00".
func (k Kobo) String() string {
	sign, n := "", uint64(k)
	if k < 0 {
		sign, n = "-", -n
	}
	digits := strconv.FormatUint(n/100, 10)
	var b strings.Builder
	for i, d := range digits {
		if i > 0 && (len(digits)-i)%3 == 0 {
			b.WriteByte(',')
		}
		b.WriteRune(d)
	}
	return fmt.Sprintf("NGN %s%s.%02d", sign, b.String(), n%100)
}

// MarshalJSON writes the amount as a string of digits, which is how the API sends 64-bit values.
func (k Kobo) MarshalJSON() ([]byte, error) {
	return []byte(`"` + strconv.FormatInt(int64(k), 10) + `"`), nil
}

// UnmarshalJSON reads a string of digits.
func (k *Kobo) UnmarshalJSON(raw []byte) error {
	n, err := digits(raw)
	*k = Kobo(n)
	return err
}

// BasisPoints is a rate in hundredths of a percent.
type BasisPoints int32

// Percent is the rate in percent.
func (b BasisPoints) Percent() float64 { return float64(b) / 100 }

// String shows the rate in percent: "0.50 %".
func (b BasisPoints) String() string { return strconv.FormatFloat(b.Percent(), 'f', 2, 64) + " %" }

// Ptr is the address of a value, for optional fields of requests.
func Ptr[T any](v T) *T { return &v }
