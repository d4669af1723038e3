package creditpockettest

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
)

//go:embed contract.json
var contractJSON []byte

// contract is the OpenAPI document, as far as a checker needs it.
type contract struct {
	Paths      map[string]map[string]*operation `json:"paths"`
	Components struct {
		Parameters map[string]*parameter `json:"parameters"`
		Responses  map[string]*response  `json:"responses"`
		Headers    map[string]*header    `json:"headers"`
		Examples   map[string]*example   `json:"examples"`
		Schemas    map[string]*schema    `json:"schemas"`
	} `json:"components"`

	byID map[string]*operation
}

type operation struct {
	ID          string                `json:"operationId"`
	Security    []map[string][]string `json:"security"`
	Parameters  []*parameter          `json:"parameters"`
	RequestBody *struct {
		Required bool              `json:"required"`
		Content  map[string]*media `json:"content"`
	} `json:"requestBody"`
	Responses map[string]*response `json:"responses"`

	method, path string
}

type parameter struct {
	Ref      string  `json:"$ref"`
	Name     string  `json:"name"`
	In       string  `json:"in"`
	Required bool    `json:"required"`
	Schema   *schema `json:"schema"`
}

type response struct {
	Ref     string             `json:"$ref"`
	Headers map[string]*header `json:"headers"`
	Content map[string]*media  `json:"content"`
}

type header struct {
	Ref      string  `json:"$ref"`
	Required bool    `json:"required"`
	Schema   *schema `json:"schema"`
}

type media struct {
	Schema   *schema             `json:"schema"`
	Examples map[string]*example `json:"examples"`
}

type example struct {
	Ref   string          `json:"$ref"`
	Value json.RawMessage `json:"value"`
}

// loadContract reads the document once for all servers.
var loadContract = sync.OnceValue(func() *contract {
	c := &contract{byID: map[string]*operation{}}
	if err := json.Unmarshal(contractJSON, c); err != nil {
		panic(fmt.Sprintf("creditpockettest: contract.json: %v", err))
	}
	for path, methods := range c.Paths {
		for method, op := range methods {
			op.method, op.path = strings.ToUpper(method), path
			for i, p := range op.Parameters {
				op.Parameters[i] = deref(c.Components.Parameters, p, p.Ref)
			}
			for status, r := range op.Responses {
				r = deref(c.Components.Responses, r, r.Ref)
				for name, h := range r.Headers {
					r.Headers[name] = deref(c.Components.Headers, h, h.Ref)
				}
				for _, m := range r.Content {
					for name, e := range m.Examples {
						m.Examples[name] = deref(c.Components.Examples, e, e.Ref)
					}
				}
				op.Responses[status] = r
			}
			c.byID[op.ID] = op
		}
	}
	return c
})

func deref[T any](components map[string]*T, v *T, ref string) *T {
	if ref == "" {
		return v
	}
	return components[ref[strings.LastIndexByte(ref, '/')+1:]]
}

// route finds the operation of a request, and the value of the one path parameter that the contract has.
func (c *contract) route(method, path string) (op *operation, code string) {
	if op = c.Paths[path][strings.ToLower(method)]; op != nil {
		return op, ""
	}
	if code, ok := strings.CutPrefix(path, "/image/"); ok && method == http.MethodGet && !strings.Contains(code, "/") {
		return c.byID["getImage"], code
	}
	return nil, ""
}

// allowed are the methods of a path; none for a path that is not in the contract.
func (c *contract) allowed(path string) string {
	if code, ok := strings.CutPrefix(path, "/image/"); ok && code != "" && !strings.Contains(code, "/") {
		return http.MethodGet
	}
	var methods []string
	for method := range c.Paths[path] {
		methods = append(methods, strings.ToUpper(method))
	}
	slices.Sort(methods)
	return strings.Join(methods, ", ")
}

// session says how the operation uses a session: not at all, if there is one, or always.
func (o *operation) session() (takes, needs bool) {
	for _, way := range o.Security {
		if _, ok := way["session"]; ok {
			takes = true
		}
	}
	return takes, takes && len(o.Security) == 1
}

func (o *operation) keyed() bool {
	for _, p := range o.Parameters {
		if p.Name == "Idempotency-Key" {
			return true
		}
	}
	return false
}

// reasons are those that the document shows for a status of an operation.
func (o *operation) reasons(status int) map[string]bool {
	out := map[string]bool{}
	r := o.Responses[strconv.Itoa(status)]
	if r == nil {
		return out
	}
	for _, m := range r.Content {
		for _, e := range m.Examples {
			var envelope struct{ Data struct{ Reason string } }
			_ = json.Unmarshal(e.Value, &envelope)
			out[envelope.Data.Reason] = true
		}
	}
	return out
}

// data reads the data of a named example of an operation's success.
func data[T any](c *contract, id, name string) T {
	var envelope struct{ Data T }
	e := c.byID[id].Responses["200"].Content["application/json"].Examples[name]
	if err := json.Unmarshal(e.Value, &envelope); err != nil {
		panic(fmt.Sprintf("creditpockettest: example %s of %s: %v", name, id, err))
	}
	return envelope.Data
}
