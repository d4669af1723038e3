package specgen

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"gopkg.in/yaml.v3"
)

func tree(t *testing.T, text string) *yaml.Node {
	t.Helper()
	n, err := parse([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func print(t *testing.T, n *yaml.Node) string {
	t.Helper()
	out, err := EncodeJSON(n)
	if err != nil {
		t.Fatal(err)
	}
	return strings.Join(strings.Fields(string(out)), "")
}

const bundled = `openapi: 3.0.3
info: {title: t, version: '1', description: long}
paths:
  /a:
    post:
      operationId: a
      description: what
      x-roles: [ADMIN]
      responses:
        '200':
          description: fine
          headers:
            X-Request-Id: {$ref: '#/components/headers/Id'}
            Idempotency-Replayed: {schema: {type: string}}
          content: {application/json: {schema: {$ref: '#/components/schemas/S'}, examples: {x: {value: {}}}}}
        '400': {$ref: '#/components/responses/Bad'}
components:
  headers: {Id: {schema: {type: string}}}
  responses: {Bad: {description: bad}}
  schemas:
    S:
      type: object
      description: of an S
      properties:
        description: {type: string, example: x}
        mixed: {description: m, oneOf: [{type: string}, {type: integer}]}
x-error-catalog: []
`

func TestCodegenInput(t *testing.T) {
	n := tree(t, bundled)
	for s, want := range map[side]string{
		serverSide: `"headers":{"Idempotency-Replayed":{"schema":{"type":"string"}}},`,
		clientSide: ``,
	} {
		got := print(t, codegenInput(n, s))
		if !strings.Contains(got, `"responses":{"200":{"description":"fine",`+want+`"content":{"application/json":{"schema":{"$ref":"#/components/schemas/S"}}}}}`) {
			t.Errorf("side %d: %s", s, got)
		}
		for _, gone := range []string{"oneOf", "Bad", "x-error-catalog", "example"} {
			if strings.Contains(got, gone) {
				t.Errorf("side %d: %s is still there: %s", s, gone, got)
			}
		}
		if !strings.Contains(got, `"mixed":{"description":"m","x-go-type":"any","x-go-type-skip-optional-pointer":true}`) {
			t.Errorf("side %d: the union is not any: %s", s, got)
		}
	}
	if print(t, n) != print(t, tree(t, bundled)) {
		t.Error("the bundle itself was changed")
	}
}

func TestRulesOnly(t *testing.T) {
	got := print(t, rulesOnly(tree(t, bundled)))
	for _, gone := range []string{"ofanS", "long", "what", "x-error-catalog", `"example`} {
		if strings.Contains(got, gone) {
			t.Errorf("%s is still there: %s", gone, got)
		}
	}
	if !strings.Contains(got, `"x-roles":["ADMIN"]`) {
		t.Errorf("the roles are gone: %s", got)
	}
	if !strings.Contains(got, `"properties":{"description":{"type":"string"},"mixed":{"oneOf"`) {
		t.Errorf("a property named description was taken for prose: %s", got)
	}
}

const overlayText = `overlay: 1.0.0
info: {title: o, version: 1.0.0}
actions:
  - target: $.components.schemas.S.properties.mixed
    remove: true
`

func TestOverlay(t *testing.T) {
	path := filepath.Join(t.TempDir(), "o.yaml")
	write := func(text string) {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write(overlayText)
	n := tree(t, bundled)
	out, err := Overlay(n, path)
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(print(t, out), "mixed") || !strings.Contains(print(t, n), "mixed") {
		t.Fatal("the overlay was not applied to a copy")
	}
	write(strings.Replace(overlayText, "mixed", "nobody", 1))
	if _, err := Overlay(n, path); err == nil {
		t.Fatal("an action that matches nothing is accepted")
	}
}

func TestCatalog(t *testing.T) {
	row := func(code, reason string) string {
		return "  - {code: " + code + ", reason: " + reason + ", status: 409, message: m, action: a, retryable: false}\n"
	}
	load := func(rows ...string) ([]CatalogEntry, error) {
		entries, _, err := LoadCatalog(contract(t, map[string]string{catalogFile: "x-error-catalog:\n" + strings.Join(rows, "")}), catalogFile)
		return entries, err
	}
	entries, err := load(row("4090", "OPEN_LOAN_EXISTS"), row("4291", "SMS_RATE_LIMITED"))
	if err != nil || entries[0].GoName() != "OpenLoanExists" || entries[1].GoName() != "SMSRateLimited" {
		t.Fatalf("%v, %v", entries, err)
	}
	source, err := GenerateCatalog(entries[1:], entries[:1])
	if err != nil || !strings.Contains(string(source), `OpenLoanExists = Entry{Code: 4090, Reason: "OPEN_LOAN_EXISTS", Status: 409,`) {
		t.Fatalf("%v\n%s", err, source)
	}
	for name, rows := range map[string][]string{
		"descending": {row("4091", "A"), row("4090", "B")},
		"same code":  {row("4090", "A"), row("4090", "B")},
		"same name":  {row("4090", "A_B"), row("4091", "A__B")},
		"no status":  {strings.Replace(row("4090", "A"), "409,", "999,", 1)},
		"no message": {strings.Replace(row("4090", "A"), "message: m", "message: ''", 1)},
		"nothing":    {},
	} {
		if _, err := load(rows...); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
}

func TestOpsCatalog(t *testing.T) {
	row := func(code, reason string) string {
		return "  - {code: " + code + ", reason: " + reason + ", status: 409, message: m, action: a, retryable: false}\n"
	}
	load := func(own, reasons string) (string, error) {
		dir := contract(t, map[string]string{catalogFile: "x-error-catalog:\n" + row("4090", "SHARED") + row("4091", "NOT_HERE"),
			opsCatalogFile: "x-error-catalog:\n" + own + opsReasons + ": {type: string, enum: [" + reasons + "]}\n"})
		public, node, err := LoadCatalog(dir, catalogFile)
		if err != nil {
			t.Fatal(err)
		}
		_, list, err := LoadOpsCatalog(dir, public, node)
		if err != nil {
			return "", err
		}
		return print(t, list), nil
	}
	got, err := load(row("4080", "OWN"), "OWN, SHARED")
	if err != nil || strings.Index(got, "OWN") > strings.Index(got, "SHARED") || strings.Contains(got, "NOT_HERE") {
		t.Fatalf("%v, %v", got, err)
	}
	for name, c := range map[string][2]string{
		"a number of the other file":   {row("4090", "OWN"), "OWN"},
		"a reason of the other file":   {row("4080", "SHARED"), "SHARED"},
		"a row that is not a reason":   {row("4080", "OWN"), "SHARED"},
		"a reason that has no row":     {row("4080", "OWN"), "OWN, NOBODY"},
		"rows that are not in order":   {row("4081", "B") + row("4080", "A"), "A, B"},
		"a reason that is there twice": {row("4080", "OWN"), "OWN, OWN"},
	} {
		if _, err := load(c[0], c[1]); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
}

func TestDrift(t *testing.T) {
	dir := t.TempDir()
	files := Files{"gen/a.go": []byte("a"), "openapi/dist/b.yaml": []byte("b"), "client/c.go": []byte("c")}
	if err := files.Write(dir); err != nil {
		t.Fatal(err)
	}
	if drift, err := files.Drift(dir); err != nil || len(drift) != 0 {
		t.Fatalf("fresh files have drifted: %v, %v", drift, err)
	}
	for name, content := range map[string]string{"gen/a.go": "edited", "gen/x/y.go": "by hand", "openapi/dist/changelog.md": "another tool's"} {
		if err := (Files{name: []byte(content)}).Write(dir); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Remove(filepath.Join(dir, "client/c.go")); err != nil {
		t.Fatal(err)
	}
	drift, err := files.Drift(dir)
	want := []string{"client/c.go: missing", "gen/a.go: not what the sources generate", "gen/x/y.go: nothing generates it"}
	if err != nil || !slices.Equal(drift, want) {
		t.Fatalf("got %q, %v; want %q", drift, err, want)
	}
}
