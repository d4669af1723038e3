package contractplan

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"

	"github.com/getkin/kin-openapi/openapi3"
)

// Plan is a compiled document. It is safe for any number of goroutines.
type Plan struct {
	requests, responses map[*openapi3.Schema]*Schema
	parameters          map[*openapi3.Parameter]*Parameter
}

// Gap is a JSON body that was not compiled, and why. Its caller validates it with kin-openapi.
type Gap struct {
	Operation string // operationId
	Body      string // "request", or "response" and the status
	Place     string // where in the body, empty for the whole
	Reason    string
}

// String is the gap in one line of a log.
func (g Gap) String() string {
	place := ""
	if g.Place != "" {
		place = " at " + g.Place
	}
	return fmt.Sprintf("%s %s%s: %s", g.Operation, g.Body, place, g.Reason)
}

// Compile compiles the schemas of all JSON bodies of a document that kin-openapi has loaded and resolved. formats are the
// text formats that are checked, see Formats; those not among them are checked as kin-openapi checks them.
func Compile(doc *openapi3.T, formats map[string]Format) (*Plan, []Gap) {
	plan := &Plan{requests: map[*openapi3.Schema]*Schema{}, responses: map[*openapi3.Schema]*Schema{}, parameters: map[*openapi3.Parameter]*Parameter{}}
	requests, responses, parameters := newCompiler(formats), newCompiler(formats), newCompiler(formats)
	requests.refuseDefaults = true // kin-openapi writes them into the body
	responses.patterns, parameters.patterns = requests.patterns, requests.patterns
	if doc.IsOpenAPI31OrLater() {
		const why = "the document is not of OpenAPI 3.0"
		requests.whole, responses.whole, parameters.whole = why, why, why
	}
	var gaps []Gap
	add := func(into map[*openapi3.Schema]*Schema, c *compiler, operation, body string, content openapi3.Content) {
		for _, mediaType := range slices.Sorted(maps.Keys(content)) {
			m := content[mediaType]
			if !isJSON(mediaType) || m.Schema == nil || m.Schema.Value == nil || into[m.Schema.Value] != nil {
				continue
			}
			s, gap := c.schema(m.Schema.Value)
			if gap != nil {
				gaps = append(gaps, Gap{operation, body, gap.place, gap.reason})
				continue
			}
			into[m.Schema.Value] = s
		}
	}
	for _, path := range slices.Sorted(maps.Keys(doc.Paths.Map())) {
		plan.addParameters(parameters, doc.Paths.Value(path).Parameters)
		operations := doc.Paths.Value(path).Operations()
		for _, method := range slices.Sorted(maps.Keys(operations)) {
			o := operations[method]
			plan.addParameters(parameters, o.Parameters)
			if o.RequestBody != nil && o.RequestBody.Value != nil {
				add(plan.requests, requests, o.OperationID, "request", o.RequestBody.Value.Content)
			}
			for _, status := range slices.Sorted(maps.Keys(o.Responses.Map())) {
				if r := o.Responses.Value(status); r.Value != nil {
					add(plan.responses, responses, o.OperationID, "response "+status, r.Value.Content)
				}
			}
		}
	}
	return plan, gaps
}

func isJSON(mediaType string) bool {
	return mediaType == "application/json" || strings.HasSuffix(mediaType, "+json")
}

// Request is the compiled schema of a request body of the document, nil where there is a Gap.
func (p *Plan) Request(s *openapi3.Schema) *Schema { return p.requests[s] }

// Response is the compiled schema of a response body of the document, nil where there is a Gap.
func (p *Plan) Response(s *openapi3.Schema) *Schema { return p.responses[s] }

// Schema is one compiled schema.
type Schema struct {
	root *node
	pool *sync.Pool
}

// Violation is what is wrong with a body.
type Violation struct {
	// Text: the body is not JSON as this service takes it, and Problems is the one place that says so. Otherwise it is
	// JSON that does not fit the schema.
	Text     bool
	Problems Problems
}

// Check holds a body to the schema; nil means that it fits. With refuseControls it also refuses texts that hold control
// characters other than tab and line breaks, which PostgreSQL or a terminal would stumble over.
func (s *Schema) Check(raw []byte, refuseControls bool) *Violation {
	if s.fits(raw, refuseControls) {
		return nil
	}
	return s.explain(raw, refuseControls)
}

// fits is the walk that all good bodies end with. A false is not yet a verdict.
func (s *Schema) fits(raw []byte, refuseControls bool) bool {
	w := s.pool.Get().(*walker)
	ok := w.fits(s.root, raw, refuseControls)
	const keep = 64 << 10 // larger ones are left to the garbage collector
	if cap(w.text) > keep {
		w.text = nil
	}
	if cap(w.keys) > keep/8 {
		w.keys = nil
	}
	s.pool.Put(w)
	return ok
}
