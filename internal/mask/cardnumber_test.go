package mask

import (
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"
)

func TestHoldsCardNumber(t *testing.T) {
	for text, want := range map[string]bool{
		"4084084084084081":                     true, // Visa, 16
		"4222222222222":                        true, // 13
		"378282246310005":                      true, // 15
		"5060666666666666666":                  true, // Verve, 19
		"my card is 4084084084084081, thanks":  true,
		"4084 0840 8408 4081":                  true,
		"4084-0840-8408-4081":                  true,
		"3782 822463 10005":                    true,
		"4084 0840 8408 4081 12 26":            true, // with its last month behind it
		"x4084084084084081x":                   true,
		"4084084084084082":                     false, // the check digit is wrong
		"408408408408":                         false, // 12
		"40840840840840814084":                 false, // 20 in a row are no card
		"0000000000000000":                     false,
		"12 Allen Avenue, flat 3":              false,
		"08031234567 07031234567":              false, // two telephone numbers
		"2025-03-22 12:49:03":                  false,
		"":                                     false,
		"borrower:913495438287001408":          false, // an id of ours, whatever its last digit
		"cpp-913495438287001408-1":             false,
		"5060666666666666666abc12":             false, // bytes in hexadecimal
		"4084084084084081f":                    true,  // no whole bytes
		"cc4084084084084081":                   true,  // no usual length of an id
		"ab378282246310005c":                   true,
		"9774d56d682e549c":                     false, // the id of a telephone
		"Visa4084084084084081":                 true,
		"cafe-4084084084084081":                true, // the number is a word of its own
		"cafe 4084-0840-8408-4081 cafe":        true,
		"d8f69381-3932-4268-94ff-e348c3b20ceb": false,
	} {
		if got := HoldsCardNumber(text); got != want {
			t.Errorf("%q: %t", text, got)
		}
		if want && !ManyDigits([]byte(text)) {
			t.Errorf("%q is not looked at", text)
		}
	}
}

// A client's random key is no card number, in any of the usual forms: one that is refused now and then fails a call that nobody can explain.
func TestRandomKeysAreNoCardNumbers(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 4))
	for range 200_000 {
		var b [16]byte
		binary.BigEndian.PutUint64(b[:8], random.Uint64())
		binary.BigEndian.PutUint64(b[8:], random.Uint64())
		b[0] |= 0xa0 // a letter at least
		uuid := fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
		for _, key := range []string{uuid, strings.ToUpper(uuid), hex.EncodeToString(b[:]), "apply-" + hex.EncodeToString(b[:8]), base64.RawURLEncoding.EncodeToString(b[:])} {
			if HoldsCardNumber(key) {
				t.Fatalf("%s is taken for a card number", key)
			}
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
			if got := HoldsCardNumber("to " + number + "."); got != want {
				t.Fatalf("%s: found %t, check digit right %t", number, got, luhn(number))
			}
		}
	}
}

// Long texts are looked at once, not once for every digit in them.
func TestLookingForCardNumbersTakesNoLongerThanTheText(t *testing.T) {
	for _, piece := range []string{"1x", "1a", "1 ", "12-", "1234 "} {
		if HoldsCardNumber(strings.Repeat(piece, 4_000_000/len(piece))) { // with the square of its length it would take an hour
			t.Errorf("%q over and over is no card number", piece)
		}
	}
}
