package creditpocket

import (
	"context"
	"log/slog"
	"net/http"
	"time"

	"github.com/creditpocket/creditpocket/client/internal/raw"
)

// OpenSession is a session of the borrower that can still be used.
type OpenSession struct {
	ID string `wire:"id"`
	// Current is the session of this client.
	Current  bool      `wire:"current"`
	Terminal Terminal  `wire:"terminal"`
	Created  time.Time `wire:"createdTime"`
	LastSeen time.Time `wire:"lastSeenTime"`
	// Expires is when it ends unless it is used.
	Expires time.Time `wire:"expireTime"`
	Extra   Extra
}

// RefreshedToken is the new token of a session. The old one goes on for a minute.
type RefreshedToken struct {
	Token   Secret    `wire:"token"`
	Expires time.Time `wire:"tokenExpireTime"`
	Extra   Extra
}

// Export is everything that is kept of the borrower.
type Export struct {
	At       time.Time       `wire:"exportTime"`
	Sections []ExportSection `wire:"sections"`
	Extra    Extra
}

// ExportSection is what is kept in one place.
type ExportSection struct {
	Name    string         `wire:"name"`
	Records []ExportRecord `wire:"records"`
	Extra   Extra
}

// ExportRecord is one record.
type ExportRecord struct {
	Fields []ExportField `wire:"fields"`
	Extra  Extra
}

// ExportField is one value, as text.
type ExportField struct {
	Name  string `wire:"name"`
	Value string `wire:"value"`
	Extra Extra
}

type sessionChoice struct {
	ID string `wire:"id,omitempty"`
}

type passwordChange struct {
	Password    Secret `wire:"password"`
	NewPassword Secret `wire:"newPassword"`
}

type eraseInfo struct {
	Password Secret `wire:"password,omitempty"`
}

// Sessions lists the borrower's open sessions, the newest first. Operation listSessions.
func (s *AuthService) Sessions(ctx context.Context, options ...CallOption) ([]OpenSession, error) {
	list, err := invoke[listOf[OpenSession]](ctx, s.c, opListSessions, noBody, func(server string, _ *string) (*http.Request, error) {
		return raw.NewListSessionsRequest(server)
	}, options)
	return list.Items, err
}

// EndSession ends one session and lists what is left; ErrSessionNotFound for one that is over. Operation revokeSession.
func (s *AuthService) EndSession(ctx context.Context, id string, options ...CallOption) ([]OpenSession, error) {
	return s.endSessions(ctx, sessionChoice{id}, options)
}

// EndOtherSessions ends every session but this client's and lists what is left. Operation revokeSession.
func (s *AuthService) EndOtherSessions(ctx context.Context, options ...CallOption) ([]OpenSession, error) {
	return s.endSessions(ctx, sessionChoice{}, options)
}

func (s *AuthService) endSessions(ctx context.Context, r sessionChoice, options []CallOption) ([]OpenSession, error) {
	list, err := invoke[listOf[OpenSession]](ctx, s.c, opRevokeSession, jsonBody(r), func(server string, _ *string) (*http.Request, error) {
		return raw.NewRevokeSessionRequestWithBody(server, "application/json", nil)
	}, options)
	return list.Items, err
}

// Refresh gives the session a new token; keep it and use it from now on. A repeat with the old token within a minute gives the same one.
// Operation refreshSession.
func (s *AuthService) Refresh(ctx context.Context, options ...CallOption) (RefreshedToken, error) {
	return invoke[RefreshedToken](ctx, s.c, opRefreshSession, noBody, func(server string, _ *string) (*http.Request, error) {
		return raw.NewRefreshSessionRequest(server)
	}, options)
}

// ChangePassword sets another password for who gives the present one, ends every session but this client's, and lists what is left. Errors:
// ErrPasswordRequired for a wrong present one, ErrPasswordTooCommon. Operation changePassword.
func (s *AuthService) ChangePassword(ctx context.Context, present, another Secret, options ...CallOption) ([]OpenSession, error) {
	list, err := invoke[listOf[OpenSession]](ctx, s.c, opChangePassword, jsonBody(passwordChange{present, another}), func(server string, _ *string) (*http.Request, error) {
		return raw.NewChangePasswordRequestWithBody(server, "application/json", nil)
	}, options)
	return list.Items, err
}

// Export reads everything that is kept of the borrower. Operation exportUser.
func (s *UserService) Export(ctx context.Context, options ...CallOption) (Export, error) {
	return invoke[Export](ctx, s.c, opExportUser, noBody, func(server string, _ *string) (*http.Request, error) {
		return raw.NewExportUserRequest(server)
	}, options)
}

// Erase closes the account and erases the borrower for good; password is the borrower's. It ends the session. Errors:
// ErrPasswordRequired, ErrAccountInUse. Operation eraseUser.
func (s *UserService) Erase(ctx context.Context, password Secret, options ...CallOption) error {
	return acknowledge[ack](ctx, s.c, opEraseUser, jsonBody(eraseInfo{password}), func(server string, _ *string) (*http.Request, error) {
		return raw.NewEraseUserRequestWithBody(server, "application/json", nil)
	}, options)
}

// MarshalJSON writes the token as the API does.
func (t RefreshedToken) MarshalJSON() ([]byte, error) { return encode(t) }

// UnmarshalJSON reads the token as the API writes it.
func (t *RefreshedToken) UnmarshalJSON(raw []byte) error { return decode(raw, t) }

// LogValue leaves out the token.
func (t RefreshedToken) LogValue() slog.Value { return logValue(t) }

// MarshalJSON writes the session as the API does.
func (s OpenSession) MarshalJSON() ([]byte, error) { return encode(s) }

// UnmarshalJSON reads the session as the API writes it.
func (s *OpenSession) UnmarshalJSON(raw []byte) error { return decode(raw, s) }

// MarshalJSON writes the export as the API does.
func (e Export) MarshalJSON() ([]byte, error) { return encode(e) }

// UnmarshalJSON reads the export as the API writes it.
func (e *Export) UnmarshalJSON(raw []byte) error { return decode(raw, e) }

// LogValue leaves out the values.
func (e Export) LogValue() slog.Value { return logValue(e) }

// LogValue leaves out the records.
func (s ExportSection) LogValue() slog.Value { return logValue(s) }

// LogValue leaves out the value.
func (f ExportField) LogValue() slog.Value { return logValue(f) }
