package server

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/mail"
	"regexp"
	"time"

	"github.com/creditpocket/creditpocket/gen/catalog"
	"github.com/creditpocket/creditpocket/internal/fault"
	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/labstack/echo/v4"
)

// requestValidator holds requests to the contract. The operation comes from the route that Echo matched, so there is no
// second router to disagree with.
type requestValidator struct {
	options       openapi3filter.Options
	uploadOptions openapi3filter.Options
}

func newRequestValidator() *requestValidator {
	v := &requestValidator{options: openapi3filter.Options{
		MultiError:              true,
		AuthenticationFunc:      alreadyAuthenticated,
		KeepValidatedValue:      true,
		SchemaValidationOptions: schemaOptions(),
	}}
	v.uploadOptions = v.options
	v.uploadOptions.ExcludeRequestBody = true
	return v
}

// schemaOptions are common to requests and responses. Details are disabled because they hold the offending value, which may
// be a BVN or a password.
func schemaOptions() []openapi3.SchemaValidationOption {
	uuid := regexp.MustCompile(`^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$`)
	check := func(ok func(string) bool) openapi3.StringFormatValidator {
		return openapi3.NewCallbackValidator(func(s string) error {
			if !ok(s) {
				return errors.New("not of this format")
			}
			return nil
		})
	}
	return []openapi3.SchemaValidationOption{
		openapi3.DisableSchemaErrorDetails(),
		openapi3.WithStringFormatValidators(map[string]openapi3.StringFormatValidator{
			"uuid": check(uuid.MatchString),
			"date": check(func(s string) bool {
				_, err := time.Parse(time.DateOnly, s)
				return err == nil
			}),
			"email": check(func(s string) bool {
				a, err := mail.ParseAddress(s)
				return err == nil && a.Address == s
			}),
		}),
	}
}

// validate checks everything about the request but who sent it. raw is its JSON body; an upload's body is left to the
// handler, which streams it. It returns VALIDATION_FAILED with every problem, MALFORMED_BODY or UNSUPPORTED_CONTENT_TYPE.
func (v *requestValidator) validate(op *operation, c echo.Context, raw []byte) error {
	r := c.Request()
	if err := checkQuery(op, r); err != nil {
		return err
	}
	if err := checkHeaders(op, r); err != nil {
		return err
	}
	options := &v.options
	switch {
	case op.upload:
		options = &v.uploadOptions
		if err := checkContentType(op, r); err != nil {
			return err
		}
	case len(op.bodyTypes) > 0 && len(raw) > 0:
		if err := checkContentType(op, r); err != nil {
			return err
		}
		if p := checkJSON(raw, op.auth != authGateway); p != nil {
			if p.place == "" {
				return fault.New(catalog.MalformedBody).WithField("", p.rule)
			}
			return fault.Invalid(p.place, p.rule)
		}
		r.Header.Set("Content-Type", op.bodyTypes[0]) // as the contract spells it: the validator compares letters
	case op.bodyNeeded:
		return fault.Invalid("", "a body is required")
	}
	if op.upload {
		// kin-openapi reads the whole body for its security check even where validation of the body is excluded.
		stream := r.Body
		r.Body = http.NoBody
		defer func() { r.Body = stream }()
	} else {
		r.Body, r.ContentLength = io.NopCloser(bytes.NewReader(raw)), int64(len(raw))
		if len(raw) == 0 {
			r.Body = http.NoBody
		}
	}
	err := openapi3filter.ValidateRequest(r.Context(), &openapi3filter.RequestValidationInput{
		Request:    r,
		PathParams: pathParams(c),
		Route:      op.route,
		Options:    options,
	})
	if err == nil {
		return nil
	}
	return requestFault(err)
}

func pathParams(c echo.Context) map[string]string {
	params := map[string]string{}
	for _, name := range c.ParamNames() {
		params[name] = c.Param(name)
	}
	return params
}

// requestFault puts all that the validator found into words.
func requestFault(err error) error {
	bad := fault.New(catalog.ValidationFailed)
	for _, p := range problemsOf(err, "") {
		bad = bad.WithField(p.place, p.rule)
	}
	if len(bad.Fields) == 0 {
		return fault.Internal(fmt.Errorf("server: validation failed without a problem: %T", err))
	}
	return bad
}
