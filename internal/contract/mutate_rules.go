package contract

import "net/http"

// brokenRule is a body that fits the schema and breaks a rule that the schema cannot say. The operations' descriptions say
// these rules.
type brokenRule struct {
	place string
	body  members
}

var brokenRules = map[string][]brokenRule{
	"login": {
		{"neither password nor code", members{{"mobile", "07000000003"}}},
		{"password and code", members{{"mobile", "07000000003"}, {"password", "blue-mango-7421"}, {"code", "482913"}}},
	},
}

// rules breaks what stands between the properties of a body.
func (m *mutator) rules() {
	for _, rule := range brokenRules[m.op.ID] {
		m.emit(RuleBroken, rule.place, http.StatusBadRequest, invalid, "", nil, func(r *Request) { r.setJSON(rule.body) })
	}
}
