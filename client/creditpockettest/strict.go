package creditpockettest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"unicode"
	"unicode/utf8"

	creditpocket "github.com/creditpocket/creditpocket/client"
)

// Limits of a body, bytes, as the real server has them.
const (
	bodyLimit   = 64 << 10
	uploadLimit = 26 << 20
	partLimit   = 1 << 10 // of a field of a form
	maxDepth    = 32
)

// bodyLimits are the operations whose bodies may be larger.
var bodyLimits = map[string]int64{"applyLoan": uploadLimit, "reportAddressBook": 512 << 10, "reportShortMessages": 512 << 10, "receivePaystackEvent": 256 << 10}

func (x *exchange) limit() int64 {
	if most := bodyLimits[x.op.ID]; most > 0 {
		return most
	}
	return bodyLimit
}

// tooLarge refuses an announced length above the limit before anything is read.
func (x *exchange) tooLarge() *Refusal {
	if x.r.ContentLength > x.limit() {
		return Refuse(creditpocket.ErrBodyTooLarge)
	}
	return nil
}

// checkQuery refuses what the contract does not describe in a query.
func (x *exchange) checkQuery(k *checker, known map[string]bool) url.Values {
	query, err := url.ParseQuery(x.r.URL.RawQuery)
	if err != nil {
		k.wrong("", "the query must be well formed")
	}
	for name, values := range query {
		switch {
		case !known[name]:
			k.wrong(shown(name), "is not a parameter of this operation")
		case len(values) > 1:
			k.wrong(name, "must be given once")
		case values[0] == "":
			k.wrong(name, "must not be empty")
		case !utf8.ValidString(values[0]):
			k.wrong(name, "must be UTF-8")
		case hasControls(values[0]):
			k.wrong(name, "must not contain control characters")
		}
	}
	return query
}

// shown makes a name of the caller's own fit to be told.
func shown(name string) string {
	name = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return '?'
		}
		return r
	}, strings.ToValidUTF8(name, "?"))
	if runes := []rune(name); len(runes) > 64 {
		return string(runes[:64]) + "…"
	}
	return name
}

// hasControls tells whether a text holds what PostgreSQL, a log or a terminal would stumble over.
func hasControls(s string) bool {
	return strings.ContainsFunc(s, func(r rune) bool { return unicode.IsControl(r) && r != '\t' && r != '\n' && r != '\r' })
}

// parseRequest reads exactly one JSON value without what decoders disagree about: invalid UTF-8, names that differ in case only, deep
// nesting; and, but for events of the gateway, without control characters.
func parseRequest(raw []byte, controls bool) (any, *Refusal) {
	v, ok := parse(raw)
	if !ok || !utf8.Valid(raw) {
		return nil, Refuse(creditpocket.ErrMalformedBody)
	}
	s := strict{dec: json.NewDecoder(bytes.NewReader(raw)), controls: controls}
	if place, problem := s.value("", 0); problem != "" {
		if place == "" {
			return nil, Refuse(creditpocket.ErrMalformedBody)
		}
		return nil, Refuse(creditpocket.ErrValidationFailed).fields([]creditpocket.FieldError{{Name: place, Message: problem}})
	}
	return v, nil
}

// strict walks over a JSON text that is known to be one.
type strict struct {
	dec      *json.Decoder
	controls bool
}

func (s *strict) value(place string, depth int) (where, problem string) {
	t, err := s.dec.Token()
	if err != nil {
		return "", "must be valid JSON"
	}
	if text, ok := t.(string); ok && !s.controls && hasControls(text) {
		return place, "must not contain control characters"
	}
	open, ok := t.(json.Delim)
	if !ok {
		return "", ""
	}
	if depth == maxDepth {
		return place, fmt.Sprintf("must not be nested deeper than %d", maxDepth)
	}
	seen := map[string]bool{}
	for i := 0; s.dec.More(); i++ {
		inner := fmt.Sprintf("%s[%d]", place, i)
		if open == '{' {
			t, err := s.dec.Token()
			if err != nil {
				return "", "must be valid JSON"
			}
			name := t.(string)
			inner = join(place, shown(name))
			if folded := strings.ToLower(name); seen[folded] {
				return inner, "must not be there twice, not even in other letters' case"
			} else {
				seen[folded] = true
			}
		}
		if where, problem := s.value(inner, depth+1); problem != "" {
			return where, problem
		}
	}
	_, err = s.dec.Token()
	if err != nil && err != io.EOF {
		return "", "must be valid JSON"
	}
	return "", ""
}

// isPicture tells by its first bytes whether a file is one that the server takes.
func isPicture(content []byte) bool {
	kind := http.DetectContentType(content)
	return kind == "image/jpeg" || kind == "image/png"
}
