package server

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"os"
	"strconv"

	"github.com/creditpocket/creditpocket/gen/catalog"
	"github.com/creditpocket/creditpocket/internal/fault"
	"github.com/labstack/echo/v4"
)

// asFault gives every error that can reach the HTTP layer its place in the catalog: faults as they are, Echo's, net/http's
// and the context's by what they mean, anything else INTERNAL.
func asFault(err error) *fault.Error {
	var (
		f        *fault.Error
		tooLarge *http.MaxBytesError
		framing  *echo.HTTPError
	)
	switch {
	case errors.As(err, &f):
		return f
	case errors.As(err, &tooLarge):
		return fault.New(catalog.BodyTooLarge)
	case errors.Is(err, http.ErrNotMultipart), errors.Is(err, http.ErrMissingBoundary):
		return fault.New(catalog.UnsupportedContentType)
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, context.Canceled):
		return fault.New(catalog.Unavailable).WithCause(err)
	case errors.Is(err, os.ErrDeadlineExceeded), errors.Is(err, io.ErrUnexpectedEOF):
		return fault.New(catalog.MalformedBody).WithCause(err)
	case errors.As(err, &framing):
		return fromEcho(framing)
	}
	return fault.New(catalog.Internal).WithCause(err)
}

// fromEcho translates Echo's errors. Their messages are dropped: those of a failed binding hold the value.
func fromEcho(e *echo.HTTPError) *fault.Error {
	switch e.Code {
	case http.StatusBadRequest:
		return fault.New(catalog.ValidationFailed)
	case http.StatusNotFound:
		return fault.New(catalog.NotFound)
	case http.StatusMethodNotAllowed:
		return fault.New(catalog.MethodNotAllowed)
	case http.StatusRequestEntityTooLarge:
		return fault.New(catalog.BodyTooLarge)
	case http.StatusUnsupportedMediaType:
		return fault.New(catalog.UnsupportedContentType)
	}
	return fault.New(catalog.Internal).WithCause(fmt.Errorf("echo: status %d", e.Code))
}

// writeFault writes the envelope of an error.
func (s *Server) writeFault(w http.ResponseWriter, f *fault.Error, requestID string) error {
	body, err := json.Marshal(s.stamp.failure(f, requestID))
	if err != nil {
		return err
	}
	h := w.Header()
	h.Set("Content-Type", "application/json")
	if after := retryAfter(f); after > 0 {
		h.Set("Retry-After", strconv.Itoa(after))
	}
	if f.Replayed {
		h.Set("Idempotency-Replayed", "true")
	}
	if f.Entry == catalog.Unauthenticated || f.Entry == catalog.SessionExpired || f.Entry == catalog.KeyInvalid {
		h.Set("WWW-Authenticate", "Bearer")
	}
	w.WriteHeader(f.Entry.Status)
	_, err = w.Write(body)
	return err
}

// logFault logs what the caller is not told. What the caller did wrong is the access log's business alone.
func (s *Server) logFault(ctx context.Context, f *fault.Error, operation, requestID string) {
	if f.Entry.Status < http.StatusInternalServerError || errors.Is(f.Cause, errCrowded) {
		return
	}
	level := slog.LevelError
	if errors.Is(f.Cause, context.Canceled) {
		level = slog.LevelInfo // the caller went away
	}
	s.log.Log(ctx, level, "operation failed", "operation", operation, "requestId", requestID, "reason", f.Entry.Reason, "error", f.Error())
}

// handleEchoError answers errors outside operations: unknown paths, wrong methods, and failures of our own pages.
func (s *Server) handleEchoError(err error, c echo.Context) {
	f, id := asFault(err), c.Response().Header().Get(HeaderRequestID)
	s.logFault(c.Request().Context(), f, "", id)
	if c.Response().Committed {
		s.log.Error("an error came after the answer had begun", "path", c.Path(), "requestId", id, "error", err.Error())
		return
	}
	if err := s.writeFault(c.Response(), f, id); err != nil {
		s.log.Warn("the answer could not be sent", "requestId", id, "error", err.Error())
	}
}
