package contract_test

import (
	"encoding/json"
	"maps"
	"regexp"
	"slices"
	"strconv"

	"github.com/creditpocket/creditpocket/gen/catalog"
	"github.com/getkin/kin-openapi/openapi3"
)

// ranges are the numbers of each HTTP status of the catalog.
var ranges = map[int][2]int32{
	400: {4000, 4009}, 413: {4000, 4009}, 415: {4000, 4009}, 401: {4010, 4029}, 403: {4030, 4039}, 404: {4040, 4049},
	405: {4050, 4059}, 409: {4090, 4199}, 422: {4220, 4289}, 429: {4290, 4299}, 500: {5000, 5009}, 503: {5020, 5039},
}

// outsideRanges are the two business refusals that stand elsewhere: a rejected image is input, and the policy has its own number.
var outsideRanges = map[string]int32{"IMAGE_REJECTED": 4004, "SESSION_NOT_FOUND": 4051, "POLICY_REFUSED": 4510}

// noOperation are the reasons that no operation can answer: nothing lives at the path, or not by this method, or only an
// operator's act can come too late.
var noOperation = []string{"NOT_FOUND", "METHOD_NOT_ALLOWED", "STATE_CONFLICT"}

// entries reads the catalog of the document itself.
func entries(d *document) []catalog.Entry {
	raw, err := json.Marshal(d.tree["x-error-catalog"])
	if err != nil {
		panic(err)
	}
	var rows []struct {
		Code                    int32
		Reason, Message, Action string
		Status                  int
		Retryable               bool
	}
	if err := json.Unmarshal(raw, &rows); err != nil {
		panic(err)
	}
	var all []catalog.Entry
	for _, r := range rows {
		all = append(all, catalog.Entry{Code: r.Code, Reason: r.Reason, Status: r.Status, Message: r.Message, Action: r.Action, Retryable: r.Retryable})
	}
	return all
}

// row is a row of the catalog in the tree.
func row(d *document, reason string) object {
	for _, r := range d.tree["x-error-catalog"].([]any) {
		if r.(object)["reason"] == reason {
			return r.(object)
		}
	}
	panic("no row " + reason)
}

func errorRules() []rule {
	return []rule{
		{"the catalog is in order", func(d *document) []string {
			var l list
			form := regexp.MustCompile(`^[A-Z]+(_[A-Z]+)*$`)
			codes, reasons := map[int32]bool{}, map[string]bool{}
			for _, e := range entries(d) {
				if codes[e.Code] || reasons[e.Reason] {
					l.add("%d %s is there twice", e.Code, e.Reason)
				}
				codes[e.Code], reasons[e.Reason] = true, true
				within, ok := ranges[e.Status]
				if code := outsideRanges[e.Reason]; code != e.Code && (!ok || e.Code < within[0] || e.Code > within[1]) {
					l.add("%d %s is not a number of status %d", e.Code, e.Reason, e.Status)
				}
				if !form.MatchString(e.Reason) || e.Message == "" || e.Action == "" {
					l.add("%d %s is incomplete", e.Code, e.Reason)
				}
			}
			return l
		}, func(d *document) { row(d, "LOAN_NOT_FOUND")["code"] = 4090 }},

		{"the generated catalog is the document's", func(d *document) []string {
			var l list
			if !slices.Equal(entries(d), catalog.All()) {
				l.add("gen/catalog differs from x-error-catalog")
			}
			for _, e := range catalog.All() {
				if found, ok := catalog.ByReason(e.Reason); !ok || found != e {
					l.add("%s is not found by its reason", e.Reason)
				}
			}
			return l
		}, func(d *document) { row(d, "LOAN_NOT_FOUND")["message"] = "another sentence" }},

		{"ErrorCode lists the catalog", func(d *document) []string {
			var l list
			var listed []string
			for _, v := range d.doc.Components.Schemas["ErrorCode"].Value.Enum {
				listed = append(listed, v.(string))
			}
			var want []string
			for _, e := range entries(d) {
				want = append(want, e.Reason)
			}
			if !slices.Equal(listed, want) {
				l.add("ErrorCode %v, catalog %v", listed, want)
			}
			return l
		}, func(d *document) { without(schemaAt(d, "ErrorCode"), "enum", "LOAN_NOT_FOUND") }},

		{"every error is an ErrorResponse", func(d *document) []string {
			var l list
			responses(d.doc, func(o operation, status string, r *openapi3.Response) {
				if status[0] == '2' {
					return
				}
				m := r.Content["application/json"]
				if len(r.Content) != 1 || m == nil || component(m.Schema.Ref) != "ErrorResponse" {
					l.add("%s: %s is not an ErrorResponse", o, status)
				}
				if o.Responses.Value(status).Ref == "" {
					l.add("%s: %s is not a reusable response", o, status)
				}
			})
			return l
		}, func(d *document) {
			at(d.tree, "components", "responses", "LoanNotFound", "content", "application/json")["schema"] = object{"$ref": "#/components/schemas/TransRespVO"}
		}},

		{"every success is a flat envelope of its own", checkEnvelopes, func(d *document) {
			at(d.tree, "paths", "/user/credit", "get", "responses", "200", "content", "application/json")["schema"] = object{"$ref": "#/components/schemas/CreditInfo"}
		}},
		{"envelopes are whole", checkEnvelopes, func(d *document) { without(schemaAt(d, "LoanPageResponse"), "required", "token") }},

		{"examples of errors are rows of the catalog", func(d *document) []string {
			var l list
			eachErrorExample(d, func(o operation, status, name string, e errorExample) {
				want, ok := byReason(d, e.Data.Reason)
				if !ok || e.Code != want.Code || strconv.Itoa(want.Status) != status || e.Data.Retryable != want.Retryable {
					l.add("%s: example %s of %s does not agree with the catalog", o, name, status)
				}
				if name != e.Data.Reason {
					l.add("%s: the example of %s is called %s", o, e.Data.Reason, name)
				}
			})
			return l
		}, func(d *document) { row(d, "LOAN_NOT_FOUND")["retryable"] = true }},

		{"every reason is an example of some operation", func(d *document) []string {
			var l list
			shown := map[string]bool{}
			eachErrorExample(d, func(_ operation, _, _ string, e errorExample) { shown[e.Data.Reason] = true })
			for _, e := range entries(d) {
				if !shown[e.Reason] && !slices.Contains(noOperation, e.Reason) {
					l.add("no operation shows %s", e.Reason)
				}
			}
			return l
		}, func(d *document) {
			r := maps.Clone(row(d, "LOAN_NOT_FOUND"))
			r["reason"], r["code"] = "NEVER_SHOWN", 4049
			d.tree["x-error-catalog"] = append(d.tree["x-error-catalog"].([]any), r)
		}},

		{"operations with a session show every way to lose it", func(d *document) []string {
			var l list
			shown := map[string][]string{}
			eachErrorExample(d, func(o operation, _, _ string, e errorExample) {
				shown[o.OperationID] = append(shown[o.OperationID], e.Data.Reason)
			})
			for _, o := range operations(d.doc) {
				want := []string{"VALIDATION_FAILED", "RATE_LIMITED", "INTERNAL", "UNAVAILABLE"}
				switch authOf(o) {
				case session:
					want = append(want, "UNAUTHENTICATED", "UNKNOWN_APP", "ACCOUNT_BLOCKED", "WRONG_APP")
					if !slices.Contains(endsSession, o.OperationID) {
						want = append(want, "SESSION_EXPIRED")
					}
				case gateway:
					want = append(want, "SIGNATURE_INVALID")
				default:
					want = append(want, "UNKNOWN_APP")
				}
				for _, reason := range want {
					if !slices.Contains(shown[o.OperationID], reason) {
						l.add("%s does not show %s", o, reason)
					}
				}
			}
			return l
		}, func(d *document) {
			delete(at(d.tree, "components", "responses", "Forbidden", "content", "application/json", "examples"), "WRONG_APP")
		}},
	}
}

// endsSession are the operations to which a session that has ended is no error.
var endsSession = []string{"logout", "postLogout"}

// checkEnvelopes wants {code, message, token, data}, all required, in a schema named after its data.
func checkEnvelopes(d *document) []string {
	var l list
	responses(d.doc, func(o operation, status string, r *openapi3.Response) {
		m := r.Content["application/json"]
		if status[0] != '2' || m == nil {
			return
		}
		name, s := component(m.Schema.Ref), m.Schema.Value
		parts := slices.Sorted(maps.Keys(s.Properties))
		required := slices.Sorted(slices.Values(s.Required))
		if want := []string{"code", "data", "message", "token"}; !slices.Equal(parts, want) || !slices.Equal(required, want) {
			l.add("%s: %s has %v, requires %v", o, name, parts, required)
			return
		}
		if data := component(s.Properties["data"].Ref); name != data+"Response" && (name != "TransRespVO" || data != "Ack") {
			l.add("%s: %s is the envelope of %q", o, name, data)
		}
	})
	return l
}

// errorExample is what the catalog has to do with in an error's example.
type errorExample struct {
	Code int32
	Data struct {
		Reason    string
		Retryable bool
	}
}

func eachErrorExample(d *document, visit func(o operation, status, name string, e errorExample)) {
	responses(d.doc, func(o operation, status string, r *openapi3.Response) {
		m := r.Content["application/json"]
		if status[0] == '2' || m == nil {
			return
		}
		for _, name := range slices.Sorted(maps.Keys(m.Examples)) {
			raw, err := json.Marshal(m.Examples[name].Value.Value)
			if err != nil {
				panic(err)
			}
			var e errorExample
			if err := json.Unmarshal(raw, &e); err != nil {
				panic(err)
			}
			visit(o, status, name, e)
		}
	})
}

func byReason(d *document, reason string) (catalog.Entry, bool) {
	for _, e := range entries(d) {
		if e.Reason == reason {
			return e, true
		}
	}
	return catalog.Entry{}, false
}
