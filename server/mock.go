package server

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"strings"

	"github.com/creditpocket/creditpocket/gen/catalog"
	"github.com/creditpocket/creditpocket/gen/spec"
	"github.com/creditpocket/creditpocket/internal/clock"
	"github.com/creditpocket/creditpocket/internal/fault"
	"github.com/creditpocket/creditpocket/internal/origination"
	"github.com/labstack/echo/v4"
	"github.com/prometheus/client_golang/prometheus"
)

// NewMock builds a server of the borrowers' contract that answers from the contract's own examples: the first of the success, or the
// one that the header Prefer asks for by status or name (`Prefer: code=409`, `Prefer: example=OPEN_LOAN_EXISTS`). It remembers
// nothing and needs nothing. Requests pass the same pipeline as on the real server, so that what is wrong with one is said in the
// same words. Any session token of the right form opens a session, any X-App-Code is a brand, any signature is the gateway's.
// browsers lets pages of this machine's own addresses (localhost, 127.0.0.1, any port) call it.
func NewMock(config Config, log *slog.Logger, browsers bool) (*Server, error) {
	ops, err := readExamples(spec.JSON())
	if err != nil {
		return nil, err
	}
	files, err := newMockFiles()
	if err != nil {
		return nil, err
	}
	served := borrowersContract(nil, mockAuthenticator{}, nil)
	served.register = func(e *echo.Echo, pipelines map[string][]echo.MiddlewareFunc) {
		for _, op := range ops {
			m := &mockOperation{exampleOperation: op, files: files}
			e.Add(op.method, strings.NewReplacer("{", ":", "}", "").Replace(op.path), m.serve, pipelines[op.id]...)
		}
	}
	s, err := build(config, openLimiter{}, clock.System{}, log, prometheus.NewRegistry(), nil, nil, served)
	if err != nil {
		return nil, err
	}
	if browsers {
		s.echo.Pre(allowLocalPages)
	}
	return s, nil
}

// mockAuthenticator lets in everybody who looks right.
type mockAuthenticator struct{}

func (mockAuthenticator) Session(context.Context, string, string) (Principal, error) {
	return Principal{BorrowerID: 1, Brand: "CycleCash"}, nil
}

func (mockAuthenticator) App(context.Context, string) (string, error) { return "CycleCash", nil }

func (mockAuthenticator) GatewaySignature(_ []byte, signature string) error {
	if signature == "" {
		return fault.New(catalog.SignatureInvalid)
	}
	return nil
}

// openLimiter limits nothing.
type openLimiter struct{}

func (openLimiter) Allow(context.Context, string, ...string) (Verdict, error) {
	return Verdict{Allowed: true}, nil
}

// mockOperation answers one operation.
type mockOperation struct {
	exampleOperation
	files mockFiles
}

// serve answers a request that fits the contract.
func (m *mockOperation) serve(c echo.Context) error {
	r := c.Request()
	if m.upload {
		form, err := r.MultipartReader()
		if err != nil {
			return err
		}
		if _, err := readApplication(r.Context(), form, origination.NewIntake()); err != nil {
			return err
		}
	}
	wanted, err := readPrefer(r.Header.Values(headerPrefer))
	if err != nil {
		return err
	}
	chosen, err := m.choose(wanted, r.Header.Get("Accept"))
	if err != nil {
		return err
	}
	body := chosen.body
	if chosen.mediaType != "application/json" {
		body = m.files[chosen.mediaType]
	}
	h := c.Response().Header()
	for name, value := range chosen.headers {
		h.Set(name, value)
	}
	if applied := wanted.applied(chosen); applied != "" {
		h.Set("Preference-Applied", applied)
	}
	h.Set("Content-Type", chosen.mediaType)
	c.Response().WriteHeader(chosen.status)
	_, err = bytes.NewReader(body).WriteTo(c.Response())
	return err
}

// mostNames bounds the list of names in a refusal, in bytes: the contract bounds what a field may say.
const mostNames = 250

// choose finds the example that was asked for. It returns VALIDATION_FAILED that names what there is.
func (m *mockOperation) choose(wanted preference, accept string) (shownAnswer, error) {
	var statuses, names []string
	for _, x := range m.examples {
		if wanted.status != 0 && x.status != wanted.status {
			if s := fmt.Sprint(x.status); len(statuses) == 0 || statuses[len(statuses)-1] != s {
				statuses = append(statuses, s)
			}
			continue
		}
		if wanted.name != "" && x.name != wanted.name {
			names = append(names, x.name)
			continue
		}
		if x.status == http.StatusOK && x.mediaType != "application/json" && !m.accepts(accept, x) {
			continue
		}
		return x, nil
	}
	if len(names) == 0 && wanted.status != 0 {
		return shownAnswer{}, fault.Invalid(headerPrefer, "code must be one of "+strings.Join(statuses, ", "))
	}
	list := strings.Join(names, ", ")
	if len(list) > mostNames {
		list = list[:strings.LastIndex(list[:mostNames], ",")] + " and others"
	}
	return shownAnswer{}, fault.Invalid(headerPrefer, "example must be one of "+list)
}

// accepts tells whether a file is what the caller takes: the first one is, unless another one of the operation is named.
func (m *mockOperation) accepts(accept string, x shownAnswer) bool {
	if strings.Contains(accept, x.mediaType) {
		return true
	}
	for _, other := range m.examples {
		if other.status == x.status && other.mediaType != x.mediaType && strings.Contains(accept, other.mediaType) {
			return false
		}
	}
	return true
}
