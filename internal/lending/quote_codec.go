package lending

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"math"
	"time"

	"github.com/creditpocket/creditpocket/internal/money"
)

// QuoteKey is a secret that signs quotes. IDs name keys, so that a key can be replaced while its quotes still live.
type QuoteKey struct {
	ID     uint8
	Secret []byte // at least 32 bytes
}

// QuoteCodec turns quotes into opaque quote ids and back. It is safe for concurrent use.
type QuoteCodec struct {
	current uint8
	keys    map[uint8][]byte
}

// MaxQuoteIDLength is the longest quote id, in characters of base64url.
const MaxQuoteIDLength = 200

const (
	quoteFormat   = 1
	quoteMACSize  = sha256.Size
	quoteMinBytes = 2 + len(Fingerprint{}) + quoteMACSize
)

// NewQuoteCodec returns a codec that signs with current and accepts current and older. It refuses a secret under 32 bytes and two
// keys with one id.
func NewQuoteCodec(current QuoteKey, older ...QuoteKey) (*QuoteCodec, error) {
	c := &QuoteCodec{current: current.ID, keys: map[uint8][]byte{}}
	for _, k := range append([]QuoteKey{current}, older...) {
		if len(k.Secret) < 32 {
			return nil, errors.New("lending: a quote key needs at least 32 bytes")
		}
		if _, twice := c.keys[k.ID]; twice {
			return nil, errors.New("lending: two quote keys have the same id")
		}
		c.keys[k.ID] = append([]byte(nil), k.Secret...)
	}
	return c, nil
}

// Encode returns the quote id. It returns a RuleError with QUOTE_INVALID for a quote that Decode could not return unchanged: figures
// that do not add up, an instant with fractions of a second, or an expiry that is not after the issue.
func (c *QuoteCodec) Encode(q Quote) (string, error) {
	t := q.Terms
	life := q.ExpiresAt.Unix() - q.IssuedAt.Unix()
	if t != quoteTerms(t.Principal, t.UpfrontFee, t.ServiceFee, t.Interest, t.TermDays) || !t.Consistent() || t.Principal > MaxPrincipal ||
		q.BorrowerID <= 0 || q.ProductID <= 0 || q.ProductVersion <= 0 || len(q.Brand) > MaxBrandLength ||
		q.IssuedAt.Unix() < 0 || q.IssuedAt.Nanosecond() != 0 || q.ExpiresAt.Nanosecond() != 0 || life <= 0 {
		return "", refuse(ReasonQuoteInvalid, "the quote cannot be encoded")
	}
	b := []byte{quoteFormat, c.current}
	for _, n := range []int64{
		q.BorrowerID, q.ProductID, int64(q.ProductVersion), q.IssuedAt.Unix(), life,
		int64(t.Principal), int64(t.UpfrontFee), int64(t.ServiceFee), int64(t.Interest), int64(t.TermDays), int64(len(q.Brand)),
	} {
		b = binary.AppendUvarint(b, uint64(n))
	}
	b = append(b, q.Brand...)
	b = append(b, q.Fingerprint[:]...)
	return base64.RawURLEncoding.EncodeToString(append(b, quoteMAC(c.keys[c.current], b)...)), nil
}

// Decode verifies a quote id for a borrower at an instant and returns the quote. It returns a RuleError with QUOTE_INVALID for
// anything that was not made by Encode for this borrower under a known key, and with QUOTE_EXPIRED from ExpiresAt on.
func (c *QuoteCodec) Decode(id string, borrowerID int64, now time.Time) (Quote, error) {
	invalid := refuse(ReasonQuoteInvalid, "the quote is not one of ours")
	if len(id) > MaxQuoteIDLength {
		return Quote{}, invalid
	}
	raw, err := base64.RawURLEncoding.Strict().DecodeString(id)
	if err != nil || len(raw) < quoteMinBytes || raw[0] != quoteFormat {
		return Quote{}, invalid
	}
	body, mac := raw[:len(raw)-quoteMACSize], raw[len(raw)-quoteMACSize:]
	key, known := c.keys[raw[1]]
	if !hmac.Equal(mac, quoteMAC(key, body)) || !known {
		return Quote{}, invalid
	}
	q, ok := readQuote(body[2:])
	if !ok || q.BorrowerID != borrowerID {
		return Quote{}, invalid
	}
	if !now.Before(q.ExpiresAt) {
		return Quote{}, refuse(ReasonQuoteExpired, "the quote has expired")
	}
	return q, nil
}

// quoteMAC signs with a domain prefix, so that the key can never be talked into signing something else.
func quoteMAC(key, body []byte) []byte {
	m := hmac.New(sha256.New, key)
	m.Write([]byte("creditpocket quote\x00"))
	m.Write(body)
	return m.Sum(nil)
}

func readQuote(b []byte) (Quote, bool) {
	ok := true
	next := func() int64 {
		n, size := binary.Uvarint(b)
		if size <= 0 || n > math.MaxInt64 {
			ok, b = false, nil
			return 0
		}
		b = b[size:]
		return int64(n)
	}
	q := Quote{BorrowerID: next(), ProductID: next(), ProductVersion: int(next())}
	q.IssuedAt = time.Unix(next(), 0).UTC()
	q.ExpiresAt = q.IssuedAt.Add(time.Duration(next()) * time.Second)
	principal, upfront, service, interest := money.Kobo(next()), money.Kobo(next()), money.Kobo(next()), money.Kobo(next())
	q.Terms = quoteTerms(principal, upfront, service, interest, int(next()))
	brand := int(next())
	if !ok || brand < 0 || len(b) != brand+len(Fingerprint{}) {
		return Quote{}, false
	}
	q.Brand = string(b[:brand])
	copy(q.Fingerprint[:], b[brand:])
	return q, true
}
