package access

import (
	"context"
	"errors"

	"github.com/creditpocket/creditpocket/gen/catalog"
	"github.com/creditpocket/creditpocket/internal/fault"
	"github.com/creditpocket/creditpocket/internal/store"
)

// sessionsShown bounds the list of a borrower's sessions.
const sessionsShown = 100

// Sessions lists a borrower's open sessions, the newest first.
func (s *Service) Sessions(ctx context.Context, borrower int64) ([]store.SessionInfo, error) {
	return s.store.OpenSessions(ctx, borrower, sessionsShown)
}

// EndSession ends a session of a borrower, or with id 0 all but the present one, and lists what is left. It returns SESSION_NOT_FOUND
// for a session that is not the borrower's or is over.
func (s *Service) EndSession(ctx context.Context, borrower, present, id int64) ([]store.SessionInfo, error) {
	var left []store.SessionInfo
	err := s.store.InTx(ctx, func(ctx context.Context, tx *store.Tx) error {
		err := error(nil)
		if id == 0 {
			err = tx.EndOtherSessions(ctx, borrower, present)
		} else {
			err = tx.EndSession(ctx, borrower, id)
		}
		if err != nil {
			return err
		}
		left, err = tx.OpenSessions(ctx, borrower, sessionsShown)
		return err
	})
	if errors.Is(err, store.ErrStale) {
		err = fault.New(catalog.SessionNotFound)
	}
	return left, err
}
