package contractplan

import (
	"unicode/utf8"

	"github.com/getkin/kin-openapi/openapi3"
)

// Parameter is the compiled schema of a parameter that is one value: of a path, a query or a header.
type Parameter struct{ node *node }

// Fits tells that a value keeps the schema, without allocating. A false is not a verdict: kin-openapi, which reads parameters in
// more ways than this, has the last word.
func (p *Parameter) Fits(value string) bool {
	n := p.node
	var buffer [128]byte
	text := append(buffer[:0], value...)
	switch {
	case value == "":
		return false
	case n.types == typeText:
		return utf8.ValidString(value) && (n.enum == nil || n.enum.hasText(text)) && n.text.check(text, utf8.RuneCountInString(value)) == 0
	case n.types == typeNumber && n.number.whole && n.quick.lane == laneWhole:
		return n.quick.end(append(text, ' '), 0) == len(value)
	}
	return false
}

// addParameters compiles those of an operation that have a schema and the usual way of writing one value.
func (p *Plan) addParameters(c *compiler, parameters openapi3.Parameters) {
	for _, ref := range parameters {
		v := ref.Value
		if v == nil || v.Schema == nil || len(v.Content) > 0 || v.AllowEmptyValue {
			continue
		}
		if style, ok := usualStyles[v.In]; !ok || v.Style != "" && v.Style != style {
			continue
		}
		s := v.Schema.Value
		if s == nil || s.Nullable || s.Not != nil || len(s.OneOf)+len(s.AnyOf)+len(s.AllOf) > 0 {
			continue
		}
		if n, gap := c.compile(s, ""); gap == nil && !n.anything {
			p.parameters[v] = &Parameter{n}
		}
	}
}

// usualStyles are how a value is written where the document does not say.
var usualStyles = map[string]string{openapi3.ParameterInPath: openapi3.SerializationSimple, openapi3.ParameterInQuery: openapi3.SerializationForm,
	openapi3.ParameterInHeader: openapi3.SerializationSimple}

// Parameter is the compiled schema of a parameter of the document, nil where there is none.
func (p *Plan) Parameter(v *openapi3.Parameter) *Parameter { return p.parameters[v] }
