package server

import (
	"bytes"
	"encoding/json"
	"fmt"
	"mime"
	"net/http"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
)

// responseValidator holds answers to the contract, and to more than the validation library would: the status must be
// documented, the content type declared, the body one JSON text with nothing after it, and every property declared.
type responseValidator struct {
	schemaOptions []openapi3.SchemaValidationOption
}

func newResponseValidator() *responseValidator {
	return &responseValidator{append(schemaOptions(), openapi3.MultiErrors(), openapi3.VisitAsResponse())}
}

// violation is an answer that breaks the contract. Its text holds places and rules, never values.
type violation struct{ problems []problem }

func (v *violation) Error() string {
	const most = 5
	var b strings.Builder
	for i, p := range v.problems {
		if i == most {
			fmt.Fprintf(&b, "; and %d more", len(v.problems)-most)
			break
		}
		if i > 0 {
			b.WriteString("; ")
		}
		b.WriteString(pointer(p.place) + " " + p.rule)
	}
	return b.String()
}

// pointer is a place as a JSON pointer: data.list[0].id becomes /data/list/0/id.
func pointer(place string) string {
	if place == "" {
		return "/"
	}
	return "/" + strings.NewReplacer(".", "/", "[", "/", "]", "").Replace(place)
}

// head checks status, content type and required headers of an answer. It returns the schema of a JSON answer.
func (v *responseValidator) head(op *operation, status int, h http.Header) (*openapi3.Schema, *violation) {
	a, ok := op.answers[status]
	if !ok {
		return nil, &violation{[]problem{{"", fmt.Sprintf("status %d is not documented", status)}}}
	}
	mediaType, _, err := mime.ParseMediaType(h.Get("Content-Type"))
	schema, ok := a.types[mediaType]
	if err != nil || !ok {
		return nil, &violation{[]problem{{"", fmt.Sprintf("the content type is not one of status %d", status)}}}
	}
	for _, name := range a.headers {
		if h.Get(name) == "" {
			return nil, &violation{[]problem{{"", "header " + name + " is missing"}}}
		}
	}
	return schema, nil
}

// body checks the bytes of a JSON answer.
func (v *responseValidator) body(schema *openapi3.Schema, raw []byte) *violation {
	if p := checkJSON(raw, false); p != nil {
		return &violation{[]problem{{p.place, p.rule}}}
	}
	dec := json.NewDecoder(bytes.NewReader(raw))
	dec.UseNumber()
	var value any
	if err := dec.Decode(&value); err != nil {
		return &violation{[]problem{{"", "must be valid JSON"}}}
	}
	if err := schema.VisitJSON(value, v.schemaOptions...); err != nil {
		return &violation{problemsOf(err, "")}
	}
	return nil
}
