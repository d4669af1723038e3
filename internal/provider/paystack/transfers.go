package paystack

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"

	"github.com/creditpocket/creditpocket/internal/money"
	"github.com/creditpocket/creditpocket/internal/provider"
)

// Transfer calls POST /transfer from our balance.
//
// Outcomes: see transferOutcome. Errors: ErrDuplicateReference (accepted earlier), *RejectedError (a readable 4xx:
// nothing moved; it carries ErrInsufficientBalance when that is the reason), ErrInconclusive (verify first).
func (c *Client) Transfer(ctx context.Context, req provider.TransferRequest) (provider.TransferResult, error) {
	const op = "transfer"
	var none provider.TransferResult
	switch {
	case !isTransferReference(req.Reference):
		return none, local(op, "invalid_reference")
	case req.Amount <= 0:
		return none, local(op, "invalid_amount")
	case req.RecipientCode == "":
		return none, local(op, "invalid_recipient")
	}
	body := map[string]any{
		"source": "balance", "amount": int64(req.Amount), "recipient": req.RecipientCode,
		"reference": req.Reference, "reason": req.Reason, "currency": provider.Currency,
	}
	var data transfer
	if err := c.call(ctx, op, http.MethodPost, "/transfer", nil, body, &data); err != nil {
		return none, err
	}
	return data.result(op, req.Reference)
}

// VerifyTransfer calls GET /transfer/verify/{reference}. ErrNotFound only for a readable 404 of the gateway's own.
func (c *Client) VerifyTransfer(ctx context.Context, reference string) (provider.TransferResult, error) {
	const op = "verify transfer"
	var none provider.TransferResult
	if !isTransferReference(reference) {
		return none, local(op, "invalid_reference")
	}
	var data transfer
	err := c.call(ctx, op, http.MethodGet, "/transfer/verify/"+url.PathEscape(reference), nil, nil, &data)
	if err != nil {
		return none, notFound(err)
	}
	return data.result(op, reference)
}

// transfer is a transfer in the API's shape. Recipient is a number on initiate and an object on verify.
type transfer struct {
	Reference       string          `json:"reference"`
	Code            flexText        `json:"transfer_code"`
	Status          flexText        `json:"status"`
	Amount          flexKobo        `json:"amount"`
	Currency        flexCurrency    `json:"currency"`
	Fee             flexKobo        `json:"fee_charged"`
	Recipient       json.RawMessage `json:"recipient"`
	Failures        json.RawMessage `json:"failures"`
	GatewayResponse flexText        `json:"gateway_response"`
	TransferredAt   flexTime        `json:"transferred_at"`
	UpdatedAt       flexTime        `json:"updatedAt"`
	UpdatedAtSnake  flexTime        `json:"updated_at"`
}

func (t transfer) result(op, reference string) (provider.TransferResult, error) {
	if t.Reference != reference {
		return provider.TransferResult{}, inconclusive(op, errOtherObject)
	}
	var to recipient
	var id flexText
	if object(t.Recipient, &to, &id) != nil {
		return provider.TransferResult{}, inconclusive(op, errUnreadable)
	}
	if o := transferOutcome(string(t.Status)); t.Amount <= 0 && (o == provider.OutcomeSucceeded || o == provider.OutcomeReversed) {
		return provider.TransferResult{}, inconclusive(op, errUnreadable) // it moved money and does not say how much
	}
	return provider.TransferResult{
		Outcome: transferOutcome(string(t.Status)), Status: string(t.Status), Reference: t.Reference, Code: string(t.Code),
		Amount: money.Kobo(t.Amount), Currency: string(t.Currency), RecipientCode: to.Code, Fee: money.Kobo(t.Fee),
		FailureReason: maskDigits(t.failure()), UpdatedAt: firstTime(t.TransferredAt, t.UpdatedAt, t.UpdatedAtSnake),
	}, nil
}

// failure is the reason in whichever field holds it: failures is null, a text or an object with a reason.
func (t transfer) failure() string {
	var detail struct {
		Reason  string `json:"reason"`
		Message string `json:"message"`
	}
	var text flexText
	if object(t.Failures, &detail, &text) == nil {
		for _, s := range []string{detail.Reason, detail.Message, string(text)} {
			if s != "" {
				return s
			}
		}
	}
	if transferOutcome(string(t.Status)) == provider.OutcomeFailed {
		return string(t.GatewayResponse)
	}
	return ""
}

// transferOutcome: pending, otp, received and anything new are not conclusive; success, failed, reversed, abandoned,
// blocked and rejected are.
func transferOutcome(status string) provider.Outcome {
	switch status {
	case "success":
		return provider.OutcomeSucceeded
	case "failed", "blocked", "rejected":
		return provider.OutcomeFailed
	case "reversed":
		return provider.OutcomeReversed
	case "abandoned":
		return provider.OutcomeAbandoned
	}
	return provider.OutcomePending
}
