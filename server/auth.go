package server

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/creditpocket/creditpocket/gen/catalog"
	"github.com/creditpocket/creditpocket/internal/fault"
	"github.com/getkin/kin-openapi/openapi3filter"
)

// Authenticator knows sessions, brands and the gateway's secret. Its errors are faults and go to the caller as they are.
type Authenticator interface {
	// Session finds who a bearer token belongs to. It returns UNAUTHENTICATED for a token that was never given out, SESSION_EXPIRED
	// for one that is expired or revoked, and ACCOUNT_BLOCKED for a blocked borrower. operation is the operationId: logout accepts a
	// token that is revoked already.
	Session(ctx context.Context, token, operation string) (Principal, error)
	// App finds the brand of an X-App-Code; an empty code is the default brand. It returns UNKNOWN_APP.
	App(ctx context.Context, code string) (brand string, err error)
	// GatewaySignature checks the gateway's signature of a body. It returns SIGNATURE_INVALID.
	GatewaySignature(raw []byte, signature string) error
}

// OperatorAuthenticator knows the keys of the lender's staff. Its errors are faults and go to the caller as they are.
type OperatorAuthenticator interface {
	// Operator finds who a key belongs to. It returns KEY_INVALID for a key that is unknown, expired or revoked.
	Operator(ctx context.Context, key string) (Operator, error)
}

// doorkeeper decides who a request acts for.
type doorkeeper interface {
	// admit returns the context that the handler runs in, and what the request counts against beside its address. raw is the body
	// of an operation that the gateway signs.
	admit(ctx context.Context, op *operation, r *http.Request, raw []byte) (context.Context, []string, error)
}

// borrowersDoor admits borrowers, visitors and the gateway.
type borrowersDoor struct {
	auth  Authenticator
	scope func(ctx context.Context, brand string) context.Context // nil: nothing is confined
}

func (g borrowersDoor) admit(ctx context.Context, op *operation, r *http.Request, raw []byte) (context.Context, []string, error) {
	who, err := authenticate(ctx, g.auth, op, r, raw)
	if err != nil {
		return ctx, nil, err
	}
	var keys []string
	if who.BorrowerID != 0 {
		keys = []string{"borrower:" + strconv.FormatInt(who.BorrowerID, 10)}
	}
	if g.scope != nil && op.auth != authGateway { // what the gateway tells may be about any brand
		ctx = g.scope(ctx, who.Brand)
	}
	return withPrincipal(ctx, who), keys, nil
}

// operatorsDoor admits the lender's staff, each to the operations of their role.
type operatorsDoor struct {
	auth  OperatorAuthenticator
	scope func(ctx context.Context, brand string) context.Context
}

func (g operatorsDoor) admit(ctx context.Context, op *operation, r *http.Request, _ []byte) (context.Context, []string, error) {
	scheme, key, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	if !strings.EqualFold(scheme, "Bearer") || key == "" {
		return ctx, nil, fault.New(catalog.Unauthenticated)
	}
	if !isToken(key, 1, maxOperatorKey) {
		return ctx, nil, fault.New(catalog.KeyInvalid)
	}
	who, err := g.auth.Operator(ctx, key)
	if err != nil {
		return ctx, nil, err
	}
	if !slices.Contains(op.roles, strings.ToUpper(who.Role)) {
		return ctx, nil, fault.New(catalog.RoleForbidden)
	}
	if g.scope != nil && who.Brand != "" {
		ctx = g.scope(ctx, who.Brand)
	}
	return withOperator(ctx, who), []string{"operator:" + strconv.FormatInt(who.ID, 10)}, nil
}

// maxOperatorKey bounds what is looked up as a key of an operator.
const maxOperatorKey = 64

// Headers that authentication reads.
const (
	headerApp       = "X-App-Code"
	headerSignature = "X-Paystack-Signature"
)

// sessionTokenLength is the length of a session token: 32 bytes as unpadded base64url.
const sessionTokenLength = 43

// lenientSessions are the operations with an optional session that answer a dead token like none.
var lenientSessions = map[string]bool{"checkLogin": true}

// authenticate finds out who a request acts for, by the kind of the operation. An unknown X-App-Code is refused by every
// operation. raw is the body of an operation that the gateway signs.
func authenticate(ctx context.Context, a Authenticator, op *operation, r *http.Request, raw []byte) (Principal, error) {
	code := r.Header.Get(headerApp)
	brand, err := a.App(ctx, code)
	if err != nil {
		return Principal{}, err
	}
	visitor := Principal{Brand: brand}
	switch op.auth {
	case authGateway:
		return visitor, a.GatewaySignature(raw, r.Header.Get(headerSignature))
	case authSession:
		token, err := bearer(r)
		if err != nil {
			return Principal{}, err
		}
		p, err := a.Session(ctx, token, op.id)
		if err != nil {
			return Principal{}, err
		}
		if code != "" && p.Brand != brand {
			return Principal{}, fault.New(catalog.WrongApp)
		}
		return p, nil
	case authOptional:
		return optionalSession(ctx, a, op, r, visitor)
	}
	return visitor, nil
}

// optionalSession is a visitor's request unless it carries a session. A dead token is refused, so that the app notices,
// except where the operation's question is whether the token lives. A blocked borrower, and a session of another brand than
// the one asked for, see what visitors see: these operations refuse nobody.
func optionalSession(ctx context.Context, a Authenticator, op *operation, r *http.Request, visitor Principal) (Principal, error) {
	if r.Header.Get("Authorization") == "" {
		return visitor, nil
	}
	token, err := bearer(r)
	if err == nil {
		var p Principal
		if p, err = a.Session(ctx, token, op.id); err == nil {
			if r.Header.Get(headerApp) != "" && p.Brand != visitor.Brand {
				return visitor, nil
			}
			return p, nil
		}
	}
	var f *fault.Error
	if !errors.As(err, &f) {
		return Principal{}, err
	}
	if f.Kind() == fault.KindForbidden || (f.Kind() == fault.KindUnauthenticated && lenientSessions[op.id]) {
		return visitor, nil
	}
	return Principal{}, err
}

// bearer reads the session token. It returns UNAUTHENTICATED when there is none, or when what is there can be no token of ours:
// SESSION_EXPIRED is for sessions that there were.
func bearer(r *http.Request) (string, error) {
	scheme, token, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	if !strings.EqualFold(scheme, "Bearer") || token == "" {
		return "", fault.New(catalog.Unauthenticated)
	}
	if !isToken(token, sessionTokenLength, sessionTokenLength) {
		return "", fault.New(catalog.Unauthenticated)
	}
	return token, nil
}

// alreadyAuthenticated is the validator's AuthenticationFunc: authenticate has decided before the validator runs, and a
// request without its mark in the context has not been through it.
func alreadyAuthenticated(ctx context.Context, _ *openapi3filter.AuthenticationInput) error {
	if !isAdmitted(ctx) {
		return errors.New("server: the request was not authenticated")
	}
	return nil
}

// isAdmitted tells whether a request has been through authentication.
func isAdmitted(ctx context.Context) bool {
	_, borrower := ctx.Value(keyPrincipal).(Principal)
	_, operator := ctx.Value(keyOperator).(Operator)
	return borrower || operator
}
