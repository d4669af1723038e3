package conform_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/creditpocket/creditpocket/internal/conform"
	"github.com/creditpocket/creditpocket/server"
)

const token = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFG"

// mock is a server that speaks the contract but for what is said behind its handlers.
func mock(t *testing.T) http.Handler {
	t.Helper()
	s, err := server.NewMock(server.Config{}, slog.New(slog.DiscardHandler), false)
	if err != nil {
		t.Fatal(err)
	}
	return s.Handler()
}

func ask(t *testing.T, h http.Handler, o conform.Options) (conform.Report, string, error) {
	t.Helper()
	srv := httptest.NewServer(h)
	t.Cleanup(srv.Close)
	var out bytes.Buffer
	o.URL, o.Token, o.GatewaySecret, o.Seed, o.Out = srv.URL, token, "secret", 1, &out
	r, err := conform.Run(t.Context(), o)
	return r, out.String(), err
}

// behind are the rules that the mock cannot know: it has no capabilities, and takes any token of the right form and any signature.
var behind = []string{"date that does not exist", "rule between properties", "with a token of no session", "with a wrong signature"}

// TestTheMockConforms asks the mock everything: what it does not refuse is what it cannot know.
func TestTheMockConforms(t *testing.T) {
	r, out, err := ask(t, mock(t), conform.Options{Quick: true})
	if err == nil || !errors.Is(err, conform.ErrViolations) {
		t.Errorf("the mock cannot know everything, and nothing was found: %v", err)
	}
	for _, v := range r.Violations {
		if !slices.ContainsFunc(behind, func(what string) bool { return strings.Contains(v, what) }) {
			t.Error(v)
		}
	}
	if r.Requests < 1000 || !strings.Contains(out, "RESULT conform url=") || !strings.Contains(out, "applyLoan") {
		t.Errorf("%d requests\n%s", r.Requests, out)
	}
}

// recorded is an answer that can be changed.
type recorded struct {
	status int
	header http.Header
	body   []byte
}

// edit changes the JSON of an answer.
func (a *recorded) edit(change func(envelope map[string]any)) {
	var v map[string]any
	if json.Unmarshal(a.body, &v) == nil {
		change(v)
		a.body, _ = json.Marshal(v)
	}
}

// first is the first bank of a list of banks; an empty map for other answers.
func first(envelope map[string]any) map[string]any {
	data, _ := envelope["data"].(map[string]any)
	if list, _ := data["list"].([]any); len(list) > 0 {
		return list[0].(map[string]any)
	}
	return map[string]any{}
}

// TestBrokenServersAreFound breaks one thing of an operation's answers at a time: each is found, and said.
func TestBrokenServersAreFound(t *testing.T) {
	sound := mock(t)
	for _, k := range []struct {
		name  string
		spoil func(*recorded)
		says  string
	}{
		{"wrong type", func(a *recorded) { a.edit(func(e map[string]any) { first(e)["bankNo"] = 58 }) }, "bankNo"},
		{"missing field", func(a *recorded) { a.edit(func(e map[string]any) { delete(first(e), "bankName") }) }, "bankName"},
		{"extra field", func(a *recorded) { a.edit(func(e map[string]any) { e["debug"] = "x" }) }, "debug"},
		{"renamed field", func(a *recorded) {
			a.edit(func(e map[string]any) { x := first(e); x["bank_no"] = x["bankNo"]; delete(x, "bankNo") })
		}, "bankNo"},
		{"null for a list", func(a *recorded) {
			a.edit(func(e map[string]any) {
				if d, _ := e["data"].(map[string]any); d["list"] != nil {
					d["list"] = nil
				}
			})
		}, "list"},
		{"changed enumeration", func(a *recorded) {
			a.edit(func(e map[string]any) {
				if d, _ := e["data"].(map[string]any); d["reason"] != nil {
					d["reason"] = "BAD_LUCK"
				}
			})
		}, "reason"},
		{"undeclared status", func(a *recorded) { a.status = http.StatusTeapot }, "not declared"},
		{"a status for another", func(a *recorded) {
			if a.status == http.StatusBadRequest {
				a.status = http.StatusInternalServerError
			}
		}, "expected 400"},
		{"wrong content type", func(a *recorded) { a.header.Set("Content-Type", "text/plain") }, "content type"},
		{"missing header", func(a *recorded) { a.header.Del("X-Request-Id") }, "X-Request-Id"},
		{"wrong header", func(a *recorded) { a.header.Set("RateLimit", "57") }, "regular expression"},
		{"trailing bytes", func(a *recorded) { a.body = append(a.body, "\n<!-- -->"...) }, ""},
		{"cut body", func(a *recorded) { a.body = a.body[:len(a.body)/2] }, ""},
	} {
		t.Run(k.name, func(t *testing.T) {
			h := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				rec := httptest.NewRecorder()
				sound.ServeHTTP(rec, r)
				a := &recorded{rec.Code, rec.Header().Clone(), rec.Body.Bytes()}
				k.spoil(a)
				a.header.Set("Content-Length", strconv.Itoa(len(a.body)))
				for name, values := range a.header {
					w.Header()[name] = values
				}
				w.WriteHeader(a.status)
				_, _ = w.Write(a.body)
			})
			r, out, err := ask(t, h, conform.Options{Quick: true, Operations: []string{"listBanks"}})
			if !errors.Is(err, conform.ErrViolations) || len(r.Violations) == 0 || !strings.Contains(strings.Join(r.Violations, "\n"), k.says) || !strings.Contains(out, "VIOLATION") {
				t.Errorf("%v: %v", err, r.Violations)
			}
		})
	}
}

// TestOpenDoorsAreFound lets everybody in, and takes everything.
func TestOpenDoorsAreFound(t *testing.T) {
	sound := mock(t)
	open := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r.Header.Set("Authorization", "Bearer "+token)
		sound.ServeHTTP(w, r)
	})
	r, _, err := ask(t, open, conform.Options{Quick: true, Operations: []string{"getUserInfo"}})
	if !errors.Is(err, conform.ErrViolations) || !strings.Contains(strings.Join(r.Violations, "\n"), "getUserInfo, without a token: expected 401") {
		t.Errorf("%v: %v", err, r.Violations)
	}
	careless := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r.URL.RawQuery, r.Body = "", io.NopCloser(strings.NewReader(`{"mobile":"07000000003","purpose":1}`))
		r.Header.Set("Content-Type", "application/json")
		r.ContentLength = -1
		sound.ServeHTTP(w, r)
	})
	r, _, err = ask(t, careless, conform.Options{Quick: true, Operations: []string{"sendCode"}})
	if !errors.Is(err, conform.ErrViolations) || len(r.Violations) < 15 {
		t.Errorf("%v: only %d violations of a server that takes everything: %v", err, len(r.Violations), r.Violations)
	}
}

// TestNobodyThere is an error that is no violation.
func TestNobodyThere(t *testing.T) {
	srv := httptest.NewServer(http.NotFoundHandler())
	srv.Close()
	if _, err := conform.Run(t.Context(), conform.Options{URL: srv.URL, Out: io.Discard}); err == nil || errors.Is(err, conform.ErrViolations) {
		t.Error(err)
	}
	if _, err := conform.Run(t.Context(), conform.Options{URL: srv.URL, Operations: []string{"nope"}, Out: io.Discard}); err == nil || !strings.Contains(err.Error(), "nope") {
		t.Error(err)
	}
}
