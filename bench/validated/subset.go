package main

import (
	"context"
	"encoding/json"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"

	"github.com/creditpocket/creditpocket/gen/spec"
)

// peersDir holds the servers that are measured beside ours, in modules of their own.
const peersDir = "bench/peers"

// samplePage is an answer to the first of the two requests.
const samplePage = "openapi/examples/loan-list-response.json"

// profileFile is the answer to the second.
const profileFile = "profile.json"

// The two requests that are measured.
const (
	pagePath    = "/loan/record/page"
	profilePath = "/user/info/work"
)

// writeSubset writes what the peers are made from: the mobile document cut down to the two operations and the answers they
// give, and the two bodies of those answers.
func writeSubset() error {
	doc, err := subset()
	if err != nil {
		return err
	}
	page, err := mobilePage()
	if err != nil {
		return err
	}
	files := map[string]any{"openapi.json": doc, "page.json": page, profileFile: profileAnswer(doc)}
	for _, name := range slices.Sorted(maps.Keys(files)) {
		raw, err := json.MarshalIndent(files[name], "", " ")
		if err != nil {
			return err
		}
		raw = append(raw, '\n')
		path := filepath.Join(peersDir, name)
		if err := os.WriteFile(path, raw, 0o644); err != nil {
			return err
		}
	}
	return nil
}

// subset is the mobile document with the two operations alone, their successes and their refusals of bad input.
func subset() (*openapi3.T, error) {
	loader := openapi3.NewLoader()
	doc, err := loader.LoadFromData(spec.MobileJSON())
	if err != nil {
		return nil, err
	}
	for path, item := range doc.Paths.Map() {
		if path != pagePath && path != profilePath {
			doc.Paths.Delete(path)
			continue
		}
		for method, o := range item.Operations() {
			if (path == pagePath) != (method == http.MethodGet) {
				item.SetOperation(method, nil)
				continue
			}
			for status := range o.Responses.Map() {
				if status != "200" && status != "400" && status != "401" {
					o.Responses.Delete(status)
				}
			}
		}
	}
	prune(doc)
	doc.Servers, doc.Tags = nil, slices.DeleteFunc(doc.Tags, func(t *openapi3.Tag) bool { return t.Name != "loan" && t.Name != "user" })
	doc.Extensions = nil
	return doc, doc.Validate(context.Background(), openapi3.DisableExamplesValidation())
}

// prune takes the components out that nothing refers to any more.
func prune(doc *openapi3.T) {
	c := doc.Components
	for {
		raw, err := json.Marshal(doc)
		if err != nil {
			return
		}
		text, before := string(raw), len(raw)
		unused := func(kind, name string) bool { return !strings.Contains(text, `"#/components/`+kind+`/`+name+`"`) }
		maps.DeleteFunc(c.Schemas, func(name string, _ *openapi3.SchemaRef) bool { return unused("schemas", name) })
		maps.DeleteFunc(c.Parameters, func(name string, _ *openapi3.ParameterRef) bool { return unused("parameters", name) })
		maps.DeleteFunc(c.Headers, func(name string, _ *openapi3.HeaderRef) bool { return unused("headers", name) })
		maps.DeleteFunc(c.Responses, func(name string, _ *openapi3.ResponseRef) bool { return unused("responses", name) })
		maps.DeleteFunc(c.RequestBodies, func(name string, _ *openapi3.RequestBodyRef) bool { return unused("requestBodies", name) })
		maps.DeleteFunc(c.Examples, func(name string, _ *openapi3.ExampleRef) bool { return unused("examples", name) })
		maps.DeleteFunc(c.SecuritySchemes, func(name string, _ *openapi3.SecuritySchemeRef) bool { return name != "session" })
		if raw, err = json.Marshal(doc); err != nil || len(raw) == before {
			return
		}
	}
}

// mobilePage is the ten loans of the contract's sample, without the two properties that the mobile document leaves out.
func mobilePage() (any, error) {
	raw, err := os.ReadFile(samplePage)
	if err != nil {
		return nil, err
	}
	var page struct {
		Code    int    `json:"code"`
		Message string `json:"message"`
		Token   string `json:"token"`
		Data    struct {
			List  []map[string]any `json:"list"`
			Res   string           `json:"res"`
			Total string           `json:"total"`
		} `json:"data"`
	}
	if err := json.Unmarshal(raw, &page); err != nil {
		return nil, err
	}
	for _, loan := range page.Data.List {
		delete(loan, "repayment")
		delete(loan, "shouldback_fee")
	}
	return page, nil
}

// profileAnswer is the example of what saving a profile answers.
func profileAnswer(doc *openapi3.T) any {
	media := doc.Paths.Value(profilePath).Post.Responses.Value("200").Value.Content.Get("application/json")
	return media.Examples[slices.Sorted(maps.Keys(media.Examples))[0]].Value.Value
}
