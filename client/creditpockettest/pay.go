package creditpockettest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"time"

	creditpocket "github.com/creditpocket/creditpocket/client"
)

// Pay is the borrower pressing Pay on the checkout page of a payment or of a card check. It returns the event that the gateway
// sends about it.
func (s *Server) Pay(reference string) Event {
	s.mu.Lock()
	amount, ok := s.paid(reference)
	s.mu.Unlock()
	if !ok {
		panic(fmt.Sprintf("creditpockettest: there is no open payment %q", reference))
	}
	return NewEvent("charge.success", reference, "success", amount)
}

// paid books an open payment or card check as paid.
func (s *Server) paid(reference string) (creditpocket.Kobo, bool) {
	for _, b := range s.borrowers {
		for i := range b.payments {
			if p := &b.payments[i]; p.Reference == reference && p.Status == creditpocket.PaymentOpen {
				l := b.loan(p.LoanID)
				b.pay(l, p.Amount)
				p.Status, p.Remaining, p.AuthorizationURL, p.Expires = creditpocket.PaymentPaid, owed(l), "", time.Time{}
				return p.Amount, true
			}
		}
		for i := range b.binds {
			if c := &b.binds[i]; c.Reference == reference && c.Status == creditpocket.BindOpen {
				b.bind(b.account(c.AccountID))
				c.Status, c.CardNumber, c.AuthorizationURL, c.Expires = creditpocket.Bound, b.account(c.AccountID).CardNumber, "", time.Time{}
				return c.Amount, true
			}
		}
	}
	return 0, false
}

// Event is a payment event as the gateway sends it.
type Event struct {
	// Body is the exact bytes that are signed.
	Body []byte
}

// NewEvent makes an event such as "charge.success" about a payment.
func NewEvent(name, reference, status string, amount creditpocket.Kobo) Event {
	body, err := json.Marshal(map[string]any{"event": name, "data": map[string]any{"id": 302961, "domain": "test", "status": status,
		"reference": reference, "amount": int64(amount), "currency": "NGN", "paid_at": time.Now().UTC().Format(time.RFC3339)}})
	if err != nil {
		panic(err) // strings and numbers always can be written
	}
	return Event{body}
}

// Signature is the signature of the event under a secret.
func (e Event) Signature(secret creditpocket.Secret) string {
	return creditpocket.SignPayload(secret, e.Body)
}

// Request is the event on its way to a receiver, signed.
func (e Event) Request(url string, secret creditpocket.Secret) *http.Request {
	r, err := http.NewRequest(http.MethodPost, url, bytes.NewReader(e.Body))
	if err != nil {
		panic(err) // a URL of the caller's that cannot be
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set(creditpocket.SignatureHeader, e.Signature(secret))
	return r
}
