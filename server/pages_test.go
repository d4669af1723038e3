package server

import (
	"bytes"
	"compress/gzip"
	"io"
	"net/http"
	"regexp"
	"strings"
	"testing"

	"github.com/creditpocket/creditpocket/gen/spec"
)

// get asks for a path with an Accept-Encoding of the caller's own; Go's client then leaves the body as it came.
func (f *fixture) get(path, encoding string) reply {
	return f.do("GET", path, "", "Accept-Encoding: "+encoding)
}

func TestDocumentsAreServed(t *testing.T) {
	f := newFixture(t, Config{})
	for path, want := range map[string][]byte{
		"/openapi.yaml": spec.Bytes(), "/openapi.json": spec.JSON(),
		"/openapi-mobile.yaml": spec.Mobile(), "/openapi-mobile.json": spec.MobileJSON(),
	} {
		for _, encoding := range []string{"identity", "gzip;q=0", "gzip;q=0.0, br"} {
			if r := f.get(path, encoding); r.StatusCode != 200 || !bytes.Equal(r.raw, want) || r.Header.Get("Content-Encoding") != "" {
				t.Fatalf("%s, %s: %d, %d bytes, %v", path, encoding, r.StatusCode, len(r.raw), r.Header)
			}
		}
		r := f.get(path, "br, gzip;q=0.8")
		if r.Header.Get("Content-Encoding") != "gzip" || !bytes.Equal(unzip(t, r.raw), want) || len(r.raw)*3 > len(want) {
			t.Fatalf("%s: not packed: %d bytes, %v", path, len(r.raw), r.Header)
		}
		again := f.do("GET", path, "", "If-None-Match: "+r.Header.Get("ETag"))
		if again.StatusCode != 304 || len(again.raw) != 0 {
			t.Fatalf("%s: an unchanged document was sent again: %d", path, again.StatusCode)
		}
	}
}

func unzip(t *testing.T, raw []byte) []byte {
	t.Helper()
	r, err := gzip.NewReader(bytes.NewReader(raw))
	if err != nil {
		t.Fatal(err)
	}
	out, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// Pages must work with what this server serves: every src and href is a path here, nothing is inline that the policy refuses.
func TestPagesNeedNothingFromOutside(t *testing.T) {
	f := newFixture(t, Config{Development: true, Links: []Link{{"Simulator <x>", "/simulator", "The made-up gateway."}}})
	reference := regexp.MustCompile(`(?:src|href|apiDescriptionUrl)="([^"]*)"`)
	for page, policy := range map[string]string{"/docs": readPolicy, "/docs/try": pagePolicy, "/": pagePolicy} {
		r := f.get(page, "identity")
		if r.StatusCode != 200 || r.Header.Get("Content-Security-Policy") != policy || r.Header.Get("Content-Type") != "text/html; charset=utf-8" {
			t.Fatalf("%s: %d %v", page, r.StatusCode, r.Header)
		}
		if regexp.MustCompile(`<script(>|[^>]*>[^<])|<style|\son[a-z]+=|https?://`).Match(r.raw) {
			t.Errorf("%s holds something inline or from outside:\n%s", page, r.raw)
		}
		found := reference.FindAllStringSubmatch(string(r.raw), -1)
		if len(found) < 2 {
			t.Fatalf("%s refers to %d things", page, len(found))
		}
		for _, m := range found {
			if m[1] == "/simulator" {
				continue
			}
			if r := f.get(m[1], "gzip"); r.StatusCode != 200 || len(r.raw) == 0 {
				t.Errorf("%s refers to %s: %d", page, m[1], r.StatusCode)
			}
		}
	}
	if r := f.get("/", "identity"); !strings.Contains(string(r.raw), `<a href="/simulator">Simulator &lt;x&gt;</a><span>The made-up gateway.</span>`) {
		t.Errorf("the configured link is not there:\n%s", r.raw)
	}
	if r := newFixture(t, Config{}).get("/", "identity"); r.StatusCode != http.StatusNotFound {
		t.Errorf("production has a start page: %d", r.StatusCode)
	}
}

func TestVendoredFilesAreServedPlainAndPacked(t *testing.T) {
	f := newFixture(t, Config{})
	for path, mediaType := range map[string]string{
		"/docs/assets/elements/web-components.min.js":  "text/javascript; charset=utf-8",
		"/docs/assets/elements/styles.min.css":         "text/css; charset=utf-8",
		"/docs/assets/swagger-ui/swagger-ui-bundle.js": "text/javascript; charset=utf-8",
		"/docs/assets/swagger-ui/swagger-ui.css":       "text/css; charset=utf-8",
	} {
		plain, packed := f.get(path, "identity"), f.get(path, "gzip")
		if plain.StatusCode != 200 || plain.Header.Get("Content-Type") != mediaType || !bytes.Equal(plain.raw, unzip(t, packed.raw)) {
			t.Errorf("%s: %d %v", path, plain.StatusCode, plain.Header)
		}
	}
	for _, licence := range []string{"elements/LICENSE", "swagger-ui/LICENSE", "swagger-ui/NOTICE", "elements/web-components.min.js.LICENSE.txt"} {
		if r := f.get("/docs/assets/"+licence, "identity"); r.StatusCode != 200 {
			t.Errorf("%s is not there: %d", licence, r.StatusCode)
		}
	}
}
