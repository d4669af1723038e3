package contract

import (
	"maps"
	"net/http"
	"slices"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
)

// jsonBody breaks every rule of every property of the body's schema, objects in lists too.
func (m *mutator) jsonBody() {
	m.object(m.op.Body, nil)
}

// object breaks the rules of an object at a place, and of all below it.
func (m *mutator) object(s *openapi3.Schema, place path) {
	for _, name := range slices.Sorted(maps.Keys(s.Properties)) {
		property := s.Properties[name].Value
		inner := place.child(name)
		if slices.Contains(s.Required, name) {
			m.replace(MissingRequired, place, inner.String(), "", func(old any) any { return old.(members).without(name) })
		}
		m.property(property, inner)
		m.twice(place, name)
	}
	if closed := s.AdditionalProperties.Has; closed != nil && !*closed {
		m.unknown(place)
	}
	if s.MinProps > 0 {
		m.edit(RuleBroken, place, place.String(), "", members{})
	}
}

// property breaks the rules of one property's value.
func (m *mutator) property(s *openapi3.Schema, place path) {
	name := place.String()
	for _, w := range slices.Concat(m.values.otherTypes(s), m.values.outside(s, m.sample(s, place)), m.more(s)) {
		if w.kind == NotFinite {
			m.unreadable(place, w)
			continue
		}
		m.edit(w.kind, place, name, w.secret, w.value)
	}
	switch {
	case s.Type.Is(openapi3.TypeString):
		m.control(s, place)
		m.calendar(s, place)
	case s.Type.Is(openapi3.TypeArray):
		m.array(s, place)
	case s.Type.Is(openapi3.TypeObject):
		m.object(s, place)
	}
}

// sample is the value at a place of the valid body, or the schema's own example.
func (m *mutator) sample(s *openapi3.Schema, place path) any {
	if v, ok := at(m.base, place); ok {
		return v
	}
	if len(s.Enum) > 0 && s.Example == nil {
		return s.Enum[0]
	}
	return s.Example
}

// array breaks the bounds of a list and the rules of its first entry.
func (m *mutator) array(s *openapi3.Schema, place path) {
	list, _ := m.sample(s, place).([]any)
	if len(list) == 0 {
		return
	}
	list, _ = treeOf(list).([]any)
	if s.MinItems > 0 {
		m.edit(TooFewItems, place, place.String(), "", list[:0])
	}
	if s.MaxItems != nil {
		m.edit(TooManyItems, place, place.String(), "", slices.Repeat(list[:1], int(*s.MaxItems)+1))
	}
	first := place.child(0)
	for _, w := range m.values.otherTypes(s.Items.Value) {
		m.edit(w.kind, first, first.String(), w.secret, w.value)
	}
	if s.Items.Value.Type.Is(openapi3.TypeObject) {
		m.object(s.Items.Value, first)
	}
}

// edit sends the body with another value at a place.
func (m *mutator) edit(kind Kind, place path, field, secret string, value any) {
	m.replace(kind, place, field, secret, func(any) any { return value })
}

func (m *mutator) replace(kind Kind, place path, field, secret string, change func(old any) any) {
	m.replaceIn(m.base, kind, place, field, secret, change)
}

func (m *mutator) replaceIn(base any, kind Kind, place path, field, secret string, change func(old any) any) {
	old, ok := at(base, place)
	if !ok {
		old = members{}
	}
	tree := put(base, place, change(old))
	m.emit(kind, field, http.StatusBadRequest, invalid, field, list(secret), func(r *Request) { m.write(r, tree) })
}

// unreadable is a value that a decoder may already stumble over, before anything knows its place.
func (m *mutator) unreadable(place path, w wrong) {
	tree := put(m.base, place, w.value)
	m.emit(w.kind, place.String(), http.StatusBadRequest, unreadable, "", list(w.secret), func(r *Request) { m.write(r, tree) })
}

// write puts a body on a request, spelled as chance wants it where it chooses.
func (m *mutator) write(r *Request, tree any) {
	r.setJSON(tree)
	if m.varied {
		r.Body = m.values.spelled(tree)
	}
}

// unknown adds a property that the schema does not know.
func (m *mutator) unknown(place path) {
	name := "no" + m.values.canary()
	m.replace(UnknownProperty, place, place.child(name).String(), "", func(old any) any { return old.(members).with(name, 1) })
	m.replace(UnknownProperty, place, place.child("__proto__").String(), "", func(old any) any { return old.(members).with("__proto__", members{}) })
}

// twice sends a property a second time, spelled the same and in other case. Decoders disagree about which one counts.
func (m *mutator) twice(place path, name string) {
	for _, again := range []struct {
		kind Kind
		name string
	}{{SameTwice, name}, {OtherCase, strings.ToUpper(name)}, {OtherCase, strings.ToUpper(name[:1]) + name[1:]}} {
		word := m.values.canary()
		m.replace(again.kind, place, place.child(again.name).String(), word, func(old any) any {
			o := old.(members)
			if _, ok := o.get(name); !ok {
				o = o.with(name, m.sample(m.schemaAt(place).Properties[name].Value, place.child(name)))
			}
			return append(slices.Clone(o), member{again.name, word})
		})
	}
}

// schemaAt is the schema of the object at a place.
func (m *mutator) schemaAt(place path) *openapi3.Schema {
	s := m.op.Body
	for _, step := range place {
		switch step := step.(type) {
		case string:
			s = s.Properties[step].Value
		case int:
			s = s.Items.Value
		}
	}
	return s
}

// control puts characters into a text that PostgreSQL, a log or a terminal would stumble over. Events of the gateway are
// the gateway's business: it signs what it sends.
func (m *mutator) control(s *openapi3.Schema, place path) {
	sample, _ := m.sample(s, place).(string)
	if m.op.Auth == Gateway || len(s.Enum) > 0 {
		return
	}
	for _, escape := range []string{`\u0000`, `\u001b`, `\u007f`} {
		inside := sample
		if s.MaxLength != nil && len(inside) >= int(*s.MaxLength) {
			inside = inside[:int(*s.MaxLength)-1]
		}
		m.edit(ControlCharacter, place, place.String(), "", raw(strings.TrimSuffix(string(text(inside)), `"`)+escape+`"`))
	}
}

// calendar sends days and times that fit the pattern of a date and do not exist.
func (m *mutator) calendar(s *openapi3.Schema, place path) {
	if _, unread := m.op.Reasons["POLICY_REFUSED"]; unread || !strings.Contains(s.Pattern, "[0-9]{4}-[0-9]{2}-[0-9]{2}") {
		return // what policy refuses is refused before anybody looks at its dates
	}
	bad := []string{"2025-02-29", "2025-13-01", "2025-00-10", "0000-00-00"}
	if strings.Contains(s.Pattern, ":") {
		bad = []string{"2025-02-29 10:00:00", "2025-01-01 24:00:01", "2025-01-01 10:60:00", "0000-00-00 00:00:00"}
	}
	// Whether a day exists is said after the schema has been heard, so all else must mean something: the example.
	for _, day := range bad {
		m.replaceIn(m.op.base(), NoSuchDate, place, place.String(), "", func(any) any { return day })
	}
}

func list(secret string) []string {
	if secret == "" {
		return nil
	}
	return []string{secret}
}
