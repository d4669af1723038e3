package creditpocket_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	creditpocket "github.com/creditpocket/creditpocket/client"
	"github.com/creditpocket/creditpocket/client/creditpockettest"
)

func TestTypedErrors(t *testing.T) {
	srv := creditpockettest.New(t)
	c := srv.Client(srv.BorrowerWith(creditpocket.LoanActive))
	_, err := c.Loans.Apply(context.Background(), application())
	if !errors.Is(err, creditpocket.ErrOpenLoanExists) || errors.Is(err, creditpocket.ErrLoanNotFound) || errors.Is(err, creditpocket.ErrUnexpectedAnswer) {
		t.Errorf("%v", err)
	}
	var e *creditpocket.Error
	if !errors.As(err, &e) {
		t.Fatalf("%T", err)
	}
	if e.Operation != "applyLoan" || e.Code != 4090 || e.Reason != "OPEN_LOAN_EXISTS" || e.HTTPStatus != 409 || e.RequestID == "" || e.Message == "" || e.Retryable || e.Attempts != 1 {
		t.Errorf("%+v", e)
	}
	srv.Script("getLatestLoan", creditpockettest.TooMany(7*time.Second))
	_, err = c.Loans.Latest(context.Background(), creditpocket.WithMaxRetries(0))
	if !errors.As(err, &e) || e.RetryAfter != 7*time.Second || !e.Retryable {
		t.Errorf("%v", err)
	}
}

func TestErrorFieldsNameThePlace(t *testing.T) {
	srv := creditpockettest.New(t)
	c := srv.Client(srv.NewBorrower())
	_, err := c.Users.SaveContacts(context.Background(), []creditpocket.EmergencyContact{{Name: "Ada", Mobile: "07000000009", Relation: 2}, {Name: "Bola", Mobile: "12", Relation: 9}})
	var e *creditpocket.Error
	if !errors.Is(err, creditpocket.ErrValidationFailed) || !errors.As(err, &e) || len(e.Fields) < 2 {
		t.Fatalf("%v", err)
	}
	for _, want := range []string{"contacts[1].mobile", "contacts[1].relation"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%q does not name %s", err, want)
		}
	}
}

// Whatever is not the contract's is an error, never a nil or a zero value with no error.
func TestForeignAnswersAreErrors(t *testing.T) {
	srv := creditpockettest.New(t)
	c := srv.Client(nil, creditpocket.WithMaxRetries(0))
	answer := func(status int, contentType, body string) creditpockettest.Answer {
		return creditpockettest.Respond(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", contentType)
			w.WriteHeader(status)
			_, _ = io.WriteString(w, body)
		})
	}
	good := `{"code":1,"message":"successfully request","token":"1742643339300","data":{"list":[]}}`
	for name, fault := range map[string]creditpockettest.Answer{
		"HTML 503":              creditpockettest.HTML(503),
		"HTML 200":              creditpockettest.HTML(200),
		"redirect":              answer(302, "text/html", ""),
		"empty 200":             answer(200, "application/json", ""),
		"empty 204":             answer(204, "", ""),
		"null":                  answer(200, "application/json", "null"),
		"another JSON":          answer(200, "application/json", `{"error":"x"}`),
		"two envelopes":         answer(200, "application/json", good+good),
		"trailing bytes":        answer(200, "application/json", good+"x"),
		"not announced as JSON": answer(200, "text/plain", good),
		"no data":               answer(200, "application/json", `{"code":1,"message":"","token":""}`),
		"null data":             answer(200, "application/json", `{"code":1,"message":"","token":"","data":null}`),
		"null list":             answer(200, "application/json", `{"code":1,"message":"","token":"","data":{"list":null}}`),
		"success and 500":       answer(500, "application/json", good),
		"an error and 200":      answer(200, "application/json", `{"code":4090,"message":"x","token":"1","data":{"list":[]}}`),
	} {
		srv.Script("listBanks", fault)
		banks, err := c.Banks.List(context.Background())
		if err == nil || banks != nil || !errors.Is(err, creditpocket.ErrUnexpectedAnswer) {
			t.Errorf("%s: %v, %v", name, banks, err)
		}
	}
	srv.Script("listBanks", answer(200, "application/json; charset=utf-8", good+"\n"))
	if banks, err := c.Banks.List(context.Background()); err != nil || len(banks) != 0 {
		t.Errorf("%v, %v", banks, err)
	}
	srv.Script("getImage", answer(200, "application/json", good))
	if img, err := srv.Client(srv.NewBorrower()).Images.Get(context.Background(), "90c192cf-d3ac-44af-8f21-ddb66cad4a26"); err == nil || img.Bytes != nil {
		t.Errorf("an envelope is taken for an image: %v", err)
	}
	var e *creditpocket.Error
	srv.Script("listBanks", creditpockettest.HTML(503))
	_, err := c.Banks.List(context.Background())
	if !errors.As(err, &e) || e.HTTPStatus != 503 || e.Reason != "" || e.Code != 0 || e.ContentType != "text/html" || !e.Retryable {
		t.Errorf("%+v", e)
	}
}

// A reason of tomorrow is told as it is.
func TestUnknownReason(t *testing.T) {
	srv := creditpockettest.New(t)
	srv.Script("listBanks", creditpockettest.Respond(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(http.StatusConflict)
		_, _ = io.WriteString(w, `{"code":4999,"message":"New.","token":"1742643339300","data":{"reason":"OF_TOMORROW","requestId":"01JQ4Z7M9K3T5V8X","fields":[],"retryable":false}}`)
	}))
	_, err := srv.Client(nil).Banks.List(context.Background())
	var e *creditpocket.Error
	if !errors.Is(err, creditpocket.Reason("OF_TOMORROW")) || !errors.As(err, &e) || e.Code != 4999 || e.RequestID != "01JQ4Z7M9K3T5V8X" {
		t.Errorf("%v", err)
	}
}

func TestReasonsAreTheCatalog(t *testing.T) {
	info, ok := creditpocket.ErrSMSRateLimited.Info()
	if !ok || info.Code != 4291 || info.HTTPStatus != 429 || !info.Retryable || info.Action == "" {
		t.Errorf("%+v", info)
	}
	if _, ok := creditpocket.Reason("NOBODY").Info(); ok {
		t.Error("a reason that is not in the catalog is found")
	}
	last := 0
	for _, info := range creditpocket.Reasons() {
		if info.Code <= last {
			t.Errorf("%s: code %d", info.Reason, info.Code)
		}
		last = info.Code
	}
}

func TestAnswerSizeIsCapped(t *testing.T) {
	srv := creditpockettest.New(t)
	c := srv.Client(nil, creditpocket.WithMaxAnswerBytes(200))
	if _, err := c.Banks.List(context.Background()); !errors.Is(err, creditpocket.ErrAnswerTooLarge) || len(srv.Calls("")) != 1 {
		t.Errorf("%v after %d requests", err, len(srv.Calls("")))
	}
	if _, err := c.Banks.List(context.Background(), creditpocket.WithMaxAnswerBytes(1<<20)); err != nil {
		t.Error(err)
	}
}
