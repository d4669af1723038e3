package simulator

import (
	"encoding/json"
	"net/http"
	"regexp"
	"strconv"
	"strings"

	"github.com/creditpocket/creditpocket/internal/money"
)

var chargeReference = regexp.MustCompile(`^[A-Za-z0-9.=-]{1,100}$`)

// chargeInput is the body of initialize and charge_authorization. Amount may come as a string.
type chargeInput struct {
	Email             string          `json:"email"`
	Amount            json.Number     `json:"amount"`
	Reference         string          `json:"reference"`
	CallbackURL       string          `json:"callback_url"`
	Metadata          json.RawMessage `json:"metadata"`
	AuthorizationCode string          `json:"authorization_code"`
}

// readCharge decodes and checks the body; bad is nil if it is good.
func (s *Simulator) readCharge(q *call) (in chargeInput, amount money.Kobo, bad *answer) {
	refused := func(code, message string) (chargeInput, money.Kobo, *answer) {
		a := refuse(http.StatusBadRequest, code, message)
		return in, 0, &a
	}
	if q.decode(&in) != nil {
		return refused("invalid_params", "Body is not valid JSON")
	}
	n, err := in.Amount.Int64()
	switch {
	case err != nil || n <= 0:
		return refused("invalid_amount", "Amount must be a whole number above 0")
	case !strings.Contains(in.Email, "@"):
		return refused("invalid_email_address", "Email is invalid")
	case in.CallbackURL != "" && !isWebURL(in.CallbackURL):
		return refused("invalid_callback_url", "Callback URL is invalid")
	}
	if in.Reference == "" {
		s.mu.Lock()
		in.Reference = s.code("T", 15, in.Email, strconv.FormatInt(s.books.LastID, 10))
		s.mu.Unlock()
	}
	if !chargeReference.MatchString(in.Reference) {
		return refused("invalid_reference", "Reference may hold letters, digits, -, . and =")
	}
	return in, money.Kobo(n), nil
}

func usedReference() answer {
	return refuse(http.StatusBadRequest, "duplicate_reference", "Duplicate Transaction Reference")
}

// newCharge stages a charge nobody has paid. It reports false if the reference is used.
func (s *Simulator) newCharge(c *change, in chargeInput, amount money.Kobo) (Charge, bool) {
	if _, used := c.books.Charges[in.Reference]; used {
		return Charge{}, false
	}
	return Charge{
		ID: c.id(), Reference: in.Reference, AccessCode: s.code("", 15, "access", in.Reference), Email: in.Email,
		Amount: amount, CallbackURL: in.CallbackURL, Metadata: in.Metadata, Status: "abandoned",
		GatewayResponse: "The transaction was not completed", CreatedAt: c.now,
	}, true
}

// initialize serves POST /transaction/initialize.
func (s *Simulator) initialize(q *call) answer {
	in, amount, bad := s.readCharge(q)
	if bad != nil {
		return *bad
	}
	out := usedReference()
	err := s.update(func(c *change) {
		charge, fresh := s.newCharge(c, in, amount)
		if !fresh {
			return
		}
		c.put(record{Charge: &charge})
		out = ok("Authorization URL created", map[string]any{
			"authorization_url": s.base(q.Request) + "/checkout/" + charge.AccessCode,
			"access_code":       charge.AccessCode, "reference": charge.Reference,
		})
	})
	if err != nil {
		return broken()
	}
	return out
}

// verifyCharge serves GET /transaction/verify/{reference}; the real gateway answers 400 for an unknown one.
func (s *Simulator) verifyCharge(q *call) answer {
	reference := q.PathValue("reference")
	s.mu.Lock()
	charge, known := s.books.Charges[reference]
	card := s.books.Authorizations[charge.Authorization]
	s.mu.Unlock()
	if !known {
		return refuse(http.StatusBadRequest, "transaction_not_found", "Transaction reference not found")
	}
	view := s.chargeView(charge, card, 0)
	if charge.Status == "paused" {
		view["paused"], view["authorization_url"] = true, s.twoFactorURL(q.Request, charge)
	}
	s.lie(view, reference)
	return ok("Verification successful", view)
}

// chargeAuthorization serves POST /transaction/charge_authorization.
func (s *Simulator) chargeAuthorization(q *call) answer {
	in, amount, bad := s.readCharge(q)
	if bad != nil {
		return *bad
	}
	var out answer
	err := s.update(func(c *change) {
		card, known := c.books.Authorizations[in.AuthorizationCode]
		switch {
		case !known || !card.Reusable:
			out = refuse(http.StatusBadRequest, "invalid_authorization_code", "Authorization code is invalid")
			return
		case !strings.EqualFold(card.Email, in.Email):
			out = refuse(http.StatusBadRequest, "invalid_email_address", "Email does not match Authorization code")
			return
		}
		charge, fresh := s.newCharge(c, in, amount)
		if !fresh {
			out = usedReference()
			return
		}
		charge.Authorization = card.Code
		s.settle(c, &charge, card.Card, cardFate(card.Card))
		c.put(record{Charge: &charge})
		if charge.Status == "paused" {
			out = ok("Please, redirect your customer to the authorization url provided", map[string]any{
				"authorization_url": s.twoFactorURL(q.Request, charge), "reference": charge.Reference,
				"access_code": charge.AccessCode, "paused": true,
			})
			return
		}
		out = ok("Charge attempted", s.chargeView(charge, card, ""))
	})
	if err != nil {
		return broken()
	}
	return out
}

// settle takes a charge to its fate and, if it is paid, books it and binds the card. Faults may change the fate.
func (s *Simulator) settle(c *change, charge *Charge, card, fate string) {
	if target := charge.Reference + " " + charge.Email; fate == "success" {
		if _, hit := s.faults.take(FaultDeclineCharge, target); hit {
			fate = "failed"
		} else if charge.Status != "paused" {
			if _, hit := s.faults.take(FaultPauseCharge, target); hit {
				fate = "paused"
			}
		}
	}
	charge.Card, charge.Status = card, fate
	switch fate {
	case "paused":
		charge.GatewayResponse = "Waiting for the card holder"
		return
	case "failed":
		charge.GatewayResponse = "Declined"
		return
	}
	charge.GatewayResponse, charge.PaidAt = "Approved", c.now
	charge.Fee = money.Kobo(int64(charge.Amount) * s.opts.ChargeFeeBasisPoints / 10_000)
	bound, known := c.books.Authorizations[charge.Authorization]
	if !known {
		bound = s.bind(charge.Email, card)
		charge.Authorization = bound.Code
		c.put(record{Authorization: &bound})
	}
	c.post(charge.Amount, "Transaction", charge.ID, "Charge "+charge.Reference)
	c.post(-charge.Fee, "Transaction", charge.ID, "Fee of charge "+charge.Reference)
	c.emit("charge.success", charge.Reference, "success", s.chargeView(*charge, bound, nil))
}

// chargeView is a charge in the API's shape. noMetadata is what stands for absent metadata: the real API says 0 on
// verify, "" on a charge and null in events.
func (s *Simulator) chargeView(charge Charge, card Authorization, noMetadata any) map[string]any {
	var paidAt any
	if !charge.PaidAt.IsZero() {
		paidAt = stamp(charge.PaidAt)
	}
	metadata := noMetadata
	if len(charge.Metadata) > 0 && string(charge.Metadata) != "null" {
		metadata = charge.Metadata
	}
	authorization := map[string]any{}
	if charge.paid() {
		authorization = cardView(card)
	}
	return map[string]any{
		"id": charge.ID, "domain": "test", "status": charge.Status, "reference": charge.Reference, "amount": charge.Amount,
		"requested_amount": charge.Amount, "message": nil, "gateway_response": charge.GatewayResponse, "paid_at": paidAt,
		"paidAt": paidAt, "created_at": stamp(charge.CreatedAt), "channel": "card", "currency": currency,
		"ip_address": "127.0.0.1", "metadata": metadata, "fees": charge.Fee, "log": nil, "plan": nil,
		"authorization": authorization,
		"customer": map[string]any{
			"id": charge.ID + 9000, "email": charge.Email, "customer_code": s.code("CUS_", 15, charge.Email),
			"first_name": nil, "last_name": nil, "phone": nil, "metadata": nil, "risk_action": "default",
		},
	}
}
