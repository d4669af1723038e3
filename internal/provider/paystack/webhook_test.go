package paystack_test

import (
	"crypto/hmac"
	"crypto/sha512"
	"encoding/hex"
	"errors"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/creditpocket/creditpocket/internal/provider/paystack"
)

func TestVerifySignature(t *testing.T) {
	body := []byte(`{"event":"charge.success","data":{}}`)
	mac := hmac.New(sha512.New, []byte("old"))
	mac.Write(body)
	header := hex.EncodeToString(mac.Sum(nil))
	if header != paystack.Sign([]byte("old"), body) {
		t.Fatal("Sign is not hex HMAC-SHA512")
	}
	for name, test := range map[string]struct {
		secrets []string
		header  string
		want    bool
	}{
		"the secret":       {[]string{"old"}, header, true},
		"while it rotates": {[]string{"new", "old"}, header, true},
		"upper case hex":   {[]string{"old"}, strings.ToUpper(header), true},
		"another secret":   {[]string{"new"}, header, false},
		"no secret":        {nil, header, false},
		"empty secret":     {[]string{""}, paystack.Sign(nil, body), false},
		"cut short":        {[]string{"old"}, header[:126], false},
		"empty header":     {[]string{"old"}, "", false},
		"not hex":          {[]string{"old"}, strings.Repeat("z", 128), false},
		"with prefix":      {[]string{"old"}, "sha512=" + header, false},
	} {
		var secrets [][]byte
		for _, s := range test.secrets {
			secrets = append(secrets, []byte(s))
		}
		if got := paystack.VerifySignature(secrets, body, test.header); got != test.want {
			t.Errorf("%s: %v", name, got)
		}
	}
	if paystack.VerifySignature([][]byte{[]byte("old")}, append(body, ' '), header) {
		t.Error("the signature is over the raw bytes: one more space must break it")
	}
}

// TestSignatureOfAnything: the own signature holds, any changed byte breaks it.
func TestSignatureOfAnything(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		secret := rapid.SliceOfN(rapid.Byte(), 1, 64).Draw(t, "secret")
		body := rapid.SliceOfN(rapid.Byte(), 1, 256).Draw(t, "body")
		header := paystack.Sign(secret, body)
		if !paystack.VerifySignature([][]byte{secret}, body, header) {
			t.Fatal("own signature refused")
		}
		body[rapid.IntRange(0, len(body)-1).Draw(t, "at")] ^= 1
		if paystack.VerifySignature([][]byte{secret}, body, header) {
			t.Fatal("changed body accepted")
		}
	})
}

func TestParseEvent(t *testing.T) {
	for body, want := range map[string]paystack.Event{
		`{"event":"charge.success","data":{"id":302961,"reference":"bind-1","status":"success","metadata":0}}`:                              {Name: "charge.success", Reference: "bind-1", Status: "success"},
		`{"event":"transfer.failed","data":{"reference":"transfer-1","status":"failed","recipient":{"recipient_code":"R"}}}`:                {Name: "transfer.failed", Reference: "transfer-1", Status: "failed"},
		`{"event":"refund.processed","data":{"status":"processed","transaction_reference":"bind-1","refund_reference":null,"amount":"50"}}`: {Name: "refund.processed", Reference: "bind-1", Status: "processed"},
		`{"event":"charge.dispute.create","data":{"status":"awaiting","transaction":{"reference":"bind-1"}}}`:                               {Name: "charge.dispute.create", Reference: "bind-1", Status: "awaiting"},
		`{"event":"customeridentification.failed","data":{"customer_id":"8","customer_code":"CUS_1"}}`:                                      {Name: "customeridentification.failed", Reference: "CUS_1"},
		`{"event":"something.new","data":{"reference":17,"status":null}}`:                                                                   {Name: "something.new", Reference: "17"},
	} {
		got, err := paystack.ParseEvent([]byte(body))
		if err != nil || len(got.Digest) != 64 {
			t.Errorf("%s: %+v, %v", body, got, err)
		}
		got.Digest = ""
		if got != want {
			t.Errorf("%s is read as %+v", body, got)
		}
	}
	for _, body := range []string{``, `null`, `[]`, `"x"`, `{"data":{}}`, `{"event":"x"}`, `{"event":"x","data":[]}`, `{"event":"x","data":"y"}`,
		`{"event":"x","data":{"reference":"a\u0000b"}}`, `{"event":"x\n","data":{"reference":"a"}}`, `{"event":"x","data":{"reference":"a","status":"\u001b[31m"}}`,
		`{"event":"x","event":"y","data":{"reference":"a"}}`, `{"event":"x","data":{"reference":"a","reference":"b"}}`, `{"event":"x","data":{"reference":"a","Reference":"b"}}`,
		`{"event":"` + strings.Repeat("x", 101) + `","data":{}}`, `{"event":"x","data":{"reference":"` + strings.Repeat("x", 201) + `"}}`} {
		if got, err := paystack.ParseEvent([]byte(body)); !errors.Is(err, paystack.ErrNotAnEvent) {
			t.Errorf("%.40s is read as %+v, %v", body, got, err)
		}
	}
}

// TestDigest: what repeats has the same digest, and the parts do not run into each other.
func TestDigest(t *testing.T) {
	parse := func(body string) string {
		e, err := paystack.ParseEvent([]byte(body))
		if err != nil {
			t.Fatal(err)
		}
		return e.Digest
	}
	first := parse(`{"event":"transfer.success","data":{"reference":"r-1","status":"success","id":1}}`)
	if again := parse(`{"data":{"status":"success","id":2,"reference":"r-1"},"event":"transfer.success"}`); again != first {
		t.Error("a repeat has another digest")
	}
	for _, other := range []string{
		`{"event":"transfer.reversed","data":{"reference":"r-1","status":"success"}}`,
		`{"event":"transfer.success","data":{"reference":"r-1s","status":"uccess"}}`,
		`{"event":"transfer.success","data":{"reference":"r-2","status":"success"}}`,
	} {
		if parse(other) == first {
			t.Errorf("%s has the same digest", other)
		}
	}
}
