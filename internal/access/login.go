package access

import (
	"context"
	"errors"

	"github.com/creditpocket/creditpocket/gen/catalog"
	"github.com/creditpocket/creditpocket/internal/fault"
	"github.com/creditpocket/creditpocket/internal/store"
)

// Login is a wish to come in. Exactly one of Password and Code is set.
type Login struct {
	Brand    string
	Mobile   string // E.164
	Password Secret
	Code     Secret // of PurposeLogin
	Device   Device
}

// Login opens a session by password or by code. A wrong password, a wrong code and a number that nobody registered give one and the
// same INVALID_CREDENTIALS. Every attempt counts, so that a right one is refused too after many: RATE_LIMITED. It also returns
// ACCOUNT_BLOCKED, only to who has shown the right credentials, VALIDATION_FAILED unless there is exactly one credential, and
// UNAVAILABLE when too many logins wait.
func (s *Service) Login(ctx context.Context, in Login) (Opened, error) {
	if (in.Password == "") == (in.Code == "") {
		return Opened{}, fault.Invalid("password", "send exactly one of password and code").WithField("code", "send exactly one of password and code")
	}
	if err := s.limit(ctx, ClassLogin, catalog.RateLimited, mobileKey(in.Brand, in.Mobile), deviceKey(in.Brand, in.Device)); err != nil {
		return Opened{}, err
	}
	if in.Password != "" {
		opened, err := s.loginByPassword(ctx, in)
		if errors.Is(err, store.ErrStale) { // the stored hash was changed meanwhile: by another login that made it anew, or with the password
			opened, err = s.loginByPassword(ctx, in)
		}
		if errors.Is(err, store.ErrStale) {
			err = fault.New(catalog.InvalidCredentials)
		}
		return opened, err
	}
	if err := s.guess(ctx, in.Brand, in.Mobile); err != nil {
		return Opened{}, err
	}
	return s.loginByCode(ctx, in)
}

// loginByPassword compares the password and opens the session, or returns store.ErrStale where the hash that it compared with is not the
// borrower's any more.
func (s *Service) loginByPassword(ctx context.Context, in Login) (Opened, error) {
	c, err := s.store.Credentials(ctx, in.Brand, in.Mobile)
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		return Opened{}, err
	}
	right, renewed, err := s.passwords.verify(ctx, in.Password, c.PasswordHash)
	if err != nil {
		return Opened{}, err
	}
	if !right {
		return Opened{}, fault.New(catalog.InvalidCredentials)
	}
	if c.Blocked {
		return Opened{}, fault.New(catalog.AccountBlocked)
	}
	var opened Opened
	err = s.store.InTx(ctx, func(ctx context.Context, tx *store.Tx) (err error) {
		hash := c.PasswordHash
		if renewed != "" {
			if err := tx.SetPasswordHash(ctx, c.Borrower, hash, renewed); err != nil {
				return err
			}
			hash = renewed
		}
		opened, err = s.reopen(ctx, tx, in.Brand, in.Mobile, c.Borrower, in.Device, hash)
		return err
	})
	return opened, err
}

// loginByCode tries and uses up the code and opens the session in one transaction. A refusal commits as well: it has cost a try.
func (s *Service) loginByCode(ctx context.Context, in Login) (Opened, error) {
	var opened Opened
	var refusal error
	err := s.store.InTx(ctx, func(ctx context.Context, tx *store.Tx) error {
		opened, refusal = Opened{}, nil
		code, err := tx.TryCode(ctx, store.CodeSubject{Brand: in.Brand, Mobile: in.Mobile, Purpose: PurposeLogin}, in.Code.Reveal())
		if err != nil {
			return err
		}
		if code == 0 {
			refusal = fault.New(catalog.InvalidCredentials)
			return nil
		}
		if err := tx.ConsumeCode(ctx, code); err != nil {
			return err
		}
		c, err := tx.Credentials(ctx, in.Brand, in.Mobile)
		switch {
		case errors.Is(err, store.ErrNotFound):
			refusal = fault.New(catalog.InvalidCredentials)
			return nil
		case err != nil:
			return err
		case c.Blocked:
			refusal = fault.New(catalog.AccountBlocked)
			return nil
		}
		opened, err = s.reopen(ctx, tx, in.Brand, in.Mobile, c.Borrower, in.Device, "")
		return err
	})
	if err != nil {
		return Opened{}, err
	}
	return opened, refusal
}
