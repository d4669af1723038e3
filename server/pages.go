package server

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"html/template"
	"io"
	"io/fs"
	"net/http"
	"path"
	"slices"
	"strings"
	"sync"

	"github.com/labstack/echo/v4"
)

//go:embed docs
var docs embed.FS

// The Content-Security-Policy of our own pages: scripts, styles, documents and requests only from here. Images may be data,
// because the viewers' style sheets hold icons that way. Stoplight Elements writes inline styles, which only its page allows.
const (
	pagePolicy = "default-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
	readPolicy = pagePolicy + "; style-src 'self' 'unsafe-inline'"
)

// registerPages adds the contract's documents and the pages that show them, all from this binary.
func (s *Server) registerPages(e *echo.Echo, c surface) error {
	for name, raw := range c.documents {
		e.GET(name, newAsset(name, raw, false).serve)
	}
	err := fs.WalkDir(docs, "docs", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || path.Ext(name) == ".html" {
			return err
		}
		raw, err := docs.ReadFile(name)
		if err != nil {
			return err
		}
		plain, packed := strings.CutSuffix(strings.TrimPrefix(name, "docs/"), ".gz")
		e.GET("/docs/assets/"+plain, newAsset(plain, raw, packed).serve)
		if plain == "icon.svg" { // browsers ask for it on pages that name no icon
			e.GET("/favicon.ico", newAsset(plain, raw, packed).serve)
		}
		return nil
	})
	if err != nil {
		return err
	}
	for _, page := range []struct{ path, file, policy string }{
		{"/docs", "docs/read.html", readPolicy},
		{"/docs/try", "docs/try.html", pagePolicy},
	} {
		raw, err := docs.ReadFile(page.file)
		if err != nil {
			return err
		}
		e.GET(page.path, newPage(raw, page.policy).serve)
	}
	if s.config.Development {
		return s.registerStartPage(e, c)
	}
	return nil
}

// registerStartPage adds the page a developer sees first.
func (s *Server) registerStartPage(e *echo.Echo, c surface) error {
	page, err := template.ParseFS(docs, "docs/start.html")
	if err != nil {
		return err
	}
	links := slices.Concat([]Link{
		{"Read the contract", "/docs", "Every operation, model and error."},
		{"Try it", "/docs/try", "Send requests from the browser."},
	}, c.links, []Link{{"Readiness", "/readyz", "Whether this process can take requests, and why not."}}, s.config.Links)
	var out bytes.Buffer
	data := struct {
		Version string
		Links   []Link
	}{s.config.Version.Version, links}
	if err := page.Execute(&out, data); err != nil {
		return err
	}
	e.GET("/", newPage(out.Bytes(), pagePolicy).serve)
	return nil
}

// asset is a file that never changes while the process runs. It is kept as it is embedded; the other form, plain or packed,
// is made when somebody asks for it first.
type asset struct {
	mediaType string
	etag      string
	policy    string // Content-Security-Policy of a page; empty: the one of everything else
	plain     func() ([]byte, error)
	packed    func() ([]byte, error)
}

func newAsset(name string, raw []byte, packed bool) *asset {
	sum := sha256.Sum256(raw)
	a := &asset{mediaType: mediaTypeOf(name), etag: `W/"` + hex.EncodeToString(sum[:16]) + `"`}
	asIs := func() ([]byte, error) { return raw, nil }
	a.plain, a.packed = asIs, sync.OnceValues(func() ([]byte, error) { return pack(raw) })
	if packed {
		a.plain, a.packed = sync.OnceValues(func() ([]byte, error) { return unpack(raw) }), asIs
	}
	return a
}

func newPage(raw []byte, policy string) *asset {
	a := newAsset("page.html", raw, false)
	a.policy = policy
	return a
}

func (a *asset) serve(c echo.Context) error {
	h := c.Response().Header()
	h.Set("Content-Type", a.mediaType)
	h.Set("Cache-Control", "no-cache")
	h.Set("ETag", a.etag)
	h.Set("Vary", "Accept-Encoding")
	if a.policy != "" {
		h.Set("Content-Security-Policy", a.policy)
	}
	if c.Request().Header.Get("If-None-Match") == a.etag {
		return c.NoContent(http.StatusNotModified)
	}
	body := a.plain
	if acceptsGzip(c.Request()) {
		h.Set("Content-Encoding", "gzip")
		body = a.packed
	}
	raw, err := body()
	if err != nil {
		h.Del("Content-Encoding")
		return err
	}
	return c.Blob(http.StatusOK, a.mediaType, raw)
}

// acceptsGzip tells whether the client takes gzip; "gzip;q=0" says it does not.
func acceptsGzip(r *http.Request) bool {
	for _, coding := range strings.Split(r.Header.Get("Accept-Encoding"), ",") {
		name, q, _ := strings.Cut(strings.TrimSpace(coding), ";")
		if name == "gzip" {
			return strings.Trim(strings.TrimPrefix(strings.TrimSpace(q), "q="), "0.") != "" || q == ""
		}
	}
	return false
}

func mediaTypeOf(name string) string {
	switch path.Ext(name) {
	case ".html":
		return "text/html; charset=utf-8"
	case ".js":
		return "text/javascript; charset=utf-8"
	case ".css":
		return "text/css; charset=utf-8"
	case ".json":
		return "application/json"
	case ".svg":
		return "image/svg+xml"
	case ".yaml":
		return "application/yaml"
	}
	return "text/plain; charset=utf-8"
}

func pack(raw []byte) ([]byte, error) {
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	if _, err := w.Write(raw); err != nil {
		return nil, err
	}
	if err := w.Close(); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}

func unpack(raw []byte) ([]byte, error) {
	r, err := gzip.NewReader(bytes.NewReader(raw))
	if err != nil {
		return nil, fmt.Errorf("server: an embedded file is damaged: %w", err)
	}
	return io.ReadAll(r)
}
