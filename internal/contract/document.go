package contract

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"

	"github.com/creditpocket/creditpocket/gen/spec"
)

// Auth is what an operation's security requirements ask of a caller.
type Auth int

// The kinds of authentication.
const (
	Public          Auth = iota // nothing, or a brand
	OptionalSession             // a session if there is one
	Session                     // a session
	Gateway                     // the payment gateway's signature over the body
)

// Media types of request bodies.
const (
	JSONBody   = "application/json"
	UploadBody = "multipart/form-data"
)

// Document is the contract as the generators and the tables of this package read it.
type Document struct {
	// Operations are sorted by tag and path, in the order of the document's tags.
	Operations []*Operation
	doc        *openapi3.T
}

// Operation is one operation of the contract.
type Operation struct {
	ID, Method, Path, Tag string

	Auth       Auth
	Params     []*openapi3.Parameter // path, query and header parameters
	BodyType   string                // JSONBody, UploadBody, or "" for none
	BodyNeeded bool
	Body       *openapi3.Schema
	Examples   []any // values of the body, by the name of the example
	// Reasons holds every reason that the examples of the operation's errors name, with its status.
	Reasons map[string]int
	// Statuses are those the operation declares, ascending.
	Statuses []int
	// Envelope says that a success is a JSON envelope; otherwise it is a file.
	Envelope bool

	roles []string
}

// Load reads the embedded contract of the borrowers.
func Load() (*Document, error) {
	doc, err := spec.Load()
	if err != nil {
		return nil, err
	}
	return newDocument(doc)
}

func newDocument(doc *openapi3.T) (*Document, error) {
	d := &Document{doc: doc}
	rank := map[string]int{}
	for i, tag := range doc.Tags {
		rank[tag.Name] = i
	}
	for path, item := range doc.Paths.Map() {
		for method, o := range item.Operations() {
			op, err := read(path, method, item, o)
			if err != nil {
				return nil, fmt.Errorf("contract: %s %s: %w", method, path, err)
			}
			d.Operations = append(d.Operations, op)
		}
	}
	slices.SortFunc(d.Operations, func(a, b *Operation) int {
		if r := rank[a.Tag] - rank[b.Tag]; r != 0 {
			return r
		}
		if a.Path != b.Path {
			return strings.Compare(a.Path, b.Path)
		}
		return strings.Compare(a.Method, b.Method)
	})
	return d, nil
}

// Operation finds an operation by its id, nil if there is none.
func (d *Document) Operation(id string) *Operation {
	for _, op := range d.Operations {
		if op.ID == id {
			return op
		}
	}
	return nil
}

// DeclaresHeader tells whether an operation's answer of a status declares a header.
func (d *Document) DeclaresHeader(op *Operation, status int, name string) bool {
	answer := d.doc.Paths.Value(op.Path).GetOperation(op.Method).Responses.Status(status)
	return answer != nil && answer.Value.Headers[name] != nil
}

func read(path, method string, item *openapi3.PathItem, o *openapi3.Operation) (*Operation, error) {
	op := &Operation{ID: o.OperationID, Method: method, Path: path, Reasons: map[string]int{}}
	if len(o.Tags) > 0 {
		op.Tag = o.Tags[0]
	}
	list, _ := o.Extensions["x-roles"].([]any)
	for _, role := range list {
		op.roles = append(op.roles, fmt.Sprint(role))
	}
	for _, p := range slices.Concat(item.Parameters, o.Parameters) {
		op.Params = append(op.Params, p.Value)
	}
	if o.Security != nil {
		op.Auth = authOf(*o.Security)
	}
	if o.RequestBody != nil {
		body := o.RequestBody.Value
		op.BodyNeeded = body.Required
		for _, kind := range []string{JSONBody, UploadBody} {
			media := body.Content.Get(kind)
			if media == nil {
				continue
			}
			op.BodyType, op.Body = kind, media.Schema.Value
			for _, name := range slices.Sorted(maps.Keys(media.Examples)) {
				op.Examples = append(op.Examples, media.Examples[name].Value.Value)
			}
		}
	}
	for code, response := range o.Responses.Map() {
		status, err := strconv.Atoi(code)
		if err != nil {
			return nil, fmt.Errorf("the status %q is no number", code)
		}
		op.Statuses = append(op.Statuses, status)
		if status == http.StatusOK {
			op.Envelope = response.Value.Content.Get(JSONBody) != nil
		}
		if err := op.readReasons(status, response.Value); err != nil {
			return nil, err
		}
	}
	slices.Sort(op.Statuses)
	return op, nil
}

// readReasons notes the reasons in the examples of an error.
func (op *Operation) readReasons(status int, response *openapi3.Response) error {
	if status < 400 {
		return nil
	}
	for _, media := range response.Content {
		for name, example := range media.Examples {
			raw, err := json.Marshal(example.Value.Value)
			if err != nil {
				return err
			}
			var envelope struct{ Data struct{ Reason string } }
			if err := json.Unmarshal(raw, &envelope); err != nil || envelope.Data.Reason == "" {
				return fmt.Errorf("the example %s of status %d names no reason", name, status)
			}
			op.Reasons[envelope.Data.Reason] = status
		}
	}
	return nil
}

// authOf reads security requirements: alternatives, of which an empty one means "nothing".
func authOf(alternatives openapi3.SecurityRequirements) Auth {
	session, nothing := false, len(alternatives) == 0
	for _, a := range alternatives {
		if _, ok := a["gatewaySignature"]; ok {
			return Gateway
		}
		if _, ok := a["session"]; ok {
			session = true
		}
		nothing = nothing || len(a) == 0
	}
	switch {
	case session && nothing:
		return OptionalSession
	case session:
		return Session
	}
	return Public
}

// Declares tells whether the operation declares a status.
func (op *Operation) Declares(status int) bool { return slices.Contains(op.Statuses, status) }
