package server

import (
	"bytes"
	"encoding/json"
	"maps"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"github.com/creditpocket/creditpocket/gen/catalog"
	"github.com/creditpocket/creditpocket/internal/contractplan"
	"github.com/creditpocket/creditpocket/internal/fault"
	"github.com/getkin/kin-openapi/openapi3"
)

// A card number is never accepted: not stored, not logged, not passed on. What looks like one in any field that can hold free text is
// refused before anything else is done with the request. Fields that the contract confines to an id, an amount, a mobile number or a code
// are left alone: one in ten of their values would pass the check digit by chance, and a card number in one of them finds nothing and is
// not kept.

// Bounds of a card number's digits (ISO/IEC 7812).
const (
	panLeast = 13
	panMost  = 19
)

// holdsCardNumber tells whether a text holds 13 to 19 digits with the check digit of a card, in one run or in groups with a blank or
// dash between them, as they stand on a card. Digits of an id in hexadecimal are none: of random keys of 32 such digits two in a thousand
// would pass by chance, and of UUIDs one in two thousand.
func holdsCardNumber(text string) bool {
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

// wordAt is where the word ends that begins in a text, and whether it is bytes in hexadecimal with a letter among their digits.
func wordAt(text string, begin int) (end int, id bool) {
	letters, beyond := false, false
	for end = begin; end < len(text) && alphanumeric(text[end]); end++ {
		if !digit(text[end]) {
			letters = true
			beyond = beyond || text[end]|0x20 > 'f'
		}
	}
	return end, letters && !beyond && (end-begin)%2 == 0
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

// manyDigits tells whether a text has a run of so many digits, blanks and dashes that it is worth a closer look.
func manyDigits(text []byte) bool {
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

// confined is a pattern that lets nothing but digits pass, and signs that belong to numbers.
var confined = regexp.MustCompile(`^\^[\\+()?|0-9\[\]{},*-]+\$$`)

// numericFields are the names of a schema's properties, at any depth, whose pattern confines them to digits.
func numericFields(names map[string]bool, schema *openapi3.SchemaRef, seen map[*openapi3.Schema]bool) {
	if schema == nil || schema.Value == nil || seen[schema.Value] {
		return
	}
	seen[schema.Value] = true
	for name, p := range schema.Value.Properties {
		if p.Value != nil && confined.MatchString(p.Value.Pattern) {
			names[name] = true
		}
		numericFields(names, p, seen)
	}
	numericFields(names, schema.Value.Items, seen)
}

// refuseCardNumbers looks at everything of a request that can hold free text. It returns CARD_NUMBER_REFUSED with the place.
func refuseCardNumbers(op *operation, r *http.Request, query url.Values, raw []byte) error {
	for _, name := range slices.Sorted(maps.Keys(query)) {
		for _, v := range query[name] {
			if !op.numeric[name] && holdsCardNumber(v) {
				return cardRefused(contractplan.Shorten(strings.ToValidUTF8(name, "?")))
			}
		}
	}
	for _, name := range op.headers {
		if v := r.Header.Get(name); !op.numeric[name] && v != "" && holdsCardNumber(v) {
			return cardRefused(name)
		}
	}
	if op.auth == authGateway || !manyDigits(raw) {
		return nil // what the gateway signs is the gateway's, and only references and amounts of it are kept
	}
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber()
	var body any
	if d.Decode(&body) != nil {
		return nil // it is refused as a whole, and nothing of it is kept
	}
	if place, found := cardPlace(op, body, "", ""); found {
		return cardRefused(contractplan.Fit(place))
	}
	return nil
}

// looseQuery is the query as far as it can be read; that it is well formed is somebody else's question.
func looseQuery(r *http.Request) url.Values {
	if !manyDigits([]byte(r.URL.RawQuery)) && !strings.ContainsAny(r.URL.RawQuery, "%+") {
		return nil
	}
	return r.URL.Query()
}

func cardRefused(place string) error {
	return fault.New(catalog.CardNumberRefused).WithField(place, "must not hold a card number")
}

// cardPlace finds the first value of a JSON text that holds a card number.
func cardPlace(op *operation, value any, name, place string) (string, bool) {
	switch v := value.(type) {
	case map[string]any:
		for _, key := range slices.Sorted(maps.Keys(v)) { // the same place is named each time
			if holdsCardNumber(key) {
				return place, true
			}
			if at, found := cardPlace(op, v[key], key, contractplan.Child(place, key)); found {
				return at, true
			}
		}
	case []any:
		for i, inner := range v {
			if at, found := cardPlace(op, inner, name, contractplan.Element(place, i)); found {
				return at, true
			}
		}
	case string:
		return place, !op.numeric[name] && holdsCardNumber(v)
	case json.Number:
		return place, holdsCardNumber(v.String())
	}
	return "", false
}
