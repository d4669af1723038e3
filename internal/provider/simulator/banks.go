package simulator

import (
	"net/http"
	"strings"
)

// bank is one row of the list.
type bank struct{ code, name, slug string }

// banks are real banks with their real codes, enough to choose from.
var banks = []bank{
	{"044", "Access Bank", "access-bank"},
	{"063", "Access Bank (Diamond)", "access-bank-diamond"},
	{"401", "ASO Savings and Loans", "asosavings"},
	{"50931", "Bowen Microfinance Bank", "bowen-microfinance-bank"},
	{"565", "Carbon", "carbon"},
	{"023", "Citibank Nigeria", "citibank-nigeria"},
	{"050", "Ecobank Nigeria", "ecobank-nigeria"},
	{"070", "Fidelity Bank", "fidelity-bank"},
	{"011", "First Bank of Nigeria", "first-bank-of-nigeria"},
	{"214", "First City Monument Bank", "first-city-monument-bank"},
	{"00103", "Globus Bank", "globus-bank"},
	{"058", "Guaranty Trust Bank", "guaranty-trust-bank"},
	{"030", "Heritage Bank", "heritage-bank"},
	{"301", "Jaiz Bank", "jaiz-bank"},
	{"082", "Keystone Bank", "keystone-bank"},
	{"50211", "Kuda Bank", "kuda-bank"},
	{"50515", "Moniepoint MFB", "moniepoint-mfb-ng"},
	{"999992", "OPay Digital Services Limited (OPay)", "paycom"},
	{"999991", "PalmPay", "palmpay"},
	{"076", "Polaris Bank", "polaris-bank"},
	{"101", "Providus Bank", "providus-bank"},
	{"51310", "Sparkle Microfinance Bank", "sparkle-microfinance-bank"},
	{"221", "Stanbic IBTC Bank", "stanbic-ibtc-bank"},
	{"068", "Standard Chartered Bank", "standard-chartered-bank"},
	{"232", "Sterling Bank", "sterling-bank"},
	{"032", "Union Bank of Nigeria", "union-bank-of-nigeria"},
	{"033", "United Bank For Africa", "united-bank-for-africa"},
	{"215", "Unity Bank", "unity-bank"},
	{"566", "VFD Microfinance Bank Limited", "vfd"},
	{"035", "Wema Bank", "wema-bank"},
	{"057", "Zenith Bank", "zenith-bank"},
}

func bankByCode(code string) (bank, bool) {
	for _, b := range banks {
		if b.code == code {
			return b, true
		}
	}
	return bank{}, false
}

// listBanks serves GET /bank: one page, and a cursor that says there is no other.
func (s *Simulator) listBanks(*call) answer {
	data := make([]any, 0, len(banks))
	for i, b := range banks {
		data = append(data, map[string]any{
			"id": i + 1, "name": b.name, "slug": b.slug, "code": b.code, "longcode": "", "gateway": nil, "active": true,
			"is_deleted": nil, "country": "Nigeria", "currency": currency, "type": "nuban", "pay_with_bank": false,
		})
	}
	return answer{status: http.StatusOK, body: map[string]any{
		"status": true, "message": "Banks retrieved", "data": data,
		"meta": map[string]any{"next": nil, "previous": nil, "perPage": len(banks)},
	}}
}

// RegisterAccount names the holder of an account for later look-ups.
func (s *Simulator) RegisterAccount(a Account) error {
	return s.update(func(c *change) { c.put(record{Account: &a}) })
}

// resolve serves GET /bank/resolve.
func (s *Simulator) resolve(q *call) answer {
	number, code := q.URL.Query().Get("account_number"), q.URL.Query().Get("bank_code")
	b, known := bankByCode(code)
	switch {
	case !isNUBAN(number):
		return refuse(http.StatusBadRequest, "invalid_account_number", "Account number is invalid")
	case !known:
		return refuse(http.StatusBadRequest, "invalid_bank_code", "Unknown bank code")
	case missing(number):
		return refuse(http.StatusUnprocessableEntity, "account_not_found", "Could not resolve account name. Check parameters or try again.")
	}
	return ok("Account number resolved", map[string]any{
		"account_number": number, "account_name": s.holder(number, b.code), "bank_id": 9,
	})
}

// holder is the registered name of an account, or the default one.
func (s *Simulator) holder(number, bankCode string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	if a, registered := s.books.Accounts[Account{AccountNumber: number, BankCode: bankCode}.key()]; registered {
		return a.AccountName
	}
	return s.opts.DefaultAccountName
}

func isNUBAN(number string) bool {
	return len(number) == 10 && strings.Trim(number, "0123456789") == ""
}

// createRecipient serves POST /transferrecipient: 201 for a new account, 200 for one it has.
func (s *Simulator) createRecipient(q *call) answer {
	var in struct {
		Type          string `json:"type"`
		Name          string `json:"name"`
		AccountNumber string `json:"account_number"`
		BankCode      string `json:"bank_code"`
	}
	if q.decode(&in) != nil {
		return refuse(http.StatusBadRequest, "invalid_params", "Body is not valid JSON")
	}
	b, known := bankByCode(in.BankCode)
	switch {
	case in.Type != "nuban" || in.Name == "":
		return refuse(http.StatusBadRequest, "invalid_params", "Type and name are required")
	case !known:
		return refuse(http.StatusBadRequest, "invalid_bank_code", "Bank code is invalid")
	case !isNUBAN(in.AccountNumber) || missing(in.AccountNumber):
		return refuse(http.StatusBadRequest, "invalid_account_number", "Account number is invalid")
	}
	code := s.code("RCP_", 15, in.BankCode, in.AccountNumber)
	status := http.StatusOK
	var to Recipient
	err := s.update(func(c *change) {
		var registered bool
		if to, registered = c.books.Recipients[code]; registered {
			return
		}
		status = http.StatusCreated
		to = Recipient{ID: c.id(), Code: code, Name: in.Name, AccountNumber: in.AccountNumber, BankCode: b.code, CreatedAt: c.now}
		c.put(record{Recipient: &to})
	})
	if err != nil {
		return broken()
	}
	return answer{status: status, body: map[string]any{
		"status": true, "message": "Transfer recipient created successfully", "data": recipientView(to),
	}}
}

func recipientView(to Recipient) map[string]any {
	b, _ := bankByCode(to.BankCode)
	return map[string]any{
		"active": true, "createdAt": stamp(to.CreatedAt), "updatedAt": stamp(to.CreatedAt), "currency": currency,
		"description": nil, "domain": "test", "email": nil, "id": to.ID, "integration": integration, "metadata": nil,
		"name": to.Name, "recipient_code": to.Code, "type": "nuban", "is_deleted": false, "isDeleted": false,
		"details": map[string]any{
			"authorization_code": nil, "account_number": to.AccountNumber, "account_name": nil, "bank_code": to.BankCode,
			"bank_name": b.name,
		},
	}
}
