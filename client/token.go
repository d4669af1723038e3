package creditpocket

import (
	"context"
	"sync"
	"time"
)

// Token is an open session.
type Token struct {
	Value Secret
	// Expires is when the session ends; the zero time when that is not known.
	Expires time.Time
}

// TokenSource gives the session of each request. It must be safe for many goroutines.
type TokenSource interface {
	// Token is the current session. refused is a token that the server has just called dead, or "": the answer is never that one,
	// if the source can help it.
	Token(ctx context.Context, refused Secret) (Token, error)
}

type staticToken Secret

func (t staticToken) Token(context.Context, Secret) (Token, error) {
	return Token{Value: Secret(t)}, nil
}

const (
	earlyRenewal = 30 * time.Second // a session that ends this soon is not used any more
	loginLimit   = 90 * time.Second // of one login
	loginPause   = time.Second      // after a failed login; who asks meanwhile gets the same error
)

// NewTokenSource keeps the session that login opens, and opens another when it has ended or the server calls it dead. However many
// goroutines notice that at once, login runs once; each of them may stop waiting when its own context ends. A failed login is not
// tried again within a second.
func NewTokenSource(login func(context.Context) (Token, error)) TokenSource {
	return &loginSource{login: login}
}

type loginSource struct {
	login func(context.Context) (Token, error)

	mu      sync.Mutex
	current Token
	failed  error
	until   time.Time
	flight  chan struct{} // closed when the login under way has ended; nil when there is none
}

func (s *loginSource) Token(ctx context.Context, refused Secret) (Token, error) {
	for {
		s.mu.Lock()
		now := time.Now()
		alive := s.current.Value != "" && (s.current.Expires.IsZero() || now.Add(earlyRenewal).Before(s.current.Expires))
		if alive && s.current.Value != refused {
			defer s.mu.Unlock()
			return s.current, nil
		}
		if s.failed != nil && now.Before(s.until) && s.flight == nil {
			defer s.mu.Unlock()
			return Token{}, s.failed
		}
		if s.flight == nil {
			s.flight = make(chan struct{})
			go s.run(context.WithoutCancel(ctx), s.flight)
		}
		flight := s.flight
		s.mu.Unlock()
		select {
		case <-flight:
		case <-ctx.Done():
			return Token{}, context.Cause(ctx)
		}
	}
}

// run is one login, for everybody who waits.
func (s *loginSource) run(ctx context.Context, flight chan struct{}) {
	ctx, cancel := context.WithTimeout(ctx, loginLimit)
	defer cancel()
	token, err := s.login(ctx)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.failed, s.current, s.flight = err, token, nil
	if err != nil {
		s.current, s.until = Token{}, time.Now().Add(loginPause)
	}
	close(flight)
}
