package e2e

import (
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/creditpocket/creditpocket/internal/testkit/testapp"
)

var parameter = regexp.MustCompile(`\{[a-z]+\}`)

// TestVerbs sends every verb to every path: one that the contract does not declare is refused in the envelope, and the
// answer says which it does.
func TestVerbs(t *testing.T) {
	w := newWorld(t, testapp.Options{})
	declared := map[string][]string{}
	for _, op := range w.doc.Operations {
		declared[op.Path] = append(declared[op.Path], op.Method)
	}
	tried := 0
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
					t.Errorf("%s %s: Allow is %q and lacks %s", method, path, a.Header.Get("Allow"), m)
				}
			}
			for _, m := range allowed {
				if !slices.Contains(append(slices.Clone(methods), "OPTIONS", "HEAD"), m) {
					t.Errorf("%s %s: Allow is %q, the contract declares %v", method, path, a.Header.Get("Allow"), methods)
				}
			}
			switch {
			case method == "HEAD":
				if a.Status != http.StatusMethodNotAllowed || len(a.Raw) != 0 {
					t.Errorf("HEAD %s: %s, expected 405 without a body", path, a)
				}
			case method == "OPTIONS" && a.Status == http.StatusNoContent:
				if len(a.Raw) != 0 {
					t.Errorf("OPTIONS %s: a body in 204: %s", path, a)
				}
			case a.Status != http.StatusMethodNotAllowed || a.Reason != "METHOD_NOT_ALLOWED" || a.Code != 4050:
				t.Errorf("%s %s: %s, expected 405 METHOD_NOT_ALLOWED", method, path, a)
			}
			if a.Header.Get("X-Request-Id") == "" {
				t.Errorf("%s %s: no X-Request-Id", method, path)
			}
		}
	}
	fmt.Printf("\nVerbs: %d undeclared pairs of verb and path on %d paths\n", tried, len(declared))
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
