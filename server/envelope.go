package server

import (
	"strconv"
	"time"

	"github.com/creditpocket/creditpocket/gen/api"
	"github.com/creditpocket/creditpocket/internal/clock"
	"github.com/creditpocket/creditpocket/internal/fault"
)

// The envelope of every success.
const (
	successCode    int32 = 1
	successMessage       = "successfully request"
)

// Stamp fills the envelope of an answer. Handlers hold one:
//
//	code, message, token := h.stamp.OK()
//	return api.ListBanks200JSONResponse{Code: code, Message: message, Token: token, Data: data}, nil
type Stamp struct{ clock clock.Clock }

// NewStamp returns a Stamp that reads the given clock.
func NewStamp(c clock.Clock) Stamp { return Stamp{c} }

// OK returns code, message and token of a success.
func (s Stamp) OK() (code int32, message, token string) {
	return successCode, successMessage, s.token()
}

// token is the moment of the answer in decimal Unix milliseconds. It is not the session token.
func (s Stamp) token() string { return strconv.FormatInt(s.clock.Now().UnixMilli(), 10) }

// maxFields bounds how many problems one error tells.
const maxFields = 100

// failure makes the envelope of an error.
func (s Stamp) failure(f *fault.Error, requestID string) api.ErrorResponse {
	fields := make([]api.FieldProblem, 0, len(f.Fields))
	for _, p := range f.Fields[:min(len(f.Fields), maxFields)] {
		fields = append(fields, api.FieldProblem{Name: p.Name, Message: p.Message})
	}
	return api.ErrorResponse{
		Code:    f.Entry.Code,
		Message: f.Message,
		Token:   s.token(),
		Data: api.AppError{
			Reason:    api.ErrorCode(f.Entry.Reason),
			RequestID: requestID,
			Fields:    fields,
			Retryable: f.Entry.Retryable,
		},
	}
}

// retryAfter is what the Retry-After header says, in whole seconds, at least 1 and at most a day; 0 means no header.
func retryAfter(f *fault.Error) int {
	d := f.RetryAfter
	if d <= 0 {
		switch {
		case f.Entry.Status == 503:
			d = 5 * time.Second
		case f.Entry.Status == 429, f.Entry.Status == 409 && f.Entry.Retryable:
			d = time.Second
		default:
			return 0
		}
	}
	return int(min(max((d+time.Second-1)/time.Second, 1), 86400))
}
