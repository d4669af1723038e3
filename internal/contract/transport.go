// Package contract judges HTTP answers by the bundled OpenAPI document. It serves tests and the demo; the server has a
// check of its own and does not import it.
package contract

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"sort"
	"strings"
	"sync"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"
	"github.com/getkin/kin-openapi/routers/legacy"

	"github.com/creditpocket/creditpocket/gen/spec"
)

// Transport is an http.RoundTripper that refuses every answer the contract does not allow: an undeclared status, content
// type, header value, field or type, or bytes after the document. It notes which operation gave which status. Requests to
// paths outside the contract pass unjudged, unless the answer claims to be an envelope. It is safe for concurrent use.
type Transport struct {
	base   http.RoundTripper
	doc    *openapi3.T
	router routers.Router
	failed *openapi3.SchemaRef // the ErrorResponse schema
	record *recorder           // nil for none

	mu      sync.Mutex
	seen    map[Cell]int
	reasons map[ReasonCell]int
}

// Cell is one entry of the table of operations and statuses.
type Cell struct {
	Operation string
	Status    int
}

// ReasonCell is one entry of the table of operations and reasons of errors.
type ReasonCell struct {
	Operation string
	Status    int
	Reason    string
}

// Violation is an answer that breaks the contract. It names the place, and holds no value.
type Violation struct {
	Operation string
	Status    int
	Problem   string
}

// Error describes the violation.
func (v *Violation) Error() string {
	return fmt.Sprintf("contract violation: %s answered %d: %s", v.Operation, v.Status, v.Problem)
}

// NewTransport judges what base answers by the borrowers' contract; nil means http.DefaultTransport.
func NewTransport(base http.RoundTripper) (*Transport, error) {
	doc, err := spec.Load()
	if err != nil {
		return nil, err
	}
	return newTransport(base, doc, "creditpocket")
}

func newTransport(base http.RoundTripper, doc *openapi3.T, name string) (*Transport, error) {
	if base == nil {
		base = http.DefaultTransport
	}
	doc.Servers = nil // any host speaks for the contract
	router, err := legacy.NewRouter(doc)
	if err != nil {
		return nil, err
	}
	failed, ok := doc.Components.Schemas["ErrorResponse"]
	if !ok {
		return nil, errors.New("contract: the document has no ErrorResponse")
	}
	record, err := newRecorder(name)
	if err != nil {
		return nil, err
	}
	return &Transport{base: base, doc: doc, router: router, failed: failed, record: record, seen: map[Cell]int{}, reasons: map[ReasonCell]int{}}, nil
}

// RoundTrip sends the request and judges the answer; a *Violation is returned as the error.
func (t *Transport) RoundTrip(req *http.Request) (*http.Response, error) {
	resp, err := t.base.RoundTrip(req)
	if err != nil {
		return nil, err
	}
	route, params, routeErr := t.router.FindRoute(req)
	if routeErr != nil || !exact(req.URL) {
		if err := t.judgeOutside(req, resp); err != nil {
			return nil, err
		}
		return resp, nil
	}
	body, err := readAll(resp)
	if err != nil {
		return nil, err
	}
	operation := route.Operation.OperationID
	if err := t.record.write(operation, req, resp, body); err != nil {
		return nil, err
	}
	fail := func(format string, args ...any) (*http.Response, error) {
		return nil, &Violation{Operation: operation, Status: resp.StatusCode, Problem: fmt.Sprintf(format, args...)}
	}
	declared := route.Operation.Responses.Status(resp.StatusCode)
	if declared == nil {
		return fail("the status is not declared")
	}
	media, _, err := mime.ParseMediaType(resp.Header.Get("Content-Type"))
	if err != nil || declared.Value.Content.Get(media) == nil {
		return fail("the content type %q is not declared", resp.Header.Get("Content-Type"))
	}
	input := &openapi3filter.ResponseValidationInput{
		RequestValidationInput: &openapi3filter.RequestValidationInput{Request: req, PathParams: params, Route: route},
		Status:                 resp.StatusCode,
		Header:                 resp.Header,
		Body:                   io.NopCloser(bytes.NewReader(body)),
		Options:                &openapi3filter.Options{MultiError: true, IncludeResponseStatus: true, ExcludeResponseBody: media != "application/json"},
	}
	if err := openapi3filter.ValidateResponse(req.Context(), input); err != nil {
		return fail("%s", firstLines(err))
	}
	if media == "application/json" {
		if err := t.closed(declared.Value.Content.Get(media).Schema, body); err != nil {
			return fail("%s", err)
		}
	}
	t.note(operation, resp.StatusCode, body)
	return resp, nil
}

// exact tells whether an address is spelled as the contract spells paths: the router takes /a/ and /a%2Fb for /a and /a/b.
func exact(u *url.URL) bool {
	return !strings.HasSuffix(u.Path, "/") && !strings.Contains(strings.ToUpper(u.EscapedPath()), "%2F")
}

// note counts an answer that the contract allows.
func (t *Transport) note(operation string, status int, body []byte) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.seen[Cell{operation, status}]++
	if status >= http.StatusBadRequest {
		t.reasons[ReasonCell{operation, status, ReasonOf(body)}]++
	}
}

// ReasonOf is the reason that an error's envelope gives; "" if the body is no such envelope.
func ReasonOf(body []byte) string {
	var envelope struct{ Data struct{ Reason string } }
	if err := json.Unmarshal(body, &envelope); err != nil {
		return ""
	}
	return envelope.Data.Reason
}

// judgeOutside holds answers of paths or methods that the contract does not know to the error envelope, where they claim
// to be one.
func (t *Transport) judgeOutside(req *http.Request, resp *http.Response) error {
	if resp.StatusCode != http.StatusNotFound && resp.StatusCode != http.StatusMethodNotAllowed {
		return nil
	}
	if media, _, _ := mime.ParseMediaType(resp.Header.Get("Content-Type")); media != "application/json" || req.Method == http.MethodHead {
		return nil
	}
	body, err := readAll(resp)
	if err != nil {
		return err
	}
	fail := func(err error) error {
		return &Violation{Operation: req.Method + " " + req.URL.Path, Status: resp.StatusCode, Problem: firstLines(err)}
	}
	var value any
	if err := json.Unmarshal(body, &value); err != nil {
		return fail(err)
	}
	if err := t.failed.Value.VisitJSON(value, openapi3.MultiErrors()); err != nil {
		return fail(err)
	}
	if err := t.closed(t.failed, body); err != nil {
		return fail(err)
	}
	return nil
}

// closed refuses what kin-openapi lets pass: bytes after the document, and properties that no schema declares.
func (t *Transport) closed(schema *openapi3.SchemaRef, body []byte) error {
	dec := json.NewDecoder(bytes.NewReader(body))
	dec.UseNumber()
	var value any
	if err := dec.Decode(&value); err != nil {
		return err
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return errors.New("there are bytes after the JSON document")
	}
	return undeclared(schema, value, "")
}

func undeclared(ref *openapi3.SchemaRef, value any, path string) error {
	if ref == nil || ref.Value == nil {
		return nil
	}
	switch v := value.(type) {
	case map[string]any:
		if len(ref.Value.Properties) == 0 {
			return nil
		}
		for _, name := range slices.Sorted(maps.Keys(v)) {
			property, ok := ref.Value.Properties[name]
			if !ok {
				return fmt.Errorf("%s/%s is not declared", path, name)
			}
			if err := undeclared(property, v[name], path+"/"+name); err != nil {
				return err
			}
		}
	case []any:
		for i, item := range v {
			if err := undeclared(ref.Value.Items, item, fmt.Sprintf("%s/%d", path, i)); err != nil {
				return err
			}
		}
	}
	return nil
}

func readAll(resp *http.Response) ([]byte, error) {
	body, err := io.ReadAll(resp.Body)
	_ = resp.Body.Close()
	if err != nil {
		return nil, err
	}
	resp.Body = io.NopCloser(bytes.NewReader(body))
	return body, nil
}

// firstLines keeps the reasons of a validation error and drops the schemas and values that it prints below them.
func firstLines(err error) string {
	var many openapi3.MultiError
	if errors.As(err, &many) {
		var parts []string
		for _, one := range many {
			parts = append(parts, firstLines(one))
		}
		return strings.Join(parts, "; ")
	}
	var schema *openapi3.SchemaError
	if errors.As(err, &schema) {
		return "/" + strings.Join(schema.JSONPointer(), "/") + ": " + schema.Reason
	}
	line, _, _ := strings.Cut(err.Error(), "\n")
	return line
}

// Seen returns how often each operation gave each status, as the contract allows.
func (t *Transport) Seen() map[Cell]int {
	t.mu.Lock()
	defer t.mu.Unlock()
	return maps.Clone(t.seen)
}

// Reasons returns how often each operation gave each reason of an error.
func (t *Transport) Reasons() map[ReasonCell]int {
	t.mu.Lock()
	defer t.mu.Unlock()
	return maps.Clone(t.reasons)
}

// Declared lists every operation and status of the contract, by operation and status.
func Declared() ([]Cell, error) {
	doc, err := spec.Load()
	if err != nil {
		return nil, err
	}
	var cells []Cell
	for _, item := range doc.Paths.Map() {
		for _, op := range item.Operations() {
			for status := range op.Responses.Map() {
				var code int
				if _, err := fmt.Sscan(status, &code); err != nil {
					return nil, fmt.Errorf("contract: %s declares the status %q", op.OperationID, status)
				}
				cells = append(cells, Cell{op.OperationID, code})
			}
		}
	}
	sort.Slice(cells, func(i, j int) bool {
		if cells[i].Operation != cells[j].Operation {
			return cells[i].Operation < cells[j].Operation
		}
		return cells[i].Status < cells[j].Status
	})
	return cells, nil
}
