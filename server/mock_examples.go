package server

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
)

// shownAnswer is one answer that the contract shows.
type shownAnswer struct {
	status    int
	name      string
	mediaType string
	body      []byte            // of JSON; a file has none in the document
	headers   map[string]string // the declared ones, with their examples
}

// exampleOperation is an operation with all that the contract shows of its answers, the success first.
type exampleOperation struct {
	id, method, path string
	upload           bool
	examples         []shownAnswer
}

// ordered is a JSON object in the document's order, which decides about the first example.
type ordered []struct {
	name  string
	value json.RawMessage
}

func (o *ordered) UnmarshalJSON(raw []byte) error {
	dec := json.NewDecoder(bytes.NewReader(raw))
	if t, err := dec.Token(); err != nil || t != json.Delim('{') {
		return fmt.Errorf("server: the contract has no object where one is needed: %w", err)
	}
	for dec.More() {
		name, err := dec.Token()
		if err != nil {
			return err
		}
		var value json.RawMessage
		if err := dec.Decode(&value); err != nil {
			return err
		}
		*o = append(*o, struct {
			name  string
			value json.RawMessage
		}{name.(string), value})
	}
	return nil
}

// exampleDocument reads examples out of an OpenAPI document as it stands, so that each is the very text of the document.
type exampleDocument struct {
	Paths      ordered
	Components map[string]map[string]json.RawMessage
}

// referenced is what may stand in the document as a reference.
type referenced struct {
	Ref string `json:"$ref"`
}

// into reads a value, following a reference to a component.
func (d *exampleDocument) into(raw json.RawMessage, v any) error {
	var r referenced
	if err := json.Unmarshal(raw, &r); err != nil {
		return err
	}
	if r.Ref != "" {
		kind, name, _ := strings.Cut(strings.TrimPrefix(r.Ref, "#/components/"), "/")
		raw = d.Components[kind][name]
	}
	return json.Unmarshal(raw, v)
}

// readExamples reads all operations with their examples, in the document's order.
func readExamples(document []byte) ([]exampleOperation, error) {
	var d exampleDocument
	if err := json.Unmarshal(document, &d); err != nil {
		return nil, err
	}
	var all []exampleOperation
	for _, path := range d.Paths {
		var methods ordered
		if err := json.Unmarshal(path.value, &methods); err != nil {
			return nil, err
		}
		for _, m := range methods {
			op, err := d.operation(strings.ToUpper(m.name), path.name, m.value)
			if err != nil {
				return nil, fmt.Errorf("server: %s %s: %w", m.name, path.name, err)
			}
			all = append(all, op)
		}
	}
	return all, nil
}

func (d *exampleDocument) operation(method, path string, raw json.RawMessage) (exampleOperation, error) {
	var o struct {
		OperationID string
		RequestBody struct{ Content map[string]json.RawMessage }
		Responses   ordered
	}
	if err := json.Unmarshal(raw, &o); err != nil {
		return exampleOperation{}, err
	}
	op := exampleOperation{id: o.OperationID, method: method, path: path, upload: o.RequestBody.Content["multipart/form-data"] != nil}
	for _, r := range o.Responses {
		status, err := strconv.Atoi(r.name)
		if err != nil {
			return op, err
		}
		found, err := d.response(status, r.value)
		if err != nil {
			return op, fmt.Errorf("status %d: %w", status, err)
		}
		op.examples = append(op.examples, found...)
	}
	slices.SortStableFunc(op.examples, func(a, b shownAnswer) int { return cmp.Compare(a.status, b.status) })
	return op, nil
}

func (d *exampleDocument) response(status int, raw json.RawMessage) ([]shownAnswer, error) {
	var r struct {
		Headers map[string]json.RawMessage
		Content ordered
	}
	if err := d.into(raw, &r); err != nil {
		return nil, err
	}
	headers, err := d.headers(status, r.Headers)
	if err != nil {
		return nil, err
	}
	var all []shownAnswer
	for _, media := range r.Content {
		var m struct{ Examples ordered }
		if err := json.Unmarshal(media.value, &m); err != nil {
			return nil, err
		}
		if media.name != "application/json" {
			all = append(all, shownAnswer{status: status, mediaType: media.name, headers: headers})
		}
		for _, x := range m.Examples {
			var shown struct{ Value json.RawMessage }
			if err := d.into(x.value, &shown); err != nil {
				return nil, err
			}
			var envelope struct{ Data struct{ Retryable bool } }
			_ = json.Unmarshal(shown.Value, &envelope) // data that is no error's is never retryable
			own := headers
			if status == http.StatusConflict && !envelope.Data.Retryable {
				own = maps.Clone(headers)
				delete(own, "Retry-After")
			}
			var body bytes.Buffer
			if err := json.Compact(&body, shown.Value); err != nil {
				return nil, err
			}
			all = append(all, shownAnswer{status, x.name, media.name, body.Bytes(), own})
		}
	}
	return all, nil
}

// headers are the examples of the declared headers, but for the request's own name, and for the word that an answer is a repeat.
func (d *exampleDocument) headers(status int, declared map[string]json.RawMessage) (map[string]string, error) {
	all := map[string]string{}
	for name, raw := range declared {
		var h struct {
			Schema struct{ Example any }
		}
		if err := d.into(raw, &h); err != nil {
			return nil, err
		}
		if name != HeaderRequestID && name != "Idempotency-Replayed" && h.Schema.Example != nil {
			all[name] = fmt.Sprint(h.Schema.Example)
		}
	}
	if status == http.StatusUnauthorized {
		all["WWW-Authenticate"] = "Bearer"
	}
	return all, nil
}
