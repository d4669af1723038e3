package creditpocket

import (
	"log/slog"
	"strings"
)

// Masked is a number of a person, card or account. It prints masked whatever it holds: the server masks BVN and card numbers
// itself, account numbers it sends in full.
type Masked string

// Reveal is the number as it was sent.
func (m Masked) Reveal() string { return string(m) }

// String is the number with its middle hidden: "222****2222", "408408******4081", "******3019".
func (m Masked) String() string {
	s := string(m)
	switch n := len(s); {
	case s == "" || strings.Contains(s, "*"):
		return s
	case n >= 13:
		return s[:6] + strings.Repeat("*", n-10) + s[n-4:]
	case n == 11:
		return s[:3] + "****" + s[7:]
	case n >= 8:
		return strings.Repeat("*", n-4) + s[n-4:]
	default:
		return strings.Repeat("*", n)
	}
}

// GoString is String, so that %#v tells no more.
func (m Masked) GoString() string { return m.String() }

// LogValue is String.
func (m Masked) LogValue() slog.Value { return slog.StringValue(m.String()) }

// Secret is a password, code, token or number that only the server may see. It prints as "[redacted]", in JSON of its own too;
// requests and a Session carry it in full.
type Secret string

const redacted = "[redacted]"

// Reveal is the secret.
func (s Secret) Reveal() string { return string(s) }

// String hides the secret; "" stays "".
func (s Secret) String() string {
	if s == "" {
		return ""
	}
	return redacted
}

// GoString is String, so that %#v tells no more.
func (s Secret) GoString() string { return s.String() }

// LogValue is String.
func (s Secret) LogValue() slog.Value { return slog.StringValue(s.String()) }

// MarshalText is String, so that a log in JSON tells no more.
func (s Secret) MarshalText() ([]byte, error) { return []byte(s.String()), nil }
