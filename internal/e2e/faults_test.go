package e2e

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/creditpocket/creditpocket/internal/contract"
	"github.com/creditpocket/creditpocket/internal/testkit/testapp"
)

// seeded is one thing that a careless change would do to an answer behind the server's own check of it.
type seeded struct {
	name, method, path, body string
	plant                    func(resp *http.Response, body string) string
}

// change changes a text of the answer, which must be there.
func change(old, new string) func(*http.Response, string) string {
	return func(_ *http.Response, body string) string {
		if !strings.Contains(body, old) {
			return "" // no JSON, no status: the test below says that the fault was not planted
		}
		return strings.Replace(body, old, new, 1)
	}
}

var seededFaults = []seeded{
	{"wrong type", "GET", "/support/email", "", change(`"code":1`, `"code":"1"`)},
	{"missing field", "GET", "/support/email", "", change(`"message":"successfully request",`, ``)},
	{"undeclared status", "GET", "/support/email", "", func(resp *http.Response, body string) string { resp.StatusCode = http.StatusAccepted; return body }},
	{"wrong status for an error", "GET", "/loan/record/page", "", func(resp *http.Response, body string) string { resp.StatusCode = http.StatusOK; return body }},
	{"wrong content type", "GET", "/support/email", "", func(resp *http.Response, body string) string {
		resp.Header.Set("Content-Type", "text/html; charset=utf-8")
		return body
	}},
	{"wrong header", "GET", "/support/email", "", func(resp *http.Response, body string) string {
		resp.Header.Set("X-Request-Id", "?")
		return body
	}},
	{"missing header", "GET", "/support/email", "", func(resp *http.Response, body string) string { resp.Header.Del("X-Request-Id"); return body }},
	{"extra field", "GET", "/bank/dict/list", "", change(`"bankNo":`, `"internalId":7,"bankNo":`)},
	{"trailing bytes", "GET", "/support/email", "", func(_ *http.Response, body string) string { return strings.TrimSpace(body) + "}" }},
	{"null for a list", "GET", "/bank/dict/list", "", func(_ *http.Response, body string) string {
		from, to := strings.Index(body, `"list":[`), strings.LastIndex(body, "]")
		if from < 0 || to < from {
			return ""
		}
		return body[:from] + `"list":null` + body[to+1:]
	}},
	{"renamed field", "GET", "/bank/dict/list", "", change(`"bankNo":`, `"bank_no":`)},
	{"changed enum", "POST", "/user/login", `{"mobile":"7000000009","password":"not-the-password"}`, change(`"reason":"INVALID_CREDENTIALS"`, `"reason":"BAD_PASSWORD"`)},
	{"number for a 64-bit id", "GET", "/home/product", "", change(`"id":"`, `"id":7,"was":"`)},
	{"session token in an envelope", "GET", "/support/email", "", change(`"token":"`, `"token":"x`)},
	{"cut body", "GET", "/support/email", "", func(_ *http.Response, body string) string { return body[:len(body)/2] }},
}

// TestSeededFaults plants faults into the answers of a running server, and holds the contract suite to catching every one. With
// CP_CONTRACT_RECORD it leaves what it saw for the second judge: a folder a fault, with the first judge's verdict beside the records.
func TestSeededFaults(t *testing.T) {
	records := os.Getenv(contract.RecordVariable)
	app := testapp.New(t, testapp.Options{})
	target, err := url.Parse(app.BaseURL)
	if err != nil {
		t.Fatal(err)
	}
	caught := 0
	for _, f := range seededFaults {
		planted := false
		proxy := httputil.NewSingleHostReverseProxy(target)
		proxy.ModifyResponse = func(resp *http.Response) error {
			raw, err := io.ReadAll(resp.Body)
			if err != nil {
				return err
			}
			status, header := resp.StatusCode, resp.Header.Clone()
			body := f.plant(resp, string(raw))
			planted = body != string(raw) || status != resp.StatusCode || fmt.Sprint(header) != fmt.Sprint(resp.Header)
			planted = planted && body != ""
			resp.Body, resp.ContentLength = io.NopCloser(bytes.NewReader([]byte(body))), int64(len(body))
			resp.Header.Set("Content-Length", fmt.Sprint(len(body)))
			return nil
		}
		server := httptest.NewServer(proxy)
		t.Cleanup(server.Close)
		folder := ""
		if records != "" {
			folder = filepath.Join(records, strings.ReplaceAll(f.name, " ", "-"))
			t.Setenv(contract.RecordVariable, folder)
		}
		judge, err := contract.NewTransport(nil)
		if err != nil {
			t.Fatal(err)
		}
		req, err := http.NewRequestWithContext(t.Context(), f.method, server.URL+f.path, strings.NewReader(f.body))
		if err != nil {
			t.Fatal(err)
		}
		if f.body != "" {
			req.Header.Set("Content-Type", "application/json")
		}
		resp, err := judge.RoundTrip(req)
		if err == nil {
			_ = resp.Body.Close()
		}
		if !planted {
			t.Errorf("%s was not planted: the answer of %s looks different now", f.name, f.path)
			continue
		}
		var violation *contract.Violation
		verdict := "missed"
		if errors.As(err, &violation) {
			caught++
			verdict = "caught"
		} else {
			t.Errorf("%s passed the contract suite: %v", f.name, err)
		}
		t.Logf("%-30s %s %v", f.name, verdict, err)
		if folder != "" {
			if err := os.WriteFile(filepath.Join(folder, "verdict"), []byte(verdict), 0o644); err != nil {
				t.Fatal(err)
			}
		}
	}
	t.Logf("%d of %d faults caught", caught, len(seededFaults))
}
