package access

import (
	"context"
	"time"

	"github.com/creditpocket/creditpocket/internal/store"
)

// Device says what a session is opened on.
type Device struct {
	ID       string // the app's name of the installation; may be ""
	Terminal int    // 0 unknown, 1 Android, 2 iOS, 3 web
}

// Opened is a session just opened. Token is known here and to the caller only: the database holds its hash.
type Opened struct {
	Borrower    int64
	Session     int64
	Brand       string
	Mobile      string // E.164
	Token       Secret
	Ends        time.Time // unless the session is used before
	HasPassword bool
	Face        store.Face
	Replayed    bool // the borrower was made by an earlier request with the same Idempotency-Key
}

// open opens a session of a borrower in the caller's transaction. The caller adds the face.
func (s *Service) open(ctx context.Context, tx *store.Tx, brand, mobile string, borrower int64, device Device) (Opened, error) {
	token, hash := newToken()
	return s.openWith(ctx, tx, brand, mobile, store.NewSession{Borrower: borrower, TokenHash: hash, DeviceID: device.ID, Terminal: device.Terminal}, token)
}

func (s *Service) openWith(ctx context.Context, tx *store.Tx, brand, mobile string, n store.NewSession, token Secret) (Opened, error) {
	n.Idle, n.Absolute = s.config.SessionIdle, s.config.SessionAbsolute
	session, err := tx.AddSession(ctx, brand, n)
	if err != nil {
		return Opened{}, err
	}
	return Opened{Borrower: n.Borrower, Session: session.ID, Brand: brand, Mobile: mobile, Token: token, Ends: session.Ends(), HasPassword: true}, nil
}

// reopen opens a session of a borrower who may have a name and loans already. passwordHash is what the borrower came in by, "" where that
// was a code: store.ErrStale says that it is not the borrower's any more.
func (s *Service) reopen(ctx context.Context, tx *store.Tx, brand, mobile string, borrower int64, device Device, passwordHash string) (Opened, error) {
	face, err := tx.Face(ctx, borrower)
	if err != nil {
		return Opened{}, err
	}
	token, hash := newToken()
	opened, err := s.openWith(ctx, tx, brand, mobile, store.NewSession{Borrower: borrower, TokenHash: hash, DeviceID: device.ID, Terminal: device.Terminal,
		PasswordHash: passwordHash}, token)
	opened.Face = face
	return opened, err
}

// deviceKey is the limiter's key of an installation, "" for none.
func deviceKey(brand string, d Device) string {
	if d.ID == "" {
		return ""
	}
	return KeyDevice + ":" + brand + "/" + d.ID
}
