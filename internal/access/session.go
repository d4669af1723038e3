package access

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"log/slog"
	"strconv"
	"sync"
	"time"

	"github.com/creditpocket/creditpocket/gen/catalog"
	"github.com/creditpocket/creditpocket/internal/fault"
	"github.com/creditpocket/creditpocket/internal/store"
)

// Principal is who a session acts for.
type Principal struct {
	BorrowerID int64
	SessionID  int64
	Brand      string
	Token      [sha256.Size]byte // the hash of the token that was shown
}

const (
	tokenBytes  = 32
	tokenLength = 43 // tokenBytes as base64url without padding
)

// How an operation treats sessions, by operation id, where it is not like the others.
var (
	endsSessions  = map[string]bool{"logout": true, "postLogout": true} // they take a session that is over already
	looksOnlyOnes = map[string]bool{"checkLogin": true}                 // being asked is no use of the session
)

// Session finds whom a session token acts for, in one query; a token that was changed for a new one goes on for a moment. operation is the operation id: logging out accepts a session that is
// over, and asking whether a session lives does not prolong it. It returns UNAUTHENTICATED for a token that was never given out,
// SESSION_EXPIRED for one that is over or revoked, ACCOUNT_BLOCKED for a live one of a blocked borrower.
func (s *Service) Session(ctx context.Context, token, operation string) (Principal, error) {
	hash, ok := tokenHash(token)
	if !ok {
		return Principal{}, fault.New(catalog.Unauthenticated)
	}
	session, err := s.store.SessionByToken(ctx, hash)
	if errors.Is(err, store.ErrNotFound) {
		session, err = s.spent(ctx, hash)
	}
	if err != nil {
		return Principal{}, err
	}
	now := s.clock.Now()
	if !session.Alive(now) && !endsSessions[operation] {
		return Principal{}, fault.New(catalog.SessionExpired)
	}
	if session.Blocked {
		return Principal{}, fault.New(catalog.AccountBlocked)
	}
	if !endsSessions[operation] && !looksOnlyOnes[operation] && now.Sub(session.LastSeenAt) >= s.config.SeenEvery {
		s.noteSeen(ctx, session.ID)
	}
	return Principal{BorrowerID: session.Borrower, SessionID: session.ID, Brand: session.Brand, Token: [sha256.Size]byte(hash)}, nil
}

// State is what a borrower may know of a session.
type State struct {
	Alive bool
	Ends  time.Time // unless it is used before; zero when not alive
}

// CheckLogin tells whether a session of a borrower is alive. It changes nothing. Session 0 is none.
func (s *Service) CheckLogin(ctx context.Context, borrower, session int64) (State, error) {
	if session == 0 {
		return State{}, nil
	}
	found, err := s.store.SessionOf(ctx, borrower, session)
	if errors.Is(err, store.ErrNotFound) {
		return State{}, nil
	}
	if err != nil {
		return State{}, err
	}
	if found.Blocked || !found.Alive(s.clock.Now()) {
		return State{}, nil
	}
	return State{Alive: true, Ends: found.Ends()}, nil
}

// Logout revokes a session of a borrower. One that is over already stays as it is, so that a repeat answers the same.
func (s *Service) Logout(ctx context.Context, borrower, session int64) error {
	return s.store.InTx(ctx, func(ctx context.Context, tx *store.Tx) error {
		return tx.RevokeSession(ctx, borrower, session)
	})
}

// newToken draws a session token and the hash that is stored of it.
func newToken() (token Secret, hash []byte) {
	raw := make([]byte, tokenBytes)
	_, _ = rand.Read(raw) // does not fail: it ends the program instead
	text := base64.RawURLEncoding.EncodeToString(raw)
	hash, _ = tokenHash(text)
	return Secret(text), hash
}

// derivedToken is the session token of an operation: 256 bits that only the deployment's keys can give, and give again for a repeat of
// the operation, so that it need be stored nowhere.
func (s *Service) derivedToken(brand string, operation int64) (token Secret, hash []byte) {
	text := base64.RawURLEncoding.EncodeToString(s.store.Keys().Blind("session-of-operation", brand, strconv.FormatInt(operation, 10)))
	hash, _ = tokenHash(text)
	return Secret(text), hash
}

// tokenHash hashes a token's text. Texts that can be no token are told apart without asking the database.
func tokenHash(token string) ([]byte, bool) {
	if len(token) != tokenLength {
		return nil, false
	}
	if _, err := base64.RawURLEncoding.DecodeString(token); err != nil {
		return nil, false
	}
	sum := sha256.Sum256([]byte(token))
	return sum[:], true
}

// seenAtOnce bounds the transactions that write down the use of sessions. When all run, a use is not written down: the next
// request of the session tries again.
const seenAtOnce = 4

// seenWriter writes down the use of sessions behind the requests, so that no request waits for it or fails by it.
type seenWriter struct {
	running  chan struct{}
	wait     sync.WaitGroup
	sessions sync.Map // ids being written, so that requests at once write once
}

func (s *Service) noteSeen(ctx context.Context, id int64) {
	if _, busy := s.seen.sessions.LoadOrStore(id, true); busy {
		return
	}
	select {
	case s.seen.running <- struct{}{}:
	default:
		s.seen.sessions.Delete(id)
		return
	}
	s.seen.wait.Go(func() {
		defer func() {
			s.seen.sessions.Delete(id)
			<-s.seen.running
		}()
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 2*time.Second)
		defer cancel()
		err := s.store.InTx(ctx, func(ctx context.Context, tx *store.Tx) error {
			return tx.TouchSession(ctx, id, s.config.SeenEvery, s.config.SessionIdle)
		})
		if err != nil {
			s.log.LogAttrs(ctx, slog.LevelWarn, "the use of a session was not written down", slog.Int64("session", id), slog.Any("error", err))
		}
	})
}
