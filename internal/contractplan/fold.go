package contractplan

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// least is the least character of those that differ from r only in case. encoding/json binds names to one field that this
// makes equal.
func leastFold(r rune) rune {
	if r < utf8.RuneSelf && r != 'k' && r != 's' && r != 'K' && r != 'S' {
		if 'a' <= r && r <= 'z' {
			r -= 'a' - 'A'
		}
		return r
	}
	least := r
	for next := unicode.SimpleFold(r); next != r; next = unicode.SimpleFold(next) {
		least = min(least, next)
	}
	return least
}

// fold gives names that differ only in case one form.
func fold(name string) string { return strings.Map(leastFold, name) }

// foldHash gives names that differ only in case one number. Others may have it too: who finds it twice looks closer.
func foldHash(name []byte) uint64 {
	h := uint64(14695981039346656037)
	for i := 0; i < len(name); {
		r, size := rune(name[i]), 1
		if r >= utf8.RuneSelf {
			r, size = utf8.DecodeRune(name[i:])
		}
		h, i = (h^uint64(leastFold(r)))*1099511628211, i+size
	}
	return h
}
