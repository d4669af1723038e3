package server

import (
	"fmt"
	"net/http"
	"strings"

	"github.com/creditpocket/creditpocket/internal/contractplan"
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
type violation struct{ problems contractplan.Problems }

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
		b.WriteString(pointer(p.Place) + " " + p.Rule)
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

// head checks status, content type and required headers of an answer. It returns what a JSON answer is checked by.
func (v *responseValidator) head(op *operation, status int, h http.Header) (*jsonBody, *violation) {
	a, ok := op.answers[status]
	if !ok {
		return nil, &violation{contractplan.Problems{{Rule: fmt.Sprintf("status %d is not documented", status)}}}
	}
	body, ok := a.types[announcedType(h)]
	if !ok {
		return nil, &violation{contractplan.Problems{{Rule: fmt.Sprintf("the content type is not one of status %d", status)}}}
	}
	for _, name := range a.headers {
		if h.Get(name) == "" {
			return nil, &violation{contractplan.Problems{{Rule: "header " + name + " is missing"}}}
		}
	}
	return body, nil
}

// body checks the bytes of a JSON answer.
func (v *responseValidator) body(body *jsonBody, raw []byte) *violation {
	var bad *contractplan.Violation
	if body.plan != nil {
		bad = body.plan.Check(raw, false)
	} else {
		bad = checkByKin(body.schema, raw, v.schemaOptions)
	}
	if bad == nil {
		return nil
	}
	return &violation{bad.Problems}
}
