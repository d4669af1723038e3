package contractplan

import (
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"regexp"
	"regexp/syntax"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/creditpocket/creditpocket/gen/spec"
	"github.com/getkin/kin-openapi/openapi3"
)

// documentBody is a JSON body of our documents.
type documentBody struct {
	name     string
	schema   *openapi3.Schema
	plan     *Schema
	examples []any
}

// documentBodies are the JSON bodies of our documents, compiled as the server compiles them, in a fixed order.
var documentBodies = sync.OnceValues(func() (bodies []documentBody, err error) {
	for _, load := range []func() (*openapi3.T, error){spec.Load, spec.LoadOps} {
		doc, err := load()
		if err != nil {
			return nil, err
		}
		plan, gaps := Compile(doc, Formats())
		if len(gaps) > 0 {
			return nil, fmt.Errorf("not compiled: %v", gaps)
		}
		for _, path := range slices.Sorted(maps.Keys(doc.Paths.Map())) {
			for _, o := range doc.Paths.Value(path).Operations() {
				add := func(of func(*openapi3.Schema) *Schema, name string, content openapi3.Content) {
					m := content["application/json"]
					if m == nil {
						return
					}
					b := documentBody{name: o.OperationID + " " + name, schema: m.Schema.Value, plan: of(m.Schema.Value)}
					for _, e := range m.Examples {
						b.examples = append(b.examples, e.Value.Value)
					}
					if m.Example != nil {
						b.examples = append(b.examples, m.Example)
					}
					bodies = append(bodies, b)
				}
				if o.RequestBody != nil {
					add(plan.Request, "request", o.RequestBody.Value.Content)
				}
				for status, r := range o.Responses.Map() {
					add(plan.Response, status, r.Value.Content)
				}
			}
		}
	}
	slices.SortFunc(bodies, func(a, b documentBody) int { return strings.Compare(a.name, b.name) })
	return bodies, nil
})

func bodiesOfDocuments(t testing.TB) []documentBody {
	t.Helper()
	bodies, err := documentBodies()
	if err != nil {
		t.Fatal(err)
	}
	if len(bodies) < 200 {
		t.Fatalf("only %d bodies", len(bodies))
	}
	return bodies
}

// decide runs one case of the fuzzer: which says which schema, a body of our documents or one made of the bytes; what is the
// body as it stands, or after a zero byte the choices to make one from the schema.
func decide(t testing.TB, which, what []byte) {
	if len(which) < 3 {
		return
	}
	var s *openapi3.Schema
	var plan *Schema
	if bodies := bodiesOfDocuments(t); which[0]%2 == 0 {
		b := bodies[(int(which[1])<<8|int(which[2]))%len(bodies)]
		s, plan = b.schema, b.plan
	} else {
		s = randomSchema(&choices{which[1:]}, 4)
		var gap *gap
		if plan, gap = compileOne(s); gap != nil {
			t.Fatalf("not compiled: %+v: %s", gap, asJSON(s))
		}
	}
	if len(what) > 0 && what[0] == 0 {
		what = []byte(randomBody(&choices{what[1:]}, s, 12))
	}
	holdToKin(t, s, plan, what)
}

// FuzzAgainstKin holds the plan to kin-openapi: the same verdict and the same problems in the same order, on our documents
// and on any schema, except for the texts named at flawed.
func FuzzAgainstKin(f *testing.F) {
	for i, b := range bodiesOfDocuments(f) {
		for _, example := range b.examples {
			raw, err := json.Marshal(example)
			if err != nil {
				f.Fatal(err)
			}
			f.Add([]byte{0, byte(i >> 8), byte(i)}, raw)
		}
	}
	r := rand.New(rand.NewPCG(1, 2))
	for range 300 {
		which, what := make([]byte, 4+r.IntN(60)), make([]byte, 1+r.IntN(80))
		for i := range which {
			which[i] = byte(r.Uint32())
		}
		for i := range what[1:] {
			what[i+1] = byte(r.Uint32())
		}
		f.Add(which, what)
	}
	f.Fuzz(func(t *testing.T, which, what []byte) { decide(t, which, what) })
}

// TestManyAgainstKin is a fixed piece of the fuzzer's work for every run of the tests.
func TestManyAgainstKin(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	for range 20_000 {
		which, what := make([]byte, 4+r.IntN(120)), make([]byte, 1+r.IntN(300))
		for i := range which {
			which[i] = byte(r.Uint32())
		}
		for i := range what[1:] {
			what[i+1] = byte(r.Uint32())
		}
		decide(t, which, what)
	}
}

// FuzzPattern holds the ways in which patterns are matched to regexp.
func FuzzPattern(f *testing.F) {
	for _, p := range randomPatterns {
		f.Add(p, []byte{1, 2, 3}, "a1")
	}
	f.Fuzz(func(t *testing.T, pattern string, steps []byte, text string) {
		if len(pattern) > 60 {
			return
		}
		holdPattern(t, pattern, &choices{steps}, text)
	})
}

func holdPattern(t testing.TB, text string, c *choices, more string) {
	t.Helper()
	p, err := compilePattern(text)
	re, reErr := regexp.Compile(codePoints.ReplaceAllString(text, `\x{$1}`))
	if (err == nil) != (reErr == nil) {
		t.Fatalf("%q: %v, regexp %v", text, err, reErr)
	}
	if err != nil {
		return
	}
	made := ""
	if tree, err := syntax.Parse(re.String(), syntax.Perl); err == nil {
		made = matching(c, tree)
	}
	plan, gap := compileOne(&openapi3.Schema{Type: &openapi3.Types{"string"}, Pattern: text})
	if gap != nil {
		t.Fatal(gap)
	}
	for _, s := range []string{"", made, made + more, more + made, more} {
		s = strings.ToValidUTF8(s, "?")
		want := re.MatchString(s)
		if got := p.match([]byte(s)); got != want {
			t.Fatalf("%q on %q: %v, regexp says %v", text, s, got, want)
		}
		raw, err := json.Marshal(s)
		if err != nil {
			t.Fatal(err)
		}
		for _, tail := range []string{"", "         "} {
			if got := plan.Check([]byte(string(raw)+tail), false) == nil; got != want {
				t.Fatalf("%q on %s: %v, regexp says %v", text, raw, got, want)
			}
		}
	}
}
