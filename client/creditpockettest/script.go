package creditpockettest

import (
	"fmt"
	"io"
	"net/http"
	"strconv"
	"time"

	creditpocket "github.com/creditpocket/creditpocket/client"
)

// Answer is one scripted answer.
type Answer struct{ send func(*exchange) }

// Script makes the next requests of an operation get these answers, in order; after them the server answers of itself again.
// Operation "" is any.
func (s *Server) Script(operation string, answers ...Answer) {
	if operation != "" && s.contract.byID[operation] == nil {
		panic(fmt.Sprintf("creditpockettest: there is no operation %q", operation))
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.scripts[operation] = append(s.scripts[operation], answers...)
}

// Real is what the server answers of itself: a gap in a script.
func Real() Answer {
	return Answer{func(x *exchange) {
		a := x.checked(x.real())
		x.srv.record(x, a.status)
		x.write(a)
	}}
}

// Refusal is an error of the catalog.
type Refusal struct {
	reason   creditpocket.Reason
	after    time.Duration
	problems []creditpocket.FieldError
}

// Refuse is a refusal; make it an Answer with its method.
func Refuse(reason creditpocket.Reason) *Refusal { return &Refusal{reason: reason} }

// RetryAfter makes the refusal ask to wait; seconds, rounded up.
func (r *Refusal) RetryAfter(d time.Duration) *Refusal {
	r.after = d
	return r
}

func (r *Refusal) fields(list []creditpocket.FieldError) *Refusal {
	r.problems = list
	return r
}

// Answer is the refusal as a scripted answer. The request is not carried out. A reason that the contract does not name for the
// operation fails the test.
func (r *Refusal) Answer() Answer {
	return Answer{func(x *exchange) {
		x.drain()
		a := x.refusal(r)
		if !x.op.reasons(a.status)[string(r.reason)] && x.srv.tb != nil {
			x.srv.tb.Errorf("creditpockettest: the contract names no %s for %s", r.reason, x.op.ID)
		}
		a = x.checked(a)
		x.srv.record(x, a.status)
		x.write(a)
	}}
}

// TooMany is 429 RATE_LIMITED with Retry-After, or without for 0.
func TooMany(after time.Duration) Answer {
	return Refuse(creditpocket.ErrRateLimited).RetryAfter(after).Answer()
}

// Unavailable is 503 UNAVAILABLE with Retry-After, or without for 0.
func Unavailable(after time.Duration) Answer {
	return Refuse(creditpocket.ErrUnavailable).RetryAfter(after).Answer()
}

// Data is a success with data of your own: a value of package creditpocket, or anything that encodes to JSON. It is held against
// the contract.
func Data(v any) Answer {
	return Answer{func(x *exchange) {
		x.drain()
		a := x.checked(x.success(v))
		x.srv.record(x, a.status)
		x.write(a)
	}}
}

// HTML is a proxy's page, which is not the contract's.
func HTML(status int) Answer {
	return Answer{func(x *exchange) {
		x.drain()
		x.srv.record(x, status)
		page := fmt.Sprintf("<html><head><title>%d</title></head><body><h1>%s</h1></body></html>", status, http.StatusText(status))
		x.write(answer{status, http.Header{"Content-Type": {"text/html; charset=utf-8"}}, []byte(page)})
	}}
}

// Cut closes the connection without carrying the request out.
func Cut() Answer {
	return Answer{func(x *exchange) {
		x.drain()
		x.srv.record(x, 0)
		x.hangUp()
	}}
}

// LoseAnswer carries the request out, and closes the connection without a word: what makes idempotency keys worth having.
func LoseAnswer() Answer {
	return Answer{func(x *exchange) {
		x.checked(x.real())
		x.srv.record(x, 0)
		x.hangUp()
	}}
}

// CutBody carries the request out, and closes the connection in the middle of the answer.
func CutBody() Answer {
	return Answer{func(x *exchange) {
		a := x.checked(x.real())
		x.srv.record(x, a.status)
		for name, values := range a.header {
			x.w.Header()[name] = values
		}
		x.w.Header().Set("Content-Length", strconv.Itoa(len(a.body)))
		x.w.WriteHeader(a.status)
		_, _ = x.w.Write(a.body[:len(a.body)/2])
		_ = http.NewResponseController(x.w).Flush()
		x.hangUp()
	}}
}

// Slow answers of itself, but not before d has passed or the client has gone.
func Slow(d time.Duration) Answer {
	return Answer{func(x *exchange) {
		a := x.checked(x.real())
		x.srv.record(x, a.status)
		timer := time.NewTimer(d)
		defer timer.Stop()
		select {
		case <-timer.C:
			x.write(a)
		case <-x.r.Context().Done():
		}
	}}
}

// Respond answers with a handler of your own. Nothing checks it.
func Respond(h http.HandlerFunc) Answer {
	return Answer{func(x *exchange) {
		x.srv.record(x, 0)
		h(x.w, x.r)
	}}
}

// drain reads a body that nobody looks at, for Calls and so that the connection can be used again.
func (x *exchange) drain() {
	x.body, _ = io.ReadAll(http.MaxBytesReader(x.w, x.r.Body, uploadLimit))
}

// hangUp closes the connection as it is.
func (x *exchange) hangUp() {
	conn, _, err := http.NewResponseController(x.w).Hijack()
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	_ = conn.Close()
}
