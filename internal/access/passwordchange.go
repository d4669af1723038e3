package access

import (
	"context"
	"errors"

	"github.com/creditpocket/creditpocket/gen/catalog"
	"github.com/creditpocket/creditpocket/internal/fault"
	"github.com/creditpocket/creditpocket/internal/store"
)

// PasswordChange is a borrower's wish, in a session, for another password.
type PasswordChange struct {
	Borrower  int64
	Session   int64
	Brand     string
	Password  Secret // the present one
	New       Secret
	RequestID string
}

// ChangePassword sets another password and ends all sessions but the one that asks; it lists what is left. A login that was comparing the
// old password meanwhile opens nothing. Guesses at the present one count as those of logins and of StepUp do, together with them. It returns
// PASSWORD_REQUIRED for a wrong one, also where another change was faster, PASSWORD_TOO_COMMON and VALIDATION_FAILED for a new one that is
// refused, RATE_LIMITED after many tries, SESSION_EXPIRED where the session ended meanwhile, and UNAVAILABLE when too many wait.
func (s *Service) ChangePassword(ctx context.Context, in PasswordChange) ([]store.SessionInfo, error) {
	if in.New == in.Password {
		return nil, fault.Invalid("newPassword", "must be another one than the present password")
	}
	b, err := s.store.Borrower(ctx, in.Borrower)
	if err != nil {
		return nil, err
	}
	if err := refuseWeak("newPassword", in.New, b.Mobile, in.Brand); err != nil {
		return nil, err
	}
	if err := s.limit(ctx, ClassLogin, catalog.RateLimited, mobileKey(in.Brand, b.Mobile)); err != nil {
		return nil, err
	}
	before, err := s.stepUp(ctx, in.Borrower, in.Password)
	if err != nil {
		return nil, err
	}
	hash, err := s.passwords.hash(ctx, in.New)
	if err != nil {
		return nil, err
	}
	var left []store.SessionInfo
	err = s.store.InTx(ctx, func(ctx context.Context, tx *store.Tx) error {
		if err := tx.SetPasswordHash(ctx, in.Borrower, before, hash); errors.Is(err, store.ErrStale) {
			return wrongPassword()
		} else if err != nil {
			return err
		}
		present, err := tx.SessionOf(ctx, in.Borrower, in.Session)
		if err != nil && !errors.Is(err, store.ErrNotFound) {
			return err
		}
		if err != nil || !present.Alive(tx.Now()) {
			return fault.New(catalog.SessionExpired)
		}
		if err := tx.EndOtherSessions(ctx, in.Borrower, in.Session); err != nil {
			return err
		}
		if left, err = tx.OpenSessions(ctx, in.Borrower, sessionsShown); err != nil {
			return err
		}
		return tx.AddTrail(ctx, store.TrailEntry{OperatorName: "the borrower", Act: "changePassword", Subject: borrowerSubject(in.Borrower), Brand: in.Brand,
			Changes: []store.Change{{Field: "password", Before: "the old one", After: "another one"}}, Reason: "the borrower's request", RequestID: in.RequestID})
	})
	return left, err
}
