package simulator

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"github.com/creditpocket/creditpocket/internal/money"
)

// createRefund serves POST /refund. A refund is pending, then processed (or failed, or in need of attention, by a fault).
func (s *Simulator) createRefund(q *call) answer {
	var in struct {
		Transaction  json.RawMessage `json:"transaction"`
		Amount       json.Number     `json:"amount"`
		MerchantNote string          `json:"merchant_note"`
	}
	if q.decode(&in) != nil {
		return refuse(http.StatusBadRequest, "invalid_params", "Body is not valid JSON")
	}
	amount := int64(0)
	if in.Amount != "" {
		n, err := in.Amount.Int64()
		if err != nil || n <= 0 {
			return refuse(http.StatusBadRequest, "invalid_amount", "Amount must be a whole number above 0")
		}
		amount = n
	}
	var out answer
	err := s.update(func(c *change) { out = s.acceptRefund(c, in.Transaction, money.Kobo(amount), in.MerchantNote) })
	if err != nil {
		return broken()
	}
	return out
}

// acceptRefund decides on one refund and writes it down. Amount 0 means all that is left.
func (s *Simulator) acceptRefund(c *change, of json.RawMessage, amount money.Kobo, note string) answer {
	charge, known := c.books.chargeBy(of)
	if !known {
		return refuse(http.StatusNotFound, "transaction_not_found", "Transaction not found")
	}
	left := charge.Amount
	for _, r := range c.books.Refunds {
		if r.Charge == charge.Reference && r.Status != "failed" {
			left -= r.Amount
		}
	}
	if amount == 0 {
		amount = left
	}
	switch {
	case !charge.paid():
		return refuse(http.StatusBadRequest, "transaction_not_successful", "Transaction has not been paid")
	case left <= 0:
		return refuse(http.StatusBadRequest, "transaction_reversed", "Transaction has been fully reversed")
	case amount > left:
		return refuse(http.StatusBadRequest, "refund_amount_exceeded", "Refund amount cannot be more than what is left")
	case c.balance < amount:
		return refuse(http.StatusBadRequest, "insufficient_balance", "Your balance is not enough to fulfil this request")
	}
	r := Refund{
		ID: c.id(), Charge: charge.Reference, Amount: amount, MerchantNote: note, Status: "pending", CreatedAt: c.now,
		UpdatedAt: c.now, Next: "processed", NextAt: time.Now().Add(s.opts.Delay),
	}
	if _, hit := s.faults.take(FaultRefundFail, charge.Reference); hit {
		r.Next = "failed"
	}
	if _, hit := s.faults.take(FaultRefundAttention, charge.Reference); hit {
		r.Next = needsAttention
	}
	c.post(-amount, "Refund", r.ID, "Refund of charge "+charge.Reference)
	c.put(record{Refund: &r})
	c.emit("refund.pending", charge.Reference, r.Status, refundEvent(r))
	c.later(s.opts.Delay, func() { s.advanceRefund(r.ID) })
	view := refundView(r, charge.ID)
	view["transaction"], view["amount"] = s.chargeView(charge, c.books.Authorizations[charge.Authorization], ""), r.Amount
	return ok("Refund has been queued for processing", view)
}

// needsAttention is the status of a refund for which the gateway wants the customer's account details.
const needsAttention = "needs-attention"

// AttendRefund gives the gateway what it wanted for a refund that needs attention: the refund is processed. It fails for any other.
func (s *Simulator) AttendRefund(id int64) error {
	waits := false
	err := s.update(func(c *change) {
		r, known := c.books.Refunds[id]
		if waits = known && r.Status == needsAttention && r.Next == ""; waits {
			r.Next = "processed"
			c.put(record{Refund: &r})
		}
	})
	if err == nil && !waits {
		err = fmt.Errorf("simulator: refund %d does not need attention", id)
	}
	if err == nil {
		s.advanceRefund(id)
	}
	return err
}

// advanceRefund processes a refund or fails it. A charge given back in full becomes reversed.
func (s *Simulator) advanceRefund(id int64) {
	err := s.update(func(c *change) {
		r, known := c.books.Refunds[id]
		if !known || r.Next == "" {
			return
		}
		r.Status, r.UpdatedAt, r.Next, r.NextAt = r.Next, c.now, "", time.Time{}
		charge := c.books.Charges[r.Charge]
		switch r.Status {
		case "failed":
			c.post(r.Amount, "Refund", r.ID, "Returned refund of charge "+r.Charge)
		case "processed":
			back := r.Amount
			for _, other := range c.books.Refunds {
				if other.Charge == r.Charge && other.ID != r.ID && other.Status == "processed" {
					back += other.Amount
				}
			}
			if back == charge.Amount {
				charge.Status = "reversed"
				c.put(record{Charge: &charge})
			}
		}
		c.put(record{Refund: &r})
		c.emit("refund."+r.Status, r.Charge, r.Status, refundEvent(r))
	})
	if err != nil {
		s.log.Error("simulator: refund cannot go on", "id", id, "error", err)
	}
}

// chargeBy finds a charge by reference or number, as text or as a number.
func (b *books) chargeBy(raw json.RawMessage) (Charge, bool) {
	var text string
	if json.Unmarshal(raw, &text) != nil {
		text = string(raw)
	}
	if charge, known := b.Charges[text]; known {
		return charge, true
	}
	id, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		return Charge{}, false
	}
	for _, charge := range b.Charges {
		if charge.ID == id {
			return charge, true
		}
	}
	return Charge{}, false
}

// listRefunds serves GET /refund, filtered by the number of the transaction, newest first.
func (s *Simulator) listRefunds(q *call) answer {
	page, perPage := q.page()
	filter := q.URL.Query().Get("transaction")
	from, _ := time.Parse(time.RFC3339Nano, q.URL.Query().Get("from"))
	all := s.Refunds()
	s.mu.Lock()
	matching := []any{}
	for i := len(all) - 1; i >= 0; i-- {
		id := s.books.Charges[all[i].Charge].ID
		if (filter == "" || filter == strconv.FormatInt(id, 10)) && !all[i].CreatedAt.Before(from) {
			view := refundView(all[i], id)
			view["transaction_reference"] = all[i].Charge
			matching = append(matching, view)
		}
	}
	s.mu.Unlock()
	return answer{status: http.StatusOK, body: map[string]any{
		"status": true, "message": "Refunds retrieved", "data": window(matching, page, perPage),
		"meta": pageMeta(len(matching), page, perPage),
	}}
}

// getRefund serves GET /refund/{id}.
func (s *Simulator) getRefund(q *call) answer {
	id, err := strconv.ParseInt(q.PathValue("id"), 10, 64)
	s.mu.Lock()
	r, known := s.books.Refunds[id]
	charge := s.books.Charges[r.Charge]
	s.mu.Unlock()
	if err != nil || !known {
		return refuse(http.StatusNotFound, "refund_not_found", "Refund not found")
	}
	return ok("Refund retrieved", refundView(r, charge.ID))
}

// refundView is a refund in the API's shape: here the transaction is a number and the amount a string.
func refundView(r Refund, chargeID int64) map[string]any {
	var refundedAt any
	if r.Status == "processed" {
		refundedAt = stamp(r.UpdatedAt)
	}
	return map[string]any{
		"id": r.ID, "integration": integration, "domain": "test", "transaction": chargeID, "dispute": nil,
		"amount": strconv.FormatInt(int64(r.Amount), 10), "deducted_amount": r.Amount, "currency": currency, "channel": nil,
		"status": r.Status, "merchant_note": r.MerchantNote, "customer_note": "", "refunded_by": "api",
		"refunded_at": refundedAt, "createdAt": stamp(r.CreatedAt), "updatedAt": stamp(r.UpdatedAt), "fully_deducted": true,
	}
}

// refundEvent is a refund as webhooks tell it.
func refundEvent(r Refund) map[string]any {
	return map[string]any{
		"status": r.Status, "transaction_reference": r.Charge, "refund_reference": strconv.FormatInt(r.ID, 10),
		"amount": strconv.FormatInt(int64(r.Amount), 10), "currency": currency, "processor": "simulator",
		"integration": integration, "domain": "test",
	}
}
