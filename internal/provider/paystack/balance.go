package paystack

import (
	"context"
	"encoding/json"
	"maps"
	"net/http"
	"net/url"
	"strconv"

	"github.com/creditpocket/creditpocket/internal/money"
	"github.com/creditpocket/creditpocket/internal/provider"
)

// Balance calls GET /balance and returns the naira one.
func (c *Client) Balance(ctx context.Context) (provider.Balance, error) {
	const op = "balance"
	var data []struct {
		Currency flexCurrency `json:"currency"`
		Balance  flexKobo     `json:"balance"`
	}
	if err := c.call(ctx, op, http.MethodGet, "/balance", nil, nil, &data); err != nil {
		return provider.Balance{}, err
	}
	for _, b := range data {
		if b.Currency == provider.Currency {
			return provider.Balance{Amount: money.Kobo(b.Balance), Currency: provider.Currency}, nil
		}
	}
	return provider.Balance{}, inconclusive(op, errUnreadable)
}

// BalanceLedger calls GET /balance/ledger for one page of 50, newest first.
func (c *Client) BalanceLedger(ctx context.Context, number int) (provider.LedgerPage, error) {
	const op = "balance ledger"
	none := provider.LedgerPage{}
	if number < 1 {
		return none, local(op, "invalid_page")
	}
	query := url.Values{"page": {strconv.Itoa(number)}, "perPage": {"50"}}
	answer, err := c.exchange(ctx, op, http.MethodGet, "/balance/ledger", query, nil)
	if err != nil {
		return none, err
	}
	var data []struct {
		ID         flexText     `json:"id"`
		Difference flexKobo     `json:"difference"`
		Balance    flexKobo     `json:"balance"`
		Currency   flexCurrency `json:"currency"`
		Reason     flexText     `json:"reason"`
		Model      flexText     `json:"model_responsible"`
		ModelRow   flexText     `json:"model_row"`
		CreatedAt  flexTime     `json:"createdAt"`
	}
	if _, err := page(answer, &data); err != nil {
		return none, inconclusive(op, errUnreadable)
	}
	var meta struct {
		PageCount flexText `json:"pageCount"`
	}
	_ = json.Unmarshal(answer.Meta, &meta)
	out := provider.LedgerPage{Page: number, Pages: number}
	if n, err := strconv.Atoi(string(meta.PageCount)); err == nil {
		out.Pages = n
	}
	for _, d := range data {
		out.Entries = append(out.Entries, provider.LedgerEntry{
			ID: string(d.ID), Difference: money.Kobo(d.Difference), BalanceAfter: money.Kobo(d.Balance),
			Currency: string(d.Currency), Reason: string(d.Reason), Model: string(d.Model), ModelID: string(d.ModelRow),
			At: d.CreatedAt.Time,
		})
	}
	return out, nil
}

// page decodes one page of a list and returns the cursor of the next, "" if there is none.
func page(e envelope, data any) (string, error) {
	if err := json.Unmarshal(e.Data, data); err != nil {
		return "", err
	}
	var meta struct {
		Next flexText `json:"next"`
	}
	_ = json.Unmarshal(e.Meta, &meta)
	return string(meta.Next), nil
}

// withCursor turns cursor paging on for lists that have it.
func withCursor(query url.Values) url.Values {
	out := maps.Clone(query)
	out.Set("use_cursor", "true")
	return out
}
