package contract_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/creditpocket/creditpocket/gen/spec"
	"github.com/getkin/kin-openapi/openapi3"
)

// object is a JSON object of the document as it stands, before anything is resolved.
type object = map[string]any

// document is the contract under test: its text as a tree and as kin-openapi understands it, and the mobile document.
type document struct {
	tree       object
	doc        *openapi3.T
	mobileTree object
	mobile     *openapi3.T
}

// rule is one thing that must be true of the document, with a violation that proves that the check can fail.
type rule struct {
	name string
	// check lists what is wrong; nothing means that the rule holds.
	check func(d *document) []string
	// plant breaks the rule in a copy of the trees.
	plant func(d *document)
}

func rules() []rule {
	return slices.Concat(operationRules(), schemaRules(), errorRules(), seedRules())
}

func TestSpec(t *testing.T) {
	clean := load(t, spec.JSON(), spec.MobileJSON())
	for _, r := range rules() {
		t.Run(r.name, func(t *testing.T) {
			for _, wrong := range r.check(clean) {
				t.Error(wrong)
			}
			planted := &document{tree: parse(t, spec.JSON()), mobileTree: parse(t, spec.MobileJSON())}
			r.plant(planted)
			planted = load(t, print(t, planted.tree), print(t, planted.mobileTree))
			if len(r.check(planted)) == 0 {
				t.Error("the planted violation was not found: this check cannot fail")
			}
		})
	}
}

func TestRulesHaveNamesOfTheirOwn(t *testing.T) {
	seen := map[string]bool{}
	for _, r := range rules() {
		if seen[r.name] {
			t.Errorf("%s is there twice", r.name)
		}
		seen[r.name] = true
	}
}

func load(t *testing.T, whole, mobile []byte) *document {
	t.Helper()
	d := &document{tree: parse(t, whole), mobileTree: parse(t, mobile)}
	var err error
	if d.doc, err = openapi3.NewLoader().LoadFromData(whole); err != nil {
		t.Fatal(err)
	}
	if d.mobile, err = openapi3.NewLoader().LoadFromData(mobile); err != nil {
		t.Fatal(err)
	}
	return d
}

func parse(t *testing.T, raw []byte) object {
	t.Helper()
	var tree object
	if err := json.Unmarshal(raw, &tree); err != nil {
		t.Fatal(err)
	}
	return tree
}

func print(t *testing.T, tree object) []byte {
	t.Helper()
	raw, err := json.Marshal(tree)
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

// at walks into a tree. A place that is not there fails the test that planted it, by a panic with the path.
func at(tree object, path ...string) object {
	for i, key := range path {
		next, ok := tree[key].(object)
		if !ok {
			panic(fmt.Sprintf("nothing at %s", strings.Join(path[:i+1], " > ")))
		}
		tree = next
	}
	return tree
}

// schemaAt is the tree of a component schema.
func schemaAt(d *document, name string) object { return at(d.tree, "components", "schemas", name) }

// propertyAt is the tree of a property of a component schema.
func propertyAt(d *document, name, property string) object {
	return at(d.tree, "components", "schemas", name, "properties", property)
}

// without removes a word from a list of a tree.
func without(tree object, key, word string) {
	list, _ := tree[key].([]any)
	tree[key] = slices.DeleteFunc(slices.Clone(list), func(v any) bool { return v == word })
}

// operation is one operation with its place.
type operation struct {
	method, path string
	*openapi3.Operation
}

func (o operation) String() string { return o.OperationID }

// operations lists all operations, ordered by path and method.
func operations(doc *openapi3.T) []operation {
	var all []operation
	for _, path := range slices.Sorted(maps.Keys(doc.Paths.Map())) {
		byMethod := doc.Paths.Value(path).Operations()
		for _, method := range slices.Sorted(maps.Keys(byMethod)) {
			all = append(all, operation{method, path, byMethod[method]})
		}
	}
	return all
}

// responses calls visit with every response of every operation, by status.
func responses(doc *openapi3.T, visit func(o operation, status string, r *openapi3.Response)) {
	for _, o := range operations(doc) {
		all := o.Responses.Map()
		for _, status := range slices.Sorted(maps.Keys(all)) {
			visit(o, status, all[status].Value)
		}
	}
}

// schemas calls visit with every schema of the document that stands in a place of its own, with a name for that place.
// References are not followed: what they name is visited as a component.
func schemas(doc *openapi3.T, visit func(place string, s *openapi3.Schema, component bool)) {
	var walk func(place string, ref *openapi3.SchemaRef, component bool)
	walk = func(place string, ref *openapi3.SchemaRef, component bool) {
		if ref == nil || ref.Ref != "" || ref.Value == nil {
			return
		}
		s := ref.Value
		visit(place, s, component)
		for _, name := range slices.Sorted(maps.Keys(s.Properties)) {
			walk(place+"."+name, s.Properties[name], false)
		}
		walk(place+"[]", s.Items, false)
		walk(place+"{}", s.AdditionalProperties.Schema, false)
		walk(place+" not", s.Not, false)
		for key, list := range map[string]openapi3.SchemaRefs{" allOf": s.AllOf, " anyOf": s.AnyOf, " oneOf": s.OneOf} {
			for i, inner := range list {
				walk(fmt.Sprintf("%s%s %d", place, key, i), inner, false)
			}
		}
	}
	c := doc.Components
	for _, name := range slices.Sorted(maps.Keys(c.Schemas)) {
		walk(name, c.Schemas[name], true)
	}
	for _, name := range slices.Sorted(maps.Keys(c.Headers)) {
		walk("header "+name, c.Headers[name].Value.Schema, false)
	}
	for _, o := range operations(doc) {
		for _, p := range o.Parameters {
			walk(o.String()+" parameter "+p.Value.Name, p.Value.Schema, false)
		}
		if o.RequestBody != nil {
			for _, m := range o.RequestBody.Value.Content {
				walk(o.String()+" request", m.Schema, false)
			}
		}
		for status, r := range o.Responses.Map() {
			for _, m := range r.Value.Content {
				walk(o.String()+" "+status, m.Schema, false)
			}
		}
	}
}

// reachable are the names of the component schemas that a place leads to.
func reachable(from ...*openapi3.SchemaRef) map[string]bool {
	names := map[string]bool{}
	var walk func(ref *openapi3.SchemaRef)
	walk = func(ref *openapi3.SchemaRef) {
		if ref == nil || ref.Value == nil {
			return
		}
		if ref.Ref != "" {
			if name := component(ref.Ref); names[name] {
				return
			} else {
				names[name] = true
			}
		}
		for _, p := range ref.Value.Properties {
			walk(p)
		}
		walk(ref.Value.Items)
		walk(ref.Value.AdditionalProperties.Schema)
		for _, inner := range slices.Concat(ref.Value.AllOf, ref.Value.AnyOf, ref.Value.OneOf) {
			walk(inner)
		}
	}
	for _, ref := range from {
		walk(ref)
	}
	return names
}

// requestSchemas and responseSchemas are the schemas of the bodies.
func requestSchemas(doc *openapi3.T) (refs []*openapi3.SchemaRef) {
	for _, o := range operations(doc) {
		if o.RequestBody != nil {
			for _, m := range o.RequestBody.Value.Content {
				refs = append(refs, m.Schema)
			}
		}
	}
	return refs
}

func responseSchemas(doc *openapi3.T) (refs []*openapi3.SchemaRef) {
	responses(doc, func(_ operation, _ string, r *openapi3.Response) {
		for _, m := range r.Content {
			refs = append(refs, m.Schema)
		}
	})
	return refs
}

// component is the name a reference ends in.
func component(ref string) string { return ref[strings.LastIndex(ref, "/")+1:] }

// list collects findings.
type list []string

func (l *list) add(format string, args ...any) { *l = append(*l, fmt.Sprintf(format, args...)) }
