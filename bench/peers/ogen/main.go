// Command ogen serves the two measured operations with ogen, as it comes: requests are validated, answers are validated as
// structs before they are encoded.
package main

//go:generate go run github.com/ogen-go/ogen/cmd/ogen --target api --package api --config ogen.yml --clean ../openapi.json

import (
	"context"
	"crypto/rand"
	"errors"
	"flag"
	"log"
	"net/http"
	"os"
	"path/filepath"
	"time"

	"github.com/creditpocket/creditpocket/bench/peers/ogen/api"
)

type handler struct {
	page   api.LoanPageResponseHeaders
	status api.InfoStatusResponseHeaders
}

func (h *handler) ListLoans(context.Context, api.ListLoansParams) (api.ListLoansRes, error) {
	return &h.page, nil
}

func (h *handler) SaveWorkInfo(context.Context, *api.WorkInfo) (api.SaveWorkInfoRes, error) {
	return &h.status, nil
}

func (h *handler) HandleSession(ctx context.Context, _ api.OperationName, t api.Session) (context.Context, error) {
	if t.Token != "bench-session-00000000000000000000000000000" {
		return nil, errors.New("no such session")
	}
	return ctx, nil
}

// dutiful does beside the operations what the contract asks of every answer of ours: a request id of its own, the headers that
// protect it, a deadline of the request; and the deadlines of the connection.
func dutiful(s http.Handler) *http.Server {
	const deadline = 10 * time.Second
	return &http.Server{ReadHeaderTimeout: deadline, ReadTimeout: 2 * deadline, WriteTimeout: 2 * deadline, Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("X-Frame-Options", "DENY")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		h.Set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'")
		h.Set("Cache-Control", "no-store")
		ctx, cancel := context.WithTimeout(context.WithValue(r.Context(), requestID{}, rand.Text()), deadline)
		defer cancel()
		s.ServeHTTP(w, r.WithContext(ctx))
	})}
}

type requestID struct{}

func main() {
	addr, dir := flag.String("addr", "127.0.0.1:0", "where to listen"), flag.String("data", ".", "the folder of the answers")
	duties := flag.Bool("duties", false, "do beside the operations what our contract asks of every answer")
	flag.Parse()
	h := &handler{}
	h.page.XRequestID, h.status.XRequestID = "bench-request", "bench-request"
	for name, into := range map[string]interface{ UnmarshalJSON([]byte) error }{"page.json": &h.page.Response, "profile.json": &h.status.Response} {
		raw, err := os.ReadFile(filepath.Join(*dir, name))
		if err != nil {
			log.Fatal(err)
		}
		if err := into.UnmarshalJSON(raw); err != nil {
			log.Fatal(name, ": ", err)
		}
	}
	s, err := api.NewServer(h, h)
	if err != nil {
		log.Fatal(err)
	}
	served := &http.Server{Handler: s}
	if *duties {
		served = dutiful(s)
	}
	served.Addr = *addr
	log.Fatal(served.ListenAndServe())
}
