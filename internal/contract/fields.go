package contract

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
)

// Field is one place of an operation's request where a client can put a single value: a parameter of the path or the query, a member of the
// JSON body at any depth, or a field of a form.
type Field struct {
	In   string // path, query, body or form
	Name string // as the server's answers name it: contacts[0].name
	// Set is the request with a value in this place, and all else as it was.
	Set func(r *Request, value string) *Request
}

// Fields are all places of an operation where a single value can stand, but for headers, which are the same everywhere.
func (op *Operation) Fields() (all []Field) {
	for _, p := range op.Params {
		switch p.In {
		case openapi3.ParameterInPath:
			all = append(all, Field{"path", p.Name, func(r *Request, value string) *Request {
				c := r.clone()
				c.Path[p.Name] = value
				return c
			}})
		case openapi3.ParameterInQuery:
			all = append(all, Field{"query", p.Name, func(r *Request, value string) *Request {
				c := r.clone()
				c.SetQuery(p.Name, value)
				return c
			}})
		}
	}
	switch op.BodyType {
	case JSONBody:
		all = append(all, bodyFields(op.Body, op.base(), nil)...)
	case UploadBody:
		for _, name := range slices.Sorted(maps.Keys(op.Body.Properties)) {
			if s := op.Body.Properties[name].Value; !s.Type.Is(openapi3.TypeArray) {
				all = append(all, Field{"form", name, func(r *Request, value string) *Request { return r.withPart(name, value) }})
			}
		}
	}
	return all
}

// bodyFields are the scalars of a schema below a place. Of a list it is the first entry, where the example has one.
func bodyFields(s *openapi3.Schema, base any, place path) (all []Field) {
	switch {
	case s.Type.Is(openapi3.TypeObject):
		for _, name := range slices.Sorted(maps.Keys(s.Properties)) {
			all = append(all, bodyFields(s.Properties[name].Value, base, place.child(name))...)
		}
	case s.Type.Is(openapi3.TypeArray):
		if list, _ := at(base, place); list != nil {
			if entries, _ := list.([]any); len(entries) > 0 {
				all = bodyFields(s.Items.Value, base, place.child(0))
			}
		}
	case len(place) > 0:
		number := s.Type.Is(openapi3.TypeInteger) || s.Type.Is(openapi3.TypeNumber)
		all = append(all, Field{"body", place.String(), func(r *Request, value string) *Request {
			var v any = value
			if _, err := strconv.ParseInt(value, 10, 64); err == nil && number {
				v = json.Number(value)
			}
			c := r.clone()
			c.setJSON(put(decoded(r.Body), place, v))
			return c
		}})
	}
	return all
}

// decoded reads a body that this package made.
func decoded(body []byte) any {
	dec := json.NewDecoder(bytes.NewReader(body))
	dec.UseNumber()
	var v any
	if err := dec.Decode(&v); err != nil {
		return members{}
	}
	return treeOf(v)
}

// withPart is the form with another value of one field.
func (r *Request) withPart(name, value string) *Request {
	const open = "--" + boundary + "\r\n"
	c := r.clone()
	var kept []string
	for _, p := range strings.Split(strings.TrimSuffix(string(r.Body), formEnd), open) {
		if p != "" && !strings.HasPrefix(p, fmt.Sprintf("Content-Disposition: form-data; name=%q", name)) {
			kept = append(kept, open+p)
		}
	}
	first := fmt.Sprintf("%sContent-Disposition: form-data; name=%q\r\n\r\n%s\r\n", open, name, value)
	c.Body = []byte(first + strings.Join(kept, "") + formEnd)
	return c
}

// Likeness is a name of the same form that nobody has: letters and digits in the places of letters and digits. The first three stay, so that
// a number stays a number of the same size, and a mobile number one of the same network.
func Likeness(random *rand.Rand, name string) string {
	b := []byte(name)
	hex := !strings.ContainsFunc(name, func(r rune) bool { return !strings.ContainsRune("0123456789abcdef-", r) })
	for i := min(3, len(b)-1); i < len(b); i++ {
		switch c := b[i]; {
		case c >= '0' && c <= '9':
			b[i] = byte('0' + random.IntN(10))
		case c >= 'a' && c <= 'f' && hex:
			b[i] = byte('a' + random.IntN(6))
		case c >= 'a' && c <= 'z':
			b[i] = byte('a' + random.IntN(26))
		case c >= 'A' && c <= 'Z':
			b[i] = byte('A' + random.IntN(26))
		}
	}
	return string(b)
}
