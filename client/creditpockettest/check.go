package creditpockettest

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"slices"
	"strconv"

	creditpocket "github.com/creditpocket/creditpocket/client"
)

// maxBody bounds a request.
const maxBody = 64 << 20

// checkRequest holds a request against the contract: parameters, content type, body. It reads the body into x.
func (x *exchange) checkRequest() *Refusal {
	k := &checker{c: x.srv.contract}
	query := x.r.URL.Query()
	known := map[string]bool{}
	for _, p := range x.op.Parameters {
		var values []string
		switch p.In {
		case "query":
			known[p.Name], values = true, query[p.Name]
		case "header":
			values = x.r.Header.Values(p.Name)
		case "path":
			values = []string{x.code}
		}
		switch {
		case len(values) > 1:
			k.wrong(p.Name, "must be there once")
		case len(values) == 1 && deref(k.c.Components.Schemas, p.Schema, p.Schema.Ref).Type == "integer":
			k.check(p.Schema, json.Number(values[0]), p.Name)
		case len(values) == 1:
			k.check(p.Schema, values[0], p.Name)
		case p.Required:
			k.wrong(p.Name, "must be there")
		}
	}
	for name := range query {
		if !known[name] {
			k.wrong(name, "is not a parameter of this operation")
		}
	}
	if len(k.problems) > 0 {
		return Refuse(creditpocket.ErrValidationFailed).fields(k.problems)
	}
	return x.checkBody(k)
}

func (x *exchange) checkBody(k *checker) *Refusal {
	if x.op.RequestBody == nil {
		return nil
	}
	raw, err := io.ReadAll(http.MaxBytesReader(x.w, x.r.Body, maxBody))
	if err != nil {
		return Refuse(creditpocket.ErrBodyTooLarge)
	}
	x.body = raw
	if len(raw) == 0 && !x.op.RequestBody.Required {
		return nil
	}
	media, params, err := mime.ParseMediaType(x.r.Header.Get("Content-Type"))
	content := x.op.RequestBody.Content[media]
	if err != nil || content == nil {
		return Refuse(creditpocket.ErrUnsupportedContentType)
	}
	var v any
	if media == "multipart/form-data" {
		if v, err = x.readForm(multipart.NewReader(bytes.NewReader(raw), params["boundary"])); err != nil {
			return Refuse(creditpocket.ErrMalformedBody)
		}
		for _, f := range x.files {
			if f.contentType != "image/jpeg" && f.contentType != "image/png" {
				return Refuse(creditpocket.ErrUnsupportedContentType)
			}
		}
	} else {
		var ok bool
		if v, ok = parse(raw); !ok {
			return Refuse(creditpocket.ErrMalformedBody)
		}
	}
	if k.check(content.Schema, v, ""); len(k.problems) > 0 {
		return Refuse(creditpocket.ErrValidationFailed).fields(k.problems)
	}
	return nil
}

type file struct {
	contentType string
	content     []byte
}

// readForm reads the parts into x and into the value that the schema describes.
func (x *exchange) readForm(form *multipart.Reader) (map[string]any, error) {
	object := map[string]any{}
	x.form = map[string]string{}
	digest := sha256.New()
	for {
		part, err := form.NextPart()
		if err == io.EOF {
			x.digest = hex.EncodeToString(digest.Sum(nil))
			return object, nil
		}
		if err != nil {
			return nil, err
		}
		content, err := io.ReadAll(part)
		if err != nil {
			return nil, err
		}
		name := part.FormName()
		fmt.Fprintf(digest, "%q %d %q\n", name, len(content), content)
		if part.FileName() != "" {
			x.files = append(x.files, file{part.Header.Get("Content-Type"), content})
			list, _ := object[name].([]any)
			object[name] = append(list, string(content))
			continue
		}
		if _, twice := object[name]; twice {
			return nil, fmt.Errorf("part %s is there twice", name)
		}
		x.form[name] = string(content)
		object[name] = string(content)
		if name == "applyTerminal" {
			object[name] = json.Number(x.form[name])
		}
	}
}

// checkAnswer holds an answer against the contract. It says what is wrong, "" if nothing is.
func (x *exchange) checkAnswer(a answer) string {
	declared := x.op.Responses[strconv.Itoa(a.status)]
	if declared == nil {
		return fmt.Sprintf("status %d is not declared", a.status)
	}
	media, _, _ := mime.ParseMediaType(a.header.Get("Content-Type"))
	content := declared.Content[media]
	if content == nil {
		return fmt.Sprintf("status %d with content type %q is not declared", a.status, media)
	}
	k := &checker{c: x.srv.contract, closed: true}
	for name, h := range declared.Headers {
		value := a.header.Get(name)
		switch {
		case value == "" && h.Required:
			k.wrong("header "+name, "must be there")
		case value != "" && h.Schema.Type == "integer":
			k.check(h.Schema, json.Number(value), "header "+name)
		case value != "":
			k.check(h.Schema, value, "header "+name)
		}
	}
	if media == "application/json" {
		v, ok := parse(a.body)
		if !ok {
			return "the body is not one JSON value"
		}
		k.check(content.Schema, v, "")
	}
	if len(k.problems) > 0 {
		slices.SortFunc(k.problems, func(a, b creditpocket.FieldError) int { return bytes.Compare([]byte(a.Name), []byte(b.Name)) })
		return fmt.Sprintf("%s %s", k.problems[0].Name, k.problems[0].Message)
	}
	return ""
}
