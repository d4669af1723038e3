package simulator

import (
	"bytes"
	"context"
	"crypto/subtle"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

const (
	currency    = "NGN"
	integration = 463433
	maxBody     = 1 << 20
)

// routes is the whole HTTP surface.
func (s *Simulator) routes() http.Handler {
	mux := http.NewServeMux()
	for pattern, h := range map[string]func(*call) answer{
		"GET /bank":                              s.listBanks,
		"GET /bank/resolve":                      s.resolve,
		"POST /transferrecipient":                s.createRecipient,
		"POST /transfer":                         s.transfer,
		"GET /transfer":                          s.listTransfers,
		"GET /transaction":                       s.listCharges,
		"GET /transfer/verify/{reference}":       s.verifyTransfer,
		"POST /transaction/initialize":           s.initialize,
		"GET /transaction/verify/{reference}":    s.verifyCharge,
		"POST /transaction/charge_authorization": s.chargeAuthorization,
		"POST /refund":                           s.createRefund,
		"GET /refund":                            s.listRefunds,
		"GET /refund/{id}":                       s.getRefund,
		"GET /balance":                           s.getBalance,
		"GET /balance/ledger":                    s.getLedger,
	} {
		mux.Handle(pattern, s.api(pattern, h))
	}
	s.pages(mux)
	s.control(mux)
	return secured(mux)
}

// secured sets the headers every answer carries. The pages have no script and no inline style.
func secured(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", "default-src 'self'; frame-ancestors 'none'; base-uri 'none'")
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("Cache-Control", "no-store")
		next.ServeHTTP(w, r)
	})
}

// call is one API request, its body read.
type call struct {
	*http.Request
	body []byte
}

// decode reads the body into v. Unknown fields are ignored, as the real API does.
func (q *call) decode(v any) error {
	decoder := json.NewDecoder(bytes.NewReader(q.body))
	decoder.UseNumber()
	return decoder.Decode(v)
}

func (q *call) page() (page, perPage int) {
	page, perPage = 1, 50
	if n, err := strconv.Atoi(q.URL.Query().Get("page")); err == nil && n > 0 {
		page = n
	}
	if n, err := strconv.Atoi(q.URL.Query().Get("perPage")); err == nil && n > 0 {
		perPage = min(n, 100)
	}
	return page, perPage
}

// answer is what a handler wants said; drop cuts the connection instead.
type answer struct {
	status int
	body   any
	drop   bool
}

func ok(message string, data any) answer {
	return answer{status: http.StatusOK, body: map[string]any{"status": true, "message": message, "data": data}}
}

// refuse is an error in the API's shape.
func refuse(status int, code, message string) answer {
	return answer{status: status, body: map[string]any{
		"status": false, "message": message, "type": "validation_error", "code": code,
		"meta": map[string]any{"nextStep": "Check the request and try again"},
	}}
}

func broken() answer {
	return answer{status: http.StatusInternalServerError, body: map[string]any{
		"status": false, "message": "An error occurred", "type": "api_error", "code": "unknown",
	}}
}

// api wraps the handler of a pattern with the bearer check, the body limit, the limits of calls and the injected faults.
func (s *Simulator) api(pattern string, h func(*call) answer) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
		if err != nil {
			write(w, refuse(http.StatusRequestEntityTooLarge, "invalid_params", "Body is too large"))
			return
		}
		if !s.authorized(r) {
			write(w, answer{status: http.StatusUnauthorized, body: map[string]any{"status": "false", "message": "Invalid key"}})
			return
		}
		if !s.limiter.admit(w, pattern, time.Now()) {
			return
		}
		target := r.Method + " " + r.URL.Path
		if !s.before(w, r, target) {
			return
		}
		a := h(&call{Request: r, body: body})
		if a.drop {
			panic(http.ErrAbortHandler)
		}
		s.answer(w, a, target)
	})
}

// before plays the faults that come before the request is looked at. It reports whether to go on.
func (s *Simulator) before(w http.ResponseWriter, r *http.Request, target string) bool {
	if f, hit := s.faults.take(FaultSlow, target); hit && !s.wait(r.Context(), f.Delay) {
		return false
	}
	if _, hit := s.faults.take(FaultSilent, target); hit {
		s.wait(r.Context(), -1)
		panic(http.ErrAbortHandler)
	}
	if _, hit := s.faults.take(FaultCutBefore, target); hit {
		panic(http.ErrAbortHandler)
	}
	if _, hit := s.faults.take(FaultErrorBefore, target); hit {
		write(w, broken())
		return false
	}
	if _, hit := s.faults.take(FaultRateLimit, target); hit {
		w.Header().Set("Retry-After", "2")
		w.Header().Set("X-Ratelimit-Remaining", "0")
		write(w, refuse(http.StatusTooManyRequests, "rate_limited", "Too many requests"))
		return false
	}
	return true
}

// answer plays the faults that come after the request was accepted, or answers.
func (s *Simulator) answer(w http.ResponseWriter, a answer, target string) {
	if _, hit := s.faults.take(FaultCutAfter, target); hit {
		panic(http.ErrAbortHandler)
	}
	if _, hit := s.faults.take(FaultErrorAfter, target); hit {
		a = broken()
	}
	if _, hit := s.faults.take(FaultGarbage, target); hit {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		_, _ = io.WriteString(w, "<html><body>Bad gateway</body></html>")
		return
	}
	write(w, a)
}

// wait passes d (for ever if negative) unless the client or the simulator goes first.
func (s *Simulator) wait(ctx context.Context, d time.Duration) bool {
	var elapsed <-chan time.Time
	if d >= 0 {
		timer := time.NewTimer(d)
		defer timer.Stop()
		elapsed = timer.C
	}
	select {
	case <-elapsed:
		return true
	case <-ctx.Done():
	case <-s.ctx.Done():
	}
	return false
}

func (s *Simulator) authorized(r *http.Request) bool {
	key, found := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	return found && s.opts.SecretKey != "" && subtle.ConstantTimeCompare([]byte(key), []byte(s.opts.SecretKey)) == 1
}

func write(w http.ResponseWriter, a answer) {
	raw, err := json.Marshal(a.body)
	if err != nil {
		http.Error(w, "cannot encode", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(a.status)
	_, _ = w.Write(raw)
}

// base is the address of this simulator as the caller sees it.
func (s *Simulator) base(r *http.Request) string {
	if s.opts.PublicURL != "" {
		return strings.TrimRight(s.opts.PublicURL, "/")
	}
	return "http://" + r.Host
}

func stamp(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000Z") }

// window is one page of a list.
func window[T any](list []T, page, perPage int) []T {
	from := min((page-1)*perPage, len(list))
	return list[from:min(from+perPage, len(list))]
}

func pageMeta(total, page, perPage int) map[string]any {
	return map[string]any{
		"total": total, "skipped": (page - 1) * perPage, "perPage": perPage, "page": page,
		"pageCount": (total + perPage - 1) / perPage,
	}
}

func isWebURL(text string) bool {
	u, err := url.Parse(text)
	return err == nil && u.Host != "" && (u.Scheme == "http" || u.Scheme == "https")
}

// Server is a simulator listening on an address.
type Server struct {
	// URL is the base URL to give to the adapter.
	URL  string
	http *http.Server
	done chan error
}

// Start listens on addr ("127.0.0.1:0" takes a free port) and serves until ctx ends or Close is called. Closing the
// server leaves the simulator itself open.
func (s *Simulator) Start(ctx context.Context, addr string) (*Server, error) {
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", addr)
	if err != nil {
		return nil, err
	}
	server := &Server{
		URL: "http://" + listener.Addr().String(),
		http: &http.Server{
			Handler: s.handler, ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 30 * time.Second,
			WriteTimeout: 5 * time.Minute, IdleTimeout: 2 * time.Minute, MaxHeaderBytes: 64 << 10,
		},
		done: make(chan error, 1),
	}
	go func() {
		err := server.http.Serve(listener)
		if errors.Is(err, http.ErrServerClosed) {
			err = nil
		}
		server.done <- err
	}()
	context.AfterFunc(ctx, func() { _ = server.http.Close() })
	return server, nil
}

// Wait returns when the server has stopped, with the reason unless it was asked to.
func (v *Server) Wait() error {
	err := <-v.done
	v.done <- err
	return err
}

// Close stops the server and cuts what is still being answered.
func (v *Server) Close() error {
	return errors.Join(v.http.Close(), v.Wait())
}
