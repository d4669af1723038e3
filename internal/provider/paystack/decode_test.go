package paystack_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/creditpocket/creditpocket/internal/provider"
	"github.com/creditpocket/creditpocket/internal/provider/paystack"
)

// canned serves one fixed answer and remembers the last request.
type canned struct {
	status int
	body   string
	header http.Header
	got    *http.Request
	sent   map[string]any
}

func (c *canned) client(t *testing.T) *paystack.Client {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c.got = r
		raw, _ := io.ReadAll(r.Body)
		c.sent = nil
		_ = json.Unmarshal(raw, &c.sent)
		for k, v := range c.header {
			w.Header()[k] = v
		}
		w.WriteHeader(c.status)
		_, _ = io.WriteString(w, c.body)
	}))
	t.Cleanup(server.Close)
	client, err := paystack.New(paystack.Config{BaseURL: server.URL, SecretKey: "sk_test_canned", Timeout: 5 * time.Second})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.CloseIdle)
	return client
}

// TestChargeShapes: one paid charge in every disagreeing shape reads the same.
func TestChargeShapes(t *testing.T) {
	want := provider.ChargeResult{
		Outcome: provider.OutcomeSucceeded, Status: "success", Reference: "bind-1", ID: "4099260516", Amount: 5000,
		Currency: "NGN", Fees: 75, Email: "ada@example.com", GatewayResponse: "Approved",
		PaidAt: time.Date(2024, 8, 22, 9, 15, 2, 0, time.UTC),
		Authorization: &provider.Authorization{
			Code: "AUTH_uh8bcl3zbn", Signature: "SIG_yEXu7dLBeqG0kU7g95Ke", Last4: "4081", BIN: "408408", ExpMonth: "12",
			ExpYear: "2030", Brand: "visa", Bank: "TEST BANK", Channel: "card", Reusable: true,
		},
	}
	shape := func(metadata, fees, paid string) string {
		return `{"status":true,"message":"Verification successful","data":{"id":4099260516,"domain":"test","status":"success",
			"reference":"bind-1","receipt_number":null,"amount":5000,"message":null,"gateway_response":"Approved",` + paid + `,
			"channel":"card","currency":"NGN","metadata":` + metadata + `,"log":{"history":[{"type":"action"}]},"fees":` + fees + `,
			"fees_split":null,"authorization":{"authorization_code":"AUTH_uh8bcl3zbn","bin":"408408","last4":"4081","exp_month":"12",
			"exp_year":2030,"channel":"card","card_type":"visa ","bank":"TEST BANK","country_code":"NG","brand":"visa",
			"reusable":true,"signature":"SIG_yEXu7dLBeqG0kU7g95Ke","account_name":null},
			"customer":{"id":181873746,"email":"ada@example.com","metadata":null},"plan":null,"order_id":null}}`
	}
	const paid = `"paid_at":"2024-08-22T09:15:02.000Z"`
	for name, test := range map[string]struct {
		body     string
		metadata map[string]string
	}{
		"metadata 0":         {shape(`0`, `75`, paid), nil},
		"metadata empty":     {shape(`""`, `"75"`, paid), nil},
		"metadata null":      {shape(`null`, `75.0`, `"paidAt":"2024-08-22T09:15:02.000Z"`), nil},
		"metadata object":    {shape(`{"purpose":"bind","n":7,"custom_fields":[{"a":1}]}`, `75`, paid), map[string]string{"purpose": "bind", "n": "7", "custom_fields": `[{"a":1}]`}},
		"metadata as string": {shape(`"{\"purpose\":\"bind\"}"`, `75`, `"transaction_date":"2024-08-22T10:15:02+01:00"`), map[string]string{"purpose": "bind"}},
		"metadata broken":    {shape(`"{not json"`, `75`, paid), nil},
	} {
		t.Run(name, func(t *testing.T) {
			c := &canned{status: http.StatusOK, body: test.body}
			got, err := c.client(t).VerifyCharge(t.Context(), "bind-1")
			if err != nil {
				t.Fatal(err)
			}
			got.PaidAt = got.PaidAt.UTC()
			expected := want
			expected.Metadata = test.metadata
			if diff := cmp.Diff(expected, got); diff != "" {
				t.Error(diff)
			}
			if c.got.URL.Path != "/transaction/verify/bind-1" || c.got.Header.Get("Authorization") != "Bearer sk_test_canned" {
				t.Errorf("asked %s", c.got.URL)
			}
		})
	}
}

// TestTransferShapes: recipient is a number on initiate and an object on verify; failures has three shapes.
func TestTransferShapes(t *testing.T) {
	for name, test := range map[string]struct {
		data               string
		outcome            provider.Outcome
		recipient, failure string
	}{
		"initiate":         {`"status":"pending","recipient":56824902,"amount":30000,"id":1`, provider.OutcomePending, "", ""},
		"verify":           {`"status":"success","recipient":{"recipient_code":"RCP_a","details":{"account_number":"0123456789"}},"amount":"30000"`, provider.OutcomeSucceeded, "RCP_a", ""},
		"customer as text": {`"status":"success","recipient":null,"customer_id":"77","amount":30000`, provider.OutcomeSucceeded, "", ""},
		"failures null":    {`"status":"failed","failures":null,"gateway_response":"Refused","amount":30000`, provider.OutcomeFailed, "", "Refused"},
		"failures text":    {`"status":"failed","failures":"No account 0123456789","amount":30000`, provider.OutcomeFailed, "", "No account ***"},
		"failures object":  {`"status":"reversed","failures":{"reason":"Returned"},"amount":30000`, provider.OutcomeReversed, "", "Returned"},
		"otp":              {`"status":"otp","amount":30000`, provider.OutcomePending, "", ""},
		"received":         {`"status":"received","amount":30000`, provider.OutcomePending, "", ""},
		"blocked":          {`"status":"blocked","amount":30000`, provider.OutcomeFailed, "", ""},
		"rejected":         {`"status":"rejected","amount":30000`, provider.OutcomeFailed, "", ""},
		"abandoned":        {`"status":"abandoned","amount":30000`, provider.OutcomeAbandoned, "", ""},
		"unheard of":       {`"status":"teleported","amount":30000`, provider.OutcomePending, "", ""},
		"no status":        {`"amount":30000`, provider.OutcomePending, "", ""},
	} {
		t.Run(name, func(t *testing.T) {
			c := &canned{status: http.StatusOK, body: `{"status":true,"message":"m","data":{"reference":"transfer-reference-1","currency":"NGN","transfer_code":"TRF_1",` + test.data + `}}`}
			got, err := c.client(t).VerifyTransfer(t.Context(), "transfer-reference-1")
			if err != nil {
				t.Fatal(err)
			}
			if got.Outcome != test.outcome || got.RecipientCode != test.recipient || got.FailureReason != test.failure || got.Amount != 30000 {
				t.Errorf("read as %+v", got)
			}
		})
	}
}

// TestRefundShapes: the transaction is a number or an object, the amount a number or a string.
func TestRefundShapes(t *testing.T) {
	for name, data := range map[string]string{
		"create": `{"transaction":{"id":1004723697,"reference":"bind-1","amount":10000},"currency":"NGN","amount":10000,"status":"pending","merchant_note":"n","id":3018284}`,
		"fetch":  `{"transaction":1004723697,"transaction_reference":"bind-1","currency":"NGN","amount":"10000","status":"pending","merchant_note":"n","id":"3018284"}`,
	} {
		t.Run(name, func(t *testing.T) {
			c := &canned{status: http.StatusOK, body: `{"status":true,"message":"m","data":` + data + `}`}
			got, err := c.client(t).VerifyRefund(t.Context(), "3018284")
			want := provider.RefundResult{
				ID: "3018284", Outcome: provider.OutcomePending, Status: "pending", ChargeReference: "bind-1", ChargeID: "1004723697",
				Amount: 10000, Currency: "NGN", MerchantNote: "n",
			}
			if diff := cmp.Diff(want, got); err != nil || diff != "" {
				t.Error(err, diff)
			}
		})
	}
	for status, want := range map[string]provider.Outcome{
		"processing": provider.OutcomePending, "needs-attention": provider.OutcomePending,
		"processed": provider.OutcomeSucceeded, "failed": provider.OutcomeFailed,
	} {
		c := &canned{status: http.StatusOK, body: `{"status":true,"data":{"id":1,"transaction":2,"amount":3,"status":"` + status + `"}}`}
		if got, err := c.client(t).VerifyRefund(t.Context(), "1"); err != nil || got.Outcome != want {
			t.Errorf("%s: %+v, %v", status, got, err)
		}
	}
}

// TestRequests: what goes over the wire.
func TestRequests(t *testing.T) {
	c := &canned{status: http.StatusCreated, body: `{"status":true,"data":{"recipient_code":"RCP_1","active":true,"details":{"account_number":"0123456789","bank_name":"GTB"}}}`}
	to, err := c.client(t).CreateRecipient(t.Context(), provider.RecipientRequest{Name: "Ada", AccountNumber: "0123456789", BankCode: "058"})
	if err != nil || to.Code != "RCP_1" || !to.Active || to.BankName != "GTB" {
		t.Errorf("201 is read as %+v, %v", to, err)
	}
	if diff := cmp.Diff(map[string]any{"type": "nuban", "name": "Ada", "account_number": "0123456789", "bank_code": "058", "currency": "NGN"}, c.sent); diff != "" {
		t.Error(diff)
	}
	c = &canned{status: http.StatusOK, body: `{"status":true,"data":{"authorization_url":"https://checkout.example/x","access_code":"x","reference":"bind-1"}}`}
	_, err = c.client(t).InitializeCheckout(t.Context(), provider.CheckoutRequest{
		Email: "a@example.com", Amount: 5000, Reference: "bind-1", CallbackURL: "https://us.example/back", CardOnly: true, Metadata: map[string]string{"k": "v"},
	})
	want := map[string]any{
		"email": "a@example.com", "amount": 5000.0, "reference": "bind-1", "currency": "NGN", "callback_url": "https://us.example/back",
		"channels": []any{"card"}, "metadata": map[string]any{"k": "v"},
	}
	if diff := cmp.Diff(want, c.sent); err != nil || diff != "" {
		t.Error(err, diff)
	}
	c = &canned{status: http.StatusOK, body: `{"status":true,"data":{"reference":"transfer-reference-1","status":"pending","amount":100}}`}
	_, err = c.client(t).Transfer(t.Context(), provider.TransferRequest{Amount: 100, RecipientCode: "RCP_1", Reference: "transfer-reference-1", Reason: "r"})
	want = map[string]any{"source": "balance", "amount": 100.0, "recipient": "RCP_1", "reference": "transfer-reference-1", "reason": "r", "currency": "NGN"}
	if diff := cmp.Diff(want, c.sent); err != nil || diff != "" {
		t.Error(err, diff)
	}
}

// TestAnswersWithoutTruth: each of these is inconclusive, for a call that moves money and for one that asks.
func TestAnswersWithoutTruth(t *testing.T) {
	for name, c := range map[string]canned{
		"500":                    {status: 500, body: `{"status":false,"message":"An error occurred"}`},
		"502 page":               {status: 502, body: `<html>bad gateway</html>`},
		"503 that says no":       {status: 503, body: `{"status":false,"message":"Transfer not found"}`},
		"404 page of a proxy":    {status: 404, body: `<html>not found</html>`},
		"404 without a word":     {status: 404, body: ``},
		"404 of somebody else":   {status: 404, body: `{"error":"no route"}`},
		"400 that says yes":      {status: 400, body: `{"status":true,"message":"ok","data":{}}`},
		"200 that says no":       {status: 200, body: `{"status":false,"message":"odd"}`},
		"200 page":               {status: 200, body: `<html>hello</html>`},
		"200 without data":       {status: 200, body: `{"status":true,"message":"ok"}`},
		"200 with null":          {status: 200, body: `{"status":true,"message":"ok","data":null}`},
		"200 of another":         {status: 200, body: `{"status":true,"data":{"reference":"another-reference-1","status":"success","amount":100}}`},
		"200 with half a kobo":   {status: 200, body: `{"status":true,"data":{"reference":"transfer-reference-1","status":"success","amount":100.5}}`},
		"200 with a word amount": {status: 200, body: `{"status":true,"data":{"reference":"transfer-reference-1","status":"success","amount":"many"}}`},
		"200 with a list amount": {status: 200, body: `{"status":true,"data":{"reference":"transfer-reference-1","status":"success","amount":[100]}}`},
		"200 with an object":     {status: 200, body: `{"status":true,"data":{"reference":"transfer-reference-1","status":"success","amount":{"value":100}}}`},
		"200 with hexadecimals":  {status: 200, body: `{"status":true,"data":{"reference":"transfer-reference-1","status":"success","amount":"0x64"}}`},
		"200 with no end":        {status: 200, body: `{"status":true,"data":{"reference":"transfer-reference-1","status":"success","amount":"Infinity"}}`},
		"200 with a huge amount": {status: 200, body: `{"status":true,"data":{"reference":"transfer-reference-1","status":"success","amount":1e19}}`},
		"200 beyond 64 bits":     {status: 200, body: `{"status":true,"data":{"reference":"transfer-reference-1","status":"success","amount":9223372036854775808}}`},
		"200 without an amount":  {status: 200, body: `{"status":true,"data":{"reference":"transfer-reference-1","status":"success"}}`},
		"200 with null kobo":     {status: 200, body: `{"status":true,"data":{"reference":"transfer-reference-1","status":"reversed","amount":null}}`},
		"200 below zero":         {status: 200, body: `{"status":true,"data":{"reference":"transfer-reference-1","status":"success","amount":-100}}`},
		"200 with two amounts":   {status: 200, body: `{"status":true,"data":{"reference":"transfer-reference-1","status":"success","amount":100,"amount":1}}`},
		"200 with two spellings": {status: 200, body: `{"status":true,"data":{"reference":"transfer-reference-1","status":"success","amount":100,"Amount":1}}`},
		"200 with two statuses":  {status: 200, body: `{"status":true,"STATUS":true,"data":{"reference":"transfer-reference-1","status":"success","amount":100}}`},
		"404 with two answers":   {status: 404, body: `{"status":true,"status":false,"message":"Transfer not found"}`},
		"cut in the middle":      {status: 200, body: `{"status":true,"data":{"reference":"transfer-refe`},
		"too large":              {status: 200, body: `{"status":true,"message":"` + strings.Repeat("x", 1<<20) + `"}`},
		"redirect":               {status: 307, header: http.Header{"Location": {"http://127.0.0.1:1/"}}},
		"408":                    {status: 408, body: `{"status":false,"message":"timeout"}`},
	} {
		t.Run(name, func(t *testing.T) {
			client := c.client(t)
			_, transferErr := client.Transfer(t.Context(), provider.TransferRequest{Amount: 100, RecipientCode: "RCP_1", Reference: "transfer-reference-1"})
			_, verifyErr := client.VerifyTransfer(t.Context(), "transfer-reference-1")
			_, chargeErr := client.ChargeAuthorization(t.Context(), provider.ChargeRequest{Email: "a@b.c", Amount: 100, AuthorizationCode: "AUTH_1", Reference: "transfer-reference-1"})
			for _, err := range []error{transferErr, verifyErr, chargeErr} {
				if !errors.Is(err, provider.ErrInconclusive) || provider.IsConclusive(err) || errors.Is(err, provider.ErrNotFound) {
					t.Errorf("error is %v, want inconclusive and nothing else", err)
				}
			}
		})
	}
}

// TestCurrencyInAnyCase: naira in small letters are naira, and nothing else is.
func TestCurrencyInAnyCase(t *testing.T) {
	for written, want := range map[string]string{`"NGN"`: "NGN", `"ngn"`: "NGN", `" Ngn "`: "NGN", `"GHS"`: "GHS", `null`: "", `{}`: ""} {
		c := canned{status: 200, body: `{"status":true,"data":{"reference":"transfer-reference-1","status":"success","amount":100,"currency":` + written + `}}`}
		client := c.client(t)
		charge, err := client.VerifyCharge(t.Context(), "transfer-reference-1")
		transfer, transferErr := client.VerifyTransfer(t.Context(), "transfer-reference-1")
		if err != nil || transferErr != nil || charge.Currency != want || transfer.Currency != want {
			t.Errorf("%s is read as %q and %q, %v, %v", written, charge.Currency, transfer.Currency, err, transferErr)
		}
	}
}

// TestRefundOfAnotherCharge: a refund that the gateway answers with is ours only if it is of the charge we named.
func TestRefundOfAnotherCharge(t *testing.T) {
	for name, c := range map[string]canned{
		"another charge":          {status: 200, body: `{"status":true,"data":{"id":7,"status":"pending","transaction":{"id":1,"reference":"another"},"amount":100,"currency":"NGN"}}`},
		"another charge, by name": {status: 200, body: `{"status":true,"data":{"id":7,"status":"pending","transaction":1,"transaction_reference":"another","amount":100}}`},
		"done without an amount":  {status: 200, body: `{"status":true,"data":{"id":7,"status":"processed","transaction":1}}`},
	} {
		if r, err := c.client(t).Refund(t.Context(), provider.RefundRequest{ChargeReference: "charge-1", Amount: 100}); !errors.Is(err, provider.ErrInconclusive) {
			t.Errorf("%s: %+v, %v", name, r, err)
		}
	}
}

// TestAnswersWithTruth: the readable refusals.
func TestAnswersWithTruth(t *testing.T) {
	for name, test := range map[string]struct {
		canned
		is   error
		code string
	}{
		"404 as documented":           {canned{status: 404, body: `{"status":false,"message":"Transfer not found"}`}, provider.ErrNotFound, ""},
		"404 with false in quotes":    {canned{status: 404, body: `{"status":"false","message":"Transfer not found"}`}, provider.ErrNotFound, ""},
		"401":                         {canned{status: 401, body: `{"status":false,"message":"Invalid key"}`}, provider.ErrUnauthorized, ""},
		"403":                         {canned{status: 403, body: `{"status":false,"message":"IP address is not allowed"}`}, provider.ErrUnauthorized, ""},
		"duplicate transfer":          {canned{status: 400, body: `{"status":false,"message":"Please provide a unique reference. Reference already exists on a transfer","type":"validation_error","code":"duplicate_transfer_reference"}`}, provider.ErrDuplicateReference, ""},
		"duplicate seen under 404":    {canned{status: 404, body: `{"status":false,"message":"Please provide a unique reference. Reference already exists on a transfer"}`}, provider.ErrDuplicateReference, ""},
		"duplicate transaction":       {canned{status: 400, body: `{"status":false,"message":"Duplicate Transaction Reference","code":"duplicate_reference"}`}, provider.ErrDuplicateReference, ""},
		"balance by code":             {canned{status: 400, body: `{"status":false,"message":"no","code":"insufficient_balance","type":"api_error"}`}, provider.ErrInsufficientBalance, "insufficient_balance"},
		"balance by sentence":         {canned{status: 400, body: `{"status":false,"message":"Your balance is not enough to fulfil this request"}`}, provider.ErrInsufficientBalance, ""},
		"invalid with code":           {canned{status: 400, body: `{"status":false,"message":"Account 0123456789 is invalid","type":"validation_error","code":"invalid_params","meta":{"nextStep":"x"}}`}, nil, "invalid_params"},
		"invalid with null code":      {canned{status: 422, body: `{"status":false,"message":"m","type":null,"code":null}`}, nil, ""},
		"rate limit":                  {canned{status: 429, body: `whatever`, header: http.Header{"Retry-After": {"7"}}}, nil, ""},
		"rate limit without a header": {canned{status: 429}, nil, ""},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := test.client(t).VerifyTransfer(t.Context(), "transfer-reference-1")
			if test.is != nil && !errors.Is(err, test.is) {
				t.Errorf("error is %v, want %v", err, test.is)
			}
			if errors.Is(err, provider.ErrInconclusive) || strings.Contains(fmt.Sprint(err), "0123456789") {
				t.Errorf("error is %v", err)
			}
			var rejected *provider.RejectedError
			if errors.As(err, &rejected) && (rejected.Code != test.code || strings.Contains(rejected.Message, "0123456789")) {
				t.Errorf("rejected as %+v", rejected)
			}
			var limited *provider.RateLimitedError
			switch wait := test.header.Get("Retry-After"); {
			case test.status == 429 && !errors.As(err, &limited):
				t.Errorf("error is %v, want a rate limit", err)
			case wait == "7" && limited.RetryAfter != 7*time.Second, test.status == 429 && wait == "" && limited.RetryAfter != time.Second:
				t.Errorf("wait is %s", limited.RetryAfter)
			}
		})
	}
	t.Run("unknown charge under 400", func(t *testing.T) {
		c := canned{status: 400, body: `{"status":false,"message":"Transaction reference not found","code":"transaction_not_found"}`}
		_, err := c.client(t).VerifyCharge(t.Context(), "bind-1")
		if !errors.Is(err, provider.ErrNotFound) {
			t.Errorf("error is %v", err)
		}
		_, err = c.client(t).VerifyTransfer(t.Context(), "transfer-reference-1")
		if errors.Is(err, provider.ErrNotFound) {
			t.Errorf("a 400 must never say that a transfer does not exist: %v", err)
		}
	})
}

// TestPaused: a paused charge has no status; a conclusive status wins over paused.
func TestPaused(t *testing.T) {
	for body, want := range map[string]provider.Outcome{
		`{"paused":true,"authorization_url":"https://checkout.example/resume/1","reference":"collect-1"}`:         provider.OutcomePaused,
		`{"paused":true,"status":"success","reference":"collect-1","amount":1}`:                                   provider.OutcomeSucceeded,
		`{"paused":false,"status":"abandoned","reference":"collect-1","amount":1,"authorization":[]}`:             provider.OutcomePending,
		`{"status":"ongoing","reference":"collect-1","amount":1,"authorization":null}`:                            provider.OutcomePending,
		`{"status":"failed","reference":"collect-1","amount":1,"gateway_response":"Declined","authorization":{}}`: provider.OutcomeFailed,
	} {
		c := canned{status: 200, body: `{"status":true,"data":` + body + `}`}
		got, err := c.client(t).VerifyCharge(t.Context(), "collect-1")
		if err != nil || got.Outcome != want || got.Paused != (want == provider.OutcomePaused) {
			t.Errorf("%s is read as %+v, %v", body, got, err)
		}
	}
	c := canned{status: 200, body: `{"status":true,"data":{"paused":true,"authorization_url":"javascript:alert(1)","reference":"collect-1"}}`}
	if _, err := c.client(t).VerifyCharge(t.Context(), "collect-1"); !errors.Is(err, provider.ErrInconclusive) {
		t.Errorf("a page that is no web page: %v", err)
	}
}

// TestBankPages: the list is followed page by page, and a cursor that stands still ends it.
func TestBankPages(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Query().Get("next") {
		case "":
			_, _ = io.WriteString(w, `{"status":true,"data":[{"name":"GTB","code":"058","active":true,"slug":"gtb"}],"meta":{"next":"abc"}}`)
		case "abc":
			_, _ = io.WriteString(w, `{"status":true,"data":[{"name":"Old","code":"099","active":false},{"name":"No code","code":null}],"meta":{"next":"abc"}}`)
		}
	}))
	defer server.Close()
	client, err := paystack.New(paystack.Config{BaseURL: server.URL + "/", SecretKey: "k"})
	if err != nil {
		t.Fatal(err)
	}
	got, err := client.ListBanks(t.Context())
	want := []provider.Bank{{Code: "058", Name: "GTB", Slug: "gtb", Active: true}, {Code: "099", Name: "Old"}}
	if diff := cmp.Diff(want, got); err != nil || diff != "" {
		t.Error(err, diff)
	}
}
