package contractplan

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/getkin/kin-openapi/openapi3"
)

// kinFormats are the formats kin-openapi is given. It checks byte by itself, which holds ours to its rule.
func kinFormats() map[string]openapi3.StringFormatValidator {
	formats := Formats()
	delete(formats, "byte")
	return Validators(formats)
}

// kinSays is kin-openapi's list of problems with a body that is one JSON text.
func kinSays(t testing.TB, s *openapi3.Schema, raw []byte) Problems {
	t.Helper()
	dec := json.NewDecoder(bytes.NewReader(raw))
	dec.UseNumber()
	var v any
	if err := dec.Decode(&v); err != nil {
		t.Fatalf("encoding/json does not read what was taken for JSON: %v\n%q", err, raw)
	}
	err := s.VisitJSON(v, openapi3.MultiErrors(), openapi3.DisableSchemaErrorDetails(), openapi3.VisitAsResponse(),
		openapi3.WithStringFormatValidators(kinFormats()))
	if err == nil {
		return nil
	}
	var found Problems
	found.AddFrom(err, "")
	return found
}

// flawed tells, with nothing but the standard library, whether a text is one that kin-openapi would be more lenient about
// than this package means to be. It is the whole list of intended differences:
//   - bytes after the value, which a json.Decoder leaves unread, and all else that is not RFC 8259;
//   - bytes that are not UTF-8, which encoding/json replaces;
//   - names that are there twice or differ only in case, of which encoding/json takes the last;
//   - nesting deeper than 32;
//   - numbers beyond a double, which kin-openapi refuses as well, but as values and not as texts.
func flawed(raw []byte) string {
	if !utf8.Valid(raw) {
		return "not UTF-8"
	}
	if !json.Valid(raw) {
		return "not JSON"
	}
	dec := json.NewDecoder(bytes.NewReader(raw))
	dec.UseNumber()
	type level struct {
		object, name bool // name: a name is next
		names        []string
	}
	var open []level
	for {
		token, err := dec.Token()
		if err != nil {
			return ""
		}
		top := len(open) - 1
		if top >= 0 && open[top].object && open[top].name {
			if name, ok := token.(string); ok {
				if slices.ContainsFunc(open[top].names, func(n string) bool { return strings.EqualFold(n, name) }) {
					return "a name twice"
				}
				open[top].names, open[top].name = append(open[top].names, name), false
				continue
			}
		}
		switch token := token.(type) {
		case json.Number:
			if _, err := token.Float64(); err != nil {
				return "a number beyond a double"
			}
		case json.Delim:
			if token == '{' || token == '[' {
				if len(open) == 32 {
					return "too deep"
				}
				open = append(open, level{object: token == '{', name: true})
				continue
			}
			open = open[:top]
		}
		if top = len(open) - 1; top >= 0 {
			open[top].name = true
		}
	}
}

// holdToKin fails the test unless the plan says of a body what the referee says.
func holdToKin(t testing.TB, s *openapi3.Schema, plan *Schema, raw []byte) {
	t.Helper()
	got := plan.Check(raw, false)
	if flaw := flawed(raw); flaw != "" {
		if got == nil || !got.Text || len(got.Problems) != 1 {
			t.Fatalf("%s, but Check says %+v\nbody %q\nschema %s", flaw, got, raw, asJSON(s))
		}
		return
	}
	var problems Problems
	if got != nil {
		if problems = got.Problems; got.Text || len(problems) == 0 {
			t.Fatalf("the text is fine, but Check says %+v\nbody %q\nschema %s", got, raw, asJSON(s))
		}
	}
	if want := kinSays(t, s, raw); !slices.Equal(problems, want) {
		t.Fatalf("Check says  %+v\nkin-openapi %+v\nbody %s\nschema %s", problems, want, raw, asJSON(s))
	}
	if got == nil && !plan.fits(raw, false) && !mentions(s, func(s *openapi3.Schema) bool { return s.UniqueItems }) {
		t.Fatalf("good, but not at first sight\nbody %s\nschema %s", raw, asJSON(s))
	}
}

// mentions tells whether a schema or one of its parts is such.
func mentions(s *openapi3.Schema, such func(*openapi3.Schema) bool) bool {
	seen := map[*openapi3.Schema]bool{}
	var visit func(s *openapi3.Schema) bool
	visit = func(s *openapi3.Schema) bool {
		if s == nil || seen[s] {
			return false
		}
		seen[s] = true
		if such(s) {
			return true
		}
		return slices.ContainsFunc(parts(s), func(ref *openapi3.SchemaRef) bool { return ref != nil && visit(ref.Value) })
	}
	return visit(s)
}

func asJSON(s *openapi3.Schema) string {
	raw, err := json.Marshal(s)
	if err != nil {
		return err.Error()
	}
	return string(raw)
}

// compileOne compiles a schema outside a document.
func compileOne(s *openapi3.Schema) (*Schema, *gap) {
	return newCompiler(Formats()).schema(s)
}
