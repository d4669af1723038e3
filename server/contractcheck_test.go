package server

import (
	"bytes"
	"encoding/json"
	"io"
	"log/slog"
	"maps"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/creditpocket/creditpocket/gen/spec"
	cases "github.com/creditpocket/creditpocket/internal/contract"
	"github.com/creditpocket/creditpocket/internal/fault"
	"github.com/getkin/kin-openapi/openapi3"
	"github.com/labstack/echo/v4"
)

// twoChecks are one contract, held to by plans and by kin-openapi alone.
type twoChecks struct {
	document      *cases.Document
	compiled, kin map[string]*operation
	requests      map[ContractCheck]*requestValidator
	responses     *responseValidator
	examples      map[string][]json.RawMessage // of answers, by operation and status
	echo          *echo.Echo
	last          map[ContractCheck]outcome
}

// outcome is all that a check of a request leaves behind.
type outcome struct{ reason, fields, query, contentType string }

func bothChecks(t testing.TB) []*twoChecks {
	t.Helper()
	var all []*twoChecks
	for _, served := range []struct {
		surface surface
		whole   func() (*openapi3.T, error)
		load    func() (*cases.Document, error)
	}{{borrowersContract(nil, nil, nil), spec.Load, cases.Load}, {operatorsContract(nil, nil, nil), spec.LoadOps, cases.LoadOps}} {
		both := &twoChecks{
			requests:  map[ContractCheck]*requestValidator{Compiled: newRequestValidator(Compiled), Kin: newRequestValidator(Kin)},
			responses: newResponseValidator(), examples: map[string][]json.RawMessage{}, echo: echo.New(), last: map[ContractCheck]outcome{},
		}
		for check, ops := range map[ContractCheck]*map[string]*operation{Compiled: &both.compiled, Kin: &both.kin} {
			doc, err := served.surface.rules()
			if err != nil {
				t.Fatal(err)
			}
			closeResponses(doc)
			if *ops, err = loadOperations(doc, served.surface.bodyLimits, served.surface.limitClasses); err != nil {
				t.Fatal(err)
			}
			if check == Compiled {
				var log bytes.Buffer
				compileOperations(doc, *ops, slog.New(slog.NewTextHandler(&log, nil)))
				if !strings.Contains(log.String(), "byKinOpenAPI=0") {
					t.Fatalf("not all bodies are compiled: %s", log.String())
				}
			}
		}
		var err error
		if both.document, err = served.load(); err != nil {
			t.Fatal(err)
		}
		doc, err := served.whole()
		if err != nil {
			t.Fatal(err)
		}
		for path, item := range doc.Paths.Map() {
			for method, o := range item.Operations() {
				both.echo.Add(method, strings.NewReplacer("{", ":", "}", "").Replace(path), both.hear(o.OperationID))
				for status, r := range o.Responses.Map() {
					if m := r.Value.Content["application/json"]; m != nil {
						for _, name := range slices.Sorted(maps.Keys(m.Examples)) {
							raw, err := json.Marshal(m.Examples[name].Value.Value)
							if err != nil {
								t.Fatal(err)
							}
							both.examples[o.OperationID+" "+status] = append(both.examples[o.OperationID+" "+status], raw)
						}
					}
				}
			}
		}
		all = append(all, both)
	}
	return all
}

// stranger is a header of a request that nobody has authenticated.
const stranger = "X-Stranger"

// hear checks a request of an operation twice.
func (b *twoChecks) hear(id string) echo.HandlerFunc {
	return func(c echo.Context) error {
		raw, err := io.ReadAll(c.Request().Body)
		if err != nil {
			return err
		}
		r := c.Request()
		for check, ops := range map[ContractCheck]map[string]*operation{Compiled: b.compiled, Kin: b.kin} {
			ctx := r.Context()
			if r.Header.Get(stranger) == "" {
				ctx = withPrincipal(ctx, Principal{BorrowerID: 7})
			}
			c.SetRequest(r.Clone(ctx))
			o := outcome{}
			if err := b.requests[check].validate(ops[id], c, raw); err != nil {
				f := asFault(err)
				o.reason, o.fields = f.Entry.Reason, fieldsOf(f)
			}
			o.query, o.contentType = c.Request().URL.RawQuery, c.Request().Header.Get("Content-Type")
			b.last[check] = o
		}
		return nil
	}
}

func fieldsOf(f *fault.Error) string {
	var lines []string
	for _, p := range f.Fields {
		lines = append(lines, p.Name+": "+p.Message)
	}
	return strings.Join(lines, "\n")
}

// agree sends a request to both checks and compares. It returns what they said.
func (b *twoChecks) agree(t *testing.T, r *cases.Request, what string) outcome {
	t.Helper()
	req, err := r.HTTP(t.Context(), "http://server")
	if err != nil {
		t.Fatal(err)
	}
	if req.Body == nil {
		req.Body = http.NoBody
	}
	clear(b.last)
	b.echo.ServeHTTP(httptest.NewRecorder(), req)
	if len(b.last) != 2 {
		return outcome{} // not a path of the contract: the router's business
	}
	if b.last[Compiled] != b.last[Kin] {
		t.Fatalf("%s of %s\ncompiled %+v\nkin      %+v\nbody %.2000s", what, r.Operation.ID, b.last[Compiled], b.last[Kin], r.Body)
	}
	return b.last[Compiled]
}

// Turning the compiled contract off changes no answer: every request that the contract suite knows to make is judged alike,
// problem for problem.
func TestBothChecksJudgeRequestsAlike(t *testing.T) {
	for _, both := range bothChecks(t) {
		refused, passed := 0, 0
		for _, op := range both.document.Operations {
			for _, r := range op.ValidFor() {
				if o := both.agree(t, r, "a valid request"); o.reason != "" {
					t.Errorf("a valid request of %s is refused: %+v", op.ID, o)
				}
				r.Header.Set(stranger, "1")
				if o, auth := both.agree(t, r, "a stranger's request"), both.compiled[op.ID].auth; (o.reason == "") != (auth == authPublic || auth == authOptional) {
					t.Errorf("a stranger's request of %s ends in %+v", op.ID, o)
				}
			}
			for b := range op.Boundaries() {
				both.agree(t, b.Request, "boundary "+b.Place)
				passed++
			}
			for seed := range uint64(5) {
				for m := range op.Mutations(rand.New(rand.NewPCG(seed, 11)), []byte("a"), []byte("b")) {
					if o := both.agree(t, m.Request, "mutation "+m.Place); o.reason != "" {
						refused++
					}
				}
			}
		}
		if refused < 500 || passed < 100 {
			t.Errorf("only %d requests were refused and %d boundaries tried", refused, passed)
		}
	}
}

// A body that could not be compiled is checked by kin-openapi, whatever the setting.
func TestBodiesWithoutAPlanAreLeftToKin(t *testing.T) {
	both := bothChecks(t)[0]
	refused := 0
	for _, op := range both.document.Operations {
		if both.compiled[op.ID].body == nil {
			continue
		}
		both.compiled[op.ID].body.plan = nil
		for m := range op.Mutations(rand.New(rand.NewPCG(1, 12))) {
			if both.agree(t, m.Request, "mutation "+m.Place).reason != "" {
				refused++
			}
		}
	}
	if refused < 100 {
		t.Errorf("only %d requests were refused", refused)
	}
}

func TestContractCheckSetting(t *testing.T) {
	for word, want := range map[string]ContractCheck{"": Compiled, "compiled": Compiled, "kin": Kin} {
		if got, ok := ParseContractCheck(word); !ok || got != want {
			t.Errorf("%q is %d, %v", word, got, ok)
		}
	}
	for _, word := range []string{"none", "off", "unchecked", "Kin"} {
		if _, ok := ParseContractCheck(word); ok {
			t.Errorf("%q was read", word)
		}
	}
}

// The same of answers: examples of the document, and what spoiled copies of them break.
func TestBothChecksJudgeAnswersAlike(t *testing.T) {
	for _, both := range bothChecks(t) {
		random := rand.New(rand.NewPCG(7, 7))
		broken := 0
		for _, id := range slices.Sorted(maps.Keys(both.examples)) {
			for _, example := range both.examples[id] {
				if bad := both.answer(t, id, example); bad != nil {
					t.Errorf("an example of %s is refused: %v", id, bad)
				}
				for range 30 {
					if both.answer(t, id, spoil(random, example)) != nil {
						broken++
					}
				}
			}
		}
		if broken < 1000 {
			t.Errorf("only %d spoiled answers were refused", broken)
		}
	}
}

// answer checks an answer twice and compares.
func (b *twoChecks) answer(t testing.TB, id string, raw []byte) *violation {
	t.Helper()
	name, status, _ := strings.Cut(id, " ")
	code := map[string]int{"200": 200, "400": 400, "401": 401, "403": 403, "404": 404, "409": 409, "413": 413, "415": 415, "422": 422, "429": 429, "500": 500, "503": 503}[status]
	compiled, kin := b.compiled[name].answers[code].types["application/json"], b.kin[name].answers[code].types["application/json"]
	if compiled.plan == nil || kin.plan != nil {
		t.Fatalf("%s: the plan is missing, or where it should not be", id)
	}
	got, want := b.responses.body(compiled, raw), b.responses.body(kin, raw)
	if (got == nil) != (want == nil) || got != nil && !slices.Equal(got.problems, want.problems) {
		t.Fatalf("%s\ncompiled %v\nkin      %v\nbody %s", id, got, want, raw)
	}
	return got
}

// spoil changes one or two values of a JSON text.
func spoil(random *rand.Rand, raw []byte) []byte {
	var root any
	if err := json.Unmarshal(raw, &root); err != nil {
		panic(err)
	}
	value := func() any {
		return []any{nil, true, -1.0, 0.5, 1e18, "", "x", "ñandú", strings.Repeat("0", 30), []any{}, map[string]any{}, "2022-01-15 15:34:54", 12.0}[random.IntN(13)]
	}
	var change func(v any) any
	change = func(v any) any {
		switch v := v.(type) {
		case map[string]any:
			names := slices.Sorted(maps.Keys(v))
			switch n := random.IntN(8); {
			case n == 0:
				v["undeclared"] = value()
			case n == 1 && len(names) > 0:
				delete(v, names[random.IntN(len(names))])
			case n == 2 && len(names) > 0:
				v[strings.ToUpper(names[random.IntN(len(names))])] = 1.0
			case len(names) > 0:
				name := names[random.IntN(len(names))]
				v[name] = change(v[name])
			}
			return v
		case []any:
			if len(v) > 0 && random.IntN(4) > 0 {
				i := random.IntN(len(v))
				v[i] = change(v[i])
				return v
			}
		}
		return value()
	}
	for range 1 + random.IntN(3) {
		root = change(root)
	}
	out, err := json.Marshal(root)
	if err != nil {
		panic(err)
	}
	return out
}

// FuzzBothChecks lets the fuzzer look for a body of any operation that the two checks judge differently, text and all.
func FuzzBothChecks(f *testing.F) {
	type body struct{ compiled, kin *jsonBody }
	var bodies []body
	v := newResponseValidator()
	for _, both := range bothChecks(f) {
		for _, id := range slices.Sorted(maps.Keys(both.compiled)) {
			if b := both.compiled[id].body; b != nil {
				bodies = append(bodies, body{b, both.kin[id].body})
				if op := both.document.Operation(id); op != nil {
					for _, r := range op.ValidFor() {
						f.Add(uint16(len(bodies)-1), r.Body)
					}
				}
			}
		}
	}
	for _, text := range []string{`{"mobile":"1","mobile":"2"}`, `{"a":[1,{"b":null}]}`, `{"mobile":"\ud800"}`, `{"MOBILE":"1","mobile":"2"}`, `[[[[`, `01`, `1e999`, "\"\xff\"", `{"a":"\u0000"}`, `{"mobile":"0700\x41"}`, `{"a":1}}`} {
		f.Add(uint16(0), []byte(text))
	}
	f.Fuzz(func(t *testing.T, index uint16, raw []byte) {
		b := bodies[int(index)%len(bodies)]
		got, want := v.body(b.compiled, raw), v.body(b.kin, raw)
		if (got == nil) != (want == nil) || got != nil && !slices.Equal(got.problems, want.problems) {
			t.Fatalf("compiled %v\nkin      %v\nbody %q", got, want, raw)
		}
	})
}
