package creditpocket_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	creditpocket "github.com/creditpocket/creditpocket/client"
	"github.com/creditpocket/creditpocket/client/creditpockettest"
)

func TestPaymentEvents(t *testing.T) {
	const secret, old creditpocket.Secret = "sk_live_new", "sk_live_old"
	event := creditpockettest.NewEvent("charge.success", "rp-152001-7f3a9c20d4", "success", creditpocket.Naira(8500))
	for _, signed := range []creditpocket.Secret{secret, old} {
		e, err := creditpocket.ParsePaymentEvent(event.Body, event.Signature(signed), secret, old)
		if err != nil || e.Name != "charge.success" || e.Reference != "rp-152001-7f3a9c20d4" || e.Status != "success" || *e.Amount != creditpocket.Naira(8500) {
			t.Errorf("%+v, %v", e, err)
		}
		if raw, err := json.Marshal(e); err != nil || !bytes.Equal(raw, event.Body) {
			t.Errorf("the event has changed: %s, %v", raw, err)
		}
	}
	good := event.Signature(secret)
	for name, c := range map[string]struct {
		body      []byte
		signature string
		secrets   []creditpocket.Secret
	}{
		"another body":   {append(bytes.Clone(event.Body), ' '), good, []creditpocket.Secret{secret}},
		"another secret": {event.Body, good, []creditpocket.Secret{old}},
		"no secret":      {event.Body, good, nil},
		"empty secret":   {event.Body, event.Signature(""), []creditpocket.Secret{""}},
		"no signature":   {event.Body, "", []creditpocket.Secret{secret}},
		"cut signature":  {event.Body, good[:126], []creditpocket.Secret{secret}},
		"not hex":        {event.Body, strings.Repeat("x", 128), []creditpocket.Secret{secret}},
	} {
		if e, err := creditpocket.ParsePaymentEvent(c.body, c.signature, c.secrets...); !errors.Is(err, creditpocket.ErrSignatureInvalid) || e.Raw != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	// The same signature as any other tool makes: HMAC-SHA512 in hexadecimal.
	if got := creditpocket.SignPayload("key", []byte("The quick brown fox jumps over the lazy dog")); got !=
		"b42af09057bac1e2d41708e48a902e09b5ff7f12ab428a4fe86653c73dd248fb82f948a549f7b791a5b41915ee4d1ec3935357e4e2317250d0372afa2ebeeb3a" {
		t.Errorf("%s", got)
	}
	for _, body := range []string{`{}`, `[]`, `{"event":"x"}`, `{"event":"","data":{}}`, `{"event":"x","data":null}`, `x`} {
		if _, err := creditpocket.ParsePaymentEvent([]byte(body), creditpocket.SignPayload(secret, []byte(body)), secret); err == nil || errors.Is(err, creditpocket.ErrSignatureInvalid) {
			t.Errorf("%s is taken for an event", body)
		}
	}
	e, err := creditpocket.ParsePaymentEvent([]byte(`{"event":"refund.processed","data":{"transaction_reference":"rp-1","reference":7,"amount":"x","status":null}}`),
		creditpocket.SignPayload(secret, []byte(`{"event":"refund.processed","data":{"transaction_reference":"rp-1","reference":7,"amount":"x","status":null}}`)), secret)
	if err != nil || e.Reference != "rp-1" || e.Amount != nil || e.Status != "" {
		t.Errorf("%+v, %v", e, err)
	}
}

func TestPaymentEventReceiver(t *testing.T) {
	const secret creditpocket.Secret = "sk_live_new"
	receiver := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if _, err := creditpocket.ReadPaymentEvent(r, secret); err != nil {
			w.WriteHeader(http.StatusUnauthorized)
		}
	}))
	defer receiver.Close()
	event := creditpockettest.NewEvent("transfer.success", "po-1", "success", 1)
	large := creditpockettest.Event{Body: []byte(`{"event":"x","data":{"a":"` + strings.Repeat("a", creditpocket.MaxEventBytes) + `"}}`)}
	for _, c := range []struct {
		request *http.Request
		status  int
	}{
		{event.Request(receiver.URL, secret), 200}, {event.Request(receiver.URL, "sk_other"), 401}, {large.Request(receiver.URL, secret), 401},
	} {
		resp, err := http.DefaultClient.Do(c.request)
		if err != nil {
			t.Fatal(err)
		}
		_ = resp.Body.Close()
		if resp.StatusCode != c.status {
			t.Errorf("%d, expected %d", resp.StatusCode, c.status)
		}
	}
}
