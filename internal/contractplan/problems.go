package contractplan

import (
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/getkin/kin-openapi/openapi3"
)

// MostProblems bounds the problems that are told about one body: nobody reads more, and a body made of nothing else must not
// make the server work for its sender.
const MostProblems = 20

// Problem is one place that breaks the contract, such as data.list[0].id, and the rule it breaks. Neither repeats the value.
type Problem struct{ Place, Rule string }

// Problems collects problems in the order they are found: each once, and no more than MostProblems.
type Problems []Problem

// Add takes a problem in. It tells whether there is room for another one.
func (p *Problems) Add(place, rule string) bool {
	if len(*p) >= MostProblems {
		return false
	}
	found := Problem{Fit(place), rule}
	if !slices.Contains(*p, found) {
		*p = append(*p, found)
	}
	return len(*p) < MostProblems
}

// AddFrom takes in what kin-openapi's VisitJSON found wrong with the value at place, in its order.
func (p *Problems) AddFrom(err error, place string) bool {
	switch e := err.(type) {
	case openapi3.MultiError:
		for _, inner := range e {
			if !p.AddFrom(inner, place) {
				return false
			}
		}
		return len(*p) < MostProblems
	case *openapi3.SchemaError:
		for _, segment := range e.JSONPointer() {
			place = Step(place, segment)
		}
		if e.SchemaField == "properties" {
			return p.Add(Child(place, unknownName(e.Reason)), "is not known here")
		}
		return p.Add(place, Rule(e.Schema, e.SchemaField)) // an error inside a union is told as the union's
	}
	return p.Add(place, Rule(nil, ""))
}

// unknownName is the name of an undeclared property, which kin-openapi tells only in its sentence.
func unknownName(reason string) string {
	if start := strings.IndexByte(reason, '"'); start >= 0 {
		if quoted, err := strconv.QuotedPrefix(reason[start:]); err == nil {
			if name, err := strconv.Unquote(quoted); err == nil {
				return name
			}
		}
	}
	return "?"
}

// Step is the place of an entry or a member of what is at place. kin-openapi does not say which of the two a number is, so
// that a member named by a number looks like an entry.
func Step(place, segment string) string {
	if _, err := strconv.Atoi(segment); err == nil {
		return place + "[" + segment + "]"
	}
	return Child(place, segment)
}

// Child is the place of a member. A name of the caller's own is cut, so that an error stays short.
func Child(place, name string) string {
	name = Shorten(name)
	if place == "" {
		return name
	}
	return place + "." + name
}

// Element is the place of an entry of a list.
func Element(place string, index int) string { return place + "[" + strconv.Itoa(index) + "]" }

// Shorten makes a name of the caller's own fit to be told: at most 64 characters, none of them a control character.
func Shorten(name string) string {
	const most = 64
	if utf8.RuneCountInString(name) <= most && !HasControls(name) {
		return name
	}
	var b strings.Builder
	for i, r := range []rune(name) {
		if i == most {
			b.WriteString("…")
			break
		}
		if unicode.IsControl(r) {
			r = '?'
		}
		b.WriteRune(r)
	}
	return b.String()
}

// Fit cuts a place that is too long for an error's envelope.
func Fit(place string) string {
	const most = 200
	if len(place) <= most || utf8.RuneCountInString(place) <= most {
		return place
	}
	return string([]rune(place)[:most-1]) + "…"
}

// HasControls tells whether s holds a control character other than tab, line feed and carriage return.
func HasControls(s string) bool {
	return strings.ContainsFunc(s, isControl)
}

func isControl(r rune) bool {
	return r < ' ' && r != '\t' && r != '\n' && r != '\r' || r == 0x7f
}
