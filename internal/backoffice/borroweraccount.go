package backoffice

import (
	"context"
	"errors"
	"time"

	"github.com/creditpocket/creditpocket/gen/catalog"
	"github.com/creditpocket/creditpocket/internal/fault"
	"github.com/creditpocket/creditpocket/internal/seal"
	"github.com/creditpocket/creditpocket/internal/store"
)

// sessionsShown bounds the list of a borrower's sessions.
const sessionsShown = 100

// Sessions lists a borrower's open sessions, the newest first. It returns BORROWER_NOT_FOUND.
func (s *Service) Sessions(ctx context.Context, by Actor, id int64) ([]store.SessionInfo, error) {
	if _, err := s.borrower(ctx, by, id); err != nil {
		return nil, err
	}
	return s.store.OpenSessions(ctx, id, sessionsShown)
}

// EndSessions ends one session of a borrower, or with session 0 all, and lists what is left. It returns BORROWER_NOT_FOUND, and
// RECORD_NOT_FOUND for a session that is not the borrower's or is over.
func (s *Service) EndSessions(ctx context.Context, by Actor, key string, id, session int64, reason string) (Done[[]store.SessionInfo], error) {
	o := order{by, "endBorrowerSessions", key, reason, []int64{id, session}}
	return act(ctx, s, o, func(ctx context.Context, tx *store.Tx, n *note) ([]store.SessionInfo, error) {
		b, err := lockBorrower(ctx, tx, by, id)
		if err != nil {
			return nil, err
		}
		n.about("borrower", b.ID, b.Brand)
		if session == 0 {
			n.change("sessions", "open", "ended")
			err = tx.EndOtherSessions(ctx, id, 0)
		} else {
			n.change("session", "open", "ended")
			err = tx.EndSession(ctx, id, session)
		}
		if errors.Is(err, store.ErrStale) {
			return nil, fault.New(catalog.RecordNotFound)
		}
		if err != nil {
			return nil, err
		}
		return tx.OpenSessions(ctx, id, sessionsShown)
	})
}

// Export reads everything that is kept of a borrower, in clear, and writes down who asked, before it is shown. It returns
// BORROWER_NOT_FOUND, and RECORD_NOT_FOUND for one who was erased.
func (s *Service) Export(ctx context.Context, by Actor, id int64, reason string) ([]store.PersonalSection, time.Time, error) {
	b, err := s.borrower(ctx, by, id)
	if err != nil {
		return nil, time.Time{}, err
	}
	sections, err := s.store.PersonalData(ctx, id)
	if errors.Is(err, seal.ErrUnreadable) {
		return nil, time.Time{}, fault.New(catalog.RecordNotFound)
	}
	if err != nil {
		return nil, time.Time{}, err
	}
	n := note{}
	n.about("borrower", b.ID, b.Brand)
	n.change("everything", "masked", "exported")
	return sections, s.clock.Now(), s.store.InTx(ctx, func(ctx context.Context, tx *store.Tx) error {
		return addTrail(ctx, tx, order{by: by, kind: "exportBorrower", reason: reason}, n)
	})
}

// Erasure is a borrower who was erased.
type Erasure struct {
	ID    int64
	Brand string
	At    time.Time
}

// EraseBorrower erases a borrower for good, as access.Service.Erase does. It takes two people: whoever blocked the borrower cannot be the one
// who erases. It returns BORROWER_NOT_FOUND, STATE_CONFLICT for one who is not blocked or was erased before, SECOND_PERSON_REQUIRED, and
// ACCOUNT_IN_USE while a loan, a payment, a refund or a credit is open.
func (s *Service) EraseBorrower(ctx context.Context, by Actor, key string, id int64, reason string) (Done[Erasure], error) {
	return act(ctx, s, order{by, "eraseBorrower", key, reason, id}, func(ctx context.Context, tx *store.Tx, n *note) (Erasure, error) {
		b, err := lockBorrower(ctx, tx, by, id)
		if err != nil {
			return Erasure{}, err
		}
		n.about("borrower", b.ID, b.Brand)
		if b.Erased || !b.Blocked {
			return Erasure{}, fault.New(catalog.StateConflict)
		}
		blocker, err := tx.LastActor(ctx, n.subject, "blockBorrower")
		if err != nil && !errors.Is(err, store.ErrNotFound) {
			return Erasure{}, err
		}
		if blocker == by.ID {
			return Erasure{}, fault.New(catalog.SecondPersonRequired)
		}
		obstacle, err := tx.ErasureObstacle(ctx, id)
		if err != nil {
			return Erasure{}, err
		}
		if obstacle != "" {
			return Erasure{}, fault.New(catalog.AccountInUse)
		}
		n.change("dataKey", "present", "destroyed")
		return Erasure{b.ID, b.Brand, tx.Now()}, tx.EraseBorrower(ctx, id)
	})
}

// lockBorrower locks a borrower whom the operator may see. It returns BORROWER_NOT_FOUND.
func lockBorrower(ctx context.Context, tx *store.Tx, by Actor, id int64) (store.Borrower, error) {
	if err := tx.LockBorrower(ctx, id); err != nil {
		return store.Borrower{}, orFault(err, catalog.BorrowerNotFound)
	}
	b, err := tx.Borrower(ctx, id)
	if err == nil && !by.sees(b.Brand) {
		err = store.ErrNotFound
	}
	return b, orFault(err, catalog.BorrowerNotFound)
}
