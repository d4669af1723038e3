package paystack

import (
	"cmp"
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"slices"

	"github.com/creditpocket/creditpocket/internal/money"
	"github.com/creditpocket/creditpocket/internal/provider"
)

// Refund calls POST /refund. There is no reference of ours in it: after ErrInconclusive look for the note in
// ListRefunds. *RejectedError when the charge has nothing left to give back.
func (c *Client) Refund(ctx context.Context, req provider.RefundRequest) (provider.RefundResult, error) {
	const op = "refund"
	var none provider.RefundResult
	if !isChargeReference(req.ChargeReference) {
		return none, local(op, "invalid_reference")
	}
	if req.Amount < 0 {
		return none, local(op, "invalid_amount")
	}
	body := map[string]any{
		"transaction": req.ChargeReference, "currency": provider.Currency, "merchant_note": req.MerchantNote,
	}
	if req.Amount > 0 {
		body["amount"] = int64(req.Amount)
	}
	var data refund
	if err := c.call(ctx, op, http.MethodPost, "/refund", nil, body, &data); err != nil {
		return none, err
	}
	result, err := data.result(op)
	switch {
	case err != nil:
		return none, err
	case result.ChargeReference == "":
		result.ChargeReference = req.ChargeReference
	case result.ChargeReference != req.ChargeReference:
		return none, inconclusive(op, errOtherObject) // its number would stand for ours from now on
	}
	return result, nil
}

// VerifyRefund calls GET /refund/{id}. ErrNotFound for a readable 404.
func (c *Client) VerifyRefund(ctx context.Context, id string) (provider.RefundResult, error) {
	const op = "verify refund"
	if id == "" {
		return provider.RefundResult{}, local(op, "invalid_id")
	}
	var data refund
	if err := c.call(ctx, op, http.MethodGet, "/refund/"+url.PathEscape(id), nil, nil, &data); err != nil {
		return provider.RefundResult{}, notFound(err, "refund_not_found")
	}
	if string(data.ID) != id {
		return provider.RefundResult{}, inconclusive(op, errOtherObject)
	}
	return data.result(op)
}

// ListRefunds asks for the charge's number first, since GET /refund filters by that and not by reference. One page
// of 100 is read: our charges have one refund, or none. Errors are those of VerifyCharge.
func (c *Client) ListRefunds(ctx context.Context, chargeReference string) ([]provider.RefundResult, error) {
	const op = "list refunds"
	of, err := c.VerifyCharge(ctx, chargeReference)
	if err != nil {
		return nil, err
	}
	if of.ID == "" {
		return nil, inconclusive(op, errUnreadable)
	}
	var data []refund
	query := url.Values{"transaction": {of.ID}, "perPage": {"100"}}
	if err := c.call(ctx, op, http.MethodGet, "/refund", query, nil, &data); err != nil {
		return nil, err
	}
	refunds := make([]provider.RefundResult, 0, len(data))
	for _, d := range data {
		r, err := d.result(op)
		if err != nil {
			return nil, err
		}
		// A filter the gateway ignored must not show another borrower's refund.
		if r.ChargeID != of.ID && r.ChargeReference != chargeReference {
			continue
		}
		r.ChargeReference, r.ChargeID = chargeReference, of.ID
		refunds = append(refunds, r)
	}
	// Numbers as text: the longer is the younger.
	slices.SortFunc(refunds, func(a, b provider.RefundResult) int {
		return cmp.Or(cmp.Compare(len(a.ID), len(b.ID)), cmp.Compare(a.ID, b.ID))
	})
	return refunds, nil
}

// refund is a refund in the API's shape. Transaction is a number or an object, amount a number or a string.
type refund struct {
	ID           flexText        `json:"id"`
	Status       flexText        `json:"status"`
	Transaction  json.RawMessage `json:"transaction"`
	Reference    flexText        `json:"transaction_reference"`
	Amount       flexKobo        `json:"amount"`
	Currency     flexCurrency    `json:"currency"`
	MerchantNote flexText        `json:"merchant_note"`
	RefundedAt   flexTime        `json:"refunded_at"`
	UpdatedAt    flexTime        `json:"updatedAt"`
}

func (r refund) result(op string) (provider.RefundResult, error) {
	var of struct {
		ID        flexText `json:"id"`
		Reference flexText `json:"reference"`
	}
	var id flexText
	if r.ID == "" || object(r.Transaction, &of, &id) != nil {
		return provider.RefundResult{}, inconclusive(op, errUnreadable)
	}
	if of.ID != "" {
		id = of.ID
	}
	if of.Reference == "" {
		of.Reference = r.Reference
	}
	if r.Amount <= 0 && refundOutcome(string(r.Status)) == provider.OutcomeSucceeded {
		return provider.RefundResult{}, inconclusive(op, errUnreadable)
	}
	out := provider.RefundResult{
		ID: string(r.ID), Outcome: refundOutcome(string(r.Status)), Status: string(r.Status), ChargeReference: string(of.Reference),
		ChargeID: string(id), Amount: money.Kobo(r.Amount), Currency: string(r.Currency), MerchantNote: string(r.MerchantNote),
	}
	if out.Outcome == provider.OutcomeSucceeded {
		out.RefundedAt = firstTime(r.RefundedAt, r.UpdatedAt)
	}
	return out, nil
}

// refundOutcome: processed and failed are conclusive; pending, processing and needs-attention are not.
func refundOutcome(status string) provider.Outcome {
	switch status {
	case "processed":
		return provider.OutcomeSucceeded
	case "failed":
		return provider.OutcomeFailed
	}
	return provider.OutcomePending
}
