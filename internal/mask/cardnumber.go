package mask

import "strings"

// Bounds of a card number's digits (ISO/IEC 7812).
const (
	panLeast = 13
	panMost  = 19
)

// HoldsCardNumber tells whether a text holds 13 to 19 digits with the check digit of a card, in one run or in groups with a blank or
// dash between them, as they stand on a card. Digits of an id in hexadecimal are none: of random keys of 32 such digits two in a thousand
// would pass by chance, of UUIDs one in two thousand, and the device of one telephone in some thousands would be refused for ever.
func HoldsCardNumber(text string) bool {
	word := 0 // where the word ends that was looked at last
	for i := 0; i < len(text); {
		if i >= word && alphanumeric(text[i]) {
			end, id := wordAt(text, i)
			if word = end; id {
				i = end
				continue
			}
		}
		if !digit(text[i]) {
			i++
			continue
		}
		end := i
		var groups []string
		for end < len(text) && digit(text[end]) {
			start := end
			for end < len(text) && digit(text[end]) {
				end++
			}
			groups = append(groups, text[start:end])
			if end+1 < len(text) && (text[end] == ' ' || text[end] == '-') && digit(text[end+1]) {
				next, id := wordAt(text, end+1)
				if id {
					break
				}
				word = next
				end++
			}
		}
		if anyCard(groups) {
			return true
		}
		i = max(end, i+1)
	}
	return false
}

// wordAt is where the word ends that begins in a text, and whether it is an id in hexadecimal with a letter among its digits: of 8 bytes, or
// of 12 and more, or a short piece of one. In between stands what somebody has put before a card number or behind it.
func wordAt(text string, begin int) (end int, id bool) {
	letters, beyond := false, false
	for end = begin; end < len(text) && alphanumeric(text[end]); end++ {
		if !digit(text[end]) {
			letters = true
			beyond = beyond || text[end]|0x20 > 'f'
		}
	}
	n := end - begin
	return end, letters && !beyond && n%2 == 0 && (n < panLeast || n == 16 || n >= 24)
}

func alphanumeric(c byte) bool { return digit(c) || (c|0x20 >= 'a' && c|0x20 <= 'z') }

// anyCard looks at every group by itself, and at neighbouring groups of three to six digits together that begin like a card of one of the
// networks: without that, dates and telephone numbers in a row would pass by chance.
func anyCard(groups []string) bool {
	for i, first := range groups {
		network := strings.IndexByte("23456", first[0]) >= 0
		if cardLength(len(first)) && (network || len(first) < ownIDLength) && luhn(first) {
			return true
		}
		if !network {
			continue
		}
		joined := first
		for n, next := range groups[i+1:] {
			if last := groups[i+n]; len(last) < 4 || len(last) > 6 || len(next) < 2 || len(next) > 6 {
				break
			}
			if joined += next; cardLength(len(joined)) && luhn(joined) {
				return true
			}
			if len(joined) > panMost {
				break
			}
		}
	}
	return false
}

// ownIDLength is the number of digits from which a number may be an id of ours, in a reference or behind a kind, as in borrower:913495438287001401.
// Ids begin with 9 now, and with 1 from 2027 to 2035; cards of so many digits begin like those of one of the networks, with 2 to 6.
const ownIDLength = 18

func cardLength(n int) bool { return n >= panLeast && n <= panMost }

func digit(b byte) bool { return b >= '0' && b <= '9' }

// luhn tells whether a text of digits ends in the right check digit.
func luhn(digits string) bool {
	sum, zeros := 0, true
	for i := range len(digits) {
		n := int(digits[len(digits)-1-i] - '0')
		zeros = zeros && n == 0
		if i%2 == 1 {
			if n *= 2; n > 9 {
				n -= 9
			}
		}
		sum += n
	}
	return sum%10 == 0 && !zeros
}

// ManyDigits tells whether a text has a run of so many digits, blanks and dashes that it is worth a closer look.
func ManyDigits(text []byte) bool {
	digits, gap := 0, false
	for _, b := range text {
		switch {
		case digit(b):
			if digits++; digits >= panLeast {
				return true
			}
			gap = false
		case (b == ' ' || b == '-') && digits > 0 && !gap:
			gap = true
		default:
			digits, gap = 0, false
		}
	}
	return false
}
