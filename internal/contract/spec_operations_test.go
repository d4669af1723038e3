package contract_test

import (
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
)

// auth is what an operation asks of its caller.
type auth string

const (
	public   auth = "public"   // a brand at most
	optional auth = "optional" // a session if there is one
	session  auth = "session"
	gateway  auth = "gateway"
)

// inventory is the list of operations of the design: these and no others, at these paths, with these titles of the seed page.
var inventory = []struct {
	method, path, id, title string
	auth                    auth
}{
	{"POST", "/user/login", "login", "用户登录", public},
	{"GET", "/user/login/check", "checkLogin", "验证用户是否登录", optional},
	{"GET", "/user/logout", "logout", "用户退出登录", session},
	{"POST", "/user/logout", "postLogout", "", session},
	{"POST", "/user/register", "register", "注册", public},
	{"POST", "/support/question/hot", "listHotQuestions", "热门问题查询接口", public},
	{"GET", "/support/phone/list", "listSupportPhones", "客服电话列表", public},
	{"GET", "/support/email", "getSupportEmail", "邮箱", public},
	{"POST", "/user/info/basic", "saveBasicInfo", "基础信息保存", session},
	{"GET", "/user/info/status", "getInfoStatus", "信息认证状态查询", session},
	{"POST", "/user/contact/emergency", "saveEmergencyContacts", "保存紧急联系人信息", session},
	{"POST", "/user/info/work", "saveWorkInfo", "工作信息保存", session},
	{"POST", "/user/bank/simple", "saveBankAccount", "简单银行卡保存", session},
	{"POST", "/user/transfer/recipient", "ensureTransferRecipient", "检查及创建转移收件人", session},
	{"GET", "/user/info", "getUserInfo", "个人信息查询", session},
	{"GET", "/user/credit", "getCreditInfo", "个人信用信息查询", session},
	{"GET", "/bank/dict/list", "listBanks", "银行卡列表字典", public},
	{"GET", "/bank/card/default", "getDefaultCard", "获取默认银行卡", session},
	{"POST", "/bank/card/default", "setDefaultCard", "设置默认银行卡", session},
	{"GET", "/bank/card/list", "listCards", "查询银行卡列表", session},
	{"GET", "/bank/card/bind/amount", "getCardBindAmount", "获取绑卡认证金额", session},
	{"GET", "/bank/card/bind/verify", "verifyCardBind", "是否验证绑卡回调", session},
	{"GET", "/home/product", "getHomeProducts", "首页产品", optional},
	{"GET", "/home/loan/realtime", "listRealtimeLoans", "时时贷款信息", public},
	{"GET", "/home/loan/last", "getHomeLastLoan", "最后一笔贷款查询", session},
	{"GET", "/home/auth/status", "getHomeAuthStatus", "用户认证状态查询", session},
	{"GET", "/dict/city/list", "listCities", "城市编码字典列表查询", public},
	{"GET", "/dict/income/list", "listIncomeBands", "查询收入字典", public},
	{"GET", "/loan/record/page", "listLoans", "用户历史贷款记录分页查询", session},
	{"GET", "/loan/product/page", "listLoanProducts", "贷款产品分页查询", session},
	{"GET", "/loan/product/detail", "getLoanProduct", "贷款产品详情查询", session},
	{"POST", "/loan/record/apply", "applyLoan", "贷款申请接口", session},
	{"GET", "/loan/record/latest/open", "getLatestOpenLoan", "获取最新的一条未结束的贷款记录", session},
	{"GET", "/loan/record/repay", "getRepayment", "用户主动还款接口", session},
	{"POST", "/loan/record/repay", "repayLoan", "", session},
	{"GET", "/loan/record/payoff", "getPayoff", "", session},
	{"GET", "/loan/record/extension", "getExtension", "", session},
	{"POST", "/loan/record/extension", "extendLoan", "", session},
	{"GET", "/coupon/list", "listCoupons", "", session},
	{"GET", "/loan/record/statement", "getStatement", "", session},
	{"GET", "/loan/record/statement.pdf", "getStatementPdf", "", session},
	{"GET", "/loan/record/clearance", "getClearance", "", session},
	{"GET", "/loan/record/clearance.pdf", "getClearancePdf", "", session},
	{"GET", "/document/verify", "verifyDocument", "", public},
	{"GET", "/loan/record/latest", "getLatestLoan", "获取最新的一条贷款记录", session},
	{"POST", "/sms/send", "sendCode", "获取验证码", public},
	{"POST", "/sms/check", "checkCode", "验证码验证", public},
	{"GET", "/message/page", "listMessages", "消息中心查询接口", session},
	{"GET", "/user/setting", "getUserSetting", "", session},
	{"POST", "/user/setting", "saveUserSetting", "", session},
	{"POST", "/user/info/more", "saveMoreInfo", "", session},
	{"POST", "/user/topic", "subscribeTopic", "", session},
	{"POST", "/device/phone", "reportDevice", "", session},
	{"POST", "/device/active", "reportActivity", "", session},
	{"POST", "/device/location", "reportLocation", "", session},
	{"POST", "/device/address-book", "reportAddressBook", "", session},
	{"POST", "/device/short-messages", "reportShortMessages", "", session},
	{"POST", "/device/ad", "reportAdSource", "", session},
	{"POST", "/event/loan-click", "reportLoanClick", "", session},
	{"GET", "/image/{code}", "getImage", "", session},
	{"GET", "/user/consent", "listConsents", "", session},
	{"POST", "/user/consent", "saveConsent", "", session},
	{"GET", "/user/session/list", "listSessions", "", session},
	{"POST", "/user/session/revoke", "revokeSession", "", session},
	{"POST", "/user/session/refresh", "refreshSession", "", session},
	{"POST", "/user/password/change", "changePassword", "", session},
	{"GET", "/user/export", "exportUser", "", session},
	{"POST", "/user/erase", "eraseUser", "", session},
	{"POST", "/gateway/paystack/webhook", "receivePaystackEvent", "", gateway},
}

// idempotent are the operations that move or promise money, or create what must not be there twice.
var idempotent = []string{"applyLoan", "ensureTransferRecipient", "extendLoan", "register", "repayLoan", "saveBankAccount", "setDefaultCard"}

// deprecated are the operations that collect what policy forbids.
var deprecated = []string{"reportAddressBook", "reportShortMessages"}

func authOf(o operation) auth {
	if o.Security == nil {
		return "inherited"
	}
	kind := public
	empty := false
	for _, alternative := range *o.Security {
		if _, ok := alternative["gatewaySignature"]; ok {
			return gateway
		}
		if _, ok := alternative["session"]; ok {
			kind = session
		}
		empty = empty || len(alternative) == 0
	}
	switch {
	case kind == session && empty:
		return optional
	case kind == public && !empty:
		return "nobody"
	}
	return kind
}

func operationRules() []rule {
	return []rule{
		{"OpenAPI 3.0.3", func(d *document) (l []string) {
			if d.doc.OpenAPI != "3.0.3" || d.mobile.OpenAPI != "3.0.3" {
				l = append(l, "the document is not OpenAPI 3.0.3")
			}
			return l
		}, func(d *document) { d.tree["openapi"] = "3.0.2" }},

		{"the operations are those of the design", checkInventory, func(d *document) {
			delete(at(d.tree, "paths", "/loan/record/repay"), "post")
		}},
		{"paths do not move", checkInventory, func(d *document) {
			paths := at(d.tree, "paths")
			paths["/loan/record/apply2"] = paths["/loan/record/apply"]
			delete(paths, "/loan/record/apply")
		}},
		{"operations ask who calls as designed", func(d *document) []string {
			var l list
			for _, want := range inventory {
				if o := find(d.doc, want.id); o.Operation != nil && authOf(o) != want.auth {
					l.add("%s: %s, want %s", want.id, authOf(o), want.auth)
				}
			}
			return l
		}, func(d *document) { delete(at(d.tree, "paths", "/loan/record/page", "get"), "security") }},

		{"operations are described", func(d *document) []string {
			var l list
			name := regexp.MustCompile(`^[a-z][a-zA-Z]+$`)
			for _, o := range operations(d.doc) {
				if o.Summary == "" || len(o.Summary) > 60 {
					l.add("%s: summary of %d characters", o, len(o.Summary))
				}
				if len(o.Description) < 20 {
					l.add("%s: description of %d characters", o, len(o.Description))
				}
				if !name.MatchString(o.OperationID) {
					l.add("%s: not lowerCamelCase", o)
				}
				if len(o.Tags) != 1 || d.doc.Tags.Get(o.Tags[0]) == nil {
					l.add("%s: tags %v", o, o.Tags)
				}
			}
			return l
		}, func(d *document) { at(d.tree, "paths", "/sms/send", "post")["tags"] = []any{"nobody"} }},

		{"every operation declares the statuses it can answer", checkStatuses, func(d *document) {
			delete(at(d.tree, "paths", "/sms/send", "post", "responses"), "429")
		}},
		{"operations with a session can be forbidden", checkStatuses, func(d *document) {
			delete(at(d.tree, "paths", "/user/credit", "get", "responses"), "403")
		}},
		{"operations with a body can refuse its size and type", checkStatuses, func(d *document) {
			delete(at(d.tree, "paths", "/support/question/hot", "post", "responses"), "415")
		}},

		{"requests and answers have named examples", func(d *document) []string {
			var l list
			for _, o := range operations(d.doc) {
				if o.RequestBody == nil {
					continue
				}
				for mediaType, m := range o.RequestBody.Value.Content {
					if len(m.Examples) == 0 {
						l.add("%s: no example of the request as %s", o, mediaType)
					}
				}
			}
			responses(d.doc, func(o operation, status string, r *openapi3.Response) {
				for mediaType, m := range r.Content {
					if strings.HasSuffix(mediaType, "json") && len(m.Examples) == 0 {
						l.add("%s: no example of %s", o, status)
					}
				}
			})
			return l
		}, func(d *document) {
			delete(at(d.tree, "paths", "/user/credit", "get", "responses", "200", "content", "application/json"), "examples")
		}},

		{"parameters are described, with an example", func(d *document) []string {
			var l list
			for _, o := range operations(d.doc) {
				for _, p := range o.Parameters {
					if p.Value.Description == "" || (p.Value.Example == nil && len(p.Value.Examples) == 0) {
						l.add("%s: parameter %s has no description or example", o, p.Value.Name)
					}
					if p.Ref == "" {
						l.add("%s: parameter %s is not a reusable one", o, p.Value.Name)
					}
				}
			}
			return l
		}, func(d *document) { delete(at(d.tree, "components", "parameters", "PageNum"), "example") }},

		{"every answer names its request", func(d *document) []string {
			var l list
			responses(d.doc, func(o operation, status string, r *openapi3.Response) {
				want := []string{"X-Request-Id"}
				if status != "500" && status != "503" {
					want = append(want, "RateLimit", "RateLimit-Policy")
				}
				if status == "429" || status == "503" {
					want = append(want, "Retry-After")
				}
				for _, h := range want {
					if r.Headers[h] == nil {
						l.add("%s: %s does not declare %s", o, status, h)
					}
				}
			})
			return l
		}, func(d *document) {
			delete(at(d.tree, "components", "responses", "TooManyRequests", "headers"), "Retry-After")
		}},

		{"idempotency keys stand where money moves", func(d *document) []string {
			var l list
			for _, o := range operations(d.doc) {
				takes := o.Parameters.GetByInAndName(openapi3.ParameterInHeader, "Idempotency-Key") != nil
				if takes != slices.Contains(idempotent, o.OperationID) {
					l.add("%s: takes a key: %v", o, takes)
				}
				if tells := o.Responses.Status(200).Value.Headers["Idempotency-Replayed"] != nil; tells != takes {
					l.add("%s: takes a key: %v, tells of a replay: %v", o, takes, tells)
				}
				if takes && o.Responses.Status(409) == nil {
					l.add("%s: a key that is used again has no status", o)
				}
			}
			return l
		}, func(d *document) {
			delete(at(d.tree, "paths", "/loan/record/repay", "post", "responses", "200", "headers"), "Idempotency-Replayed")
		}},

		{"what policy forbids is deprecated, and nothing else", func(d *document) []string {
			var l list
			for _, o := range operations(d.doc) {
				if o.Deprecated != slices.Contains(deprecated, o.OperationID) {
					l.add("%s: deprecated %v", o, o.Deprecated)
				}
			}
			return l
		}, func(d *document) { delete(at(d.tree, "paths", "/device/address-book", "post"), "deprecated") }},
	}
}

func checkInventory(d *document) []string {
	var l list
	for _, want := range inventory {
		if o := find(d.doc, want.id); o.Operation == nil || o.method != want.method || o.path != want.path {
			l.add("%s %s %s is not there", want.id, want.method, want.path)
		}
	}
	if n := len(operations(d.doc)); n != len(inventory) {
		l.add("%d operations, want %d", n, len(inventory))
	}
	return l
}

func find(doc *openapi3.T, id string) operation {
	for _, o := range operations(doc) {
		if o.OperationID == id {
			return o
		}
	}
	return operation{}
}

func checkStatuses(d *document) []string {
	var l list
	for _, o := range operations(d.doc) {
		want := []int{200, 400, 401, 429, 500, 503}
		if authOf(o) == session {
			want = append(want, 403)
		}
		if o.RequestBody != nil {
			want = append(want, 413, 415)
		}
		for _, status := range want {
			if o.Responses.Status(status) == nil {
				l.add("%s: %d is missing", o, status)
			}
		}
		for status := range o.Responses.Map() {
			code, err := strconv.Atoi(status)
			if err != nil || !(slices.Contains(want, code) || slices.Contains([]int{403, 404, 409, 422}, code)) {
				l.add("%s: status %s cannot happen", o, status)
			}
		}
	}
	return l
}
