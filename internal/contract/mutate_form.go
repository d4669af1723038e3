package contract

import (
	"bytes"
	"maps"
	"net/http"
	"slices"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
)

// formBody breaks the rules of an upload: of its fields, of its files, and of the form itself.
func (m *mutator) formBody() {
	whole := m.op.form(m.photos)
	if m.varied {
		whole = m.values.form(m.op, m.photos)
	}
	send := func(kind Kind, field string, secret string, f form) {
		m.bad(kind, field, list(secret), func(r *Request) { r.setForm(f) })
	}
	for _, name := range slices.Sorted(maps.Keys(m.op.Body.Properties)) {
		s := m.op.Body.Properties[name].Value
		if slices.Contains(m.op.Body.Required, name) {
			send(MissingRequired, name, "", whole.without(name))
		}
		if s.Type.Is(openapi3.TypeArray) {
			m.files(name, s, whole)
			continue
		}
		p := &openapi3.Parameter{Name: name, Schema: &openapi3.SchemaRef{Value: s}}
		if p.Schema.Value.Example == nil {
			p.Example, _ = m.op.base().(members).get(name)
		}
		for _, w := range m.wrongTexts(p) {
			send(w.kind, name, w.secret, whole.with(name, w.value.(string)))
		}
		if slices.Contains(m.op.Body.Required, name) {
			send(TooShort, name, "", whole.with(name, ""))
		}
		send(ControlCharacter, name, "", whole.with(name, scalar(exampleOf(p))+"\x00"))
		send(InvalidUTF8, name, "", whole.with(name, "\xff\xfe"))
		field := part{name: name, data: []byte(scalar(exampleOf(p)))}
		send(SameTwice, name, "", append(form{field}, whole...))
		send(OtherCase, strings.ToUpper(name), "", append(form{{name: strings.ToUpper(name), data: field.data}}, whole...))
		send(TooLong, name, "", whole.with(name, strings.Repeat("7", 70_000)))
	}
	send(UnknownProperty, "nope", "", append(form{{name: "nope", data: []byte("1")}}, whole...))
	m.brokenForm(whole)
}

// files breaks the rules of the list of files.
func (m *mutator) files(name string, s *openapi3.Schema, whole form) {
	if s.MaxItems != nil && len(m.photos) > 0 {
		many := whole.without(name)
		for range *s.MaxItems + 1 {
			many = append(many, part{name: name, file: "photo.jpg", mimeType: "image/jpeg", data: m.photos[0]})
		}
		m.bad(TooManyItems, name, nil, func(r *Request) { r.setForm(many) })
	}
	m.emit(WrongType, name, http.StatusUnsupportedMediaType, unsupported, name+"[0]", nil, func(r *Request) {
		r.setForm(append(whole.without(name), part{name: name, data: []byte("no image")}))
	})
}

// brokenForm sends bytes that are no form.
func (m *mutator) brokenForm(whole form) {
	send := func(place string, body []byte) {
		m.emit(BrokenForm, place, http.StatusBadRequest, unreadable, "", nil, func(r *Request) { r.Body = body })
	}
	encoded := whole.encode()
	send("no end", encoded)
	send("cut off within a file", encoded[:len(encoded)-100])
	send("another boundary", bytes.ReplaceAll(append(bytes.Clone(encoded), formEnd...), []byte(boundary), []byte("another")))
	send("noise", []byte("this is no form"))
	send("a part without a name", []byte("--"+boundary+"\r\nContent-Disposition: form-data\r\n\r\nx\r\n"+formEnd))
	send("a part without headers", []byte("--"+boundary+"\r\n\r\nx\r\n"+formEnd))
	if m.varied {
		return
	}
	send("endless part headers", []byte("--"+boundary+"\r\n"+strings.Repeat("X-Pad: "+strings.Repeat("y", 1000)+"\r\n", 2000)))
}
