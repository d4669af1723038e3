package creditpocket

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
)

// operation is a row of the contract's table.
type operation struct {
	id, method, path string
	session          sessionUse
	keyed            bool // takes an Idempotency-Key
	once             bool // must not be repeated when the first one may have been carried out
}

type sessionUse int

const (
	sessionNone sessionUse = iota
	sessionOptional
	sessionRequired
)

// requestFor builds a request without its body. key is nil for operations that take none.
type requestFor func(server string, key *string) (*http.Request, error)

// invoke calls an operation and decodes the data of its success.
func invoke[T any](ctx context.Context, c *Client, op operation, p payload, request requestFor, options []CallOption) (T, error) {
	var out T
	m, err := c.exchange(ctx, op, p, request, options, func(m *Response) error {
		data, err := m.data()
		if err != nil {
			return err
		}
		return decode(data, &out)
	})
	if err != nil {
		var none T
		return none, m.explain(err)
	}
	return out, nil
}

// acknowledge calls an operation whose success says nothing more.
func acknowledge[T any](ctx context.Context, c *Client, op operation, p payload, request requestFor, options []CallOption) error {
	_, err := invoke[T](ctx, c, op, p, request, options)
	return err
}

// exchange sends a request until it has an answer that read accepts, or repeating makes no sense any more.
func (c *Client) exchange(ctx context.Context, op operation, p payload, request requestFor, options []CallOption, read func(*Response) error) (*Response, error) {
	s := c.settings.with(options)
	m := s.response
	if m == nil {
		m = &Response{}
	}
	*m = Response{Operation: op.id, RequestID: s.requestID, IdempotencyKey: s.key}
	if m.RequestID == "" {
		m.RequestID = "cp-" + randomID()
	}
	switch {
	case s.err() != nil:
		return m, s.err()
	case p.err != nil:
		return m, p.err
	case s.key != "" && !op.keyed:
		return m, fmt.Errorf("it takes no idempotency key")
	case s.key == "" && op.keyed:
		m.IdempotencyKey = randomID()
	}
	x := &exchange{c: c, s: &s, op: op, p: p, request: request, m: m, read: read}
	return m, x.run(ctx)
}

// exchange is one call with all its attempts.
type exchange struct {
	c       *Client
	s       *settings
	op      operation
	p       payload
	request requestFor
	m       *Response
	read    func(*Response) error
	token   Secret
	renewed bool
}

func (x *exchange) run(ctx context.Context) error {
	if err := x.session(ctx, ""); err != nil {
		return err
	}
	for failures := 0; ; {
		err := x.attempt(ctx)
		switch {
		case err == nil:
			return nil
		case ctx.Err() != nil && errors.Is(err, context.Cause(ctx)):
			return err
		case ctx.Err() != nil:
			return fmt.Errorf("%w: %w", context.Cause(ctx), err)
		case x.p.once:
			return err
		}
		if x.deadSession(err) {
			if renewal := x.session(ctx, x.token); renewal != nil {
				return fmt.Errorf("%w; and no other session: %w", err, renewal)
			}
			if x.renewed {
				continue
			}
		}
		failures++
		wait, again := x.pause(err, failures)
		if !again {
			return err
		}
		if deadline, ok := ctx.Deadline(); ok && time.Until(deadline) < wait {
			return err
		}
		if interrupted := sleep(ctx, wait); interrupted != nil {
			return fmt.Errorf("%w, while waiting to repeat after: %w", interrupted, err)
		}
	}
}

// pause is how long to wait before the next attempt; false when there is none to be.
func (x *exchange) pause(err error, failures int) (time.Duration, bool) {
	if failures > x.s.retries || !worthRepeating(x.op, err) {
		return 0, false
	}
	wait := x.s.backoff(failures)
	var answer *Error
	if errors.As(err, &answer) && answer.RetryAfter > 0 {
		if answer.RetryAfter > x.s.maxAfter {
			return 0, false
		}
		wait = max(wait, answer.RetryAfter)
	}
	return wait, true
}

// session gets the token to send. refused is one that the server has called dead; renewed says whether there is another now.
func (x *exchange) session(ctx context.Context, refused Secret) error {
	if x.op.session == sessionNone {
		return nil
	}
	if x.s.tokens == nil {
		if x.op.session == sessionRequired {
			return ErrNoSession
		}
		return nil
	}
	token, err := x.s.tokens.Token(ctx, refused)
	if err != nil {
		return err
	}
	x.renewed = refused != "" && token.Value != refused
	x.token = token.Value
	return nil
}

// deadSession says whether the answer calls the token dead, for the first time in this call.
func (x *exchange) deadSession(err error) bool {
	return x.token != "" && !x.renewed && (errors.Is(err, ErrSessionExpired) || errors.Is(err, ErrUnauthenticated))
}

// attempt sends the request once and reads the whole answer.
func (x *exchange) attempt(parent context.Context) (err error) {
	ctx, cancel := context.WithTimeoutCause(parent, x.s.timeout, fmt.Errorf("no whole answer within %s: %w", x.s.timeout, context.DeadlineExceeded))
	defer cancel()
	var key *string
	if x.op.keyed {
		key = &x.m.IdempotencyKey
	}
	req, err := x.request(x.c.server, key)
	if err != nil {
		return err
	}
	req = req.WithContext(ctx)
	x.headers(req)
	x.p.attach(req)
	if req.Body != nil {
		defer req.Body.Close() // a middleware that answers itself may leave it open, and a form's writer waits for its reader
	}
	x.m.Attempts++
	x.m.Status, x.m.Header, x.m.Body = 0, nil, nil
	started := time.Now()
	defer func() { x.s.logAttempt(req, x.p, x.m, time.Since(started), err) }()
	resp, err := x.send(req)
	if err != nil {
		return notSent(err)
	}
	defer resp.Body.Close()
	if err := x.m.read(resp, x.s.maxBytes); err != nil {
		return notSent(err)
	}
	return x.read(x.m)
}

func (x *exchange) headers(req *http.Request) {
	for name, values := range x.s.header {
		req.Header[name] = values
	}
	req.Header.Set("User-Agent", x.s.agent())
	req.Header.Set("X-Request-Id", x.m.RequestID)
	if req.Header.Get("Accept") == "" {
		req.Header.Set("Accept", "application/json")
	}
	if x.s.appCode != "" {
		req.Header.Set("X-App-Code", x.s.appCode)
	}
	if x.token != "" {
		req.Header.Set("Authorization", "Bearer "+x.token.Reveal())
	}
}

// send passes the request through the middleware to the client.
func (x *exchange) send(req *http.Request) (*http.Response, error) {
	next := x.s.doer.Do
	for i := len(x.s.middleware) - 1; i >= 0; i-- {
		m, inner := x.s.middleware[i], next
		next = func(r *http.Request) (*http.Response, error) { return m(r, inner) }
	}
	resp, err := next(req)
	if err == nil && resp == nil {
		return nil, errors.New("the middleware answered nothing")
	}
	if err == nil && resp.Body == nil {
		resp.Body = http.NoBody
	}
	return resp, err
}

// notSent marks an attempt without an answer as lost, unless the caller's own file was the trouble. The address is left out of the
// message: it may name an image.
func notSent(err error) error {
	var file *fileError
	if errors.As(err, &file) {
		return file
	}
	if errors.Is(err, ErrAnswerTooLarge) {
		return err
	}
	var address *url.Error
	if errors.As(err, &address) {
		err = address.Err
	}
	return &lostError{err}
}

// explain gives an error that has no answer the facts of the call.
func (m *Response) explain(err error) error {
	var answer *Error
	if errors.As(err, &answer) {
		return err
	}
	return &CallError{Operation: m.Operation, RequestID: m.RequestID, IdempotencyKey: m.IdempotencyKey, Attempts: m.Attempts, Err: err}
}

// randomID is 32 hexadecimal digits that nobody can guess.
func randomID() string {
	var b [16]byte
	_, _ = rand.Read(b[:]) // never fails
	return hex.EncodeToString(b[:])
}

// download calls an operation whose success is bytes of one of the content types, not an envelope.
func (c *Client) download(ctx context.Context, op operation, types []string, request requestFor, options []CallOption) (contentType string, content []byte, err error) {
	accepting := func(server string, key *string) (*http.Request, error) {
		req, err := request(server, key)
		if err == nil {
			req.Header.Set("Accept", strings.Join(types, ", ")+", application/json")
		}
		return req, err
	}
	m, err := c.exchange(ctx, op, noBody, accepting, options, func(m *Response) error {
		contentType = m.Header.Get("Content-Type")
		if m.Status == http.StatusOK && slices.Contains(types, contentType) {
			content = m.Body
			return nil
		}
		if _, err := m.data(); err != nil {
			return err
		}
		return m.failure(nil)
	})
	if err != nil {
		return "", nil, m.explain(err)
	}
	return contentType, content, nil
}
