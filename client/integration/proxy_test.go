//go:build integration

package integration

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"testing"
)

// proxy stands between the SDK and the server. The first time it sees a request, by its X-Request-Id, it does it harm; the repeat
// passes. The harms take turns.
type proxy struct {
	target string
	url    string

	mu   sync.Mutex
	seen map[string]bool
	turn int
	done map[string]int // harms by name
}

// harm is a fault. carried says that the server carried the request out.
type harm struct {
	name    string
	carried bool
	do      func(*proxy, http.ResponseWriter, *http.Request, []byte)
}

var harms = []harm{
	{"429 with Retry-After", false, func(_ *proxy, w http.ResponseWriter, r *http.Request, _ []byte) {
		w.Header().Set("Retry-After", "1")
		envelope(w, r, 429, 4290, "RATE_LIMITED")
	}},
	{"503", false, func(_ *proxy, w http.ResponseWriter, r *http.Request, _ []byte) {
		envelope(w, r, 503, 5030, "UNAVAILABLE")
	}},
	{"lost answer", true, func(p *proxy, w http.ResponseWriter, r *http.Request, body []byte) {
		if resp, err := p.forward(r, body); err == nil {
			_ = resp.Body.Close()
		}
		hangUp(w)
	}},
	{"HTML page", false, func(_ *proxy, w http.ResponseWriter, _ *http.Request, _ []byte) {
		w.Header().Set("Content-Type", "text/html")
		w.WriteHeader(502)
		_, _ = io.WriteString(w, "<html><body><h1>502 Bad Gateway</h1></body></html>")
	}},
	{"cut connection", false, func(_ *proxy, w http.ResponseWriter, _ *http.Request, _ []byte) { hangUp(w) }},
	{"cut body", true, func(p *proxy, w http.ResponseWriter, r *http.Request, body []byte) {
		p.half(w, r, body)
		hangUp(w)
	}},
	{"slow body", true, func(p *proxy, w http.ResponseWriter, r *http.Request, body []byte) {
		p.half(w, r, body)
		<-r.Context().Done()
	}},
}

func newProxy(t *testing.T, target string) *proxy {
	p := &proxy{target: target, seen: map[string]bool{}, done: map[string]int{}}
	server := httptest.NewServer(p)
	t.Cleanup(server.Close)
	p.url = server.URL
	return p
}

func (p *proxy) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return
	}
	if h := p.next(r); h != nil {
		h.do(p, w, r, body)
		return
	}
	resp, err := p.forward(r, body)
	if err != nil {
		w.WriteHeader(http.StatusBadGateway)
		return
	}
	defer resp.Body.Close()
	for name, values := range resp.Header {
		w.Header()[name] = values
	}
	w.WriteHeader(resp.StatusCode)
	_, _ = io.Copy(w, resp.Body)
}

// next is the harm of a request that is new. A code that may have been sent is not asked for twice, so sendCode meets only what is
// surely not carried out.
func (p *proxy) next(r *http.Request) *harm {
	p.mu.Lock()
	defer p.mu.Unlock()
	id := r.Header.Get("X-Request-Id")
	if p.seen[id] {
		return nil
	}
	p.seen[id] = true
	for {
		h := &harms[p.turn%len(harms)]
		p.turn++
		if r.URL.Path != "/sms/send" || h.name == "503" {
			p.done[h.name]++
			return h
		}
	}
}

func (p *proxy) forward(r *http.Request, body []byte) (*http.Response, error) {
	req, err := http.NewRequest(r.Method, p.target+r.URL.RequestURI(), bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	req.Header = r.Header.Clone()
	return http.DefaultTransport.RoundTrip(req)
}

// half carries the request out and passes half of the answer on.
func (p *proxy) half(w http.ResponseWriter, r *http.Request, body []byte) {
	resp, err := p.forward(r, body)
	if err != nil {
		return
	}
	defer resp.Body.Close()
	answer, _ := io.ReadAll(resp.Body)
	for name, values := range resp.Header {
		w.Header()[name] = values
	}
	w.Header().Set("Content-Length", strconv.Itoa(len(answer)))
	w.WriteHeader(resp.StatusCode)
	_, _ = w.Write(answer[:len(answer)/2])
	_ = http.NewResponseController(w).Flush()
}

func envelope(w http.ResponseWriter, r *http.Request, status, code int, reason string) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	fmt.Fprintf(w, `{"code":%d,"message":"x","token":"1742643339300","data":{"reason":%q,"requestId":%q,"fields":[],"retryable":true}}`,
		code, reason, strings.TrimSpace(r.Header.Get("X-Request-Id")))
}

func hangUp(w http.ResponseWriter) {
	if conn, _, err := http.NewResponseController(w).Hijack(); err == nil {
		_ = conn.Close()
	}
}
