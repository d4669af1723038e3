package creditpockettest

import (
	"encoding/json"
	"slices"
	"strings"

	creditpocket "github.com/creditpocket/creditpocket/client"
)

// handlers are the operations, by id. They run under the server's lock; the request fits the contract.
var handlers = map[string]func(*exchange) (any, *Refusal){
	"login": (*exchange).login, "checkLogin": (*exchange).checkLogin, "logout": (*exchange).logout, "postLogout": (*exchange).logout,
	"register": (*exchange).register, "sendCode": (*exchange).sendCode, "checkCode": (*exchange).checkCode,

	"listSessions": (*exchange).sessions, "revokeSession": (*exchange).endSession, "refreshSession": (*exchange).refresh,
	"changePassword": (*exchange).changePassword,
	"exportUser":     (*exchange).export, "eraseUser": (*exchange).erase,

	"saveBasicInfo": (*exchange).saveBasic, "getInfoStatus": (*exchange).infoStatus, "saveEmergencyContacts": (*exchange).saveContacts,
	"saveWorkInfo": (*exchange).saveWork, "saveMoreInfo": (*exchange).saveMore, "getUserInfo": (*exchange).userInfo,
	"getCreditInfo": (*exchange).creditInfo, "saveBankAccount": (*exchange).saveAccount, "ensureTransferRecipient": (*exchange).recipient,
	"getUserSetting": (*exchange).getSettings, "saveUserSetting": (*exchange).saveSettings, "subscribeTopic": (*exchange).accept,
	"listConsents": (*exchange).listConsents, "saveConsent": (*exchange).saveConsent,

	"listBanks": (*exchange).listBanks, "getDefaultCard": (*exchange).defaultAccount, "setDefaultCard": (*exchange).setDefaultAccount,
	"listCards": (*exchange).accounts, "getCardBindAmount": (*exchange).bindCard, "verifyCardBind": (*exchange).verifyCard,

	"getHomeProducts": (*exchange).homeProducts, "listRealtimeLoans": (*exchange).recentPayouts, "getHomeLastLoan": (*exchange).latestLoan,
	"getHomeAuthStatus": (*exchange).homeStatus,

	"listCities": (*exchange).cities, "listIncomeBands": (*exchange).incomeBands,

	"listLoans": (*exchange).listLoans, "listLoanProducts": (*exchange).listProducts, "getLoanProduct": (*exchange).productDetail,
	"applyLoan": (*exchange).apply, "getLatestOpenLoan": (*exchange).latestOpenLoan, "getLatestLoan": (*exchange).latestLoan,
	"getRepayment": (*exchange).checkout, "repayLoan": (*exchange).repay, "getPayoff": (*exchange).payoff,
	"getExtension": (*exchange).extension, "extendLoan": (*exchange).extend, "listCoupons": (*exchange).listCoupons,
	"getStatement": (*exchange).statement, "getStatementPdf": (*exchange).statementPDF, "getClearance": (*exchange).clearance,
	"getClearancePdf": (*exchange).clearancePDF, "verifyDocument": (*exchange).verifyDocument,

	"listMessages":     (*exchange).listMessages,
	"listHotQuestions": (*exchange).questions, "listSupportPhones": (*exchange).phones, "getSupportEmail": (*exchange).email,

	"reportDevice": (*exchange).accept, "reportActivity": (*exchange).accept, "reportLocation": (*exchange).location,
	"reportAddressBook": (*exchange).harvest, "reportShortMessages": (*exchange).harvest, "reportAdSource": (*exchange).accept,
	"reportLoanClick": (*exchange).loanClick,

	"getImage": (*exchange).image, "receivePaystackEvent": (*exchange).event,
}

// authenticate finds the borrower of the session.
func (x *exchange) authenticate() *Refusal {
	if app := x.r.Header.Get("X-App-Code"); app != "" && app != x.srv.brand {
		return Refuse(creditpocket.ErrUnknownApp)
	}
	takes, needs := x.op.session()
	token, sent := strings.CutPrefix(x.r.Header.Get("Authorization"), "Bearer ")
	if !takes || (!sent && !needs) {
		return nil
	}
	for _, b := range x.srv.borrowers {
		alive, known := b.sessions[creditpocket.Secret(token)]
		switch {
		case !known:
			continue
		case !alive && x.op.ID != "checkLogin" && x.op.ID != "logout" && x.op.ID != "postLogout":
			return Refuse(creditpocket.ErrSessionExpired)
		case b.blocked && needs:
			return Refuse(creditpocket.ErrAccountBlocked)
		}
		if alive || needs {
			x.b = b
		}
		return nil
	}
	if x.op.ID == "checkLogin" {
		return nil
	}
	return Refuse(creditpocket.ErrUnauthenticated)
}

// request reads the body, which fits the contract already.
func request[T any](x *exchange) T {
	var out T
	if len(x.body) > 0 {
		if err := json.Unmarshal(x.body, &out); err != nil {
			panic("creditpockettest: " + err.Error())
		}
	}
	return out
}

// list is an answer that is a list without pages.
func list[T any](items []T) map[string][]T {
	if items == nil {
		items = []T{}
	}
	return map[string][]T{"list": items}
}

// examples is the list of an example, for what the server keeps in no state.
func examples[T any](x *exchange, name string) []T {
	return data[struct{ List []T }](x.srv.contract, x.op.ID, name).List
}

// page cuts a page out of all.
func page[T any](x *exchange, all []T) creditpocket.Page[T] {
	q := x.r.URL.Query()
	number, size := 1, 10
	_ = json.Unmarshal([]byte(q.Get("pageNum")), &number)
	_ = json.Unmarshal([]byte(q.Get("pageSize")), &size)
	from := min((number-1)*size, len(all))
	return creditpocket.Page[T]{Items: slices.Clone(all[from:min(from+size, len(all))]), Total: int64(len(all))}
}

// accept takes something in and does nothing with it.
func (x *exchange) accept() (any, *Refusal) { return map[string]int{"accepted": 1}, nil }
