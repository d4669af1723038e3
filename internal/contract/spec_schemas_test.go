package contract_test

import (
	"context"
	"encoding/json"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
)

// keywords of Kotlin, Swift, Dart, Java and TypeScript, and names that their generators give to every enumeration. An enum
// value of that name becomes code that does not compile, or compiles into something else.
var keywords = strings.Fields(`abstract actual annotation any as assert associatedtype async await base boolean break byte case
	catch char class companion const constructor continue convenience covariant crossinline data debugger declare default
	deferred deinit delegate delete do double dynamic else enum expect export extends extension external factory fallthrough
	false field fileprivate final finally float for from fun func function get global goto guard hide if implements import in
	index indirect infix init inline inner inout instanceof int interface internal is lateinit late lazy let long mixin
	mutating name namespace native never new nil noinline none null object of on open operator optional out override package
	param part postfix precedence prefix private protected protocol public rawValue readonly receiver record reified repeat
	required rethrows return sealed self set setparam short show some static strictfp struct subscript super suspend switch
	sync synchronized tailrec this throw throws transient true try typealias typeof unowned val value values valueOf var
	vararg void volatile weak when where while with yield hashCode toString entries ordinal`)

// ecmaOnly finds what Go's regular expressions know and ECMA-262 does not.
var ecmaOnly = regexp.MustCompile(`\[\[:|\(\?[imsUP]|\\[AzQEC]|\\pN|\(\?<`)

// freeObjects are the schemas that hold what somebody else decides.
var freeObjects = []string{"PaystackEvent", "PaystackEventData"}

func schemaRules() []rule {
	each := func(visit func(l *list, place string, s *openapi3.Schema, component bool)) func(d *document) []string {
		return func(d *document) []string {
			var l list
			schemas(d.doc, func(place string, s *openapi3.Schema, component bool) { visit(&l, place, s, component) })
			return l
		}
	}
	return []rule{
		{"the document is valid, with its examples", func(d *document) []string {
			var l list
			for name, doc := range map[string]*openapi3.T{"the contract": d.doc, "the mobile document": d.mobile} {
				if err := doc.Validate(context.Background()); err != nil {
					l.add("%s: %v", name, err)
				}
			}
			return l
		}, func(d *document) { at(d.tree, "components", "parameters", "PageNum")["example"] = 0 }},

		{"examples of answers hold nothing undeclared", checkExamples, func(d *document) {
			example(d, "/user/credit", "get", "data")["more"] = 1
		}},
		{"examples of requests are valid", checkExamples, func(d *document) {
			for _, e := range at(d.tree, "paths", "/sms/send", "post", "requestBody", "content", "application/json", "examples") {
				e.(object)["value"].(object)["purpose"] = 9
			}
		}},

		{"properties have a description and an example", func(d *document) []string {
			var l list
			for name, ref := range d.doc.Components.Schemas {
				for property, p := range ref.Value.Properties {
					if p.Ref != "" {
						continue // a reference has no room for them in OpenAPI 3.0
					}
					if p.Value.Description == "" {
						l.add("%s.%s has no description", name, property)
					}
					object := p.Value.Items != nil && p.Value.Items.Ref != "" || p.Value.Type.Is(openapi3.TypeObject)
					if p.Value.Example == nil && !object {
						l.add("%s.%s has no example", name, property)
					}
				}
				if ref.Value.Description == "" {
					l.add("%s has no description", name)
				}
			}
			return l
		}, func(d *document) { delete(propertyAt(d, "LoanVo", "balance"), "example") }},

		{"strings are bounded", each(func(l *list, place string, s *openapi3.Schema, _ bool) {
			known := slices.Contains([]string{"uuid", "date", "binary"}, s.Format)
			if s.Type.Is(openapi3.TypeString) && s.MaxLength == nil && len(s.Enum) == 0 && !known {
				l.add("%s has no maxLength", place)
			}
		}), func(d *document) { delete(propertyAt(d, "LoanVo", "firstName"), "maxLength") }},

		{"numbers are bounded and sized", each(func(l *list, place string, s *openapi3.Schema, _ bool) {
			if s.Type.Is(openapi3.TypeInteger) || s.Type.Is(openapi3.TypeNumber) {
				union := strings.Contains(place, "LoanVo.repayment")
				if !union && (s.Min == nil || s.Max == nil) {
					l.add("%s has no minimum or maximum", place)
				}
				if !union && !slices.Contains([]string{"int32", "int64", "double"}, s.Format) {
					l.add("%s has the format %q", place, s.Format)
				}
			}
		}), func(d *document) { delete(propertyAt(d, "LoanVo", "cycle"), "maximum") }},

		{"64-bit values are strings", each(func(l *list, place string, s *openapi3.Schema, _ bool) {
			if s.Format == "int64" {
				l.add("%s is a 64-bit JSON number", place)
			}
		}), func(d *document) { propertyAt(d, "LoanVo", "cycle")["format"] = "int64" }},

		{"lists are bounded", each(func(l *list, place string, s *openapi3.Schema, _ bool) {
			if s.Type.Is(openapi3.TypeArray) && s.MaxItems == nil {
				l.add("%s has no maxItems", place)
			}
		}), func(d *document) { delete(propertyAt(d, "LoanPage", "list"), "maxItems") }},

		{"patterns compile for Go and for ECMA-262", each(func(l *list, place string, s *openapi3.Schema, _ bool) {
			if s.Pattern == "" {
				return
			}
			if _, err := regexp.Compile(s.Pattern); err != nil {
				l.add("%s: %v", place, err)
			}
			if ecmaOnly.MatchString(s.Pattern) {
				l.add("%s: %s is not ECMA-262", place, s.Pattern)
			}
			if !strings.HasPrefix(s.Pattern, "^") || !strings.HasSuffix(s.Pattern, "$") {
				l.add("%s: %s is not anchored", place, s.Pattern)
			}
		}), func(d *document) { propertyAt(d, "LoanVo", "id")["pattern"] = "^(?=[0-9])[0-9]+$" }},

		{"requests are closed", func(d *document) []string {
			var l list
			for name := range reachable(requestSchemas(d.doc)...) {
				s := d.doc.Components.Schemas[name].Value
				closed := s.AdditionalProperties.Has != nil && !*s.AdditionalProperties.Has
				if s.Type.Is(openapi3.TypeObject) && !closed && !slices.Contains(freeObjects, name) {
					l.add("%s takes what it does not declare", name)
				}
			}
			return l
		}, func(d *document) { delete(schemaAt(d, "LoginInfo"), "additionalProperties") }},

		{"answers are whole and open to additions", func(d *document) []string {
			var l list
			requests := reachable(requestSchemas(d.doc)...)
			for name := range reachable(responseSchemas(d.doc)...) {
				s := d.doc.Components.Schemas[name].Value
				for property := range s.Properties {
					if !requests[name] && !slices.Contains(s.Required, property) {
						l.add("%s.%s is not required", name, property)
					}
				}
				if !requests[name] && (s.AdditionalProperties.Has != nil || s.AdditionalProperties.Schema != nil) {
					l.add("%s closes itself to additions", name)
				}
			}
			return l
		}, func(d *document) { without(schemaAt(d, "CreditInfo"), "required", "available") }},

		{"required properties exist", each(func(l *list, place string, s *openapi3.Schema, _ bool) {
			for _, name := range s.Required {
				if s.Properties[name] == nil {
					l.add("%s requires %s, which it does not have", place, name)
				}
			}
		}), func(d *document) {
			delete(at(d.tree, "components", "schemas", "CreditInfo", "properties"), "available")
		}},

		{"no composition but the one mixed field", each(func(l *list, place string, s *openapi3.Schema, _ bool) {
			if len(s.AllOf)+len(s.AnyOf) > 0 || s.Not != nil || s.Discriminator != nil || (len(s.OneOf) > 0 && place != "LoanVo.repayment") {
				l.add("%s is composed", place)
			}
		}), func(d *document) {
			schemaAt(d, "Ack")["allOf"] = []any{object{"$ref": "#/components/schemas/Bank"}}
		}},

		{"nothing is nullable", each(func(l *list, place string, s *openapi3.Schema, _ bool) {
			if s.Nullable {
				l.add("%s is nullable", place)
			}
		}), func(d *document) { propertyAt(d, "LoanVo", "lastName")["nullable"] = true }},

		{"every schema has one type", each(func(l *list, place string, s *openapi3.Schema, _ bool) {
			if s.Type == nil && len(s.OneOf) == 0 {
				l.add("%s has no type", place)
			}
		}), func(d *document) { delete(propertyAt(d, "LoanVo", "lastName"), "type") }},

		{"objects have names", each(func(l *list, place string, s *openapi3.Schema, component bool) {
			if !component && s.Type.Is(openapi3.TypeObject) && len(s.Properties) > 0 {
				l.add("%s is an anonymous object", place)
			}
		}), func(d *document) {
			at(d.tree, "components", "schemas", "LoanPageResponse", "properties")["data"] = object{
				"type": "object", "description": "x", "properties": object{"a": object{"type": "string", "maxLength": 1}}}
		}},

		{"integers are not enumerations", each(func(l *list, place string, s *openapi3.Schema, _ bool) {
			if s.Type.Is(openapi3.TypeInteger) && len(s.Enum) > 0 && !strings.HasPrefix(place, "LoanVo.repayment oneOf") {
				l.add("%s is an integer enumeration: generators write those back as strings", place)
			}
		}), func(d *document) { propertyAt(d, "LoanVo", "status")["enum"] = []any{1, 2, 6} }},

		{"enumeration values are no keywords", each(func(l *list, place string, s *openapi3.Schema, _ bool) {
			for _, v := range s.Enum {
				if word, ok := v.(string); ok && slices.Contains(keywords, word) && !strings.HasPrefix(place, "header ") {
					l.add("%s: %s is a keyword", place, word)
				}
			}
		}), func(d *document) {
			s := schemaAt(d, "ConsentPurpose")
			s["enum"] = append(s["enum"].([]any), "internal")
		}},

		{"no property is a twin of another", each(func(l *list, place string, s *openapi3.Schema, _ bool) {
			seen := map[string]string{}
			for _, name := range slices.Sorted(maps.Keys(s.Properties)) {
				plain := strings.ToLower(strings.NewReplacer("_", "", "-", "").Replace(name))
				if other := seen[plain]; other != "" && place != "LoanVo" {
					l.add("%s: %s and %s become one identifier", place, other, name)
				}
				seen[plain] = name
			}
		}), func(d *document) {
			at(d.tree, "components", "schemas", "Bank", "properties")["bank_no"] = propertyAt(d, "Bank", "bankNo")
		}},

		{"no schema is called Error", func(d *document) []string {
			var l list
			for _, name := range []string{"Error", "Exception", "Response", "Data", "Result", "Object"} {
				if d.doc.Components.Schemas[name] != nil {
					l.add("a schema is called %s", name)
				}
			}
			return l
		}, func(d *document) { at(d.tree, "components", "schemas")["Error"] = schemaAt(d, "Ack") }},

		{"nothing is declared and not used", checkUnused, func(d *document) {
			at(d.tree, "components", "schemas")["Pet"] = object{"type": "object", "description": "A pet."}
		}},
	}
}

// example is the tree of the first example of a 200, at a path below its value.
func example(d *document, path, method string, below ...string) object {
	examples := at(d.tree, "paths", path, method, "responses", "200", "content", "application/json", "examples")
	first := slices.Sorted(maps.Keys(examples))[0]
	return at(examples, append([]string{first, "value"}, below...)...)
}

// checkExamples holds examples to their schemas more strictly than a client would: answers may hold nothing undeclared.
func checkExamples(d *document) []string {
	var l list
	doc := strict(d.tree)
	check := func(place string, m *openapi3.MediaType, option openapi3.SchemaValidationOption) {
		for name, e := range m.Examples {
			if err := m.Schema.Value.VisitJSON(e.Value.Value, option, openapi3.DisableSchemaErrorDetails(), openapi3.MultiErrors()); err != nil {
				l.add("%s, example %s: %v", place, name, err)
			}
		}
	}
	for _, o := range operations(doc) {
		if o.RequestBody != nil {
			for _, m := range o.RequestBody.Value.Content {
				check(o.String()+" request", m, openapi3.VisitAsRequest())
			}
		}
	}
	responses(doc, func(o operation, status string, r *openapi3.Response) {
		for _, m := range r.Content {
			check(o.String()+" "+status, m, openapi3.VisitAsResponse())
		}
	})
	return l
}

// strict is a document of its own in which every object of an answer refuses what it does not declare.
func strict(tree object) *openapi3.T {
	raw, err := json.Marshal(tree)
	if err != nil {
		panic(err)
	}
	doc, err := openapi3.NewLoader().LoadFromData(raw)
	if err != nil {
		panic(err)
	}
	no := false
	for name := range reachable(responseSchemas(doc)...) {
		s := doc.Components.Schemas[name].Value
		if s.Type.Is(openapi3.TypeObject) && s.AdditionalProperties.Has == nil && s.AdditionalProperties.Schema == nil {
			s.AdditionalProperties.Has = &no
		}
	}
	return doc
}

func checkUnused(d *document) []string {
	var l list
	used := map[string]bool{}
	var walk func(v any)
	walk = func(v any) {
		switch v := v.(type) {
		case object:
			if ref, ok := v["$ref"].(string); ok {
				used[ref] = true
			}
			for _, inner := range v {
				walk(inner)
			}
		case []any:
			for _, inner := range v {
				walk(inner)
			}
		}
	}
	walk(d.tree)
	for _, section := range []string{"schemas", "responses", "parameters", "headers", "examples"} {
		members, _ := d.tree["components"].(object)[section].(object)
		for _, name := range slices.Sorted(maps.Keys(members)) {
			if !used["#/components/"+section+"/"+name] {
				l.add("components.%s.%s", section, name)
			}
		}
	}
	return l
}
