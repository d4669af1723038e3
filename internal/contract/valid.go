package contract

import (
	"fmt"
	"net/http"
	"net/url"
	"strconv"

	"github.com/getkin/kin-openapi/openapi3"
)

// Valid is a request that keeps every rule of the contract, made of the document's own examples: every parameter, and the
// first example of the body. Uploads carry the photos given, which the caller makes so that they are real images.
func (op *Operation) Valid(photos ...[]byte) *Request {
	r := &Request{Operation: op, Path: map[string]string{}, Header: http.Header{}}
	query := url.Values{}
	for _, p := range op.Params {
		value := scalar(exampleOf(p))
		switch p.In {
		case openapi3.ParameterInPath:
			r.Path[p.Name] = value
		case openapi3.ParameterInQuery:
			query.Set(p.Name, value)
		case openapi3.ParameterInHeader:
			r.Header.Set(p.Name, value)
		}
	}
	r.RawQuery = query.Encode()
	switch op.BodyType {
	case JSONBody:
		r.setJSON(op.base())
	case UploadBody:
		r.setForm(op.form(photos))
	}
	return r
}

// ValidFor is Valid with each example of the body in turn; one request for an operation without a body.
func (op *Operation) ValidFor() []*Request {
	if op.BodyType != JSONBody {
		return []*Request{op.Valid()}
	}
	var all []*Request
	for _, example := range op.Examples {
		r := op.Valid()
		r.setJSON(treeOf(example))
		all = append(all, r)
	}
	return all
}

// base is the body that mutations start from.
func (op *Operation) base() any {
	if len(op.Examples) == 0 {
		return members{}
	}
	return treeOf(op.Examples[0])
}

func (r *Request) setJSON(tree any) {
	r.ContentType, r.Body = JSONBody, text(tree)
}

// WithJSON is the request with members of its JSON body set to other values. A nil value removes the member.
func (r *Request) WithJSON(values map[string]any) *Request {
	c := r.clone()
	m, _ := r.Operation.base().(members)
	for name, value := range values {
		if value == nil {
			m = m.without(name)
			continue
		}
		m = m.with(name, treeOf(value))
	}
	c.setJSON(m)
	return c
}

// exampleOf is a value that keeps a parameter's rules: its example, or else its schema's.
func exampleOf(p *openapi3.Parameter) any {
	if p.Example != nil {
		return p.Example
	}
	if p.Schema != nil && p.Schema.Value.Example != nil {
		return p.Schema.Value.Example
	}
	return ""
}

// scalar writes a value as it stands in a path, a query or a header.
func scalar(v any) string {
	switch v := v.(type) {
	case string:
		return v
	case float64:
		return strconv.FormatFloat(v, 'f', -1, 64)
	}
	return fmt.Sprint(v)
}
