package contract

import (
	"bytes"
	"encoding/json"
	"math/rand/v2"
	"net/url"
	"regexp"
	"slices"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
)

func TestMatchingTextsMatch(t *testing.T) {
	patterns := map[string]bool{`^[^@\s]{1,64}@[^@\s]{1,180}\.[^@\s.]{2,60}$`: true, `^(a|bc)+d?$`: true, `^.{2,3}$`: true}
	for _, op := range document(t).Operations {
		for _, p := range op.Params {
			patterns[p.Schema.Value.Pattern] = true
		}
		if op.Body != nil {
			for _, p := range op.Body.Properties {
				patterns[p.Value.Pattern] = true
			}
		}
	}
	delete(patterns, "")
	for pattern := range patterns {
		re, made := regexp.MustCompile(pattern), map[string]bool{}
		random := rand.New(rand.NewPCG(5, 5))
		for range 200 {
			s := matching(random, pattern)
			made[s] = true
			if !re.MatchString(s) {
				t.Fatalf("%s does not match %q", pattern, s)
			}
		}
		if len(made) < 3 {
			t.Errorf("%s: only %d texts", pattern, len(made))
		}
	}
}

// TestRandomRequestsKeepTheSchema lets the schema judge what chance chooses: bodies in every spelling, and parameters.
func TestRandomRequestsKeepTheSchema(t *testing.T) {
	random := rand.New(rand.NewPCG(11, 0))
	for _, op := range document(t).Operations {
		bodies := map[string]bool{}
		for range 40 {
			r := op.Random(random, photo)
			_, body := sent(t, r)
			bodies[string(body)] = true
			if op.BodyType == JSONBody {
				var v any
				if err := json.Unmarshal(body, &v); err != nil {
					t.Fatalf("%s: %v: %s", op.ID, err, body)
				}
				if err := op.Body.VisitJSON(v); err != nil {
					t.Fatalf("%s: %v: %s", op.ID, err, body)
				}
			}
			query, err := url.ParseQuery(r.RawQuery)
			if err != nil {
				t.Fatal(err)
			}
			for _, p := range op.Params {
				value := query.Get(p.Name)
				if p.In == openapi3.ParameterInHeader {
					value = r.Header.Get(p.Name)
				}
				if value == "" || !p.Schema.Value.Type.Is(openapi3.TypeString) || p.In == openapi3.ParameterInPath {
					continue
				}
				if err := p.Schema.Value.VisitJSONString(value); err != nil {
					t.Errorf("%s: %s: %v", op.ID, p.Name, err)
				}
			}
		}
		if op.BodyType == JSONBody && len(op.Body.Properties) > 1 && len(bodies) < 10 {
			t.Errorf("%s: only %d bodies", op.ID, len(bodies))
		}
	}
}

// TestVariationsBreakTheSchema lets the schema judge that each variation breaks it, and that the request around it does not.
func TestVariationsBreakTheSchema(t *testing.T) {
	random := rand.New(rand.NewPCG(13, 0))
	judged := 0
	for _, op := range document(t).Operations {
		for range 5 {
			for m := range op.Variations(random, photo) {
				if m.Kind == OverLimit {
					t.Fatalf("%s: a body over the limit", op.ID)
				}
				if op.BodyType != JSONBody || m.ContentType != JSONBody || !slices.Contains(bySchema, m.Kind) || m.Field == "" || !inBody(op, m) {
					continue
				}
				var v any
				if err := json.Unmarshal(m.Body, &v); err != nil {
					t.Errorf("%s: %s of %s is no JSON: %v", op.ID, m.Kind, m.Place, err)
					continue
				}
				judged++
				if err := op.Body.VisitJSON(v); err == nil {
					t.Errorf("%s: %s of %s keeps the schema: %.300s", op.ID, m.Kind, m.Place, m.Body)
				}
			}
		}
	}
	if judged < 5000 {
		t.Errorf("only %d judged", judged)
	}
}

// inBody tells whether the rule that a mutation breaks stands in the body.
func inBody(op *Operation, m Mutation) bool {
	return !slices.ContainsFunc(op.Params, func(p *openapi3.Parameter) bool { return p.Name == m.Place })
}

func TestVariationsAreReproducible(t *testing.T) {
	op := document(t).Operation("saveBasicInfo")
	bodies := func(seed uint64) (all [][]byte) {
		random := rand.New(rand.NewPCG(seed, 0))
		for range 2 {
			for m := range op.Variations(random) {
				all = append(all, m.Body)
			}
		}
		return all
	}
	one, two, other := bodies(7), bodies(7), bodies(8)
	if !slices.EqualFunc(one, two, bytes.Equal) {
		t.Error("the same seed gave other variations")
	}
	if slices.EqualFunc(one, other, bytes.Equal) || slices.EqualFunc(one[:len(one)/2], one[len(one)/2:], bytes.Equal) {
		t.Error("another seed, or another round, gave the same variations")
	}
}
