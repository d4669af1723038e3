package simulator

import (
	"encoding/json"
	"net/http"
	"regexp"
	"time"

	"github.com/creditpocket/creditpocket/internal/money"
)

var transferReference = regexp.MustCompile(`^[a-z0-9_-]{16,50}$`)

// transfer serves POST /transfer. The account's ending decides what happens (magic.go).
func (s *Simulator) transfer(q *call) answer {
	var in struct {
		Source    string      `json:"source"`
		Amount    json.Number `json:"amount"`
		Recipient string      `json:"recipient"`
		Reference string      `json:"reference"`
		Reason    string      `json:"reason"`
	}
	if q.decode(&in) != nil {
		return refuse(http.StatusBadRequest, "invalid_params", "Body is not valid JSON")
	}
	amount, err := in.Amount.Int64()
	switch {
	case in.Source != "balance":
		return refuse(http.StatusBadRequest, "invalid_params", "Source must be balance")
	case err != nil || amount <= 0:
		return refuse(http.StatusBadRequest, "invalid_amount", "Amount must be a whole number above 0")
	case !transferReference.MatchString(in.Reference):
		return refuse(http.StatusBadRequest, "invalid_transfer_reference", "Reference may hold lower case letters, digits, - and _, 16 to 50 of them")
	}
	var out answer
	if err := s.update(func(c *change) {
		out = s.accept(c, in.Reference, in.Recipient, in.Reason, money.Kobo(amount))
	}); err != nil {
		return broken()
	}
	return out
}

// accept decides on one transfer and writes it down.
func (s *Simulator) accept(c *change, reference, recipient, reason string, amount money.Kobo) answer {
	if _, used := c.books.Transfers[reference]; used {
		return refuse(http.StatusBadRequest, "duplicate_transfer_reference", "Please provide a unique reference. Reference already exists on a transfer")
	}
	to, known := c.books.Recipients[recipient]
	if !known {
		return refuse(http.StatusNotFound, "transfer_recipient_not_found", "Recipient specified is invalid")
	}
	p := planFor(to.AccountNumber)
	if refused := c.books.Refusals[reference]; p.refuse && (s.opts.RefusedAttempts < 0 || refused < s.opts.RefusedAttempts) {
		c.put(record{Refusal: &refusal{Reference: reference, Attempts: refused + 1}})
		return broken()
	}
	if c.balance < amount+s.opts.TransferFee {
		return refuse(http.StatusBadRequest, "insufficient_balance", "Your balance is not enough to fulfil this request")
	}
	t := Transfer{
		ID: c.id(), Reference: reference, Code: s.code("TRF_", 16, reference), Recipient: to.Code,
		AccountNumber: to.AccountNumber, BankCode: to.BankCode, Amount: amount, Fee: s.opts.TransferFee, Reason: reason,
		CreatedAt: c.now,
	}
	t.become(p.status, c.now)
	c.post(-amount, "Transfer", t.ID, "Transfer "+reference)
	c.post(-t.Fee, "Transfer", t.ID, "Fee of transfer "+reference)
	if p.next != "" {
		t.Next, t.NextAt = p.next, time.Now().Add(s.opts.Delay)
		c.later(s.opts.Delay, func() { s.advanceTransfer(reference) })
	}
	c.put(record{Transfer: &t})
	if t.Status == "success" {
		c.emit("transfer.success", reference, t.Status, transferView(t, recipientView(to)))
	}
	switch {
	case p.drop:
		return answer{drop: true}
	case p.fail:
		return broken()
	}
	return ok("Transfer has been queued", transferView(t, to.ID))
}

// advanceTransfer takes a transfer to its next status.
func (s *Simulator) advanceTransfer(reference string) {
	err := s.update(func(c *change) {
		t, known := c.books.Transfers[reference]
		if !known || t.Next == "" {
			return
		}
		t.become(t.Next, c.now)
		if !t.moved() {
			c.post(t.Amount+t.Fee, "Transfer", t.ID, "Returned transfer "+reference)
		}
		c.put(record{Transfer: &t})
		if t.Status != "abandoned" {
			c.emit("transfer."+t.Status, reference, t.Status, transferView(t, recipientView(c.books.Recipients[t.Recipient])))
		}
	})
	if err != nil {
		s.log.Error("simulator: transfer cannot go on", "reference", reference, "error", err)
	}
}

// verifyTransfer serves GET /transfer/verify/{reference}.
func (s *Simulator) verifyTransfer(q *call) answer {
	reference := q.PathValue("reference")
	s.mu.Lock()
	t, known := s.books.Transfers[reference]
	to := s.books.Recipients[t.Recipient]
	s.mu.Unlock()
	if !known {
		return answer{status: http.StatusNotFound, body: map[string]any{"status": "false", "message": "Transfer not found"}}
	}
	view := transferView(t, recipientView(to))
	s.lie(view, reference)
	return ok("Transfer retrieved", view)
}

// lie tells a wrong amount or currency where a fault asks for it.
func (s *Simulator) lie(view map[string]any, reference string) {
	if _, hit := s.faults.take(FaultWrongAmount, reference); hit {
		view["amount"] = view["amount"].(money.Kobo) + 100
	}
	if _, hit := s.faults.take(FaultWrongCurrency, reference); hit {
		view["currency"] = "USD"
	}
}

// transferView is a transfer in the API's shape; recipient is a number on initiate and an object elsewhere.
func transferView(t Transfer, recipient any) map[string]any {
	var failures any
	if t.Status == "failed" {
		failures = map[string]any{"reason": "The bank of the receiver refused"}
	}
	return map[string]any{
		"amount": t.Amount, "createdAt": stamp(t.CreatedAt), "currency": currency, "domain": "test", "failures": failures,
		"id": t.ID, "integration": integration, "reason": t.Reason, "reference": t.Reference, "source": "balance",
		"source_details": nil, "status": t.Status, "titan_code": nil, "transfer_code": t.Code, "request": t.ID + 5000,
		"transferred_at": nil, "updatedAt": stamp(t.UpdatedAt), "recipient": recipient, "fee_charged": t.Fee,
		"session": map[string]any{"provider": nil, "id": nil}, "gateway_response": nil,
	}
}
