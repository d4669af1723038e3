package server

import (
	"crypto/rand"
	"net/http"

	"github.com/creditpocket/creditpocket/internal/mask"
)

// HeaderRequestID is the header that names a request in the answer and in the logs.
const HeaderRequestID = "X-Request-Id"

// requestID is the caller's own name of the request if it is harmless, otherwise one of ours: 26 random characters.
func requestID(r *http.Request) string {
	if id := r.Header.Get(HeaderRequestID); isToken(id, 8, 64) && !mask.HoldsCardNumber(id) {
		return id
	}
	return rand.Text()
}

// isToken tells whether s is made of min to max letters, digits, `_` and `-`.
func isToken(s string, least, most int) bool {
	if len(s) < least || len(s) > most {
		return false
	}
	for i := range len(s) {
		switch c := s[i]; {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9', c == '_', c == '-':
		default:
			return false
		}
	}
	return true
}
