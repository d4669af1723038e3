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
	"github.com/creditpocket/creditpocket/internal/mask"
	"github.com/getkin/kin-openapi/openapi3"
)

// A card number is never accepted: not stored, not logged, not passed on. What looks like one in any field that can hold free text is
// refused before anything else is done with the request. Fields that the contract confines to an id, an amount, a mobile number or a code
// are left alone: one in ten of their values would pass the check digit by chance, and a card number in one of them finds nothing and is
// not kept. So is an Idempotency-Key, which a caller may count up: one that was refused by chance could not be explained to anybody, and the store keeps
// no such key in clear (store.OperationKey).

const headerKey = "Idempotency-Key"

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
	first, found := "", false // of the parameters that hold one, the first by name
	for name, values := range query {
		if (!found || name < first) && !op.numeric[name] && slices.ContainsFunc(values, mask.HoldsCardNumber) {
			first, found = name, true
		}
	}
	if found {
		return cardRefused(contractplan.Shorten(strings.ToValidUTF8(first, "?")))
	}
	for _, name := range op.headers {
		if name == headerKey { // the caller's name of a request; one that could be a card number is kept as a keyed hash only
			continue
		}
		if v := r.Header.Get(name); !op.numeric[name] && v != "" && mask.HoldsCardNumber(v) {
			return cardRefused(name)
		}
	}
	if op.auth == authGateway || !mask.ManyDigits(raw) {
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
	if !mask.ManyDigits([]byte(r.URL.RawQuery)) && !strings.ContainsAny(r.URL.RawQuery, "%+") {
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
			if mask.HoldsCardNumber(key) {
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
		return place, !op.numeric[name] && mask.HoldsCardNumber(v)
	case json.Number:
		return place, mask.HoldsCardNumber(v.String())
	}
	return "", false
}
