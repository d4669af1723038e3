// Package opswire is where the operators' wire types (gen/opsapi) meet the domain. Its types are plainer than the borrowers': times
// are RFC 3339 in UTC, flags are booleans, enumerations are words; ids and kobo are strings of digits in both. It imports
// internal/wire for what the two contracts share.
package opswire

import (
	"strconv"
	"strings"
	"time"

	"github.com/creditpocket/creditpocket/gen/opsapi"
	"github.com/creditpocket/creditpocket/internal/clock"
	"github.com/creditpocket/creditpocket/internal/fault"
	"github.com/creditpocket/creditpocket/internal/money"
	"github.com/creditpocket/creditpocket/internal/store"
	"github.com/creditpocket/creditpocket/internal/wire"
)

// DefaultLimit is the length of a page that does not say.
const DefaultLimit = 50

// id is the wire's form of an id, "" for none.
func id(n int64) string { return wire.ID(n) }

// instant is the wire's form of an instant: RFC 3339 in UTC to the second, "" for the zero instant.
func instant(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format("2006-01-02T15:04:05Z")
}

// date is the wire's form of a date in Lagos.
func date(d clock.Date) string { return d.String() }

// word is the wire's form of a stable lower-case name: "cool_down" becomes "COOL_DOWN".
func word(s string) string { return strings.ToUpper(s) }

// parseInstant reads an instant; absent and "" give the zero instant. Any other text is VALIDATION_FAILED of the named field.
func parseInstant(field string, text *string) (time.Time, error) {
	if wire.Text(text) == "" {
		return time.Time{}, nil
	}
	t, err := time.Parse(time.RFC3339, *text)
	if err != nil {
		return time.Time{}, fault.Invalid(field, "must be a time as YYYY-MM-DDTHH:MM:SSZ")
	}
	return t.UTC(), nil
}

// optionalKobo reads an amount that may be absent: 0 then.
func optionalKobo(field string, text *string) (money.Kobo, error) {
	if text == nil {
		return 0, nil
	}
	return wire.ParseKobo(field, *text)
}

// signedKobo reads an amount that may be absent, 0 then, or below zero: whether that makes sense is judged where its product is.
func signedKobo(field string, text *string) (money.Kobo, error) {
	if text == nil || !strings.HasPrefix(*text, "-") {
		return optionalKobo(field, text)
	}
	amount, err := wire.ParseKobo(field, (*text)[1:])
	return -amount, err
}

// ParseID reads the id of a path or a body. It returns VALIDATION_FAILED of the named field.
func ParseID(field, text string) (int64, error) { return wire.ParseID(field, text) }

// Page reads the parameters of a list. It returns VALIDATION_FAILED.
func Page(brand, cursor *string, limit *int32) (store.Page, error) {
	p := store.Page{Brand: wire.Text(brand), Limit: DefaultLimit}
	if limit != nil {
		p.Limit = int(*limit)
	}
	var err error
	p.Cursor, err = wire.ParseOptionalID("cursor", cursor)
	return p, err
}

// next is the cursor of the page after one: the last row's id, "" where the page is not full.
func next[T any](rows []T, p store.Page, last func(T) int64) string {
	if len(rows) == 0 || len(rows) < p.Limit {
		return ""
	}
	return strconv.FormatInt(last(rows[len(rows)-1]), 10)
}

// each converts a list; the wire's lists are never null.
func each[T, W any](rows []T, convert func(T) W) []W {
	out := make([]W, len(rows))
	for i, row := range rows {
		out[i] = convert(row)
	}
	return out
}

// parts is a sum of money by the parts of a debt.
func parts(c money.Components) opsapi.MoneyParts {
	return opsapi.MoneyParts{Principal: c.Principal.Wire(), ServiceFee: c.ServiceFee.Wire(), Interest: c.Interest.Wire(), Penalty: c.Penalty.Wire()}
}
