package paystack

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/creditpocket/creditpocket/internal/money"
	"github.com/creditpocket/creditpocket/internal/provider"
)

var _ provider.Books = (*Client)(nil)

// recordPaths are where the lists of records live.
var recordPaths = map[provider.RecordKind]string{provider.TransferRecord: "/transfer", provider.ChargeRecord: "/transaction", provider.RefundRecord: "/refund"}

// Records calls GET /transfer, /transaction or /refund for one page of 100, newest first.
func (c *Client) Records(ctx context.Context, kind provider.RecordKind, since time.Time, number int) (provider.RecordPage, error) {
	op := "list " + string(kind) + "s"
	none := provider.RecordPage{}
	path, known := recordPaths[kind]
	if !known || number < 1 {
		return none, local(op, "invalid_page")
	}
	query := url.Values{"page": {strconv.Itoa(number)}, "perPage": {"100"}}
	if !since.IsZero() {
		query.Set("from", since.UTC().Format("2006-01-02T15:04:05.000Z"))
	}
	answer, err := c.exchange(ctx, op, http.MethodGet, path, query, nil)
	if err != nil {
		return none, err
	}
	var data []listed
	if json.Unmarshal(answer.Data, &data) != nil {
		return none, inconclusive(op, errUnreadable)
	}
	var meta struct {
		PageCount flexText `json:"pageCount"`
	}
	_ = json.Unmarshal(answer.Meta, &meta)
	out := provider.RecordPage{Page: number, Pages: number}
	if n, err := strconv.Atoi(string(meta.PageCount)); err == nil {
		out.Pages = n
	}
	for _, d := range data {
		r, ok := d.record(kind)
		if !ok {
			return none, inconclusive(op, errUnreadable)
		}
		out.Records = append(out.Records, r)
	}
	return out, nil
}

// listed is a transfer, a transaction or a refund as the lists show it.
type listed struct {
	ID           flexText        `json:"id"`
	Reference    flexText        `json:"reference"`
	Transaction  json.RawMessage `json:"transaction"`
	OfReference  flexText        `json:"transaction_reference"`
	MerchantNote flexText        `json:"merchant_note"`
	Amount       flexKobo        `json:"amount"`
	FeeCharged   flexKobo        `json:"fee_charged"`
	Fees         flexKobo        `json:"fees"`
	Currency     flexCurrency    `json:"currency"`
	Status       flexText        `json:"status"`
	CreatedAt    flexTime        `json:"createdAt"`
	CreatedSnake flexTime        `json:"created_at"`
}

func (l listed) record(kind provider.RecordKind) (provider.Record, bool) {
	r := provider.Record{Kind: kind, ID: string(l.ID), Reference: string(l.Reference), Amount: money.Kobo(l.Amount), Currency: string(l.Currency),
		Status: string(l.Status), At: firstTime(l.CreatedAt, l.CreatedSnake)}
	switch kind {
	case provider.TransferRecord:
		r.Fee, r.Outcome = money.Kobo(l.FeeCharged), transferOutcome(r.Status)
	case provider.ChargeRecord:
		r.Fee, r.Outcome = money.Kobo(l.Fees), chargeOutcome(r.Status)
	case provider.RefundRecord:
		var of struct {
			Reference flexText `json:"reference"`
		}
		var id flexText
		if object(l.Transaction, &of, &id) != nil {
			return r, false
		}
		r.Reference, r.Note, r.Outcome = string(of.Reference), string(l.MerchantNote), refundOutcome(r.Status)
		if r.Reference == "" {
			r.Reference = string(l.OfReference)
		}
	}
	return r, r.ID != "" && (r.Reference != "" || kind == provider.RefundRecord)
}
