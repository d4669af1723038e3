package contractplan

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
)

// schemaOf reads a schema.
func schemaOf(t testing.TB, text string) *openapi3.Schema {
	t.Helper()
	var s openapi3.Schema
	if err := json.Unmarshal([]byte(text), &s); err != nil {
		t.Fatal(err)
	}
	return &s
}

func mustCompile(t testing.TB, text string) *Schema {
	t.Helper()
	plan, gap := compileOne(schemaOf(t, text))
	if gap != nil {
		t.Fatalf("not compiled: %+v", gap)
	}
	return plan
}

func leftToRegexp(s *openapi3.Schema) bool {
	p, err := compilePattern(s.Pattern)
	return err == nil && p.table == nil
}

// Every example of our documents is good, at first sight and without allocating.
func TestExamplesPassWithoutAllocating(t *testing.T) {
	examples := 0
	w := walker{text: make([]byte, 0, 256), keys: make([]uint64, 0, 64)} // as a pool would hand it out
	for _, b := range bodiesOfDocuments(t) {
		for _, example := range b.examples {
			raw, err := json.Marshal(example)
			if err != nil {
				t.Fatal(err)
			}
			examples++
			if v := b.plan.Check(raw, true); v != nil {
				t.Errorf("%s: %+v\n%s", b.name, v, raw)
				continue
			}
			if mentions(b.schema, leftToRegexp) {
				continue // it keeps its memory in a pool, which a race detector empties
			}
			if n := testing.AllocsPerRun(5, func() { w.fits(b.plan.root, raw, true) }); n != 0 {
				t.Errorf("%s: %v allocations", b.name, n)
			}
		}
	}
	if examples < 300 {
		t.Errorf("only %d examples", examples)
	}
	// What takes longer ways allocates nothing either: escapes, letters beyond ASCII, an unusual order, space.
	s := mustCompile(t, `{"type":"object","required":["a"],"properties":{"a":{"type":"string","maxLength":20,"pattern":"^[^0-9]*$"},
		"b":{"type":"number","minimum":0.5},"c":{"type":"array","uniqueItems":true,"items":{"type":"string"}},"d":{"oneOf":[{"type":"string","enum":["x"]},{"type":"integer"}]}}}`)
	raw := []byte(` { "d" : 7, "unknown":[{"é":1.25e3}], "\u0062":0.75, "c":["p","q"],  "a":"\u00e9\n\ud83d\ude00ñ" } `)
	if v := s.Check(raw, false); v != nil {
		t.Fatalf("%+v", v)
	}
	if n := testing.AllocsPerRun(50, func() { w.fits(s.root, raw, false) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func TestProblemsNamePlacesAndRulesButNoValues(t *testing.T) {
	s := mustCompile(t, `{"type":"object","additionalProperties":false,"required":["name","pin"],"properties":{
		"name":{"type":"string","minLength":1,"maxLength":4},"pin":{"type":"string","pattern":"^[0-9]{4}$"},
		"list":{"type":"array","maxItems":2,"items":{"type":"object","required":["id"],"properties":{"id":{"type":"integer","format":"int32","minimum":1}}}},
		"when":{"type":"string","format":"date"},"either":{"oneOf":[{"type":"string","enum":[""]},{"type":"integer","enum":[1]}]},
		"rate":{"type":"number","exclusiveMinimum":true,"minimum":0,"multipleOf":0.5}}}`)
	const secret = "hunter2"
	for _, c := range []struct {
		name, body string
		text       bool
		want       []Problem
	}{
		{"all at once, in the order of names, what is missing last", `{"when":"2026-02-30","name":"","list":[{"id":0},{},{"id":"hunter2"}],"either":2,"rate":-0.25,"hunter":1}`, false, []Problem{
			{"either", "does not fit the contract"}, {"hunter", "is not known here"}, {"list", "must have at most 2 entries"}, {"list[0].id", "must be at least 1"},
			{"list[1].id", "is required"}, {"list[2].id", "must be a whole number"}, {"name", "must not be empty"}, {"rate", "must be more than 0"},
			{"rate", "must be at least 0"}, {"rate", "must be a multiple of 0.5"}, {"when", "must be a date, YYYY-MM-DD"}, {"pin", "is required"}}},
		{"a value that is not told", `{"name":"hunter2","pin":"hunter2"}`, false, []Problem{{"name", "must have at most 4 characters"}, {"pin", "must match ^[0-9]{4}$"}}},
		{"null", `null`, false, []Problem{{"", "must not be null"}}},
		{"another type", `"hunter2"`, false, []Problem{{"", "must be an object"}}},
		{"bad escape", `{"name":"\x41"}`, true, []Problem{{"", RuleJSON}}},
		{"a line break in a text", "{\"name\":\"a\nb\"}", true, []Problem{{"", RuleJSON}}},
		{"not UTF-8", "{\"name\":\"\xff\"}", true, []Problem{{"", RuleUTF8}}},
		{"overlong UTF-8", "{\"name\":\"\xc0\x80\"}", true, []Problem{{"", RuleUTF8}}},
		{"bytes after the end", `{"name":"a","pin":"1234"} x`, true, []Problem{{"", RuleEnd}}},
		{"a name twice", `{"name":"a","pin":"1234","name":"b"}`, true, []Problem{{"name", RuleTwice}}},
		{"a name twice in other case", `{"name":"a","pin":"1234","list":[{"id":1,"ID":2}]}`, true, []Problem{{"list[0].ID", RuleTwice}}},
		{"a name twice, once escaped", `{"name":"a","pin":"1234","n\u0061me":"b"}`, true, []Problem{{"name", RuleTwice}}},
		{"leading zero", `{"list":[{"id":01}]}`, true, []Problem{{"", RuleJSON}}},
		{"no fraction", `{"rate":1.}`, true, []Problem{{"", RuleJSON}}},
		{"too large for a double", `{"rate":1e400}`, true, []Problem{{"", RuleJSON}}},
		{"too deep", strings.Repeat(`[`, 33) + strings.Repeat(`]`, 33), true, []Problem{{strings.Repeat("[0]", 32), RuleDepth}}},
		{"control character", `{"name":"\u0000","pin":"1234"}`, true, []Problem{{"name", RuleControls}}},
		{"DEL", "{\"name\":\"\x7f\",\"pin\":\"1234\"}", true, []Problem{{"name", RuleControls}}},
	} {
		t.Run(c.name, func(t *testing.T) {
			v := s.Check([]byte(c.body), true)
			if v == nil || v.Text != c.text || !slices.Equal([]Problem(v.Problems), c.want) {
				t.Fatalf("got  %+v\nwant %+v", v, c.want)
			}
			if strings.Contains(fmt.Sprintf("%+v", v), secret) {
				t.Fatalf("a value got out: %+v", v)
			}
		})
	}
	for _, good := range []string{`{"name":"añ😀","pin":"1234"}`, ` {"pin":"\u0031234" , "name":"\ud800","either":1.0,"list":[]}` + "\r\n\t ", `{"name":"a\tb","pin":"0000","rate":2.5}`} {
		if v := s.Check([]byte(good), true); v != nil {
			t.Errorf("%s: %+v", good, v)
		}
	}
	if v := s.Check([]byte(`{"name":"\u0000","pin":"1234"}`), false); v != nil {
		t.Errorf("control characters where they may be: %+v", v)
	}
}

func TestProblemsAreBounded(t *testing.T) {
	s := mustCompile(t, `{"type":"array","items":{"type":"object","required":["a","b"]}}`)
	raw := []byte("[" + strings.Repeat("{},", 50_000) + "{}]")
	v := s.Check(raw, true)
	if v == nil || len(v.Problems) != MostProblems || v.Problems[MostProblems-1] != (Problem{"[9].b", "is required"}) {
		t.Fatalf("%+v", v)
	}
	long := strings.Repeat("é", 90)
	nest := strings.Repeat(`{"`+long+`":`, 8)
	v = mustCompile(t, `{"type":"object","additionalProperties":true}`).Check([]byte(nest+`{"A":1,"a":1}`+strings.Repeat("}", 8)), true)
	if v == nil || len([]rune(v.Problems[0].Place)) != 200 || !strings.HasPrefix(v.Problems[0].Place, strings.Repeat("é", 64)+"….") {
		t.Fatalf("%+v", v)
	}
}

// Many names and many entries are compared in no time, and a hash that is met twice is no verdict.
func TestManyNames(t *testing.T) {
	s := mustCompile(t, `{"type":"object","additionalProperties":{"type":"integer"},"properties":{"known":{"type":"string"}}}`)
	var b strings.Builder
	for i := range 30_000 {
		fmt.Fprintf(&b, `"name%d":1,`, i)
	}
	if v := s.Check([]byte("{"+b.String()+`"known":"x"}`), true); v != nil {
		t.Fatalf("%+v", v)
	}
	for _, twice := range []string{"name7", "NAME29999", "Known"} {
		v := s.Check([]byte("{"+b.String()+`"known":"x","`+twice+`":1}`), true)
		if v == nil || !v.Text || v.Problems[0] != (Problem{twice, RuleTwice}) {
			t.Fatalf("%s: %+v", twice, v)
		}
	}
	unique := mustCompile(t, `{"type":"array","uniqueItems":true,"items":{}}`)
	for body, good := range map[string]bool{`[1,1.0,"1",true,"true"]`: true, `["a","\u0061"]`: false, `[{"a":1,"b":[2]},{"b":[2],"a":1}]`: false, `[[],{},""]`: true, `[false, false]`: false} {
		if got := unique.Check([]byte(body), true) == nil; got != good {
			t.Errorf("%s: %v, want %v", body, got, good)
		}
	}
}

func TestGaps(t *testing.T) {
	document := func(request, response string) *openapi3.T {
		t.Helper()
		doc, err := openapi3.NewLoader().LoadFromData([]byte(`{"openapi":"3.0.3","info":{"title":"t","version":"1"},"paths":{"/x":{"post":{"operationId":"doX",
			"requestBody":{"content":{"application/json":{"schema":` + request + `}}},"responses":{"200":{"description":"d","content":{"application/json":{"schema":` + response + `}}}}}}},
			"components":{"schemas":{"Loop":{"allOf":[{"$ref":"#/components/schemas/Loop"}]},"Tree":{"type":"object","properties":{"next":{"anyOf":[{"$ref":"#/components/schemas/Tree"}]}}},
			"Bare":{"properties":{"next":{"$ref":"#/components/schemas/Bare"}}},"List":{"type":"object","properties":{"next":{"$ref":"#/components/schemas/List"}}}}}}`))
		if err != nil {
			t.Fatal(err)
		}
		return doc
	}
	many := make([]string, mostNames+1)
	for i := range many {
		many[i] = `"p` + strconv.Itoa(i) + `":{"type":"string"}`
	}
	for schema, want := range map[string]string{
		`{"type":"object","properties":{"a":{"type":"string","readOnly":true}}}`:                      " at a: readOnly or writeOnly",
		`{"type":"array","items":{"oneOf":[{"type":"object"}],"discriminator":{"propertyName":"k"}}}`: " at []: discriminator",
		`{"enum":[[1],{"a":2}]}`: ": an enum of lists or objects",
		`{"type":"object","additionalProperties":{"type":"string","pattern":"(?!a)"}}`:   " at *: its pattern",
		`{"$ref":"#/components/schemas/Loop"}`:                                           ": a union leads back to itself",
		`{"$ref":"#/components/schemas/Tree"}`:                                           " at next: a union leads back to itself",
		`{"properties":{"x":{"properties":{"y":{"$ref":"#/components/schemas/Bare"}}}}}`: ": a schema without a type contains itself",
		`{"type":"object","properties":{` + strings.Join(many, ",") + `}}`:               ": more than 256 properties",
	} {
		_, gaps := Compile(document(schema, `{"type":"string"}`), Formats())
		if len(gaps) != 1 || gaps[0].String() != "doX request"+want {
			t.Errorf("request %.60s: %v", schema, gaps)
		}
		doc := document(`{"$ref":"#/components/schemas/List"}`, schema)
		plan, gaps := Compile(doc, Formats())
		o := doc.Paths.Value("/x").Post
		body := func(c openapi3.Content) *openapi3.Schema { return c["application/json"].Schema.Value }
		if len(gaps) != 1 || gaps[0].String() != "doX response 200"+want || plan.Response(body(o.Responses.Value("200").Value.Content)) != nil {
			t.Errorf("response %.60s: %v", schema, gaps)
		}
		list := plan.Request(body(o.RequestBody.Value.Content))
		if list == nil || list.Check([]byte(`{"next":{"next":{}}}`), true) != nil || list.Check([]byte(`{"next":{"next":[]}}`), true) == nil {
			t.Error("a recursive schema is not what it was")
		}
	}
	withDefault := `{"type":"object","properties":{"a":{"type":"string","default":"x"}}}`
	if _, gaps := Compile(document(withDefault, withDefault), Formats()); len(gaps) != 1 || gaps[0].String() != "doX request at a: a default value" {
		t.Errorf("defaults: %v", gaps)
	}
	newer := document(`{"type":"string"}`, `{"type":"string"}`)
	newer.OpenAPI = "3.1.0"
	if _, gaps := Compile(newer, Formats()); len(gaps) != 2 {
		t.Errorf("3.1: %v", gaps)
	}
}

// A parameter that fits at first sight fits for kin-openapi.
func TestParametersAgainstKin(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	fits := 0
	for range 20_000 {
		seed := make([]byte, 60)
		for i := range seed {
			seed[i] = byte(r.Uint32())
		}
		c := &choices{seed}
		s := randomSchema(c, 0)
		if s.Type == nil || s.Nullable {
			continue
		}
		v := &openapi3.Parameter{Name: "p", In: openapi3.ParameterInQuery, Schema: s.NewRef()}
		plan := Plan{parameters: map[*openapi3.Parameter]*Parameter{}}
		plan.addParameters(newCompiler(Formats()), openapi3.Parameters{{Value: v}})
		value := strings.Trim(randomBody(c, s, 3), `"`)
		if p := plan.Parameter(v); p == nil || !p.Fits(value) {
			continue
		}
		fits++
		var read any = value
		if s.Type.Is(openapi3.TypeInteger) {
			n, err := strconv.ParseInt(value, 10, 64)
			if err != nil {
				t.Fatalf("%q fits %s", value, asJSON(s))
			}
			read = n
		}
		if err := s.VisitJSON(read, openapi3.WithStringFormatValidators(kinFormats())); err != nil {
			t.Fatalf("%q fits %s, but: %v", value, asJSON(s), err)
		}
	}
	if fits < 1000 {
		t.Errorf("only %d fit", fits)
	}
}

// One plan serves many goroutines.
func TestTogether(t *testing.T) {
	good, bad := mustCompile(t, `{"type":"array","items":{"type":"string","maxLength":3}}`), []byte(`["abcd"]`)
	var wait sync.WaitGroup
	for i := range 8 {
		wait.Go(func() {
			text := []byte(`["a","\u00` + strconv.Itoa(40+i) + `",  "ñ"]`)
			for range 200 {
				if v := good.Check(text, true); v != nil {
					t.Errorf("%+v", v)
				}
				if v := good.Check(bad, true); v == nil || v.Problems[0].Place != "[0]" {
					t.Errorf("%+v", v)
				}
			}
		})
	}
	wait.Wait()
}

func TestWays(t *testing.T) {
	for pattern, want := range map[string]lane{`^[0-9]{1,19}$`: laneDigits, `^([0-9]{4}-[0-9]{2}-[0-9]{2})?$`: laneShape, `^[A-Za-z0-9]{2,32}$`: laneRuns,
		`^([0-9]{13,19}|[0-9]{6}\*{3,9}[0-9]{4})?$`: laneRuns, `^[^@\s]+@x$`: laneTable, `\bword\b`: laneNone, ``: laneText} {
		plan, gap := compileOne(&openapi3.Schema{Type: &openapi3.Types{"string"}, Pattern: pattern})
		if gap != nil || plan.root.quick.lane != want {
			t.Errorf("%q goes lane %d, want %d", pattern, plan.root.quick.lane, want)
		}
	}
}
