package servicing_test

import (
	"bytes"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"

	"github.com/creditpocket/creditpocket/internal/provider/paystack"
	"github.com/creditpocket/creditpocket/internal/servicing"
)

// rewriting is a deployment whose gateway says one thing where the simulator says another: the simulator behind a proxy that rewrites
// its answers.
func (w *world) rewriting(from, to string) *servicing.Service {
	w.t.Helper()
	target, err := url.Parse(w.gateway)
	w.must(err)
	proxy := &httputil.ReverseProxy{
		Rewrite: func(r *httputil.ProxyRequest) { r.SetURL(target) },
		ModifyResponse: func(res *http.Response) error {
			raw, err := io.ReadAll(res.Body)
			if err != nil {
				return err
			}
			raw = bytes.ReplaceAll(raw, []byte(from), []byte(to))
			res.Body, res.ContentLength = io.NopCloser(bytes.NewReader(raw)), int64(len(raw))
			res.Header.Del("Content-Length")
			return nil
		},
	}
	server := httptest.NewServer(proxy)
	w.t.Cleanup(server.Close)
	client, err := paystack.New(paystack.Config{BaseURL: server.URL, SecretKey: secretKey})
	w.must(err)
	w.t.Cleanup(client.CloseIdle)
	return servicing.New(w.st, client, w.clk, w.config, slog.New(slog.DiscardHandler))
}
