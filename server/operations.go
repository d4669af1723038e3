package server

import (
	"fmt"
	"net/http"
	"slices"

	"github.com/creditpocket/creditpocket/internal/contractplan"
	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/routers"
)

// Limits of a request's body, bytes.
const (
	defaultBodyLimit = 64 << 10
	uploadBodyLimit  = 26 << 20
)

// bodyLimits are the operations whose bodies may be larger than defaultBodyLimit.
var bodyLimits = map[string]int64{
	"applyLoan":            uploadBodyLimit,
	"reportAddressBook":    512 << 10,
	"reportShortMessages":  512 << 10,
	"receivePaystackEvent": 256 << 10,
}

// limitClasses name the rate limit of an operation. Those not named are "read" for GET and "write" otherwise.
var limitClasses = map[string]string{
	"login":                   "login",
	"register":                "login",
	"sendCode":                "sms",
	"checkCode":               "login",
	"changePassword":          "login",
	"applyLoan":               "money",
	"repayLoan":               "money",
	"getRepayment":            "money",
	"getExtension":            "money",
	"extendLoan":              "money",
	"getStatementPdf":         "money",
	"getClearancePdf":         "money",
	"getCardBindAmount":       "money",
	"verifyCardBind":          "money",
	"saveBankAccount":         "money",
	"ensureTransferRecipient": "money",
	"reportDevice":            "device",
	"reportActivity":          "device",
	"reportLocation":          "device",
	"reportAddressBook":       "device",
	"reportShortMessages":     "device",
	"reportAdSource":          "device",
	"reportLoanClick":         "device",
	"receivePaystackEvent":    "gateway",
}

// anyOperation names the limit of all operations of a contract that have none of their own.
const anyOperation = "*"

// authFailureClass is the rate limit that failed authentication counts against, per address.
const authFailureClass = "auth-failure"

// authKind is what an operation's security requirements ask for.
type authKind int

const (
	authPublic   authKind = iota // a brand at most
	authOptional                 // a session if one is sent
	authSession                  // a session
	authGateway                  // a signature over the body
	authOperator                 // a key of the staff, of one of the operation's roles
)

// operation is all that the pipeline knows about one operation of the contract, worked out once at start.
type operation struct {
	id         string
	route      *routers.Route
	auth       authKind
	roles      []string // of the staff, as the contract spells them
	limitClass string
	bodyLimit  int64
	bodyTypes  []string // media types of the request body; none: the operation has no body
	bodyNeeded bool
	body       *jsonBody // nil: the operation has no JSON body
	lane       lane      // where its requests wait for a place
	upload     bool      // multipart: streamed to the handler, its body not validated here
	parameters []parameter
	inPath     bool // one of them is in the path
	query      map[string]bool
	headers    []string        // header parameters
	numeric    map[string]bool // fields and parameters that the contract confines to digits
	answers    map[int]answer
}

// parameter is one of the path, the query or the headers.
type parameter struct {
	*openapi3.Parameter
	plan *contractplan.Parameter // nil: only kin-openapi reads it
}

// answer is one documented status: its media types, with the body of those that are JSON.
type answer struct {
	types   map[string]*jsonBody
	headers []string // required response headers
}

// loadOperations reads the operations of a contract. The tables name the operations whose bodies may be larger and those of a limit
// of their own.
func loadOperations(doc *openapi3.T, bodyLimits map[string]int64, limitClasses map[string]string) (map[string]*operation, error) {
	ops := map[string]*operation{}
	for path, item := range doc.Paths.Map() {
		for method, o := range item.Operations() {
			if o.OperationID == "" || ops[o.OperationID] != nil {
				return nil, fmt.Errorf("server: %s %s has no operationId of its own", method, path)
			}
			op := &operation{
				id:         o.OperationID,
				route:      &routers.Route{Spec: doc, Path: path, PathItem: item, Method: method, Operation: o},
				auth:       authOf(doc, o),
				limitClass: limitClasses[o.OperationID],
				bodyLimit:  bodyLimits[o.OperationID],
				query:      map[string]bool{},
				numeric:    map[string]bool{},
			}
			if op.limitClass == "" {
				op.limitClass = limitClasses[anyOperation]
			}
			if op.limitClass == "" {
				op.limitClass = map[bool]string{true: "read", false: "write"}[method == http.MethodGet]
			}
			if op.bodyLimit == 0 {
				op.bodyLimit = defaultBodyLimit
			}
			for _, p := range slices.Concat(item.Parameters, o.Parameters) {
				if own := o.Parameters.GetByInAndName(p.Value.In, p.Value.Name); own != nil && own != p.Value {
					continue // the operation says it in its own way
				}
				op.parameters = append(op.parameters, parameter{Parameter: p.Value})
				if s := p.Value.Schema; s != nil && s.Value != nil && confined.MatchString(s.Value.Pattern) {
					op.numeric[p.Value.Name] = true
				}
				switch p.Value.In {
				case openapi3.ParameterInPath:
					op.inPath = true
				case openapi3.ParameterInQuery:
					op.query[p.Value.Name] = true
				case openapi3.ParameterInHeader:
					op.headers = append(op.headers, p.Value.Name)
				}
			}
			if o.RequestBody != nil {
				op.bodyNeeded = o.RequestBody.Value.Required
				for mediaType, m := range o.RequestBody.Value.Content {
					op.bodyTypes = append(op.bodyTypes, mediaType)
					numericFields(op.numeric, m.Schema, map[*openapi3.Schema]bool{})
					if isJSON(mediaType) && m.Schema != nil {
						op.body = &jsonBody{schema: m.Schema.Value}
					}
					op.upload = op.upload || mediaType == "multipart/form-data"
				}
			}
			op.answers = answersOf(o)
			if op.roles = rolesOf(o); (op.auth == authOperator) != (len(op.roles) > 0) {
				return nil, fmt.Errorf("server: %s must name its roles exactly where it asks for an operator's key", op.id)
			}
			op.lane = laneOf(op)
			ops[op.id] = op
		}
	}
	for id := range bodyLimits {
		if ops[id] == nil {
			return nil, fmt.Errorf("server: the body limit of %s belongs to no operation", id)
		}
	}
	for id := range limitClasses {
		if ops[id] == nil && id != anyOperation {
			return nil, fmt.Errorf("server: the rate limit of %s belongs to no operation", id)
		}
	}
	return ops, nil
}

// laneOf tells by what an operation is how much of the process it may take.
func laneOf(op *operation) lane {
	for mediaType := range op.answers[http.StatusOK].types {
		if !isJSON(mediaType) {
			return laneDownload
		}
	}
	switch {
	case op.auth == authGateway:
		return laneGateway
	case op.upload:
		return laneUpload
	case op.auth == authOperator && op.route.Method != http.MethodGet:
		return laneCostly
	case slices.Contains([]string{"login", "sms", "money"}, op.limitClass):
		return laneCostly
	}
	return laneCheap
}

// authOf reads an operation's security: alternatives of which one must hold; an empty one means "nothing".
func authOf(doc *openapi3.T, o *openapi3.Operation) authKind {
	security := doc.Security
	if o.Security != nil {
		security = *o.Security
	}
	session, nothing := false, len(security) == 0
	for _, alternative := range security {
		if _, ok := alternative["gatewaySignature"]; ok {
			return authGateway
		}
		if _, ok := alternative["operatorKey"]; ok {
			return authOperator
		}
		if _, ok := alternative["session"]; ok {
			session = true
		}
		nothing = nothing || len(alternative) == 0
	}
	switch {
	case session && nothing:
		return authOptional
	case session:
		return authSession
	}
	return authPublic
}

// rolesOf reads who of the staff may call an operation.
func rolesOf(o *openapi3.Operation) []string {
	var roles []string
	list, _ := o.Extensions["x-roles"].([]any)
	for _, role := range list {
		if name, ok := role.(string); ok {
			roles = append(roles, name)
		}
	}
	return roles
}

func answersOf(o *openapi3.Operation) map[int]answer {
	answers := map[int]answer{}
	for code, ref := range o.Responses.Map() {
		var status int
		if _, err := fmt.Sscanf(code, "%d", &status); err != nil {
			continue
		}
		a := answer{types: map[string]*jsonBody{}}
		for mediaType, m := range ref.Value.Content {
			a.types[mediaType] = nil
			if isJSON(mediaType) && m.Schema != nil {
				a.types[mediaType] = &jsonBody{schema: m.Schema.Value}
			}
		}
		for name, h := range ref.Value.Headers {
			if h.Value.Required {
				a.headers = append(a.headers, http.CanonicalHeaderKey(name))
			}
		}
		slices.Sort(a.headers)
		answers[status] = a
	}
	return answers
}

// closeResponses makes every object schema of an answer that declares properties and does not say otherwise refuse those it
// does not declare: clients must tolerate additions, the server must not make any. Request schemas are closed in the
// contract itself, so that a schema shared with a request does not change.
func closeResponses(doc *openapi3.T) {
	no := false
	seen := map[*openapi3.Schema]bool{}
	var visit func(ref *openapi3.SchemaRef)
	visit = func(ref *openapi3.SchemaRef) {
		if ref == nil || ref.Value == nil || seen[ref.Value] {
			return
		}
		s := ref.Value
		seen[s] = true
		if s.Type.Is(openapi3.TypeObject) && len(s.Properties) > 0 && s.AdditionalProperties.Has == nil && s.AdditionalProperties.Schema == nil {
			s.AdditionalProperties.Has = &no
		}
		for _, p := range s.Properties {
			visit(p)
		}
		for _, list := range []openapi3.SchemaRefs{s.AllOf, s.AnyOf, s.OneOf} {
			for _, m := range list {
				visit(m)
			}
		}
		visit(s.Items)
		visit(s.AdditionalProperties.Schema)
	}
	for _, item := range doc.Paths.Map() {
		for _, o := range item.Operations() {
			for _, response := range o.Responses.Map() {
				for _, m := range response.Value.Content {
					visit(m.Schema)
				}
			}
		}
	}
}
