package server

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"reflect"
	"runtime/debug"
	"strconv"
	"time"

	"github.com/creditpocket/creditpocket/gen/catalog"
	"github.com/creditpocket/creditpocket/internal/fault"
	"github.com/labstack/echo/v4"
)

// operate is the path of one request of an operation, from the matched route to the last byte: names and deadlines, who asks,
// limits, the body, validation, the handler, and the check of the answer. Errors of every step end in one envelope.
func (s *Server) operate(op *operation) echo.MiddlewareFunc {
	measured := s.metrics.of(op.id)
	return func(handler echo.HandlerFunc) echo.HandlerFunc {
		return func(c echo.Context) error {
			started := time.Now()
			mine := &place{gate: s.gate, lane: op.lane}
			defer mine.leave()

			info := &requestInfo{
				ID:        c.Response().Header().Get(HeaderRequestID),
				IP:        c.RealIP(),
				Operation: op.id,
				Prefetch:  isPrefetch(c.Request().Header),
			}
			timeout := s.config.HandlerTimeout
			if op.upload {
				timeout = s.config.UploadTimeout
				s.extendDeadlines(c.Response().Writer)
			}
			ctx, cancel := context.WithTimeout(withRequest(c.Request().Context(), info), timeout)
			defer cancel()
			c.SetRequest(c.Request().WithContext(ctx))

			response := c.Response()
			connection := response.Writer
			answer := newCapture(connection, func(status int, h http.Header) error { return s.admitStream(op, info, status, h) })
			response.Writer = answer
			defer func() {
				response.Writer = connection
				answer.release()
			}()

			err := s.protect(ctx, info, func() error { return s.handle(op, c, info, mine, handler) })
			status := s.conclude(ctx, op, c, answer, info, mine, err)
			took := time.Since(started)
			measured.observe(status, took)
			level := slog.LevelInfo
			if errors.Is(err, errCrowded) {
				level = slog.LevelDebug // they come by the thousand, and the metrics count them
			}
			s.log.LogAttrs(ctx, level, "request", slog.String("operation", op.id), slog.Int("status", status),
				slog.String("requestId", info.ID), slog.Int64("ms", took.Milliseconds()))
			return nil
		}
	}
}

// handle runs the steps before the handler, and the handler. The body of an unauthenticated request is never read, except
// where the signature over it is the authentication. A caller who sends a body slowly has no place behind the gate meanwhile.
func (s *Server) handle(op *operation, c echo.Context, info *requestInfo, mine *place, handler echo.HandlerFunc) error {
	if s.stopping.Load() {
		return fault.New(catalog.ShuttingDown)
	}
	r, h := c.Request(), c.Response().Header()
	ctx := r.Context()
	if err := limitBody(c.Response().Writer, r, op.bodyLimit); err != nil {
		return err
	}
	read := func() (err error) {
		if len(op.bodyTypes) > 0 && !op.upload {
			info.RawBody, err = readBody(r)
		}
		return err
	}
	if op.auth == authGateway {
		if err := read(); err != nil {
			return err
		}
	}
	if err := mine.take(ctx); err != nil {
		return err
	}
	admitted, keys, err := s.door.admit(ctx, op, r, info.RawBody)
	if err != nil {
		if asFault(err).Kind() == fault.KindUnauthenticated {
			if limited := limit(ctx, s.limiter, h, authFailureClass, info.IP); limited != nil {
				return limited
			}
		}
		return err
	}
	if err := limit(ctx, s.limiter, h, op.limitClass, info.IP, keys...); err != nil {
		return err
	}
	if op.auth != authGateway && len(op.bodyTypes) > 0 && !op.upload {
		mine.leave()
		if err := read(); err != nil {
			return err
		}
		if err := mine.take(ctx); err != nil {
			return err
		}
	}
	r = r.WithContext(admitted)
	c.SetRequest(r)
	if err := s.requests.validate(op, c, info.RawBody); err != nil {
		return err
	}
	return handler(c)
}

// conclude sends the answer: the handler's if it is good, otherwise an error's. It returns the status that was sent. The request's
// place is free before the caller begins to read.
func (s *Server) conclude(ctx context.Context, op *operation, c echo.Context, answer *capture, info *requestInfo, mine *place, err error) int {
	if err == nil && answer.refused != nil {
		err = answer.refused
	}
	if answer.streaming {
		if err != nil {
			s.log.ErrorContext(ctx, "a stream broke off", "operation", op.id, "requestId", info.ID, "error", asFault(err).Error())
			panic(http.ErrAbortHandler) // the caller must not take half a body for a whole one
		}
		return answer.status
	}
	if err == nil && answer.status == 0 {
		err = fmt.Errorf("server: %s answered nothing", op.id)
	}
	if err == nil {
		err = s.check(ctx, op, answer, info)
	}
	if err != nil {
		s.putFault(ctx, op, answer, info, asFault(err))
	}
	mine.leave()
	return s.send(ctx, c, answer, info)
}

// putFault replaces what was held back by an error's envelope, which is held to the contract like any answer: a status that
// the operation does not document becomes a violation.
func (s *Server) putFault(ctx context.Context, op *operation, answer *capture, info *requestInfo, f *fault.Error) {
	for range 2 {
		s.logFault(ctx, f, op.id, info.ID)
		answer.discard()
		answer.Header().Del("Retry-After")
		if err := s.writeFault(answer, f, info.ID); err != nil {
			s.log.ErrorContext(ctx, "an error could not be written", "operation", op.id, "requestId", info.ID, "error", err.Error())
		}
		if f.Entry.Reason == catalog.ResponseContractViolation.Reason {
			return
		}
		err := s.check(ctx, op, answer, info)
		if err == nil {
			return
		}
		f = asFault(err)
	}
}

// check holds a held-back answer to the contract. It returns RESPONSE_CONTRACT_VIOLATION in the mode Enforce.
func (s *Server) check(ctx context.Context, op *operation, answer *capture, info *requestInfo) error {
	if s.config.Responses == Off {
		return nil
	}
	body, bad := s.responses.head(op, answer.status, answer.Header())
	if bad == nil && body != nil {
		bad = s.responses.body(body, answer.body())
	}
	return s.judge(ctx, op, info, answer.status, bad)
}

// admitStream is check for an answer that is not JSON, before its first byte.
func (s *Server) admitStream(op *operation, info *requestInfo, status int, h http.Header) error {
	if s.config.Responses == Off {
		return nil
	}
	_, bad := s.responses.head(op, status, h)
	return s.judge(context.Background(), op, info, status, bad)
}

func (s *Server) judge(ctx context.Context, op *operation, info *requestInfo, status int, bad *violation) error {
	if bad == nil {
		return nil
	}
	s.metrics.violations.WithLabelValues(op.id).Inc()
	s.log.ErrorContext(ctx, "an answer breaks the contract", "operation", op.id, "requestId", info.ID, "status", status, "problems", bad.Error())
	if s.config.Responses == LogOnly {
		return nil
	}
	return fault.New(catalog.ResponseContractViolation)
}

// send writes what was held back to the connection.
func (s *Server) send(ctx context.Context, c echo.Context, answer *capture, info *requestInfo) int {
	connection := answer.ResponseWriter
	h := connection.Header()
	h.Set("Content-Length", strconv.Itoa(len(answer.body())))
	connection.WriteHeader(answer.status)
	if _, err := connection.Write(answer.body()); err != nil {
		s.log.InfoContext(ctx, "the caller went away", "requestId", info.ID, "error", err.Error())
	}
	c.Response().Committed = true
	return answer.status
}

// protect turns a panic into INTERNAL, with the stack in the log.
func (s *Server) protect(ctx context.Context, info *requestInfo, run func() error) (err error) {
	defer func() {
		cause := recover()
		if cause == nil {
			return
		}
		if e, ok := cause.(error); ok && errors.Is(e, http.ErrAbortHandler) {
			panic(cause)
		}
		s.metrics.panics.Inc()
		s.log.ErrorContext(ctx, "panic", "operation", info.Operation, "requestId", info.ID, "panic", fmt.Sprintf("%T", cause), "stack", string(debug.Stack()))
		err = fault.New(catalog.Internal).WithCause(errors.New("panic"))
	}()
	return run()
}

// refuseNil is the strict layer's guard: a handler that returns neither an answer nor an error would give an empty 200. Every
// generated package has a type of its own for the function.
func refuseNil[F ~func(c echo.Context, request any) (any, error)](next F, operationID string) F {
	return func(c echo.Context, request any) (any, error) {
		response, err := next(c, request)
		if err == nil && isNil(response) {
			return nil, fmt.Errorf("server: the handler of %s returned neither an answer nor an error", operationID)
		}
		return response, err
	}
}

func isNil(v any) bool {
	if v == nil {
		return true
	}
	r := reflect.ValueOf(v)
	switch r.Kind() {
	case reflect.Pointer, reflect.Map, reflect.Slice, reflect.Func, reflect.Interface:
		return r.IsNil()
	}
	return false
}

// extendDeadlines gives an upload the time it needs; net/http's own are for small bodies.
func (s *Server) extendDeadlines(w http.ResponseWriter) {
	control, until := http.NewResponseController(w), time.Now().Add(s.config.UploadTimeout)
	if err := errors.Join(control.SetReadDeadline(until), control.SetWriteDeadline(until.Add(s.config.WriteTimeout))); err != nil {
		s.log.Debug("this connection has no deadlines", "error", err.Error())
	}
}

// isPrefetch tells whether a browser or proxy only guesses that its user will ask.
func isPrefetch(h http.Header) bool {
	for _, name := range []string{"Sec-Purpose", "Purpose", "X-Moz"} {
		if v := h.Get(name); len(v) >= len("prefetch") && v[:len("prefetch")] == "prefetch" {
			return true
		}
	}
	return false
}
