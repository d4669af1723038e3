package server

import (
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"
)

func TestHoldsCardNumber(t *testing.T) {
	for text, want := range map[string]bool{
		"4084084084084081":                    true, // Visa, 16
		"4222222222222":                       true, // 13
		"378282246310005":                     true, // 15
		"5060666666666666666":                 true, // Verve, 19
		"my card is 4084084084084081, thanks": true,
		"4084 0840 8408 4081":                 true,
		"4084-0840-8408-4081":                 true,
		"3782 822463 10005":                   true,
		"4084 0840 8408 4081 12 26":           true, // with its last month behind it
		"x4084084084084081x":                  true,
		"4084084084084082":                    false, // the check digit is wrong
		"408408408408":                        false, // 12
		"40840840840840814084":                false, // 20 in a row are no card
		"0000000000000000":                    false,
		"12 Allen Avenue, flat 3":             false,
		"08031234567 07031234567":             false, // two telephone numbers
		"2025-03-22 12:49:03":                 false,
		"":                                    false,
		"borrower:913495438287001408":         false, // an id of ours, whatever its last digit
		"cpp-913495438287001408-1":            false,
	} {
		if got := holdsCardNumber(text); got != want {
			t.Errorf("%q: %t", text, got)
		}
		if want && !manyDigits([]byte(text)) {
			t.Errorf("%q is not looked at", text)
		}
	}
}

// Every number of every length with the right check digit is found, wherever it stands, and one with a wrong digit is not.
func TestEveryLengthOfCardNumberIsFound(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for range 20_000 {
		n := panLeast + random.IntN(panMost-panLeast+1)
		var b strings.Builder
		b.WriteByte('1' + byte(random.IntN(9)))
		for b.Len() < n-1 {
			b.WriteByte('0' + byte(random.IntN(10)))
		}
		for last := range 10 {
			number := b.String() + strconv.Itoa(last)
			want := luhn(number) && (n < ownIDLength || strings.Contains("23456", number[:1]))
			if got := holdsCardNumber("to " + number + "."); got != want {
				t.Fatalf("%s: found %t, check digit right %t", number, got, luhn(number))
			}
		}
	}
}
