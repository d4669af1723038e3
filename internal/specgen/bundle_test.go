package specgen

import (
	"bytes"
	"context"
	"encoding/json"
	"net/url"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
)

const contractDir = "../../openapi"

// contract writes files into a directory of their own. The catalog is added where a test does not bring one.
func contract(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, content := range files {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

const root = `openapi: 3.0.3
info: {title: t, version: 1.0.0}
paths:
  /b: {$ref: 'paths/x.yaml#/~1b'}
  /a: {$ref: 'paths/x.yaml#/~1a'}
components:
  securitySchemes:
    session: {type: http, scheme: bearer}
`

const paths = `# a comment
/b:
  get:
    operationId: b
    responses:
      200: {$ref: '../responses.yaml#/Fine'}
/a:
  post:
    operationId: a
    requestBody:
      content:
        application/json:
          schema: {$ref: '../schemas/s.yaml#/In'}
          examples:
            quoted: {value: {$ref: 'not a reference', on: 2022-01-15, big: 9223372036854775807}}
    responses:
      '200': {$ref: '../responses.yaml#/Fine'}
`

const schemas = `In:
  type: object
  properties:
    next: {$ref: '#/In'}
    other: {$ref: '#/Alias'}
Alias: {$ref: '#/Other'}
Other: {type: string, enum: ["no", yes]}
`

const responses = `Fine:
  description: fine
  content:
    application/json:
      schema: {$ref: 'schemas/s.yaml#/Other'}
`

func sources() map[string]string {
	return map[string]string{"openapi.yaml": root, "paths/x.yaml": paths, "schemas/s.yaml": schemas, "responses.yaml": responses}
}

func TestBundle(t *testing.T) {
	n, err := Bundle(contract(t, sources()), rootFile)
	if err != nil {
		t.Fatal(err)
	}
	got, err := EncodeYAML(n)
	if err != nil {
		t.Fatal(err)
	}
	const want = `openapi: 3.0.3
info: {title: t, version: 1.0.0}
paths:
  /b:
    get:
      operationId: b
      responses:
        '200': {$ref: '#/components/responses/Fine'}
  /a:
    post:
      operationId: a
      requestBody:
        content:
          application/json:
            schema: {$ref: '#/components/schemas/In'}
            examples:
              quoted: {value: {$ref: 'not a reference', 'on': '2022-01-15', big: 9223372036854775807}}
      responses:
        '200': {$ref: '#/components/responses/Fine'}
components:
  securitySchemes:
    session: {type: http, scheme: bearer}
  responses:
    Fine:
      description: fine
      content:
        application/json:
          schema: {$ref: '#/components/schemas/Other'}
  schemas:
    In:
      type: object
      properties:
        next: {$ref: '#/components/schemas/In'}
        other: {$ref: '#/components/schemas/Other'}
    Other: {type: string, enum: ["no", 'yes']}
`
	if string(got) != generatedNotice+want {
		t.Fatalf("got\n%s\nwant\n%s", got, want)
	}
	asJSON, err := EncodeJSON(n)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Contains(asJSON, []byte(`"big": 9223372036854775807`)) || !json.Valid(asJSON) {
		t.Fatalf("the JSON lost a digit:\n%s", asJSON)
	}
	again, err := Bundle(contract(t, sources()), rootFile)
	if err != nil {
		t.Fatal(err)
	}
	if second, err := EncodeYAML(again); err != nil || !bytes.Equal(got, second) {
		t.Fatalf("a second run gives other bytes: %v", err)
	}
}

func TestBundleRefuses(t *testing.T) {
	for name, c := range map[string]struct {
		file, old, new, want string
	}{
		"two things of one name":    {"responses.yaml", "schemas/s.yaml#/Other", "other.yaml#/Other", `name collision in components.schemas: "Other"`},
		"a name of the root's own":  {"openapi.yaml", "components:\n", "components:\n  schemas: {Other: {type: integer}}\n", `name collision in components.schemas: "Other"`},
		"a reference outside":       {"responses.yaml", "schemas/s.yaml", "../secret.yaml", "leaves the contract's directory"},
		"a reference to the net":    {"responses.yaml", "schemas/s.yaml", "https://example.com/s.yaml", "leaves the contract's directory"},
		"an absolute reference":     {"responses.yaml", "schemas/s.yaml", "/etc/passwd", "leaves the contract's directory"},
		"a reference to nothing":    {"responses.yaml", "#/Other", "#/Nobody", "has no /Nobody"},
		"a missing file":            {"responses.yaml", "schemas/s.yaml", "schemas/t.yaml", "no such file"},
		"something beside a $ref":   {"responses.yaml", "{$ref: 'schemas/s.yaml#/Other'}", "{$ref: 'schemas/s.yaml#/Other', nullable: true}", "ignores what stands beside"},
		"a circle of references":    {"schemas/s.yaml", "Other: {type: string, enum: [\"no\", yes]}", "Other: {$ref: '#/Alias'}", "goes in a circle"},
		"a key that is there twice": {"schemas/s.yaml", "Alias:", "In: {}\nAlias:", "In"},
	} {
		t.Run(name, func(t *testing.T) {
			files := sources()
			files["other.yaml"] = "Other: {type: string}\n"
			changed := strings.Replace(files[c.file], c.old, c.new, 1)
			if changed == files[c.file] {
				t.Fatal("the test changes nothing")
			}
			files[c.file] = changed
			if _, err := Bundle(contract(t, files), rootFile); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Fatalf("got %v, want %q", err, c.want)
			}
		})
	}
}

// The bundles say what kin-openapi's own resolution of the sources says.
func TestBundlesAgreeWithKinOpenAPI(t *testing.T) {
	for _, file := range []string{rootFile, opsRootFile} {
		t.Run(file, func(t *testing.T) {
			n, err := Bundle(contractDir, file)
			if err != nil {
				t.Fatal(err)
			}
			asYAML, err := EncodeYAML(n)
			if err != nil {
				t.Fatal(err)
			}
			ours, err := openapi3.NewLoader().LoadFromData(asYAML)
			if err != nil {
				t.Fatal(err)
			}
			loader := openapi3.NewLoader()
			loader.IsExternalRefsAllowed = true
			theirs, err := loader.LoadFromURI(&url.URL{Path: filepath.ToSlash(filepath.Join(contractDir, file))})
			if err != nil {
				t.Fatal(err)
			}
			theirs.InternalizeRefs(context.Background(), func(_ *openapi3.T, ref openapi3.ComponentRef) string {
				return unescape(ref.RefString()[strings.LastIndex(ref.RefString(), "/")+1:])
			})
			if where := difference("", plain(t, ours), plain(t, theirs)); where != "" {
				t.Fatalf("the two differ at %s", where)
			}
		})
	}
}

func plain(t *testing.T, doc *openapi3.T) any {
	t.Helper()
	raw, err := doc.MarshalJSON()
	if err != nil {
		t.Fatal(err)
	}
	var out any
	if err := json.Unmarshal(raw, &out); err != nil {
		t.Fatal(err)
	}
	return out
}

// difference is the first place at which two values differ.
func difference(place string, a, b any) string {
	x, ok := a.(map[string]any)
	y, also := b.(map[string]any)
	if !ok || !also {
		if reflect.DeepEqual(a, b) {
			return ""
		}
		return place
	}
	for key := range x {
		if where := difference(place+"/"+key, x[key], y[key]); where != "" {
			return where
		}
	}
	for key := range y {
		if _, ok := x[key]; !ok {
			return place + "/" + key
		}
	}
	return ""
}
