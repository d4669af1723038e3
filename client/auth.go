package creditpocket

import (
	"context"
	"log/slog"
	"net/http"
	"time"

	"github.com/creditpocket/creditpocket/client/internal/raw"
)

// AuthService opens and closes sessions.
type AuthService struct{ c *Client }

// Terminal is where a borrower uses the service.
type Terminal int32

// The terminals.
const (
	TerminalAndroid Terminal = 1
	TerminalIOS     Terminal = 2
	TerminalWeb     Terminal = 3
)

// CodePurpose is what a code sent to a phone is good for.
type CodePurpose int32

// The purposes.
const (
	CodeForRegistration  CodePurpose = 1
	CodeForLogin         CodePurpose = 2
	CodeForAccountChange CodePurpose = 3
)

// LoginRequest is a login by exactly one of Password and Code.
type LoginRequest struct {
	// Mobile is a Nigerian number: 7000000003, 07000000003, 2347000000003 or +2347000000003.
	Mobile   string   `wire:"mobile"`
	Password Secret   `wire:"password,omitempty"`
	Code     Secret   `wire:"code,omitempty"`
	DeviceID string   `wire:"deviceId,omitempty"`
	Terminal Terminal `wire:"applyTerminal,omitempty"`
}

// Registration is a new borrower.
type Registration struct {
	Mobile     string   `wire:"mobile"`
	Code       Secret   `wire:"code"`
	Password   Secret   `wire:"password"`
	DeviceID   string   `wire:"deviceId,omitempty"`
	Terminal   Terminal `wire:"applyTerminal,omitempty"`
	InviteCode string   `wire:"inviteCode,omitempty"`
}

// Session is an open session and who it belongs to.
type Session struct {
	UserID string `wire:"uid"`
	// Mobile is the number in its 10-digit form.
	Mobile string `wire:"mobile"`
	// Token is shown once. Keep it, or the whole Session as JSON, in a safe place.
	Token     Secret    `wire:"token"`
	Expires   time.Time `wire:"tokenExpireTime"`
	AppCode   string    `wire:"appCode"`
	FirstName string    `wire:"firstName"`
	LastName  string    `wire:"lastName"`
	// MiddleName, like the other names, is "" until basic information is saved.
	MiddleName string `wire:"middleName"`
	// PortraitCode is the code of the latest selfie, for Images.Get; "" when there is none.
	PortraitCode string `wire:"headImgCode"`
	// New says that this borrower has never had a loan paid out.
	New         bool `wire:"isNew"`
	PasswordSet bool `wire:"isPasswordSet"`
	Extra       Extra
}

// LoginState says whether a token opens a session.
type LoginState struct {
	LoggedIn bool `wire:"login"`
	// UserID is "" when not logged in.
	UserID string `wire:"uid"`
	// Expires is the zero time when not logged in.
	Expires time.Time `wire:"tokenExpireTime"`
	Extra   Extra
}

// CodeRequest asks for a code by text message.
type CodeRequest struct {
	Mobile  string      `wire:"mobile"`
	Purpose CodePurpose `wire:"purpose"`
}

// CodeSent says how long a code lives.
type CodeSent struct {
	ExpiresIn   time.Duration `wire:"expireSeconds"`
	ResendAfter time.Duration `wire:"resendSeconds"`
	Length      int32         `wire:"codeLength"`
	Extra       Extra
}

// CodeCheck is a code as typed.
type CodeCheck struct {
	Mobile  string      `wire:"mobile"`
	Code    Secret      `wire:"code"`
	Purpose CodePurpose `wire:"purpose"`
}

type codeValid struct {
	Valid bool `wire:"valid"`
	Extra Extra
}

type loggedOut struct {
	Logout bool `wire:"logout"`
	Extra  Extra
}

// Login opens a session. Wrong numbers, passwords and codes are all ErrInvalidCredentials. Operation login.
func (s *AuthService) Login(ctx context.Context, r LoginRequest, options ...CallOption) (Session, error) {
	return invoke[Session](ctx, s.c, opLogin, jsonBody(r), func(server string, _ *string) (*http.Request, error) {
		return raw.NewLoginRequestWithBody(server, "application/json", nil)
	}, options)
}

// loginWith is the login of a client's own token source.
func (s *AuthService) loginWith(r LoginRequest) func(context.Context) (Token, error) {
	return func(ctx context.Context) (Token, error) {
		session, err := s.Login(ctx, r)
		return Token{Value: session.Token, Expires: session.Expires}, err
	}
}

// Check says whether the client's token opens a session. Operation checkLogin.
func (s *AuthService) Check(ctx context.Context, options ...CallOption) (LoginState, error) {
	return invoke[LoginState](ctx, s.c, opCheckLogin, noBody, func(server string, _ *string) (*http.Request, error) {
		return raw.NewCheckLoginRequest(server)
	}, options)
}

// Logout ends the session. A session that has ended already is no error. Operation postLogout.
func (s *AuthService) Logout(ctx context.Context, options ...CallOption) error {
	return acknowledge[loggedOut](ctx, s.c, opPostLogout, noBody, func(server string, _ *string) (*http.Request, error) {
		return raw.NewPostLogoutRequest(server)
	}, options)
}

// LogoutByGet is Logout as the first API had it. Operation logout.
func (s *AuthService) LogoutByGet(ctx context.Context, options ...CallOption) error {
	return acknowledge[loggedOut](ctx, s.c, opLogout, noBody, func(server string, _ *string) (*http.Request, error) {
		return raw.NewLogoutRequest(server)
	}, options)
}

// Register makes a borrower and opens the first session. Errors: ErrAlreadyRegistered, ErrCodeInvalid, ErrPasswordTooCommon.
// Operation register.
func (s *AuthService) Register(ctx context.Context, r Registration, options ...CallOption) (Session, error) {
	return invoke[Session](ctx, s.c, opRegister, jsonBody(r), func(server string, key *string) (*http.Request, error) {
		return raw.NewRegisterRequestWithBody(server, &raw.RegisterParams{IdempotencyKey: key}, "application/json", nil)
	}, options)
}

// SendCode sends a code by text message. It is not repeated when its answer got lost: the second code would be refused as too
// early. Errors: ErrSMSRateLimited with RetryAfter, ErrSMSUnavailable. Operation sendCode.
func (s *AuthService) SendCode(ctx context.Context, r CodeRequest, options ...CallOption) (CodeSent, error) {
	op := opSendCode
	op.once = true
	return invoke[CodeSent](ctx, s.c, op, jsonBody(r), func(server string, _ *string) (*http.Request, error) {
		return raw.NewSendCodeRequestWithBody(server, "application/json", nil)
	}, options)
}

// CheckCode tries a code without using it up; ErrCodeInvalid if it is wrong. Operation checkCode.
func (s *AuthService) CheckCode(ctx context.Context, r CodeCheck, options ...CallOption) error {
	return acknowledge[codeValid](ctx, s.c, opCheckCode, jsonBody(r), func(server string, _ *string) (*http.Request, error) {
		return raw.NewCheckCodeRequestWithBody(server, "application/json", nil)
	}, options)
}

// MarshalJSON writes the session as the API does, with its token.
func (s Session) MarshalJSON() ([]byte, error) { return encode(s) }

// UnmarshalJSON reads the session as the API writes it.
func (s *Session) UnmarshalJSON(raw []byte) error { return decode(raw, s) }

// LogValue leaves out the token and who the borrower is.
func (s Session) LogValue() slog.Value { return logValue(s) }

// MarshalJSON writes the state as the API does.
func (s LoginState) MarshalJSON() ([]byte, error) { return encode(s) }

// UnmarshalJSON reads the state as the API writes it.
func (s *LoginState) UnmarshalJSON(raw []byte) error { return decode(raw, s) }

// MarshalJSON writes the answer as the API does.
func (s CodeSent) MarshalJSON() ([]byte, error) { return encode(s) }

// UnmarshalJSON reads the answer as the API writes it.
func (s *CodeSent) UnmarshalJSON(raw []byte) error { return decode(raw, s) }

// LogValue leaves out what is secret.
func (r LoginRequest) LogValue() slog.Value { return logValue(r) }

// LogValue leaves out what is secret.
func (r Registration) LogValue() slog.Value { return logValue(r) }

// LogValue leaves out what is secret.
func (r CodeCheck) LogValue() slog.Value { return logValue(r) }
