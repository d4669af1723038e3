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
	"strings"
	"unicode/utf8"

	creditpocket "github.com/creditpocket/creditpocket/client"
)

// checkRequest holds a request against the contract: parameters, content type, body. It reads the body into x.
func (x *exchange) checkRequest() *Refusal {
	k := &checker{c: x.srv.contract}
	known := map[string]bool{}
	for _, p := range x.op.Parameters {
		known[p.Name] = p.In == "query"
	}
	query := x.checkQuery(k, known)
	if len(k.problems) > 0 {
		return Refuse(creditpocket.ErrValidationFailed).fields(k.problems)
	}
	for _, p := range x.op.Parameters {
		var values []string
		switch p.In {
		case "query":
			values = query[p.Name]
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
	return x.checkBody(k)
}

func (x *exchange) checkBody(k *checker) *Refusal {
	if x.op.RequestBody == nil {
		if len(k.problems) > 0 {
			return Refuse(creditpocket.ErrValidationFailed).fields(k.problems)
		}
		return nil
	}
	raw, err := io.ReadAll(http.MaxBytesReader(x.w, x.r.Body, x.limit()))
	if err != nil {
		return Refuse(creditpocket.ErrBodyTooLarge)
	}
	x.body = raw
	form := x.op.RequestBody.Content["multipart/form-data"] != nil
	switch {
	case len(raw) == 0 && form, len(raw) > 0:
	case x.op.RequestBody.Required:
		k.wrong("", "a body is required")
		return Refuse(creditpocket.ErrValidationFailed).fields(k.problems)
	case len(k.problems) > 0:
		return Refuse(creditpocket.ErrValidationFailed).fields(k.problems)
	default:
		return nil
	}
	media, params, err := mime.ParseMediaType(x.r.Header.Get("Content-Type"))
	content := x.op.RequestBody.Content[media]
	charset, encoding := params["charset"], x.r.Header.Get("Content-Encoding")
	if err != nil || content == nil || (charset != "" && !strings.EqualFold(charset, "utf-8")) || (encoding != "" && !strings.EqualFold(encoding, "identity")) ||
		(form && params["boundary"] == "") {
		return Refuse(creditpocket.ErrUnsupportedContentType)
	}
	var v any
	if media == "multipart/form-data" {
		if v, err = x.readForm(k, multipart.NewReader(bytes.NewReader(raw), params["boundary"])); err != nil {
			return Refuse(creditpocket.ErrMalformedBody)
		}
		for i, f := range x.files {
			if !isPicture(f.content) {
				return Refuse(creditpocket.ErrUnsupportedContentType).fields([]creditpocket.FieldError{{Name: fmt.Sprintf("files[%d]", i), Message: "is not a JPEG or PNG picture"}})
			}
		}
	} else {
		var refused *Refusal
		if v, refused = parseRequest(raw, x.op.ID == "receivePaystackEvent"); refused != nil {
			return refused
		}
		if _, object := v.(map[string]any); !object {
			return Refuse(creditpocket.ErrValidationFailed).fields([]creditpocket.FieldError{{Message: "must be an object"}})
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
func (x *exchange) readForm(k *checker, form *multipart.Reader) (map[string]any, error) {
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
		if name == "files" {
			x.files = append(x.files, file{part.Header.Get("Content-Type"), content})
			list, _ := object[name].([]any)
			object[name] = append(list, string(content))
			continue
		}
		switch _, twice := object[name]; {
		case twice:
			k.wrong(shown(name), "must be given once")
		case len(content) > partLimit:
			k.wrong(shown(name), "is too long")
		case !utf8.Valid(content) || hasControls(string(content)):
			k.wrong(shown(name), "must be text without control characters")
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
