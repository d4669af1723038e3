package creditpocket

import (
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"regexp"
	"time"
)

// Doer sends a request. *http.Client is one.
type Doer interface {
	Do(*http.Request) (*http.Response, error)
}

// Middleware stands around every attempt of every call. It may change the request, the answer, or answer itself.
type Middleware func(req *http.Request, next func(*http.Request) (*http.Response, error)) (*http.Response, error)

// ClientOption is a setting of a client.
type ClientOption interface{ client(*settings) }

// CallOption is a setting of one call.
type CallOption interface{ call(*settings) }

// Option is a setting of a client, or of one call.
type Option interface {
	ClientOption
	CallOption
}

type (
	both       func(*settings)
	clientOnly func(*settings)
	callOnly   func(*settings)
)

func (o both) client(s *settings)       { o(s) }
func (o both) call(s *settings)         { o(s) }
func (o clientOnly) client(s *settings) { o(s) }
func (o callOnly) call(s *settings)     { o(s) }

// settings are all that options set. They are copied, never shared.
type settings struct {
	doer       Doer
	middleware []Middleware
	log        *slog.Logger
	userAgent  string
	appCode    string
	tokens     TokenSource
	login      *LoginRequest
	header     http.Header

	retries  int
	baseWait time.Duration
	maxWait  time.Duration
	maxAfter time.Duration
	timeout  time.Duration
	maxBytes int64

	key       string
	requestID string
	response  *Response
	problems  []error
}

func defaults() settings {
	return settings{
		doer: newHTTPClient(), header: http.Header{}, retries: 2, baseWait: 500 * time.Millisecond, maxWait: 8 * time.Second,
		maxAfter: 60 * time.Second, timeout: 60 * time.Second, maxBytes: 16 << 20,
	}
}

// newHTTPClient does not follow redirects: the API has none, and a body or a token must not travel to wherever one points.
func newHTTPClient() *http.Client {
	transport, _ := http.DefaultTransport.(*http.Transport)
	if transport == nil {
		transport = &http.Transport{Proxy: http.ProxyFromEnvironment}
	}
	transport = transport.Clone()
	transport.MaxIdleConnsPerHost = 32
	return &http.Client{Transport: transport, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
}

func (s *settings) refuse(format string, args ...any) {
	s.problems = append(s.problems, fmt.Errorf("creditpocket: "+format, args...))
}

func (s *settings) err() error { return errors.Join(s.problems...) }

// with is a copy under further options.
func (s settings) with(options []CallOption) settings {
	s.header = s.header.Clone()
	s.middleware = s.middleware[:len(s.middleware):len(s.middleware)]
	s.problems = nil
	for _, o := range options {
		o.call(&s)
	}
	return s
}

// WithHTTPClient sends requests through a client of your own. Its redirects, proxies and time-outs are yours to set.
func WithHTTPClient(d Doer) ClientOption {
	return clientOnly(func(s *settings) {
		if d == nil {
			s.refuse("WithHTTPClient: no client")
			return
		}
		s.doer = d
	})
}

// WithMiddleware puts hooks around every attempt. The first one is the outermost.
func WithMiddleware(m ...Middleware) Option {
	return both(func(s *settings) { s.middleware = append(s.middleware, m...) })
}

// WithLogger logs every attempt at the level Debug, with headers and bodies in which everything is redacted that the contract
// marks as sensitive. Without it nothing is logged.
func WithLogger(l *slog.Logger) ClientOption { return clientOnly(func(s *settings) { s.log = l }) }

// WithUserAgent puts your program's name, such as "acme-loans/2.1", in front of the SDK's.
func WithUserAgent(name string) ClientOption {
	return clientOnly(func(s *settings) { s.userAgent = name })
}

// WithAppCode names the brand for operations without a session; without it, the server's default brand.
func WithAppCode(code string) Option { return both(func(s *settings) { s.appCode = code }) }

// WithHeader sends a header of your own with every request.
func WithHeader(name, value string) Option {
	return both(func(s *settings) { s.header.Set(name, value) })
}

// WithToken uses a session that was opened elsewhere. It is never renewed.
func WithToken(token Secret) Option {
	return both(func(s *settings) { s.tokens, s.login = staticToken(token), nil })
}

// WithTokenSource gets sessions from a source, such as NewTokenSource.
func WithTokenSource(source TokenSource) Option {
	return both(func(s *settings) { s.tokens, s.login = source, nil })
}

// WithLogin logs in when the first operation needs a session, and again when the session has ended. However many goroutines
// notice that at once, there is one login.
func WithLogin(r LoginRequest) ClientOption {
	return clientOnly(func(s *settings) { s.tokens, s.login = nil, &r })
}

// WithMaxRetries is how often a failed request is repeated; 2 by default, 0 for never.
func WithMaxRetries(n int) Option {
	return both(func(s *settings) {
		if n < 0 || n > 20 {
			s.refuse("WithMaxRetries: from 0 to 20, not %d", n)
			return
		}
		s.retries = n
	})
}

// WithRetryWait sets the waits between attempts: a random time below base, below 2 x base, below 4 x base ..., never above
// longest. By default 500 ms and 8 s.
func WithRetryWait(base, longest time.Duration) Option {
	return both(func(s *settings) {
		if base <= 0 || longest < base {
			s.refuse("WithRetryWait: base must be above zero and not above longest")
			return
		}
		s.baseWait, s.maxWait = base, longest
	})
}

// WithMaxRetryAfter is the longest Retry-After that a call waits for; 60 s by default. When the server asks for more, the call
// returns its error at once, with RetryAfter set: an earlier repeat would only be refused again.
func WithMaxRetryAfter(d time.Duration) Option {
	return both(func(s *settings) { s.maxAfter = d })
}

// WithAttemptTimeout bounds one attempt, including the reading of its answer; 60 s by default. The context bounds the whole
// call.
func WithAttemptTimeout(d time.Duration) Option {
	return both(func(s *settings) {
		if d <= 0 {
			s.refuse("WithAttemptTimeout: must be above zero")
			return
		}
		s.timeout = d
	})
}

// WithMaxAnswerBytes is the longest answer that is read; 16 MiB by default. A longer one is ErrAnswerTooLarge.
func WithMaxAnswerBytes(n int64) Option {
	return both(func(s *settings) {
		if n <= 0 {
			s.refuse("WithMaxAnswerBytes: must be above zero")
			return
		}
		s.maxBytes = n
	})
}

var keyPattern = regexp.MustCompile(`^[A-Za-z0-9_-]{8,64}$`)

// WithIdempotencyKey names this one act yourself, with 8 to 64 letters, digits, `-` or `_`: the call can then be repeated after a
// restart. Without it every call has a key of its own. Only operations that take a key accept it.
func WithIdempotencyKey(key string) CallOption {
	return callOnly(func(s *settings) {
		if !keyPattern.MatchString(key) {
			s.refuse("WithIdempotencyKey: must be 8 to 64 letters, digits, `-` or `_`")
			return
		}
		s.key = key
	})
}

// WithRequestID names the request in the server's log, with 8 to 64 letters, digits, `-` or `_`. Without it the SDK chooses.
func WithRequestID(id string) CallOption {
	return callOnly(func(s *settings) {
		if !keyPattern.MatchString(id) {
			s.refuse("WithRequestID: must be 8 to 64 letters, digits, `-` or `_`")
			return
		}
		s.requestID = id
	})
}

// WithResponseInto keeps the raw answer of the last attempt, of a failed call too.
func WithResponseInto(r *Response) CallOption {
	return callOnly(func(s *settings) { s.response = r })
}
