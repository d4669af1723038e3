package server

import (
	"net/http"
	"net/url"

	"github.com/creditpocket/creditpocket/gen/catalog"
	"github.com/creditpocket/creditpocket/internal/contractplan"
	"github.com/creditpocket/creditpocket/internal/fault"
	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/labstack/echo/v4"
)

// requestValidator holds requests to the contract. The operation comes from the route that Echo matched, so there is no
// second router to disagree with.
type requestValidator struct {
	check         ContractCheck
	options       openapi3filter.Options
	uploadOptions openapi3filter.Options
}

func newRequestValidator(check ContractCheck) *requestValidator {
	v := &requestValidator{check: check, options: openapi3filter.Options{
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
	return []openapi3.SchemaValidationOption{
		openapi3.DisableSchemaErrorDetails(),
		openapi3.WithStringFormatValidators(contractplan.Validators(contractplan.Formats())),
	}
}

// validate checks everything about the request but who sent it. raw is its JSON body; an upload's body is left to the
// handler, which streams it. It returns VALIDATION_FAILED with every problem, MALFORMED_BODY or UNSUPPORTED_CONTENT_TYPE.
func (v *requestValidator) validate(op *operation, c echo.Context, raw []byte) error {
	r := c.Request()
	if v.check == Unchecked {
		putBody(op, r, raw)
		return nil
	}
	if err := refuseCardNumbers(op, r, looseQuery(r), raw); err != nil {
		return err
	}
	query, err := checkQuery(op, r)
	if err != nil {
		return err
	}
	if err := checkHeaders(op, r); err != nil {
		return err
	}
	byKin := v.check == Kin
	var inBody contractplan.Problems
	switch {
	case op.upload:
		if err := checkContentType(op, r); err != nil {
			return err
		}
	case len(op.bodyTypes) > 0 && len(raw) > 0:
		if err := checkContentType(op, r); err != nil {
			return err
		}
		if byKin = byKin || op.body == nil || op.body.plan == nil; byKin {
			if p := checkJSON(raw, op.auth != authGateway); p != nil {
				return textFault(contractplan.Problem{Place: contractplan.Fit(p.place), Rule: p.rule})
			}
		} else if bad := op.body.plan.Check(raw, op.auth != authGateway); bad != nil {
			if bad.Text {
				return textFault(bad.Problems[0])
			}
			inBody = bad.Problems
		}
		if h := r.Header; h.Get("Content-Type") != op.bodyTypes[0] {
			h.Set("Content-Type", op.bodyTypes[0]) // as the contract spells it: kin-openapi compares letters
		}
	case op.bodyNeeded:
		return fault.Invalid("", "a body is required")
	}
	putBody(op, r, raw)
	var found contractplan.Problems
	if byKin {
		v.wholeByKin(&found, op, c)
	} else {
		v.parameters(&found, op, c, query)
	}
	for _, p := range inBody {
		found.Add(p.Place, p.Rule)
	}
	if len(found) == 0 {
		return nil
	}
	bad := fault.New(catalog.ValidationFailed)
	for _, p := range found {
		bad = bad.WithField(p.Place, p.Rule)
	}
	return bad
}

// textFault is the fault of a body whose text is refused: MALFORMED_BODY, or VALIDATION_FAILED if one value of it is to blame.
func textFault(p contractplan.Problem) error {
	if p.Place == "" {
		return fault.New(catalog.MalformedBody).WithField("", p.Rule)
	}
	return fault.Invalid(p.Place, p.Rule)
}

// putBody gives the handler the body that was read; an upload still is on its way.
func putBody(op *operation, r *http.Request, raw []byte) {
	if op.upload {
		return
	}
	r.Body, r.ContentLength = http.NoBody, int64(len(raw))
	if len(raw) > 0 {
		r.Body = holdBody(raw)
	}
}

// parameters checks the path, the query and the headers, and that somebody was authenticated who has to be. What does not fit
// at first sight, kin-openapi judges.
func (v *requestValidator) parameters(found *contractplan.Problems, op *operation, c echo.Context, query url.Values) {
	r := c.Request()
	if (op.auth == authSession || op.auth == authGateway || op.auth == authOperator) && !isAdmitted(r.Context()) {
		found.Add("", contractplan.Rule(nil, ""))
	}
	var input *openapi3filter.RequestValidationInput
	for _, p := range op.parameters {
		if p.fits(c, query) {
			continue
		}
		if input == nil {
			input = v.input(op, c)
		}
		if err := openapi3filter.ValidateParameter(r.Context(), input, p.Parameter); err != nil {
			addProblems(found, err)
		}
	}
}

// fits tells that a parameter is certainly as the contract wants it.
func (p *parameter) fits(c echo.Context, query url.Values) bool {
	if p.plan == nil {
		return false
	}
	var values []string
	switch p.In {
	case openapi3.ParameterInPath:
		return p.plan.Fits(c.Param(p.Name))
	case openapi3.ParameterInQuery:
		values = query[p.Name]
	case openapi3.ParameterInHeader:
		values = c.Request().Header.Values(p.Name)
	}
	if len(values) == 0 {
		return !p.Required && p.Schema.Value.Default == nil // kin-openapi writes defaults into the request
	}
	return p.plan.Fits(values[0])
}

// wholeByKin checks all of a request by kin-openapi.
func (v *requestValidator) wholeByKin(found *contractplan.Problems, op *operation, c echo.Context) {
	r := c.Request()
	if op.upload {
		// kin-openapi reads the whole body for its security check even where validation of the body is excluded.
		stream := r.Body
		r.Body = http.NoBody
		defer func() { r.Body = stream }()
	}
	if err := openapi3filter.ValidateRequest(r.Context(), v.input(op, c)); err != nil {
		addProblems(found, err)
	}
}

func (v *requestValidator) input(op *operation, c echo.Context) *openapi3filter.RequestValidationInput {
	input := &openapi3filter.RequestValidationInput{Request: c.Request(), Route: op.route, Options: &v.options}
	if op.upload {
		input.Options = &v.uploadOptions
	}
	if op.inPath {
		input.PathParams = pathParams(c)
	}
	return input
}

func pathParams(c echo.Context) map[string]string {
	params := map[string]string{}
	for _, name := range c.ParamNames() {
		params[name] = c.Param(name)
	}
	return params
}
