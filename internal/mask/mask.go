// Package mask shortens personal numbers for people's eyes: enough to recognise one's own, not enough to use. It is pure and
// imports the standard library only.
package mask

import "strings"

// BVN shows the first three and the last four of a bank verification number's eleven digits: "222****2222". A text that is not
// eleven digits gives "".
func BVN(number string) string {
	if len(number) != 11 || !digits(number) {
		return ""
	}
	return number[:3] + "****" + number[7:]
}

// Card joins what the gateway tells of a card, its first six and its last four digits: "408408******4081". The gateway may tell
// eight first digits; only six are shown. It gives "" where either part is missing.
func Card(bin, last4 string) string {
	if len(bin) < 6 || !digits(bin) || len(last4) != 4 || !digits(last4) {
		return ""
	}
	return bin[:6] + "******" + last4
}

// Account shows the last four digits of a bank account number: "******3019". A text of fewer than eight digits gives "".
func Account(number string) string {
	if len(number) < 8 || !digits(number) {
		return ""
	}
	return strings.Repeat("*", len(number)-4) + number[len(number)-4:]
}

func digits(s string) bool {
	return s != "" && strings.Trim(s, "0123456789") == ""
}
