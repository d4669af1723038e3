package server

import (
	"context"
	"errors"
	"log/slog"

	"github.com/creditpocket/creditpocket/gen/api"
	"github.com/creditpocket/creditpocket/gen/opsapi"
	"github.com/creditpocket/creditpocket/gen/spec"
	"github.com/creditpocket/creditpocket/internal/clock"
	"github.com/getkin/kin-openapi/openapi3"
	"github.com/labstack/echo/v4"
	"github.com/prometheus/client_golang/prometheus"
)

// surface is one OpenAPI document as this package serves it. Everything else, from the request's name to the check of the answer,
// is the same for all contracts.
type surface struct {
	// rules loads what of the document the validators need.
	rules func() (*openapi3.T, error)
	// register puts the generated routes on the router, each behind its pipeline.
	register func(e *echo.Echo, pipelines map[string][]echo.MiddlewareFunc)
	door     doorkeeper
	// bodyLimits and limitClasses are the exceptions from the common limits, by operation id.
	bodyLimits   map[string]int64
	limitClasses map[string]string
	// documents are served at their paths, and links to them stand on the start page.
	documents map[string][]byte
	links     []Link
}

// borrowersContract is openapi/openapi.yaml.
func borrowersContract(handlers api.StrictServerInterface, auth Authenticator, scope func(context.Context, string) context.Context) surface {
	return surface{
		rules: spec.LoadRules,
		register: func(e *echo.Echo, pipelines map[string][]echo.MiddlewareFunc) {
			strict := api.NewStrictHandler(handlers, []api.StrictMiddlewareFunc{refuseNil[api.StrictHandlerFunc]})
			api.RegisterHandlersWithOptions(e, strict, api.RegisterHandlersOptions{OperationMiddlewares: pipelines})
		},
		door:         borrowersDoor{auth, scope},
		bodyLimits:   bodyLimits,
		limitClasses: limitClasses,
		documents: map[string][]byte{
			"/openapi.yaml": spec.Bytes(), "/openapi.json": spec.JSON(),
			"/openapi-mobile.yaml": spec.Mobile(), "/openapi-mobile.json": spec.MobileJSON(),
		},
		links: []Link{
			{"openapi.yaml", "/openapi.yaml", "The whole contract, which this server enforces."},
			{"openapi-mobile.yaml", "/openapi-mobile.yaml", "The same without two properties that mobile generators cannot express."},
		},
	}
}

// Limits of the operators' contract.
const (
	operatorClass = "operator"
	unmaskClass   = "unmask"
	// rulesBodyLimit is above the largest rule set that the contract allows.
	rulesBodyLimit = 512 << 10
)

// operatorsContract is openapi/ops.yaml.
func operatorsContract(handlers opsapi.StrictServerInterface, auth OperatorAuthenticator, scope func(context.Context, string) context.Context) surface {
	return surface{
		rules: spec.LoadOpsRules,
		register: func(e *echo.Echo, pipelines map[string][]echo.MiddlewareFunc) {
			strict := opsapi.NewStrictHandler(handlers, []opsapi.StrictMiddlewareFunc{refuseNil[opsapi.StrictHandlerFunc]})
			opsapi.RegisterHandlersWithOptions(e, strict, opsapi.RegisterHandlersOptions{OperationMiddlewares: pipelines})
		},
		door:         operatorsDoor{auth, scope},
		bodyLimits:   map[string]int64{"importRuleSet": rulesBodyLimit},
		limitClasses: map[string]string{anyOperation: operatorClass, "unmaskBorrower": unmaskClass, "searchBorrower": unmaskClass, "exportBorrower": unmaskClass},
		documents:    map[string][]byte{"/openapi.yaml": spec.Ops(), "/openapi.json": spec.OpsJSON()},
		links:        []Link{{"openapi.yaml", "/openapi.yaml", "The operators' contract, which this server enforces."}},
	}
}

// OpsDeps are what the HTTP layer of the operators works with. All but Checks are required.
type OpsDeps struct {
	// API is the handlers of all operations, see NewOpsHandlers.
	API     opsapi.StrictServerInterface
	Auth    OperatorAuthenticator
	Limiter Limiter
	Clock   clock.Clock
	Log     *slog.Logger
	// Metrics takes the HTTP layer's measurements and is what /metrics of the operators' address shows; not the borrowers' registry.
	Metrics *prometheus.Registry
	// Scope confines what a request of somebody who may see one brand can reach. It may be nil.
	Scope func(ctx context.Context, brand string) context.Context
	// Checks decide /readyz.
	Checks []Check
}

// NewOps builds the HTTP layer of the operators' contract, on the same pipeline as the borrowers'. It fails like New.
func NewOps(config Config, deps OpsDeps) (*Server, error) {
	if deps.API == nil || deps.Auth == nil {
		return nil, errors.New("server: a dependency is missing")
	}
	return build(config, deps.Limiter, deps.Clock, deps.Log, deps.Metrics, deps.Checks, nil, operatorsContract(deps.API, deps.Auth, deps.Scope))
}
