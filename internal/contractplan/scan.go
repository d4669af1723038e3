package contractplan

import (
	"encoding/binary"
	"math/bits"
	"strconv"
	"unicode/utf16"
	"unicode/utf8"
)

// Eight bytes at a time: ones spread a byte over a word, tops are the highest bits of its bytes. In every test below the
// lowest byte that is marked is marked rightly; those above it may be marked by a carry.
const (
	ones uint64 = 0x0101010101010101
	tops uint64 = 0x8080808080808080
)

// unusual marks the bytes that end or complicate a string: quote, backslash, control characters, DEL, and all beyond ASCII.
func unusual(x uint64) uint64 {
	quote, backslash := x^(ones*'"'), x^(ones*'\\')
	return ((x - ones*' ') | (quote - ones) | (backslash - ones) | (x + ones) | x) & tops
}

// notDigits marks the bytes that are not 0 to 9.
func notDigits(x uint64) uint64 {
	d := x ^ ones*'0'
	return (d | (d + ones*(0x80-10))) & tops
}

// plainEnd is the place of the first unusual byte at or after i, or the end.
func plainEnd(raw []byte, i int) int {
	for ; i+8 <= len(raw); i += 8 {
		if m := unusual(binary.LittleEndian.Uint64(raw[i:])); m != 0 {
			return i + bits.TrailingZeros64(m)>>3
		}
	}
	for i < len(raw) && raw[i] >= ' ' && raw[i] < 0x7f && raw[i] != '"' && raw[i] != '\\' {
		i++
	}
	return i
}

// digitsEnd is the place of the first byte at or after i that is not a digit, or the end.
func digitsEnd(raw []byte, i int) int {
	for ; i+8 <= len(raw); i += 8 {
		if m := notDigits(binary.LittleEndian.Uint64(raw[i:])); m != 0 {
			return i + bits.TrailingZeros64(m)>>3
		}
	}
	for i < len(raw) && raw[i]-'0' <= 9 {
		i++
	}
	return i
}

// skipSpace is the place of the first byte at or after i that is not white space, or the end.
func skipSpace(raw []byte, i int) int {
	for i < len(raw) && (raw[i] == ' ' || raw[i] == '\n' || raw[i] == '\r' || raw[i] == '\t') {
		i++
	}
	return i
}

// appendText appends the text of the string whose first byte after the quote is at i, and returns the place after its
// closing quote, -1 if it is not a string of RFC 8259 in UTF-8. As in encoding/json, half a surrogate pair is U+FFFD.
func appendText(dst, raw []byte, i int) ([]byte, int) {
	for i < len(raw) {
		end := plainEnd(raw, i)
		dst = append(dst, raw[i:end]...)
		if i = end; i == len(raw) {
			break
		}
		switch c := raw[i]; {
		case c == '"':
			return dst, i + 1
		case c == '\\':
			r, size := escape(raw[i:])
			if size == 0 {
				return dst, -1
			}
			dst, i = utf8.AppendRune(dst, r), i+size
		case c < ' ':
			return dst, -1
		default:
			r, size := utf8.DecodeRune(raw[i:])
			if r == utf8.RuneError && size <= 1 {
				return dst, -1
			}
			dst, i = append(dst, raw[i:i+size]...), i+size
		}
	}
	return dst, -1
}

// escape reads an escape sequence, a surrogate pair as one. A size of 0: there is no such escape.
func escape(raw []byte) (r rune, size int) {
	if len(raw) < 2 {
		return 0, 0
	}
	switch raw[1] {
	case '"', '\\', '/':
		return rune(raw[1]), 2
	case 'b':
		return '\b', 2
	case 'f':
		return '\f', 2
	case 'n':
		return '\n', 2
	case 'r':
		return '\r', 2
	case 't':
		return '\t', 2
	case 'u':
		if r = hex4(raw); r < 0 {
			return 0, 0
		}
		if !utf16.IsSurrogate(r) {
			return r, 6
		}
		if pair := utf16.DecodeRune(r, hex4(raw[6:])); pair != utf8.RuneError {
			return pair, 12
		}
		return utf8.RuneError, 6
	}
	return 0, 0
}

// hex4 reads \uXXXX, -1 if it is none.
func hex4(raw []byte) (r rune) {
	if len(raw) < 6 || raw[0] != '\\' || raw[1] != 'u' {
		return -1
	}
	for _, c := range raw[2:6] {
		switch {
		case '0' <= c && c <= '9':
			c -= '0'
		case 'a' <= c && c <= 'f':
			c -= 'a' - 10
		case 'A' <= c && c <= 'F':
			c -= 'A' - 10
		default:
			return -1
		}
		r = r<<4 | rune(c)
	}
	return r
}

// literal is the place after word if it stands at i, otherwise -1.
func literal(raw []byte, i int, word string) int {
	if len(raw)-i >= len(word) && string(raw[i:i+len(word)]) == word {
		return i + len(word)
	}
	return -1
}

// readNumber reads the number at i: its value and the place after it, -1 if it is none or too large for a double.
func readNumber(raw []byte, i int) (float64, int) {
	start := i
	if i < len(raw) && raw[i] == '-' {
		i++
	}
	whole := i
	switch {
	case i >= len(raw) || raw[i]-'0' > 9:
		return 0, -1
	case raw[i] == '0':
		i++
	default:
		i = digitsEnd(raw, i)
	}
	if i-whole <= 15 && (i == len(raw) || raw[i] != '.' && raw[i]|0x20 != 'e') {
		var v int64 // exact in a double
		for _, c := range raw[whole:i] {
			v = v*10 + int64(c-'0')
		}
		if whole > start {
			return -float64(v), i
		}
		return float64(v), i
	}
	if i < len(raw) && raw[i] == '.' {
		end := digitsEnd(raw, i+1)
		if end == i+1 {
			return 0, -1
		}
		i = end
	}
	if i < len(raw) && raw[i]|0x20 == 'e' {
		if i++; i < len(raw) && (raw[i] == '+' || raw[i] == '-') {
			i++
		}
		end := digitsEnd(raw, i)
		if end == i {
			return 0, -1
		}
		i = end
	}
	v, err := strconv.ParseFloat(string(raw[start:i]), 64)
	if err != nil {
		return 0, -1
	}
	return v, i
}
