package paystack

import (
	"context"
	"net/http"
	"net/url"

	"github.com/creditpocket/creditpocket/internal/provider"
)

// ListBanks calls GET /bank?currency=NGN. Errors: the classes every method has.
func (c *Client) ListBanks(ctx context.Context) ([]provider.Bank, error) {
	var data []struct {
		Name      string   `json:"name"`
		Slug      flexText `json:"slug"`
		Code      flexText `json:"code"`
		Active    flexBool `json:"active"`
		IsDeleted flexBool `json:"is_deleted"`
	}
	query := url.Values{"currency": {provider.Currency}, "perPage": {"100"}, "country": {"nigeria"}}
	// One page holds 100 and Nigeria has several hundred banks: follow the cursor, at most 20 pages.
	var banks []provider.Bank
	for range 20 {
		answer, err := c.exchange(ctx, "list banks", http.MethodGet, "/bank", withCursor(query), nil)
		if err != nil {
			return nil, err
		}
		data = nil
		next, err := page(answer, &data)
		if err != nil {
			return nil, inconclusive("list banks", errUnreadable)
		}
		for _, b := range data {
			if b.Code == "" || b.Name == "" {
				continue
			}
			active := (!b.Active.set || b.Active.value) && !b.IsDeleted.value
			banks = append(banks, provider.Bank{Code: string(b.Code), Name: b.Name, Slug: string(b.Slug), Active: active})
		}
		if next == "" || next == query.Get("next") {
			break
		}
		query.Set("next", next)
	}
	return banks, nil
}

// ResolveAccount calls GET /bank/resolve. ErrNotFound for 404 and 422 (the bank has no such account); a bank code the
// gateway does not know is a *RejectedError.
func (c *Client) ResolveAccount(ctx context.Context, accountNumber, bankCode string) (provider.ResolvedAccount, error) {
	const op = "resolve account"
	var none provider.ResolvedAccount
	if !isNUBAN(accountNumber) {
		return none, local(op, "invalid_account_number")
	}
	if bankCode == "" {
		return none, local(op, "invalid_bank_code")
	}
	var data struct {
		AccountNumber flexText `json:"account_number"`
		AccountName   string   `json:"account_name"`
	}
	query := url.Values{"account_number": {accountNumber}, "bank_code": {bankCode}}
	err := c.call(ctx, op, http.MethodGet, "/bank/resolve", query, nil, &data)
	if err != nil {
		return none, unresolved(err)
	}
	if string(data.AccountNumber) != accountNumber || data.AccountName == "" {
		return none, inconclusive(op, errOtherObject)
	}
	return provider.ResolvedAccount{AccountNumber: accountNumber, AccountName: data.AccountName, BankCode: bankCode}, nil
}

// CreateRecipient calls POST /transferrecipient, which answers 201 for a new record and 200 for one it has.
func (c *Client) CreateRecipient(ctx context.Context, req provider.RecipientRequest) (provider.Recipient, error) {
	const op = "create recipient"
	var none provider.Recipient
	if !isNUBAN(req.AccountNumber) {
		return none, local(op, "invalid_account_number")
	}
	body := map[string]string{
		"type": "nuban", "name": req.Name, "account_number": req.AccountNumber,
		"bank_code": req.BankCode, "currency": provider.Currency,
	}
	var data recipient
	if err := c.call(ctx, op, http.MethodPost, "/transferrecipient", nil, body, &data); err != nil {
		return none, err
	}
	if data.Code == "" {
		return none, inconclusive(op, errUnreadable)
	}
	if number := string(data.Details.AccountNumber); number != "" && number != req.AccountNumber {
		return none, inconclusive(op, errOtherObject)
	}
	return provider.Recipient{
		Code: data.Code, Name: data.Name, AccountNumber: req.AccountNumber, BankCode: req.BankCode,
		BankName: data.Details.BankName, Active: !data.Active.set || data.Active.value,
	}, nil
}

// recipient is a transfer recipient in the API's shape.
type recipient struct {
	Code    string   `json:"recipient_code"`
	Name    string   `json:"name"`
	Active  flexBool `json:"active"`
	Details struct {
		AccountNumber flexText `json:"account_number"`
		BankName      string   `json:"bank_name"`
	} `json:"details"`
}
