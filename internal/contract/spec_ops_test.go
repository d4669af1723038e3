package contract_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/creditpocket/creditpocket/gen/spec"
)

// notOfOps are the rules that are about the borrowers' contract alone.
var notOfOps = []string{
	"the operations are those of the design", "paths do not move", "operations ask who calls as designed",
	"every operation declares the statuses it can answer", "operations with a session can be forbidden", "operations with a body can refuse its size and type",
	"idempotency keys stand where money moves", "what policy forbids is deprecated, and nothing else",
	"the generated catalog is the document's", "ErrorCode lists the catalog", "operations with a session show every way to lose it",
	"the catalog is in order", // its numbers of 404 and 409 go on where the borrowers' end
}

// TestOpsSpec holds the operators' contract to the rules of the borrowers', where they are about any contract, and to its own.
func TestOpsSpec(t *testing.T) {
	clean := load(t, spec.OpsJSON(), spec.OpsJSON())
	known := map[string]bool{}
	for _, r := range slices.Concat(operationRules(), schemaRules(), errorRules()) {
		known[r.name] = true
		if slices.Contains(notOfOps, r.name) {
			continue
		}
		t.Run(r.name, func(t *testing.T) {
			for _, wrong := range r.check(clean) {
				t.Error(wrong)
			}
		})
	}
	for _, name := range notOfOps {
		if !known[name] {
			t.Errorf("there is no rule %q to leave out", name)
		}
	}
	for _, r := range opsRules() {
		t.Run(r.name, func(t *testing.T) {
			for _, wrong := range r.check(clean) {
				t.Error(wrong)
			}
			planted := &document{tree: parse(t, spec.OpsJSON()), mobileTree: parse(t, spec.OpsJSON())}
			r.plant(planted)
			planted = load(t, print(t, planted.tree), print(t, planted.mobileTree))
			if len(r.check(planted)) == 0 {
				t.Error("the planted violation was not found: this check cannot fail")
			}
		})
	}
}

// looks are the operations that change nothing but the trail, although their verb is POST.
var looks = []string{"searchBorrower", "unmaskBorrower", "exportBorrower"}

var staffRoles = []string{"VIEWER", "REVIEWER", "COLLECTIONS", "FINANCE", "ADMIN"}

func opsRules() []rule {
	return []rule{
		{"every operation asks for a key, and names its roles", func(d *document) []string {
			var l list
			for _, o := range operations(d.doc) {
				if o.Security == nil || len(*o.Security) != 1 || (*o.Security)[0]["operatorKey"] == nil {
					l.add("%s does not ask for an operator's key alone", o)
				}
				named := rolesOf(o)
				if !slices.Contains(named, "ADMIN") {
					l.add("%s is not for the administrator", o)
				}
				for _, role := range named {
					if !slices.Contains(staffRoles, role) {
						l.add("%s is for %q", o, role)
					}
				}
			}
			return l
		}, func(d *document) { delete(at(d.tree, "paths", "/audit", "get"), "x-roles") }},

		{"a viewer changes nothing", func(d *document) []string {
			var l list
			for _, o := range operations(d.doc) {
				if o.method != http.MethodGet && !slices.Contains(looks, o.OperationID) && slices.Contains(rolesOf(o), "VIEWER") {
					l.add("%s is an act and for viewers", o)
				}
			}
			return l
		}, func(d *document) { at(d.tree, "paths", "/products", "post")["x-roles"] = []any{"VIEWER", "ADMIN"} }},

		{"every act takes a key of its own and tells of a replay", func(d *document) []string {
			var l list
			for _, o := range operations(d.doc) {
				act := o.method != http.MethodGet && !slices.Contains(looks, o.OperationID)
				p := o.Parameters.GetByInAndName("header", "Idempotency-Key")
				if (p != nil && p.Required) != act {
					l.add("%s: an act %v, takes a key %v", o, act, p != nil)
				}
				if tells := o.Responses.Status(200).Value.Headers["Idempotency-Replayed"] != nil; tells != act {
					l.add("%s: an act %v, tells of a replay %v", o, act, tells)
				}
				if act && o.Responses.Status(http.StatusConflict) == nil {
					l.add("%s: a key that is used again has no status", o)
				}
			}
			return l
		}, func(d *document) { delete(at(d.tree, "paths", "/products", "post"), "parameters") }},

		{"every act has a reason for the trail", func(d *document) []string {
			var l list
			for _, o := range operations(d.doc) {
				if o.RequestBody == nil || o.OperationID == "searchBorrower" || o.OperationID == "importProduct" {
					continue // a product's reason is that of the override
				}
				if s := o.RequestBody.Value.Content["application/json"].Schema.Value; !slices.Contains(s.Required, "reason") || s.Properties["reason"].Value.MinLength == 0 {
					l.add("%s needs no reason", o)
				}
			}
			return l
		}, func(d *document) { without(schemaAt(d, "RefundInfo"), "required", "reason") }},

		{"every operation of the staff declares the statuses it can answer", func(d *document) []string {
			var l list
			for _, o := range operations(d.doc) {
				want := []int{200, 400, 401, 429, 500, 503}
				if len(rolesOf(o)) < len(staffRoles) {
					want = append(want, 403)
				}
				if o.RequestBody != nil {
					want = append(want, 413, 415)
				}
				if strings.Contains(o.path, "{") {
					want = append(want, 404)
				}
				for _, status := range want {
					if o.Responses.Status(status) == nil {
						l.add("%s: %d is missing", o, status)
					}
				}
			}
			return l
		}, func(d *document) { delete(at(d.tree, "paths", "/loans/{loanId}", "get", "responses"), "404") }},

		{"the reasons of the staff are rows of the catalog", func(d *document) []string {
			var l list
			var listed, rows []string
			for _, v := range d.doc.Components.Schemas["OperatorErrorCode"].Value.Enum {
				listed = append(listed, v.(string))
			}
			for _, e := range entries(d) {
				rows = append(rows, e.Reason)
			}
			if !slices.Equal(listed, rows) {
				l.add("OperatorErrorCode %v, catalog %v", listed, rows)
			}
			return l
		}, func(d *document) { without(schemaAt(d, "OperatorErrorCode"), "enum", "RECORD_NOT_FOUND") }},
	}
}

func rolesOf(o operation) (named []string) {
	list, _ := o.Extensions["x-roles"].([]any)
	for _, role := range list {
		name, _ := role.(string)
		named = append(named, name)
	}
	return named
}
