package contract_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"reflect"
	"slices"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"

	"github.com/creditpocket/creditpocket/internal/lending"
)

// seedFile is the one answer that survives of the API being rebuilt: the authority on the wire of a loan.
const seedFile = "../../openapi/examples/loan-list-response.json"

// seedModels are the models that the surviving page names. Pet, Category and Tag are its documentation tool's own.
var seedModels = strings.Fields(`TransRespVO LoginInfo UserVo UserSettingVo MoreInfo UserInfo UserTopic ManagerCard PhoneAdapter
	UserPhoneActive UserAddressBookVO UserShortMessage UserWifiAndLocationVO LoanVo UserAdModel SendMsgVO CheckCodeVo AppError
	LoanClickEvent ImageInfo`)

// quirks are the two properties that mobile generators cannot express.
var quirks = []string{"repayment", "shouldback_fee"}

// sensitive are the kinds of personal data a property can be marked with.
var sensitive = strings.Fields("bvn account pan password code token name mobile email address location image device export")

func seedRules() []rule {
	return []rule{
		{"the states of LoanVo are the code's", func(d *document) []string {
			var l list
			text := d.doc.Components.Schemas["LoanVo"].Value.Properties["status"].Value.Description
			for _, s := range lending.States() {
				if !strings.Contains(text, fmt.Sprintf("| %d | %s |", s.State, s.Name)) {
					l.add("LoanVo.status does not name %d %s", s.State, s.Name)
				}
			}
			if rows := strings.Count(text, "\n| ") - 1; rows != len(lending.States()) {
				l.add("LoanVo.status has %d rows, there are %d states", rows, len(lending.States()))
			}
			return l
		}, func(d *document) { propertyAt(d, "LoanVo", "status")["description"] = "| 1 | submitted |" }},

		{"every title of the seed page is there, exactly", func(d *document) []string {
			var l list
			titles := 0
			for _, want := range inventory {
				o := find(d.doc, want.id)
				if o.Operation == nil {
					continue // the inventory's own rule tells
				}
				title, _ := o.Extensions["x-seed-title"].(string)
				if title != want.title {
					l.add("%s: x-seed-title %q, want %q", want.id, title, want.title)
				}
				if title != "" {
					titles++
				}
			}
			if titles != 37 {
				l.add("%d titles, want 37", titles)
			}
			return l
		}, func(d *document) { at(d.tree, "paths", "/user/login", "post")["x-seed-title"] = "登录" }},

		{"every model of the seed page is there", func(d *document) []string {
			var l list
			for _, name := range seedModels {
				if d.doc.Components.Schemas[name] == nil {
					l.add("no schema %s", name)
				}
			}
			for _, name := range []string{"Pet", "Category", "Tag"} {
				if d.doc.Components.Schemas[name] != nil {
					l.add("%s is no part of the product", name)
				}
			}
			return l
		}, func(d *document) {
			all := at(d.tree, "components", "schemas")
			all["UserTopic2"] = all["UserTopic"]
			delete(all, "UserTopic")
			at(d.tree, "paths", "/user/topic", "post", "requestBody", "content", "application/json")["schema"] = object{"$ref": "#/components/schemas/UserTopic2"}
		}},

		{"a loan has the seed's 60 fields, all always sent", func(d *document) []string {
			var l list
			s := d.doc.Components.Schemas["LoanVo"].Value
			fields, required := slices.Sorted(maps.Keys(s.Properties)), slices.Sorted(slices.Values(s.Required))
			for i, loan := range seedLoans() {
				if want := slices.Sorted(maps.Keys(loan)); !slices.Equal(fields, want) || !slices.Equal(required, want) || len(want) != 60 {
					l.add("loan %d of the seed has %d fields, LoanVo %d, required %d", i, len(want), len(fields), len(required))
				}
			}
			return l
		}, func(d *document) { propertiesOf(d, "LoanVo")["newField"] = propertyAt(d, "LoanVo", "lastName") }},

		{"a loan's fields have the seed's types", func(d *document) []string {
			var l list
			s := d.doc.Components.Schemas["LoanVo"].Value
			for _, loan := range seedLoans() {
				for name, value := range loan {
					p := s.Properties[name]
					if p == nil || name == "repayment" {
						continue
					}
					if _, number := value.(json.Number); number != p.Value.Type.Is(openapi3.TypeInteger) {
						l.add("%s: a number in the seed: %v", name, number)
					}
				}
			}
			return l
		}, func(d *document) { propertyAt(d, "LoanVo", "balance")["type"] = "integer" }},

		{"the seed's answer is valid", func(d *document) []string {
			var l list
			if err := validate(strict(d.tree), seed()); err != nil {
				l.add("%v", err)
			}
			return l
		}, func(d *document) { propertyAt(d, "LoanVo", "indentNo")["pattern"] = "^X$" }},

		{"the seed's answer is valid for phones", func(d *document) []string {
			var l list
			answer := seed()
			if err := validate(d.mobile, answer); err != nil {
				l.add("with the two quirks, as it is sent: %v", err)
			}
			for _, loan := range answer["data"].(object)["list"].([]any) {
				for _, name := range quirks {
					delete(loan.(object), name)
				}
			}
			if err := validate(strict(d.mobileTree), answer); err != nil {
				l.add("without the two quirks: %v", err)
			}
			return l
		}, func(d *document) {
			delete(at(d.mobileTree, "components", "schemas", "LoanVo", "properties"), "balance")
		}},

		{"the overlay removes the two quirks and nothing else", checkOverlay, func(d *document) {
			delete(at(d.mobileTree, "components", "schemas", "LoanVo", "properties"), "balance")
		}},
		{"the overlay removes both quirks", checkOverlay, func(d *document) {
			at(d.mobileTree, "components", "schemas", "LoanVo", "properties")["repayment"] = propertyAt(d, "LoanVo", "repayment")
		}},
		{"the overlay changes no text", checkOverlay, func(d *document) {
			at(d.mobileTree, "paths", "/user/login", "post")["summary"] = "Sign in"
		}},

		{"personal data is marked with a known kind", func(d *document) []string {
			var l list
			schemas(d.doc, func(place string, s *openapi3.Schema, _ bool) {
				if kind, ok := s.Extensions["x-sensitive"]; ok && !slices.Contains(sensitive, kind.(string)) {
					l.add("%s is marked %v", place, kind)
				}
			})
			for _, must := range []struct{ schema, property, kind string }{
				{"LoginInfo", "password", "password"}, {"LoginInfo", "code", "code"}, {"LoginInfo", "mobile", "mobile"},
				{"BasicInfo", "dentityCard", "bvn"}, {"BankAccountInfo", "bankAccNo", "account"}, {"UserVo", "token", "token"},
				{"LoanVo", "dentityCard", "bvn"}, {"LoanVo", "bankCardNo", "pan"}, {"LoanVo", "bankAccNo", "account"},
				{"EmergencyContact", "mobile", "mobile"}, {"EmergencyContact", "name", "name"},
			} {
				p := d.doc.Components.Schemas[must.schema].Value.Properties[must.property]
				if p == nil || p.Value.Extensions["x-sensitive"] != must.kind {
					l.add("%s.%s is not marked %s", must.schema, must.property, must.kind)
				}
			}
			return l
		}, func(d *document) { delete(propertyAt(d, "BasicInfo", "dentityCard"), "x-sensitive") }},
	}
}

func propertiesOf(d *document, schema string) object {
	return at(d.tree, "components", "schemas", schema, "properties")
}

// seed reads the surviving answer, with its numbers as they are written.
func seed() object {
	raw, err := os.ReadFile(seedFile)
	if err != nil {
		panic(err)
	}
	dec := json.NewDecoder(bytes.NewReader(raw))
	dec.UseNumber()
	var answer object
	if err := dec.Decode(&answer); err != nil {
		panic(err)
	}
	return answer
}

func seedLoans() []object {
	var loans []object
	for _, v := range seed()["data"].(object)["list"].([]any) {
		loans = append(loans, v.(object))
	}
	return loans
}

func validate(doc *openapi3.T, answer object) error {
	return doc.Components.Schemas["LoanPageResponse"].Value.VisitJSON(answer, openapi3.VisitAsResponse(), openapi3.MultiErrors(), openapi3.DisableSchemaErrorDetails())
}

// checkOverlay takes the two quirks out of the whole contract by hand and wants the mobile document.
func checkOverlay(d *document) []string {
	var l list
	if where := difference("", withoutQuirks(d.tree), d.mobileTree); where != "" {
		l.add("the documents differ at %s", where)
	}
	for _, name := range quirks {
		if d.doc.Components.Schemas["LoanVo"].Value.Properties[name] == nil {
			l.add("the whole contract lacks %s", name)
		}
	}
	return l
}

// withoutQuirks is a copy of a tree in which LoanVo, and every example of a loan, lacks the two properties.
func withoutQuirks(v any) any {
	switch v := v.(type) {
	case object:
		out := object{}
		_, loan := v["shouldbackFee"]
		for key, inner := range v {
			if !loan || !slices.Contains(quirks, key) {
				out[key] = withoutQuirks(inner)
			}
		}
		return out
	case []any:
		out := []any{}
		for _, inner := range v {
			if !slices.Contains(quirks, textOf(inner)) {
				out = append(out, withoutQuirks(inner))
			}
		}
		return out
	}
	return v
}

func textOf(v any) string {
	s, _ := v.(string)
	return s
}

// difference is the first place at which two trees differ.
func difference(place string, a, b any) string {
	x, ok := a.(object)
	y, also := b.(object)
	if !ok || !also {
		if reflect.DeepEqual(a, b) {
			return ""
		}
		return place
	}
	for _, key := range slices.Sorted(maps.Keys(x)) {
		if where := difference(place+"/"+key, x[key], y[key]); where != "" {
			return where
		}
	}
	for _, key := range slices.Sorted(maps.Keys(y)) {
		if _, ok := x[key]; !ok {
			return place + "/" + key
		}
	}
	return ""
}
