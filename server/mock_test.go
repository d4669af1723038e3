package server_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"image"
	"image/jpeg"
	"io"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/creditpocket/creditpocket/gen/spec"
	"github.com/creditpocket/creditpocket/internal/contract"
	"github.com/creditpocket/creditpocket/server"
	"github.com/getkin/kin-openapi/openapi3"
)

const anyToken = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFG"

// mock is a running mock and the judge of its answers.
type mock struct {
	*testing.T
	url    string
	doc    *contract.Document
	client *http.Client
	photo  []byte
}

func newMock(t *testing.T, browsers bool) *mock {
	t.Helper()
	s, err := server.NewMock(server.Config{Development: true}, slog.New(slog.DiscardHandler), browsers)
	if err != nil {
		t.Fatal(err)
	}
	h := httptest.NewServer(s.Handler())
	t.Cleanup(h.Close)
	doc, err := contract.Load()
	if err != nil {
		t.Fatal(err)
	}
	judge, err := contract.NewTransport(nil)
	if err != nil {
		t.Fatal(err)
	}
	var photo bytes.Buffer
	if err := jpeg.Encode(&photo, image.NewGray(image.Rect(0, 0, 320, 240)), nil); err != nil {
		t.Fatal(err)
	}
	return &mock{t, h.URL, doc, &http.Client{Transport: judge}, photo.Bytes()}
}

// send sends a request with headers, as a borrower, or as the gateway where it is one's turn.
func (m *mock) send(r *contract.Request, headers ...string) (*http.Response, []byte) {
	m.Helper()
	req, err := r.HTTP(m.Context(), m.url)
	if err != nil {
		m.Fatal(err)
	}
	switch r.Operation.Auth {
	case contract.Session, contract.OptionalSession:
		req.Header.Set("Authorization", "Bearer "+anyToken)
	case contract.Gateway:
		req.Header.Set("X-Paystack-Signature", "c0ffee")
	}
	for i := 0; i < len(headers); i += 2 {
		req.Header.Set(headers[i], headers[i+1])
	}
	resp, err := m.client.Do(req)
	if err != nil {
		m.Fatalf("%s: %v", r.Operation.ID, err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		m.Fatal(err)
	}
	return resp, body
}

// value is JSON as a value.
func (m *mock) value(raw []byte) any {
	m.Helper()
	var v any
	if err := json.Unmarshal(raw, &v); err != nil {
		m.Fatalf("%v: %.200s", err, raw)
	}
	return v
}

// TestMockAnswersEveryExample asks for every example of every operation: it comes back as it stands in the document, with its status,
// and is an answer that both documents allow. Every example of a request is taken.
func TestMockAnswersEveryExample(t *testing.T) {
	m := newMock(t, false)
	whole, err := spec.Load()
	if err != nil {
		t.Fatal(err)
	}
	mobile, err := spec.LoadMobile()
	if err != nil {
		t.Fatal(err)
	}
	tried, files, sent := 0, 0, 0
	for _, op := range m.doc.Operations {
		declared := whole.Paths.Value(op.Path).GetOperation(op.Method).Responses
		first := map[int]bool{}
		for code, response := range declared.Map() {
			for media, content := range response.Value.Content {
				if media != "application/json" {
					files++
					if resp, body := m.send(op.Valid(m.photo), "Accept", media); resp.StatusCode != 200 || resp.Header.Get("Content-Type") != media || len(body) == 0 {
						t.Errorf("%s as %s: %d %s, %d bytes", op.ID, media, resp.StatusCode, resp.Header.Get("Content-Type"), len(body))
					}
					continue
				}
				for name, x := range content.Examples {
					tried++
					var status int
					if _, err := fmt.Sscan(code, &status); err != nil {
						t.Fatal(err)
					}
					resp, body := m.send(op.Valid(m.photo), "Prefer", fmt.Sprintf("code=%s, example=%s", code, name))
					got := m.value(body)
					if resp.StatusCode != status || !reflect.DeepEqual(got, x.Value.Value) {
						t.Errorf("%s %s %s: %d %s", op.ID, code, name, resp.StatusCode, body)
						continue
					}
					forApps := mobile.Paths.Value(op.Path).GetOperation(op.Method).Responses.Value(code).Value.Content.Get(media).Schema.Value
					if err := forApps.VisitJSON(got, openapi3.MultiErrors()); err != nil {
						t.Errorf("%s %s %s breaks the mobile document: %v", op.ID, code, name, err)
					}
					first[status] = true
				}
			}
		}
		for status := range first { // a status alone is one of its examples
			resp, body := m.send(op.Valid(m.photo), "Prefer", fmt.Sprintf("code=%d", status))
			among := slices.ContainsFunc(values(declared.Status(status).Value.Content.Get("application/json").Examples), func(v any) bool { return reflect.DeepEqual(v, m.value(body)) })
			if resp.StatusCode != status || !among {
				t.Errorf("%s with code=%d: %d %s", op.ID, status, resp.StatusCode, body)
			}
		}
		requests := op.ValidFor() // every example of a request is taken
		if op.BodyType == contract.UploadBody {
			requests = []*contract.Request{op.Valid(m.photo)}
		}
		for i, r := range requests {
			sent++
			if resp, body := m.send(r); resp.StatusCode != 200 {
				t.Errorf("%s, request example %d: %d %s, expected its success", op.ID, i+1, resp.StatusCode, body)
			}
			if op.BodyType != contract.JSONBody {
				continue
			}
			forApps := mobile.Paths.Value(op.Path).GetOperation(op.Method).RequestBody.Value.Content.Get(contract.JSONBody).Schema.Value
			if err := forApps.VisitJSON(m.value(r.Body), openapi3.MultiErrors()); err != nil {
				t.Errorf("%s, request example %d breaks the mobile document: %v", op.ID, i+1, err)
			}
		}
	}
	t.Logf("RESULT mock-examples operations=%d answers=%d files=%d requests=%d", len(m.doc.Operations), tried, files, sent)
	if tried < 400 || files < 4 || sent < len(m.doc.Operations) {
		t.Errorf("only %d examples and %d files", tried, files)
	}
}

func values(examples openapi3.Examples) (all []any) {
	for _, x := range examples {
		all = append(all, x.Value.Value)
	}
	return all
}

// TestMockRefusesBadRequests sends what the real server refuses before any handler: the mock says the same.
func TestMockRefusesBadRequests(t *testing.T) {
	m := newMock(t, false)
	tried := 0
	for _, op := range m.doc.Operations {
		for bad := range op.Mutations(rand.New(rand.NewPCG(3, 3)), m.photo) {
			if _, domain := op.Reasons["POLICY_REFUSED"]; domain || bad.Kind == contract.OverLimit || bad.Kind == contract.NoSuchDate || bad.Kind == contract.RuleBroken {
				continue // said by the capabilities, which the mock has not
			}
			tried++
			resp, body := m.send(bad.Request)
			if resp.StatusCode != bad.Status || !slices.Contains(bad.Reasons, contract.ReasonOf(body)) {
				t.Errorf("%s, %s (%s): %d, expected %d: %s", op.ID, bad.Kind, bad.Place, resp.StatusCode, bad.Status, body)
			}
		}
		if op.Auth == contract.Session {
			if resp, _ := m.send(op.Valid(m.photo), "Authorization", "Bearer short"); resp.StatusCode != http.StatusUnauthorized {
				t.Errorf("%s with a token that can be none: %d", op.ID, resp.StatusCode)
			}
		}
	}
	t.Logf("%d requests", tried)
	if tried < 3000 {
		t.Errorf("only %d requests", tried)
	}
}

// TestMockPreferences asks for what there is not, and in the ways in which the header may be written.
func TestMockPreferences(t *testing.T) {
	m := newMock(t, false)
	apply := m.doc.Operation("applyLoan")
	for _, k := range []struct {
		prefer  string
		status  int
		reason  string
		applied string
	}{
		{"code=409", 409, "OPEN_LOAN_EXISTS", "code=409"},
		{"example=QUOTE_EXPIRED", 422, "QUOTE_EXPIRED", "example=QUOTE_EXPIRED"},
		{`respond-async; code="503"`, 503, "UNAVAILABLE", "code=503"},
		{"CODE = 429", 429, "RATE_LIMITED", "code=429"},
		{"wait=10", 200, "", ""},
		{"code=418", 400, "VALIDATION_FAILED", ""},
		{"code=teapot", 400, "VALIDATION_FAILED", ""},
		{"code=409, example=QUOTE_EXPIRED", 400, "VALIDATION_FAILED", ""},
		{"example=nonsense", 400, "VALIDATION_FAILED", ""},
	} {
		resp, body := m.send(apply.Valid(m.photo), "Prefer", k.prefer)
		if resp.StatusCode != k.status || contract.ReasonOf(body) != k.reason || resp.Header.Get("Preference-Applied") != k.applied {
			t.Errorf("%q: %d %s, applied %q", k.prefer, resp.StatusCode, body, resp.Header.Get("Preference-Applied"))
		}
		if k.status >= 429 && resp.Header.Get("Retry-After") == "" {
			t.Errorf("%q: no Retry-After", k.prefer)
		}
		if k.status == 409 && resp.Header.Get("Retry-After") != "" {
			t.Error("a conflict that no repeat helps asks for one")
		}
	}
	if _, body := m.send(apply.Valid(m.photo), "Prefer", "code=418"); !strings.Contains(string(body), "200, 400, 401") {
		t.Errorf("the refusal does not say what there is: %s", body)
	}
	if resp, body := m.send(apply.Valid([]byte("no picture"))); resp.StatusCode != http.StatusUnsupportedMediaType {
		t.Errorf("an application with a text for a photograph: %d %s", resp.StatusCode, body)
	}
}

// TestMockAndBrowsers lets pages of this machine in where the mock is told to, and no other.
func TestMockAndBrowsers(t *testing.T) {
	mocks := map[bool]*mock{true: newMock(t, true), false: newMock(t, false)}
	for _, k := range []struct {
		browsers bool
		origin   string
		allowed  bool
	}{
		{true, "http://localhost:5173", true}, {true, "http://127.0.0.1:3000", true}, {true, "http://[::1]:3000", true},
		{true, "https://localhost.example.com", false}, {true, "null", false}, {false, "http://localhost:5173", false},
	} {
		m := mocks[k.browsers]
		req, err := http.NewRequestWithContext(t.Context(), http.MethodOptions, m.url+"/user/info", nil)
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Origin", k.origin)
		req.Header.Set("Access-Control-Request-Method", "GET")
		req.Header.Set("Access-Control-Request-Headers", "authorization,prefer")
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		_ = resp.Body.Close()
		if got := resp.Header.Get("Access-Control-Allow-Origin"); (got == k.origin) != k.allowed || (got != "") != k.allowed {
			t.Errorf("%+v: allowed %q", k, got)
		}
		answer, _ := m.send(m.doc.Operation("getUserInfo").Valid(), "Origin", k.origin)
		if got := answer.Header.Get("Access-Control-Allow-Origin"); (got == k.origin) != k.allowed {
			t.Errorf("%+v: the answer allows %q", k, got)
		}
	}
}
