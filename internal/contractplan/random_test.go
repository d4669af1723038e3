package contractplan

import (
	"encoding/json"
	"fmt"
	"maps"
	"regexp/syntax"
	"slices"
	"strconv"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
)

// choices turns bytes into decisions, so that a fuzzer steers what is made of them. Without bytes left it decides 0.
type choices struct{ bytes []byte }

func (c *choices) below(n int) int {
	if len(c.bytes) == 0 || n <= 1 {
		return 0
	}
	b := c.bytes[0]
	c.bytes = c.bytes[1:]
	return int(b) % n
}

func (c *choices) one(in int) bool { return c.below(in) == 1 }

func pick[T any](c *choices, from ...T) T { return from[c.below(len(from))] }

var randomNames = []string{"a", "b", "A", "name", "naME", "k", "K", "\u212a", "s", "ſ", "ñ", "x\"y", "<t>", "7", "-3", "", "long_property_name", "data", "list"}

var randomPatterns = []string{`^[0-9]{1,19}$`, `^[0-9]{0,4}$`, `^[0-9]{3}$`, `^([0-9]{10})?$`, `^([0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}:[0-9]{2})?$`,
	`^NG-[0-9]{2}$`, `^[A-Za-z0-9_-]{2,6}$`, `b`, `a+b*`, `^a`, `a$`, `^$`, `^(a|b|ab)+$`, `^[^@\s]+@[^@\s]+$`, `^\u00F1+$`, `(?i)^straße$`, `^.{2}$`, `\bword\b`,
	`^[0-9]{3}\*{4}[0-9]{3}$`, `^(\+?234|0)?[789][01][0-9]{8}$`, `[^a]`, `^[0-9]{70}$`, `x*`, `^(https?://[^\s]+)?$`, `(^a|b$)`, `^[[:alpha:]]{3}$`, `^[0-9]{8}$`,
	`^[0-9]{2}/[0-9]{2}$`, `^[a-z]?[0-9]*$`, `^[0-9]+$`, `^a{1,3}b?a$`, `^(a{2,3}|[0-9]{2}\*{1,3}b)?$`, `^[A-Z]{2,4}[0-9]{3}$`, `^([0-9a-f]{8}-[0-9a-f]{4})?$`, `^[0-9a-f]{3}x[0-9]$`}

// randomSchema makes a schema of the keywords this package compiles.
func randomSchema(c *choices, depth int) *openapi3.Schema {
	s := &openapi3.Schema{Nullable: c.one(8)}
	bound := func(n int) *uint64 {
		if c.one(2) {
			return openapi3.Ptr(uint64(c.below(n)))
		}
		return nil
	}
	kinds := 4
	if depth > 0 {
		kinds = 8
	}
	switch c.below(kinds) {
	case 0:
		s.Type = &openapi3.Types{openapi3.TypeString}
	case 1:
		s.Type = &openapi3.Types{pick(c, openapi3.TypeInteger, openapi3.TypeNumber)}
	case 2:
		s.Type = &openapi3.Types{openapi3.TypeBoolean}
	case 3: // no type
	case 4, 5:
		s.Type = &openapi3.Types{openapi3.TypeObject}
	case 6:
		s.Type = &openapi3.Types{openapi3.TypeArray}
	case 7:
		var members openapi3.SchemaRefs
		for range 1 + c.below(3) {
			members = append(members, randomSchema(c, depth-1).NewRef())
		}
		switch c.below(4) {
		case 0:
			s.OneOf = members
		case 1:
			s.AnyOf = members
		case 2:
			s.AllOf = members
		case 3:
			s.Not = members[0]
		}
		if c.one(2) {
			return s
		}
	}
	if c.one(6) {
		for range 1 + c.below(3) {
			s.Enum = append(s.Enum, pick[any](c, "", "a", "NG-LA", "é", 1.0, 0.0, 2.5, true, false, nil, -7.0))
		}
	}
	if s.Type.Permits(openapi3.TypeString) {
		if c.one(2) {
			s.MinLength, s.MaxLength = uint64(c.below(4)), bound(24)
		}
		if c.one(2) {
			s.Pattern = pick(c, randomPatterns...)
		}
		if c.one(4) {
			s.Format = pick(c, "date", "uuid", "email", "byte", "date-time", "password", "hostname")
		}
	}
	if s.Type.Permits(openapi3.TypeNumber) || s.Type.Permits(openapi3.TypeInteger) {
		number := func() *float64 {
			return openapi3.Ptr(pick(c, 0, 1, -1, 3, 10, 0.5, -2.5, 100, 2147483647, 1e15, 9007199254740993, 0.1))
		}
		if c.one(2) {
			s.Min = number()
			s.ExclusiveMin = openapi3.ExclusiveBound{Bool: pick(c, nil, openapi3.Ptr(true), openapi3.Ptr(false))}
		}
		if c.one(2) {
			s.Max = number()
			s.ExclusiveMax = openapi3.ExclusiveBound{Bool: pick(c, nil, openapi3.Ptr(true), openapi3.Ptr(false))}
		}
		if c.one(6) {
			s.MultipleOf = openapi3.Ptr(pick(c, 2, 3, 0.5, 0.1, 10))
		}
		if c.one(2) && s.Format == "" {
			s.Format = pick(c, "int32", "int64", "double", "float")
		}
	}
	if s.Type.Permits(openapi3.TypeArray) {
		if depth > 0 && c.one(2) || s.Type.Is(openapi3.TypeArray) {
			s.Items = randomSchema(c, depth-1).NewRef()
		}
		if c.one(3) {
			s.MinItems, s.MaxItems = uint64(c.below(3)), bound(4)
		}
		s.UniqueItems = c.one(4)
	}
	if s.Type.Permits(openapi3.TypeObject) && depth > 0 {
		s.Properties = openapi3.Schemas{}
		for range c.below(5) {
			s.Properties[pick(c, randomNames...)] = randomSchema(c, depth-1).NewRef()
		}
		for _, name := range slices.Sorted(maps.Keys(s.Properties)) {
			if c.one(2) {
				s.Required = append(s.Required, name)
			}
		}
		if c.one(8) {
			s.Required = append(s.Required, pick(c, randomNames...))
		}
		switch c.below(4) {
		case 1:
			s.AdditionalProperties.Has = openapi3.Ptr(false)
		case 2:
			s.AdditionalProperties.Has = openapi3.Ptr(true)
		case 3:
			s.AdditionalProperties.Schema = randomSchema(c, depth-1).NewRef()
		}
		if c.one(6) {
			s.MinProps, s.MaxProps = uint64(c.below(3)), bound(4)
		}
	}
	return s
}

// randomBody writes a body that fits a schema, but for what the choices spoil.
func randomBody(c *choices, s *openapi3.Schema, depth int) string {
	if depth <= 0 {
		return "0"
	}
	if c.one(24) {
		return pick(c, `null`, `true`, `1`, `-0`, `1.0`, `1e0`, `1E+2`, `01`, `1.`, `.5`, `1e`, `-`, `+1`, `2147483648`, `-2147483649`, `9007199254740993`, `9223372036854775808`,
			`123456789012345678901234567890`, `1e400`, `1e-400`, `NaN`, `nul`, `truex`, `""`, `"a"`, `"\u0061"`, `"\ud83d\ude00"`, `"\ud800"`, `"\ud800\u0041"`, `"\udc00x"`, `"é"`,
			`"😀"`, "\"\x7f\"", "\"\x01\"", "\"\n\"", `"\x41"`, `"\u00"`, `"\u0000"`, "\"\xff\"", "\"\xc3\"", `[]`, `{}`, `[1,]`, `{"a":1,}`, `{"a" 1}`, `{1:2}`, `[1 2]`, `[[[[]]]]`, ` 7 `,
			`{"a":1,"a":1}`, `{"k":1,"K":2}`, "{\"s\":1,\"ſ\":2}", `"unfinished`, `{"a":`, `[`, strings.Repeat("[", 40)+strings.Repeat("]", 40), strings.Repeat(`{"a":`, 33)+"1"+strings.Repeat("}", 33),
			`0.1`, `0.30000000000000004`, `1e2`, `"12"`, "\"\u2028<&>\"", "\ufeff1", "//c\n1", `'a'`, `"tab	"`, `[1,1.0]`, `["a","\u0061"]`, `[{"a":1,"b":2},{"b":2,"a":1}]`)
	}
	if members := slices.Concat(s.OneOf, s.AnyOf, s.AllOf); len(members) > 0 {
		return randomBody(c, members[c.below(len(members))].Value, depth)
	}
	if len(s.Enum) > 0 && !c.one(6) {
		raw, err := json.Marshal(s.Enum[c.below(len(s.Enum))])
		if err != nil {
			panic(err)
		}
		return string(raw)
	}
	kind := openapi3.TypeString
	if s.Type != nil {
		kind = (*s.Type)[0]
	} else if c.one(2) {
		kind = pick(c, openapi3.TypeInteger, openapi3.TypeBoolean, openapi3.TypeArray, openapi3.TypeObject)
	}
	space := func() string { return pick(c, "", "", "", "", "", "", " ", "\n\t", "\r\n  ") }
	switch kind {
	case openapi3.TypeString:
		return randomText(c, s)
	case openapi3.TypeInteger, openapi3.TypeNumber:
		return randomNumber(c, s)
	case openapi3.TypeBoolean:
		return pick(c, "true", "false")
	case openapi3.TypeArray:
		var entries []string
		for range int(s.MinItems) + c.below(4) {
			items := &openapi3.Schema{}
			if s.Items != nil {
				items = s.Items.Value
			}
			entries = append(entries, space()+randomBody(c, items, depth-1)+space())
		}
		return "[" + space() + strings.Join(entries, ",") + "]"
	}
	var members []string
	names := slices.Sorted(maps.Keys(s.Properties))
	if c.one(6) {
		slices.Reverse(names)
	}
	for _, name := range names {
		if !slices.Contains(s.Required, name) && c.one(3) || c.one(32) {
			continue
		}
		members = append(members, space()+quoted(c, name)+space()+":"+space()+randomBody(c, s.Properties[name].Value, depth-1)+space())
	}
	if c.one(4) {
		inner := &openapi3.Schema{}
		if s.AdditionalProperties.Schema != nil {
			inner = s.AdditionalProperties.Schema.Value
		}
		members = append(members, quoted(c, pick(c, randomNames...))+":"+randomBody(c, inner, depth-1))
	}
	return "{" + space() + strings.Join(members, ",") + "}"
}

func randomNumber(c *choices, s *openapi3.Schema) string {
	v := float64(c.below(200) - 50)
	if s.Min != nil && c.one(2) {
		v = *s.Min + float64(c.below(3)-1)
	}
	if s.Max != nil && c.one(2) {
		v = *s.Max + float64(c.below(3)-1)
	}
	if c.one(8) {
		v += pick(c, 0.5, 0.1, -0.25)
	}
	return strconv.FormatFloat(v, pick[byte](c, 'f', 'f', 'f', 'g', 'e'), -1, 64)
}

func randomText(c *choices, s *openapi3.Schema) string {
	text := ""
	switch {
	case s.Pattern != "":
		if tree, err := syntax.Parse(codePoints.ReplaceAllString(s.Pattern, `\x{$1}`), syntax.Perl); err == nil {
			text = matching(c, tree)
		}
	case s.Format != "":
		text = map[string]string{"date": pick(c, "2025-02-28", "2025-02-30", "0000-01-01"), "uuid": "90c192cf-d3ac-44af-8f21-ddb66cad4a26", "email": pick(c, "a@b.co", "<a@b>", "é@b.co"),
			"byte": pick(c, "aGk=", "a=b", "", "_-/+=="), "date-time": pick(c, "2025-02-28T10:00:00Z", "2025-02-28T10:00:60.5+01:00", "2025-02-28")}[s.Format]
	default:
		for range int(s.MinLength) + c.below(10) {
			text += pick(c, "a", "7", " ", "é", "😀", "\\", "\"", "/", "<", "\n", "\u2028", "\x7f", "aaaaaaaa")
		}
	}
	if c.one(12) {
		text += pick(c, "x", "0", "é", "\n", " ")
	}
	return quoted(c, text)
}

// quoted writes a string as JSON, sometimes with escapes nobody needs.
func quoted(c *choices, text string) string {
	if c.one(12) {
		var b strings.Builder
		for _, r := range text {
			if r < 0x10000 {
				fmt.Fprintf(&b, `\u%04x`, r)
			} else {
				b.WriteRune(r)
			}
		}
		return `"` + b.String() + `"`
	}
	raw, err := json.Marshal(text)
	if err != nil {
		panic(err)
	}
	return string(raw)
}

// matching makes a text that a pattern is likely to match.
func matching(c *choices, s *syntax.Regexp) string {
	repeat := func(least, most int) string {
		if most < 0 || most > least+6 {
			most = least + 6
		}
		var b strings.Builder
		for range least + c.below(most-least+1) {
			b.WriteString(matching(c, s.Sub[0]))
		}
		return b.String()
	}
	switch s.Op {
	case syntax.OpLiteral:
		return string(s.Rune)
	case syntax.OpCharClass:
		k := 2 * c.below(len(s.Rune)/2)
		low, high := s.Rune[k], min(s.Rune[k+1], s.Rune[k]+90)
		return string(low + rune(c.below(int(high-low)+1)))
	case syntax.OpAnyChar, syntax.OpAnyCharNotNL:
		return pick(c, "a", "é", "0", "😀")
	case syntax.OpCapture:
		return matching(c, s.Sub[0])
	case syntax.OpStar:
		return repeat(0, -1)
	case syntax.OpPlus:
		return repeat(1, -1)
	case syntax.OpQuest:
		return repeat(0, 1)
	case syntax.OpRepeat:
		return repeat(s.Min, s.Max)
	case syntax.OpConcat:
		var b strings.Builder
		for _, sub := range s.Sub {
			b.WriteString(matching(c, sub))
		}
		return b.String()
	case syntax.OpAlternate:
		return matching(c, s.Sub[c.below(len(s.Sub))])
	}
	return ""
}
