package access

import (
	"context"
	"strconv"

	"github.com/creditpocket/creditpocket/gen/catalog"
	"github.com/creditpocket/creditpocket/internal/fault"
)

// StepUp asks a borrower with an open session for the password again, before something that a stolen phone must not be able to do. It
// returns PASSWORD_REQUIRED for none and for a wrong one alike, RATE_LIMITED after many, and UNAVAILABLE when too many wait.
func (s *Service) StepUp(ctx context.Context, borrower int64, password Secret) error {
	_, err := s.stepUp(ctx, borrower, password)
	return err
}

// stepUp is StepUp that tells which hash the password was compared with.
func (s *Service) stepUp(ctx context.Context, borrower int64, password Secret) (hash string, err error) {
	if password == "" {
		return "", wrongPassword()
	}
	if err := s.limit(ctx, ClassStepUp, catalog.RateLimited, KeyBorrower+":"+strconv.FormatInt(borrower, 10)); err != nil {
		return "", err
	}
	c, err := s.store.CredentialsOf(ctx, borrower)
	if err != nil {
		return "", err
	}
	right, _, err := s.passwords.verify(ctx, password, c.PasswordHash)
	if err == nil && !right {
		err = wrongPassword()
	}
	return c.PasswordHash, err
}

func wrongPassword() error {
	return fault.New(catalog.PasswordRequired).WithField("password", "is missing or wrong")
}
