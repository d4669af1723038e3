package paystack

import (
	"crypto/hmac"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"unicode"
)

// SignatureHeader is the HTTP header of a webhook's signature.
const SignatureHeader = "X-Paystack-Signature"

// ErrNotAnEvent: the body is no webhook of this gateway.
var ErrNotAnEvent = errors.New("paystack: body is not an event")

// VerifySignature reports whether header is the hex HMAC-SHA512 of rawBody under one of the secrets. Several secrets
// may be valid while one replaces another. Every secret is tried in constant time, and an empty one never matches.
func VerifySignature(secrets [][]byte, rawBody []byte, header string) bool {
	got, err := hex.DecodeString(header)
	if err != nil || len(got) != sha512.Size {
		return false
	}
	match := false
	for _, secret := range secrets {
		if len(secret) == 0 {
			continue
		}
		mac := hmac.New(sha512.New, secret)
		mac.Write(rawBody)
		if hmac.Equal(mac.Sum(nil), got) {
			match = true
		}
	}
	return match
}

// Sign returns the header for rawBody, for whoever plays the gateway.
func Sign(secret, rawBody []byte) string {
	mac := hmac.New(sha512.New, secret)
	mac.Write(rawBody)
	return hex.EncodeToString(mac.Sum(nil))
}

// Event is a webhook reduced to a hint: what to ask the gateway about. Nothing else in a webhook is believed.
type Event struct {
	// Name is "charge.success", "transfer.failed", "refund.processed" ...
	Name string
	// Reference is the one to verify: the transfer's, the charge's, for refund.* the charge's too, and for
	// customeridentification.* the customer code. "" if the event is about something else.
	Reference string
	// Status is the status the event claims, "" if none.
	Status string
	// Digest is the hex SHA-256 of (Name, Reference, Status): the gateway has no event id, this is what repeats have in
	// common. Two partial refunds of one charge share it, so it may only drop hints, never facts.
	Digest string
}

// ParseEvent reads a webhook's body. The signature must have been verified before. ErrNotAnEvent if it is not an
// object with a name and an object of data, if either has a name twice, or if what would be kept holds control characters.
func ParseEvent(raw []byte) (Event, error) {
	var body struct {
		Event string          `json:"event"`
		Data  json.RawMessage `json:"data"`
	}
	if err := json.Unmarshal(raw, &body); err != nil || body.Event == "" || len(body.Event) > 100 {
		return Event{}, ErrNotAnEvent
	}
	var data struct {
		Reference            flexText        `json:"reference"`
		TransactionReference flexText        `json:"transaction_reference"`
		CustomerCode         flexText        `json:"customer_code"`
		Status               flexText        `json:"status"`
		Transaction          json.RawMessage `json:"transaction"`
	}
	if err := json.Unmarshal(body.Data, &data); err != nil {
		return Event{}, ErrNotAnEvent
	}
	var of struct {
		Reference flexText `json:"reference"`
	}
	var id flexText
	_ = object(data.Transaction, &of, &id)
	e := Event{Name: body.Event, Status: string(data.Status)}
	for _, reference := range []flexText{data.TransactionReference, data.Reference, of.Reference, data.CustomerCode} {
		if reference != "" {
			e.Reference = string(reference)
			break
		}
	}
	if len(e.Reference) > 200 || len(e.Status) > 100 || strings.ContainsFunc(e.Name+e.Reference+e.Status, unicode.IsControl) || ambiguous(raw) || ambiguous(body.Data) {
		return Event{}, ErrNotAnEvent
	}
	e.Digest = digest(e.Name, e.Reference, e.Status)
	return e, nil
}

// digest hashes the parts with their lengths, so that ("a","bc") and ("ab","c") differ.
func digest(parts ...string) string {
	h := sha256.New()
	for _, part := range parts {
		fmt.Fprintf(h, "%d:%s", len(part), part)
	}
	return hex.EncodeToString(h.Sum(nil))
}
