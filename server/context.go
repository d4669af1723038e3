package server

import (
	"context"
	"time"
)

// Principal is who a request acts for. BorrowerID and SessionID are 0 for a visitor; Brand is always set.
type Principal struct {
	BorrowerID int64
	SessionID  int64
	Brand      string
	Token      [32]byte // the hash of the session's token that was shown
}

// Operator is the member of the lender's staff that a request acts for.
type Operator struct {
	ID        int64
	Name      string
	Role      string // viewer, reviewer, collections, finance or admin
	Brand     string // the only brand the operator may see; "" for all
	ExpiresAt time.Time
}

// requestInfo is what the pipeline knows about a request and a handler may need.
type requestInfo struct {
	ID        string // the request id of the answer and the logs
	IP        string // the client's address
	Operation string // operationId
	Prefetch  bool   // a browser's or proxy's guess, not the borrower's act: it must change nothing
	RawBody   []byte // the exact bytes of a JSON body; nil for uploads
}

type contextKey int

const (
	keyPrincipal contextKey = iota
	keyRequest
	keyOperator
)

// principal returns who the request acts for. Handlers take the subject from here and from nowhere else.
func principal(ctx context.Context) Principal {
	p, _ := ctx.Value(keyPrincipal).(Principal)
	return p
}

// request returns what is known about the request.
func request(ctx context.Context) requestInfo {
	if r, ok := ctx.Value(keyRequest).(*requestInfo); ok {
		return *r
	}
	return requestInfo{}
}

func withPrincipal(ctx context.Context, p Principal) context.Context {
	return context.WithValue(ctx, keyPrincipal, p)
}

// operator returns which member of the staff the request acts for.
func operator(ctx context.Context) Operator {
	o, _ := ctx.Value(keyOperator).(Operator)
	return o
}

func withOperator(ctx context.Context, o Operator) context.Context {
	return context.WithValue(ctx, keyOperator, o)
}

func withRequest(ctx context.Context, r *requestInfo) context.Context {
	return context.WithValue(ctx, keyRequest, r)
}
