package creditpocket

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha512"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
)

// SignatureHeader is the header that carries the signature of a payment event.
const SignatureHeader = "X-Paystack-Signature"

// MaxEventBytes is the longest payment event that ReadPaymentEvent takes.
const MaxEventBytes = 1 << 20

// PaymentEvent is an event of the payment gateway. Believe nothing in it but that something happened: ask for the loan.
type PaymentEvent struct {
	// Name is like "charge.success" or "transfer.failed".
	Name string
	// Reference is the payment's, as in Repayment.Reference; "" if the event is about something else.
	Reference string
	// Status is what the event claims.
	Status string
	// Amount is what the event claims; nil when it names none.
	Amount *Kobo
	// Raw is the whole body, as it came.
	Raw json.RawMessage
}

// SignPayload is the signature of a body: HMAC-SHA512 in hexadecimal.
func SignPayload(secret Secret, body []byte) string {
	mac := hmac.New(sha512.New, []byte(secret))
	mac.Write(body)
	return hex.EncodeToString(mac.Sum(nil))
}

// ParsePaymentEvent checks the signature of a body and reads it. Give two secrets while one replaces the other. A signature that is
// none of theirs is ErrSignatureInvalid; an empty secret matches nothing.
func ParsePaymentEvent(body []byte, signature string, secrets ...Secret) (PaymentEvent, error) {
	got, err := hex.DecodeString(signature)
	genuine := false
	for _, secret := range secrets {
		want, _ := hex.DecodeString(SignPayload(secret, body))
		if err == nil && secret != "" && hmac.Equal(want, got) {
			genuine = true
		}
	}
	if !genuine {
		return PaymentEvent{}, ErrSignatureInvalid
	}
	return readEvent(body)
}

// ReadPaymentEvent is ParsePaymentEvent of a request that a server received.
func ReadPaymentEvent(r *http.Request, secrets ...Secret) (PaymentEvent, error) {
	body, err := io.ReadAll(io.LimitReader(r.Body, MaxEventBytes+1))
	if err != nil {
		return PaymentEvent{}, fmt.Errorf("creditpocket: payment event: %w", err)
	}
	if len(body) > MaxEventBytes {
		return PaymentEvent{}, ErrAnswerTooLarge
	}
	return ParsePaymentEvent(body, r.Header.Get(SignatureHeader), secrets...)
}

var errNoEvent = errors.New("creditpocket: the body is not a payment event")

func readEvent(body []byte) (PaymentEvent, error) {
	var e struct {
		Event string                     `json:"event"`
		Data  map[string]json.RawMessage `json:"data"`
	}
	if json.Unmarshal(body, &e) != nil || e.Event == "" || e.Data == nil {
		return PaymentEvent{}, errNoEvent
	}
	out := PaymentEvent{Name: e.Event, Raw: bytes.Clone(body)}
	for _, name := range []string{"transaction_reference", "reference"} {
		if s, ok := text(e.Data[name]); ok && out.Reference == "" {
			out.Reference = s
		}
	}
	out.Status, _ = text(e.Data["status"])
	var amount int64
	if raw := e.Data["amount"]; len(raw) > 0 && json.Unmarshal(raw, &amount) == nil {
		out.Amount = Ptr(Kobo(amount))
	}
	return out, nil
}

// MarshalJSON is the event as it came.
func (e PaymentEvent) MarshalJSON() ([]byte, error) {
	if e.Raw == nil {
		return nil, errNoEvent
	}
	return e.Raw, nil
}

// UnmarshalJSON reads an event whose signature was checked before.
func (e *PaymentEvent) UnmarshalJSON(raw []byte) (err error) {
	*e, err = readEvent(raw)
	return err
}
