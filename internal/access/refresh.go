package access

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"strconv"
	"time"

	"github.com/creditpocket/creditpocket/gen/catalog"
	"github.com/creditpocket/creditpocket/internal/fault"
	"github.com/creditpocket/creditpocket/internal/store"
)

// tokenGrace is how long a token goes on working after it was changed: for calls of the same phone that were under way.
const tokenGrace = time.Minute

// spent judges a token that no session has now. One that was changed a moment ago still speaks for its session. One that was changed
// earlier is in the hands of two, and nobody can tell which of them is the borrower: the session ends. It returns UNAUTHENTICATED for a
// token that was never given out.
func (s *Service) spent(ctx context.Context, hash []byte) (store.Session, error) {
	found, err := s.store.SessionBySpentToken(ctx, hash)
	if errors.Is(err, store.ErrNotFound) {
		return store.Session{}, fault.New(catalog.Unauthenticated)
	}
	if err != nil || s.clock.Now().Sub(found.SpentAt) < tokenGrace {
		return found.Session, err
	}
	if found.Session.Alive(s.clock.Now()) {
		err := s.store.InTx(ctx, func(ctx context.Context, tx *store.Tx) error {
			return tx.RevokeSession(ctx, found.Session.Borrower, found.Session.ID)
		})
		if err != nil {
			return store.Session{}, err
		}
		s.log.WarnContext(ctx, "a token was used after it had been changed: the session is over", "session", found.Session.ID)
		found.Session.Revoked = true
	}
	return found.Session, nil
}

// Refreshed is a session with its new token.
type Refreshed struct {
	Token Secret
	Ends  time.Time
}

// Refresh gives a session a new token. shown is the hash of the token that the request came with: where that one was changed already,
// by a call that ran at the same time or whose answer was lost, the answer is the token it was changed for. The new token is made from
// the old one's hash with a key that is not in the database, so that it can be given twice and is stored nowhere. It returns
// SESSION_EXPIRED where the session has ended meanwhile.
func (s *Service) Refresh(ctx context.Context, borrower, session int64, shown [sha256.Size]byte) (Refreshed, error) {
	var out Refreshed
	err := s.store.InTx(ctx, func(ctx context.Context, tx *store.Tx) error {
		out = Refreshed{}
		tokens, err := tx.LockSessionTokens(ctx, borrower, session)
		if err != nil {
			return err
		}
		var token Secret
		keys := s.store.Keys().ChainKeys()
		if bytes.Equal(tokens.Present, shown[:]) {
			var hash []byte
			token, hash = s.nextToken(keys[0], session, tokens.Present)
			if err := tx.ChangeToken(ctx, session, tokens.Present, hash); err != nil {
				return err
			}
		} else if token = s.givenToken(keys, session, tokens); token == "" {
			return store.ErrStale
		}
		now, err := tx.SessionOf(ctx, borrower, session)
		out = Refreshed{token, now.Ends()}
		return err
	})
	if errors.Is(err, store.ErrNotFound) || errors.Is(err, store.ErrStale) {
		err = fault.New(catalog.SessionExpired)
	}
	return out, err
}

// givenToken is the token that the one before was changed for, by whichever master key that was; "" where it is not known any more.
func (s *Service) givenToken(keys []string, session int64, tokens store.SessionTokens) Secret {
	for _, key := range keys {
		if token, hash := s.nextToken(key, session, tokens.Before); bytes.Equal(hash, tokens.Present) {
			return token
		}
	}
	return ""
}

// nextToken is the token that follows, by a key, the one with the given hash.
func (s *Service) nextToken(key string, session int64, before []byte) (Secret, []byte) {
	text := base64.RawURLEncoding.EncodeToString(s.store.Keys().LinkBy(key, "session-token", before, strconv.AppendInt(nil, session, 10)))
	hash, _ := tokenHash(text)
	return Secret(text), hash
}
