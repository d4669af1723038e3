package contract

import (
	"fmt"
	"maps"
	"math"
	"math/rand/v2"
	"net/url"
	"slices"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
)

// chance makes values that keep a schema.
type chance struct{ *rand.Rand }

// object is an object with all that is required and, by chance, the rest; its members stand in any order.
func (c chance) object(s *openapi3.Schema) members {
	m := members{}
	names := slices.Sorted(maps.Keys(s.Properties))
	c.Shuffle(len(names), func(i, j int) { names[i], names[j] = names[j], names[i] })
	for _, name := range names {
		if slices.Contains(s.Required, name) || c.IntN(2) == 0 {
			m = append(m, member{name, c.value(s.Properties[name].Value)})
		}
	}
	if len(m) == 0 && s.MinProps > 0 {
		name := names[0]
		m = append(m, member{name, c.value(s.Properties[name].Value)})
	}
	return m
}

// listed is an object none of whose lists is absent or empty, so that rules of their entries can be broken.
func (c chance) listed(s *openapi3.Schema, m members) members {
	for _, name := range slices.Sorted(maps.Keys(s.Properties)) {
		p := s.Properties[name].Value
		old, there := m.get(name)
		switch list, _ := old.([]any); {
		case p.Type.Is(openapi3.TypeArray) && len(list) == 0:
			m = m.with(name, []any{c.value(p.Items.Value)})
		case p.Type.Is(openapi3.TypeObject) && there:
			m = m.with(name, c.listed(p, old.(members)))
		}
	}
	return m
}

// value is any value that keeps a schema, more often than not at an edge of it.
func (c chance) value(s *openapi3.Schema) any {
	switch {
	case len(s.Enum) > 0:
		return s.Enum[c.IntN(len(s.Enum))]
	case s.Type.Is(openapi3.TypeObject):
		return c.object(s)
	case s.Type.Is(openapi3.TypeArray):
		most := int(s.MinItems) + 3
		if s.MaxItems != nil {
			most = min(most, int(*s.MaxItems))
		}
		list := []any{}
		for range int(s.MinItems) + c.IntN(most-int(s.MinItems)+1) {
			list = append(list, c.value(s.Items.Value))
		}
		return list
	case s.Type.Is(openapi3.TypeInteger), s.Type.Is(openapi3.TypeNumber):
		return c.number(s)
	case s.Type.Is(openapi3.TypeBoolean):
		return c.IntN(2) == 0
	}
	return c.text(s)
}

func (c chance) number(s *openapi3.Schema) any {
	low, high := -1e9, 1e9
	if s.Min != nil {
		low = *s.Min
	}
	if s.Max != nil {
		high = *s.Max
	}
	n := low + c.Float64()*(high-low)
	switch c.IntN(4) {
	case 0:
		n = low
	case 1:
		n = high
	}
	if s.Type.Is(openapi3.TypeInteger) {
		return int64(math.Round(n))
	}
	return math.Round(n*1e6) / 1e6
}

// text is a text that keeps a schema; where chance finds none, the schema's own example.
func (c chance) text(s *openapi3.Schema) string {
	if s.Format == "uuid" {
		return fmt.Sprintf("%08x-%04x-4%03x-8%03x-%012x", c.Uint32(), c.IntN(1<<16), c.IntN(1<<12), c.IntN(1<<12), c.Int64N(1<<48))
	}
	for range 20 {
		candidate := ""
		if s.Pattern != "" {
			candidate = matching(c.Rand, s.Pattern)
		} else {
			most := int(s.MinLength) + 40
			if s.MaxLength != nil {
				most = int(*s.MaxLength)
				if c.IntN(8) > 0 {
					most = min(most, int(s.MinLength)+40)
				}
			}
			candidate = c.runes(int(s.MinLength) + c.IntN(most-int(s.MinLength)+1))
		}
		if s.VisitJSONString(candidate) == nil {
			return candidate
		}
	}
	example, _ := s.Example.(string)
	return example
}

// letters are what people type, what JSON, SQL, HTML and shells must escape, and what is longer than one byte.
var letters = []rune("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789  ._-/\\\"'`;:<>&%{}[]()$#@!?*|=+~^,éỌ̀ṣ漢字☃🦁\u202e\u2028\u00a0")

func (c chance) runes(n int) string {
	out := make([]rune, n)
	for i := range out {
		out[i] = letters[c.IntN(len(letters))]
	}
	return string(out)
}

// Random is a request that keeps every rule that the document can say, with values that chance chooses: parameters that may be left
// out are, every other time, and so are properties. Uploads carry the photos.
func (op *Operation) Random(random *rand.Rand, photos ...[]byte) *Request {
	r, _ := op.random(random, photos)
	return r
}

// random is Random with the tree of its JSON body.
func (op *Operation) random(random *rand.Rand, photos [][]byte) (*Request, any) {
	c := chance{random}
	var tree any
	r := op.Valid(photos...)
	query, _ := url.ParseQuery(r.RawQuery)
	for _, p := range op.Params {
		value := ""
		for range 20 { // a value that a line of HTTP can carry
			if value = scalar(c.value(p.Schema.Value)); p.In != openapi3.ParameterInHeader || (strings.TrimSpace(value) == value && value != "") {
				break
			}
		}
		absent := !p.Required && random.IntN(2) == 0
		switch p.In {
		case openapi3.ParameterInPath:
			r.Path[p.Name] = value
		case openapi3.ParameterInQuery:
			query.Set(p.Name, value)
			if absent || value == "" {
				query.Del(p.Name)
			}
		case openapi3.ParameterInHeader:
			r.Header.Set(p.Name, value)
			if absent {
				r.Header.Del(p.Name)
			}
		}
	}
	r.RawQuery = query.Encode()
	switch op.BodyType {
	case JSONBody:
		tree = c.object(op.Body)
		r.ContentType, r.Body = JSONBody, c.spelled(tree)
	case UploadBody:
		r.setForm(c.form(op, photos))
	}
	return r, tree
}

// form is a complete form with random fields, in any order.
func (c chance) form(op *Operation, photos [][]byte) form {
	f := op.form(photos)
	for i := range f {
		if s := op.Body.Properties[f[i].name].Value; f[i].file == "" {
			f[i].data = []byte(scalar(c.value(s)))
		}
	}
	c.Shuffle(len(f), func(i, j int) {
		if f[i].file == "" && f[j].file == "" {
			f[i], f[j] = f[j], f[i]
		}
	})
	return f
}

// spelled writes JSON in one of the many ways in which it may be written: with blanks, and with letters escaped.
func (c chance) spelled(tree any) []byte {
	plain := text(tree)
	if c.IntN(3) > 0 {
		return plain
	}
	var b strings.Builder
	inside, literal := false, 0 // letters that belong to an escape
	for _, r := range string(plain) {
		switch {
		case literal > 0:
			if literal--; r == 'u' && literal == 0 {
				literal = 4
			}
		case r == '\\':
			literal = 1
		case r == '"':
			inside = !inside
		case inside && r >= 'a' && r <= 'z' && c.IntN(10) == 0:
			fmt.Fprintf(&b, `\u%04x`, r)
			continue
		case !inside && strings.ContainsRune(",:{}[]", r):
			b.WriteString(c.blanks())
			b.WriteRune(r)
			b.WriteString(c.blanks())
			continue
		}
		b.WriteRune(r)
	}
	return []byte(b.String())
}

func (c chance) blanks() string {
	const blanks = " \t\r\n"
	out := make([]byte, c.IntN(3))
	for i := range out {
		out[i] = blanks[c.IntN(len(blanks))]
	}
	return string(out)
}
