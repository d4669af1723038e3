package paystack

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"

	"github.com/creditpocket/creditpocket/internal/money"
	"github.com/creditpocket/creditpocket/internal/provider"
)

// InitializeCheckout calls POST /transaction/initialize. ErrDuplicateReference if the reference is used; the page of
// the first call is then lost, and only VerifyCharge tells what became of it.
func (c *Client) InitializeCheckout(ctx context.Context, req provider.CheckoutRequest) (provider.Checkout, error) {
	const op = "initialize checkout"
	var none provider.Checkout
	if err := checkCharge(op, req.Email, req.Amount, req.Reference); err != nil {
		return none, err
	}
	body := map[string]any{
		"email": req.Email, "amount": int64(req.Amount), "reference": req.Reference, "currency": provider.Currency,
	}
	if req.CallbackURL != "" {
		body["callback_url"] = req.CallbackURL
	}
	if len(req.Metadata) > 0 {
		body["metadata"] = req.Metadata
	}
	if req.CardOnly {
		body["channels"] = []string{"card"}
	}
	var data struct {
		AuthorizationURL string `json:"authorization_url"`
		AccessCode       string `json:"access_code"`
		Reference        string `json:"reference"`
	}
	if err := c.call(ctx, op, http.MethodPost, "/transaction/initialize", nil, body, &data); err != nil {
		return none, err
	}
	if data.Reference != req.Reference || !isWebURL(data.AuthorizationURL) {
		return none, inconclusive(op, errOtherObject)
	}
	return provider.Checkout{AuthorizationURL: data.AuthorizationURL, AccessCode: data.AccessCode, Reference: data.Reference}, nil
}

// VerifyCharge calls GET /transaction/verify/{reference}. ErrNotFound for a readable 404, and for the 400 with code
// transaction_not_found that the gateway really sends.
func (c *Client) VerifyCharge(ctx context.Context, reference string) (provider.ChargeResult, error) {
	const op = "verify charge"
	var none provider.ChargeResult
	if !isChargeReference(reference) {
		return none, local(op, "invalid_reference")
	}
	var data charge
	err := c.call(ctx, op, http.MethodGet, "/transaction/verify/"+url.PathEscape(reference), nil, nil, &data)
	if err != nil {
		return none, notFound(err, "transaction_not_found")
	}
	return data.result(op, reference)
}

// ChargeAuthorization calls POST /transaction/charge_authorization. A declined card is OutcomeFailed and no error.
func (c *Client) ChargeAuthorization(ctx context.Context, req provider.ChargeRequest) (provider.ChargeResult, error) {
	const op = "charge authorization"
	var none provider.ChargeResult
	if err := checkCharge(op, req.Email, req.Amount, req.Reference); err != nil {
		return none, err
	}
	if req.AuthorizationCode == "" {
		return none, local(op, "invalid_authorization")
	}
	body := map[string]any{
		"email": req.Email, "amount": int64(req.Amount), "authorization_code": req.AuthorizationCode,
		"reference": req.Reference, "currency": provider.Currency,
	}
	if len(req.Metadata) > 0 {
		body["metadata"] = req.Metadata
	}
	var data charge
	if err := c.call(ctx, op, http.MethodPost, "/transaction/charge_authorization", nil, body, &data); err != nil {
		return none, err
	}
	return data.result(op, req.Reference)
}

// checkCharge refuses what the gateway would refuse, before any call.
func checkCharge(op, email string, amount money.Kobo, reference string) error {
	switch {
	case !isChargeReference(reference):
		return local(op, "invalid_reference")
	case amount <= 0:
		return local(op, "invalid_amount")
	case email == "":
		return local(op, "invalid_email")
	}
	return nil
}

// charge is a transaction in the API's shape.
type charge struct {
	ID               flexText        `json:"id"`
	Reference        string          `json:"reference"`
	Status           flexText        `json:"status"`
	Amount           flexKobo        `json:"amount"`
	Currency         flexCurrency    `json:"currency"`
	Fees             flexKobo        `json:"fees"`
	PaidAt           flexTime        `json:"paid_at"`
	PaidAtCamel      flexTime        `json:"paidAt"`
	TransactionDate  flexTime        `json:"transaction_date"`
	GatewayResponse  flexText        `json:"gateway_response"`
	Metadata         flexMetadata    `json:"metadata"`
	Paused           flexBool        `json:"paused"`
	AuthorizationURL string          `json:"authorization_url"`
	Authorization    json.RawMessage `json:"authorization"`
	Customer         struct {
		Email string `json:"email"`
	} `json:"customer"`
}

// authorization is a reusable card in the API's shape; {}, [], "" and null mean that no card was used.
type authorization struct {
	Code      string   `json:"authorization_code"`
	Signature flexText `json:"signature"`
	Last4     flexText `json:"last4"`
	BIN       flexText `json:"bin"`
	ExpMonth  flexText `json:"exp_month"`
	ExpYear   flexText `json:"exp_year"`
	Brand     flexText `json:"brand"`
	CardType  flexText `json:"card_type"`
	Bank      flexText `json:"bank"`
	Channel   flexText `json:"channel"`
	Reusable  flexBool `json:"reusable"`
}

func (a authorization) result() *provider.Authorization {
	if a.Code == "" {
		return nil
	}
	brand := a.Brand
	if brand == "" {
		brand = a.CardType
	}
	return &provider.Authorization{
		Code: a.Code, Signature: string(a.Signature), Last4: string(a.Last4), BIN: string(a.BIN),
		ExpMonth: string(a.ExpMonth), ExpYear: string(a.ExpYear), Brand: string(brand), Bank: string(a.Bank),
		Channel: string(a.Channel), Reusable: a.Reusable.value,
	}
}

func (t charge) result(op, reference string) (provider.ChargeResult, error) {
	if t.Reference != reference {
		return provider.ChargeResult{}, inconclusive(op, errOtherObject)
	}
	if t.AuthorizationURL != "" && !isWebURL(t.AuthorizationURL) {
		return provider.ChargeResult{}, inconclusive(op, errUnreadable)
	}
	var card authorization
	var text flexText
	if object(t.Authorization, &card, &text) != nil {
		return provider.ChargeResult{}, inconclusive(op, errUnreadable)
	}
	r := provider.ChargeResult{
		Outcome: chargeOutcome(string(t.Status)), Status: string(t.Status), Reference: t.Reference, ID: string(t.ID),
		Amount: money.Kobo(t.Amount), Currency: string(t.Currency), Fees: money.Kobo(t.Fees), Email: t.Customer.Email,
		Authorization: card.result(), GatewayResponse: maskDigits(string(t.GatewayResponse)),
		Metadata: t.Metadata, AuthorizationURL: t.AuthorizationURL,
	}
	if r.Amount <= 0 && (r.Outcome == provider.OutcomeSucceeded || r.Outcome == provider.OutcomeReversed) {
		return provider.ChargeResult{}, inconclusive(op, errUnreadable) // it took money and does not say how much
	}
	// paused wins over a status that is not conclusive, and over none; a conclusive status wins over paused.
	if t.Paused.value && !r.Outcome.Conclusive() {
		r.Outcome, r.Paused = provider.OutcomePaused, true
	}
	if r.Outcome == provider.OutcomeSucceeded || r.Outcome == provider.OutcomeReversed {
		r.PaidAt = firstTime(t.PaidAt, t.PaidAtCamel, t.TransactionDate)
	}
	return r, nil
}

// chargeOutcome: success, failed and reversed are conclusive. An abandoned checkout is not: its page is still open and
// the payer may come back.
func chargeOutcome(status string) provider.Outcome {
	switch status {
	case "success":
		return provider.OutcomeSucceeded
	case "failed":
		return provider.OutcomeFailed
	case "reversed":
		return provider.OutcomeReversed
	}
	return provider.OutcomePending
}
