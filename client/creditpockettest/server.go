package creditpockettest

import (
	"crypto/rand"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"time"

	creditpocket "github.com/creditpocket/creditpocket/client"
)

// Code is the code of every text message that the fake server sends.
const Code = "482913"

// GatewaySecret signs payment events to the fake server, and those it makes itself.
const GatewaySecret creditpocket.Secret = "sk_test_creditpockettest"

// TB is the part of *testing.T that the server uses.
type TB interface {
	Helper()
	Errorf(format string, args ...any)
	Cleanup(func())
}

// Server is a fake server. All of it is safe for many goroutines.
type Server struct {
	// URL is the base URL for creditpocket.New.
	URL string

	contract *contract
	http     *httptest.Server
	tb       TB
	brand    string

	mu        sync.Mutex
	last      int64 // the last number given to anything
	borrowers []*Borrower
	codes     map[string]bool // numbers and purposes that a code was sent for
	scripts   map[string][]Answer
	calls     []Call
	kept      map[string]kept
	documents map[string]creditpocket.DocumentCheck // by verification code
	broken    []string
}

// Call is a request that the server received.
type Call struct {
	// Operation is the operation's id; "" for a path that is not in the contract.
	Operation string
	Header    http.Header
	// Body is the whole body.
	Body []byte
	// Status is what was answered; 0 when the connection was cut.
	Status int
}

// kept is the answer to a request with an Idempotency-Key.
type kept struct {
	content string
	answer  answer
}

// New starts a server that ends with the test, and fails the test if an answer breaks the contract.
func New(tb TB) *Server {
	tb.Helper()
	s := Start()
	s.tb = tb
	tb.Cleanup(s.Close)
	return s
}

// Start starts a server outside of a test. Close it.
func Start() *Server {
	s := &Server{contract: loadContract(), brand: "CycleCash", last: 152000, codes: map[string]bool{}, scripts: map[string][]Answer{}, kept: map[string]kept{},
		documents: map[string]creditpocket.DocumentCheck{}}
	s.http = httptest.NewServer(http.HandlerFunc(s.serve))
	s.URL = s.http.URL
	return s
}

// Close ends the server.
func (s *Server) Close() { s.http.Close() }

// Client is a client of this server with the session of a borrower, or none for nil. It waits a millisecond between attempts.
func (s *Server) Client(b *Borrower, options ...creditpocket.ClientOption) *creditpocket.Client {
	all := []creditpocket.ClientOption{creditpocket.WithRetryWait(time.Millisecond, time.Millisecond)}
	if b != nil {
		all = append(all, creditpocket.WithToken(b.Token()))
	}
	c, err := creditpocket.New(s.URL, append(all, options...)...)
	if err != nil {
		panic(err) // an option of the caller's that cannot be
	}
	return c
}

// Calls are the requests so far of an operation; "" for all.
func (s *Server) Calls(operation string) []Call {
	s.mu.Lock()
	defer s.mu.Unlock()
	var out []Call
	for _, c := range s.calls {
		if operation == "" || c.Operation == operation {
			out = append(out, c)
		}
	}
	return out
}

// Violations are the answers that broke the contract, and what was wrong with them.
func (s *Server) Violations() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]string(nil), s.broken...)
}

func (s *Server) next() string {
	s.last++
	return strconv.FormatInt(s.last, 10)
}

// exchange is one request and its answer.
type exchange struct {
	srv  *Server
	op   *operation
	w    http.ResponseWriter
	r    *http.Request
	id   string
	code string // of the path
	body []byte

	form   map[string]string
	files  []file
	digest string
	b      *Borrower
}

// answer is what goes back.
type answer struct {
	status int
	header http.Header
	body   []byte
}

var requestID = regexp.MustCompile(`^[A-Za-z0-9_-]{8,64}$`)

func (s *Server) serve(w http.ResponseWriter, r *http.Request) {
	x := &exchange{srv: s, w: w, r: r, id: r.Header.Get("X-Request-Id")}
	if !requestID.MatchString(x.id) {
		x.id = "cpt-" + rand.Text()
	}
	x.op, x.code = s.contract.route(r.Method, r.URL.Path)
	if x.op == nil {
		a := x.refusal(Refuse(creditpocket.ErrNotFound))
		if allow := s.contract.allowed(r.URL.Path); allow != "" {
			a = x.refusal(Refuse(creditpocket.ErrMethodNotAllowed))
			a.header.Set("Allow", allow)
		}
		s.record(x, a.status)
		x.write(a)
		return
	}
	s.script(x.op.ID).send(x)
}

// script takes the next scripted answer of an operation.
func (s *Server) script(id string) Answer {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, name := range []string{id, ""} {
		if list := s.scripts[name]; len(list) > 0 {
			s.scripts[name] = list[1:]
			return list[0]
		}
	}
	return Real()
}

func (s *Server) record(x *exchange, status int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	call := Call{Header: x.r.Header.Clone(), Body: x.body, Status: status}
	if x.op != nil {
		call.Operation = x.op.ID
	}
	s.calls = append(s.calls, call)
}

// real is what the server answers of itself.
func (x *exchange) real() answer {
	if refused := x.admitted(); refused != nil {
		x.drain()
		return x.refusal(refused)
	}
	if refused := x.checkRequest(); refused != nil {
		return x.refusal(refused)
	}
	x.srv.mu.Lock()
	defer x.srv.mu.Unlock()
	key := x.r.Header.Get("Idempotency-Key")
	if key == "" || !x.op.keyed() {
		return x.carryOut()
	}
	content := x.digest
	if content == "" {
		content = string(x.body)
	}
	owner := ""
	if x.b != nil {
		owner = x.b.id
	}
	slot := strings.Join([]string{owner, x.op.ID, key}, " ")
	if before, ok := x.srv.kept[slot]; ok {
		if before.content != content {
			return x.refusal(Refuse(creditpocket.ErrIdempotencyKeyReused))
		}
		again := before.answer
		again.header = again.header.Clone()
		again.header.Set("X-Request-Id", x.id)
		again.header.Set("Idempotency-Replayed", "true")
		return again
	}
	a := x.carryOut()
	if a.status == http.StatusOK {
		x.srv.kept[slot] = kept{content, a}
	}
	return a
}

// admitted refuses what the real server refuses before it looks at the request: a body that is announced as too large, and who asks.
func (x *exchange) admitted() *Refusal {
	if refused := x.tooLarge(); refused != nil {
		return refused
	}
	x.srv.mu.Lock()
	defer x.srv.mu.Unlock()
	return x.authenticate()
}

func (x *exchange) carryOut() answer {
	result, refused := handlers[x.op.ID](x)
	if refused != nil {
		return x.refusal(refused)
	}
	if img, ok := result.(file); ok {
		return answer{http.StatusOK, http.Header{"Content-Type": {img.contentType}, "X-Request-Id": {x.id}}, img.content}
	}
	return x.success(result)
}

func (x *exchange) success(data any) answer {
	return x.envelope(http.StatusOK, 1, "successfully request", data)
}

func (x *exchange) refusal(r *Refusal) answer {
	info, ok := r.reason.Info()
	if !ok {
		info = creditpocket.ReasonInfo{Reason: r.reason, Code: 5000, HTTPStatus: http.StatusInternalServerError, Message: "unknown reason"}
	}
	fields := make([]map[string]string, len(r.problems))
	for i, f := range r.problems {
		fields[i] = map[string]string{"name": f.Name, "message": f.Message}
	}
	a := x.envelope(info.HTTPStatus, info.Code, info.Message,
		map[string]any{"reason": info.Reason, "requestId": x.id, "fields": fields, "retryable": info.Retryable})
	if r.after > 0 {
		a.header.Set("Retry-After", strconv.Itoa(int((r.after+time.Second-1)/time.Second)))
	}
	return a
}

func (x *exchange) envelope(status, code int, message string, data any) answer {
	body, err := json.Marshal(map[string]any{"code": code, "message": message, "data": data, "token": strconv.FormatInt(time.Now().UnixMilli(), 10)})
	if err != nil {
		body = []byte(fmt.Sprintf("cannot be encoded: %v", err)) // the check of the answer tells
	}
	return answer{status, http.Header{"Content-Type": {"application/json"}, "X-Request-Id": {x.id}}, body}
}

// checked is the answer, or in its place a 500 if it breaks the contract, which the test is told about.
func (x *exchange) checked(a answer) answer {
	problem := x.checkAnswer(a)
	if problem == "" {
		return a
	}
	problem = x.op.ID + ": " + problem
	x.srv.mu.Lock()
	x.srv.broken = append(x.srv.broken, problem)
	x.srv.mu.Unlock()
	if x.srv.tb != nil {
		x.srv.tb.Errorf("creditpockettest: the answer breaks the contract: %s", problem)
	}
	return x.refusal(Refuse(creditpocket.ErrResponseContractViolation))
}

func (x *exchange) write(a answer) {
	for name, values := range a.header {
		x.w.Header()[name] = values
	}
	x.w.Header().Set("Content-Length", strconv.Itoa(len(a.body)))
	x.w.WriteHeader(a.status)
	_, _ = x.w.Write(a.body)
}
