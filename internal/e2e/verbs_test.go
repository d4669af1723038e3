package e2e

import (
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/creditpocket/creditpocket/internal/backoffice"
	"github.com/creditpocket/creditpocket/internal/contract"
	"github.com/creditpocket/creditpocket/internal/testkit/testapp"
)

var parameter = regexp.MustCompile(`\{[A-Za-z]+\}`)

// TestVerbs sends every verb to every path: one that the contract does not declare is refused in the envelope, and the
// answer says which it does.
func TestVerbs(t *testing.T) {
	w := newWorld(t, testapp.Options{})
	declared := map[string][]string{}
	for _, op := range w.doc.Operations {
		declared[op.Path] = append(declared[op.Path], op.Method)
	}
	tried, leaks := 0, 0
	problem := func(format string, args ...any) {
		t.Helper()
		leaks++
		t.Errorf(format, args...)
	}
	for path, methods := range declared {
		address := parameter.ReplaceAllString(path, "90c192cf-d3ac-44af-8f21-ddb66cad4a26")
		for _, method := range []string{"GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS", "TRACE", "PROPFIND"} {
			if slices.Contains(methods, method) {
				continue
			}
			tried++
			a := w.bare(method, address)
			allowed := strings.Split(strings.ReplaceAll(a.Header.Get("Allow"), " ", ""), ",")
			for _, m := range methods {
				if !slices.Contains(allowed, m) {
					problem("%s %s: Allow is %q and lacks %s", method, path, a.Header.Get("Allow"), m)
				}
			}
			for _, m := range allowed {
				if !slices.Contains(append(slices.Clone(methods), "OPTIONS", "HEAD"), m) {
					problem("%s %s: Allow is %q, the contract declares %v", method, path, a.Header.Get("Allow"), methods)
				}
			}
			switch {
			case method == "HEAD":
				if a.Status != http.StatusMethodNotAllowed || len(a.Raw) != 0 {
					problem("HEAD %s: %s, expected 405 without a body", path, a)
				}
			case method == "OPTIONS" && a.Status == http.StatusNoContent:
				if len(a.Raw) != 0 {
					problem("OPTIONS %s: a body in 204: %s", path, a)
				}
			case a.Status != http.StatusMethodNotAllowed || a.Reason != "METHOD_NOT_ALLOWED" || a.Code != 4050:
				problem("%s %s: %s, expected 405 METHOD_NOT_ALLOWED", method, path, a)
			}
			if a.Header.Get("X-Request-Id") == "" {
				problem("%s %s: no X-Request-Id", method, path)
			}
		}
	}
	leaks += w.elsewhere(&tried)
	fmt.Printf("RESULT matrix-verbs cells=%d paths=%d leaks=%d\n", tried, len(declared), leaks)
}

// elsewhere asks each of the two addresses for all that the other one's contract declares: there it is not there, whoever asks. And it sends
// the operators' paths every verb that they do not declare.
func (w *world) elsewhere(tried *int) (leaks int) {
	w.Helper()
	ops, err := contract.LoadOps()
	if err != nil {
		w.Fatal(err)
	}
	_, key, err := w.app.Backoffice.AddOperator(w.Context(), backoffice.NewOperator{Name: "staff", Role: backoffice.Admin, Life: time.Hour})
	if err != nil {
		w.Fatal(err)
	}
	w.eventually(15*time.Second, "the operators' API to listen", func() bool { return w.app.OpsURL() != "" })
	known := func(doc *contract.Document, path string) bool {
		return slices.ContainsFunc(doc.Operations, func(op *contract.Operation) bool {
			return parameter.ReplaceAllString(op.Path, "x") == parameter.ReplaceAllString(path, "x")
		})
	}
	send := func(method, address, token string) int {
		req, err := http.NewRequest(method, parameter.ReplaceAllString(address, "182400441253888"), strings.NewReader("{}"))
		if err != nil {
			w.Fatal(err)
		}
		req.Header.Set("Content-Type", "application/json")
		if token != "" {
			req.Header.Set("Authorization", "Bearer "+token)
		}
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			w.Fatal(err)
		}
		_ = resp.Body.Close()
		*tried++
		return resp.StatusCode
	}
	for _, op := range ops.Operations {
		for _, method := range []string{"GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "TRACE", "PROPFIND"} {
			if slices.ContainsFunc(ops.Operations, func(o *contract.Operation) bool { return o.Method == method && covers(o.Path, op.Path) }) {
				continue
			}
			if status := send(method, w.app.OpsURL()+op.Path, key); status != http.StatusMethodNotAllowed {
				leaks++
				w.Errorf("%s %s of the operators: %d", method, op.Path, status)
			}
		}
	}
	for _, place := range []struct {
		base        string
		here, there *contract.Document
		token       string
	}{{w.app.BaseURL, w.doc, ops, key}, {w.app.OpsURL(), ops, w.doc, w.register().token}} {
		for _, op := range place.there.Operations {
			if known(place.here, op.Path) {
				continue
			}
			for _, token := range []string{"", place.token} {
				status := send(op.Method, place.base+op.Path, token)
				if status != http.StatusNotFound && status != http.StatusMethodNotAllowed {
					leaks++
					w.Errorf("%s %s at the other address: %d", op.Method, op.Path, status)
				}
			}
		}
	}
	return leaks
}

// covers tells whether a path of the contract, with its parameters, takes in another one.
func covers(pattern, path string) bool {
	return regexp.MustCompile(`^` + parameter.ReplaceAllString(pattern, `[^/]+`) + `$`).MatchString(path)
}

// TestUnknownPaths asks for what is not there, near what is.
func TestUnknownPaths(t *testing.T) {
	w := newWorld(t, testapp.Options{})
	paths := []string{"/nope", "/user", "/user/", "//user/info", "/user/info/", "/USER/INFO", "/user/info/status/x", "/image", "/image/", "/image/a/b", "/.env", "/docs/../user/nope",
		"/user%2Finfo", "/user/info%00", "/loan/record/page.json", "/gateway/paystack", "/simulator/books", "/admin", "/debug/pprof/", "/docs/assets/nope.js", "/docs/assets/%2e%2e/read.html"}
	for _, path := range paths {
		for _, method := range []string{"GET", "POST", "DELETE"} {
			a := w.bare(method, path)
			if a.Status != http.StatusNotFound || a.Reason != "NOT_FOUND" || a.Code != 4040 {
				t.Errorf("%s %s: %s, expected 404 NOT_FOUND", method, path, a)
			}
			if a.Header.Get("X-Request-Id") == "" {
				t.Errorf("%s %s: no X-Request-Id", method, path)
			}
		}
	}
}

// bare sends a request without anything.
func (w *world) bare(method, path string) answer {
	w.Helper()
	req, err := http.NewRequest(method, w.app.BaseURL+path, nil)
	if err != nil {
		w.Fatal(err)
	}
	a, err := w.do(req)
	if err != nil {
		w.Fatalf("%s %s: %v", method, path, err)
	}
	return a
}
