package specgen

import (
	"bytes"
	"context"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
	"gopkg.in/yaml.v3"
)

// Files are generated files by their slash-separated path in the repository.
type Files map[string][]byte

// Generate makes every generated file of the repository that stands at repo. It writes nothing.
func Generate(repo string) (Files, error) {
	dir := filepath.Join(repo, "openapi")
	entries, node, err := LoadCatalog(dir, catalogFile)
	if err != nil {
		return nil, err
	}
	operators, opsNode, err := LoadOpsCatalog(dir, entries, node)
	if err != nil {
		return nil, err
	}
	files := Files{"gen/spec/spec.gen.go": []byte(specSource), statesPage: StatesPage()}
	if files["gen/catalog/catalog.gen.go"], err = GenerateCatalog(entries, operators); err != nil {
		return nil, err
	}
	if err := files.addBorrowers(repo, node); err != nil {
		return nil, err
	}
	return files, files.addOperators(repo, opsNode)
}

// addBorrowers adds what comes of the borrowers' contract: the whole document, the mobile one, the journeys and the collection
// for people, the server's interfaces and the SDK's raw client.
func (f Files) addBorrowers(repo string, catalog *yaml.Node) error {
	dir := filepath.Join(repo, "openapi")
	bundle, err := Bundle(dir, rootFile)
	if err != nil {
		return err
	}
	set(bundle, catalogKey, clone(catalog))
	mobile, err := Overlay(bundle, filepath.Join(dir, "mobile.overlay.yaml"))
	if err != nil {
		return err
	}
	if err := f.addDocument("creditpocket", bundle); err != nil {
		return err
	}
	if err := f.addDocument("creditpocket-mobile", mobile); err != nil {
		return err
	}
	if f["gen/spec/rules.json"], err = EncodeJSON(rulesOnly(bundle)); err != nil {
		return err
	}
	if f["gen/api/api.gen.go"], err = generateGo(repo, "oapi-codegen.yaml", bundle, serverSide); err != nil {
		return err
	}
	if f["client/internal/raw/raw.gen.go"], err = generateGo(repo, "client/oapi-codegen.yaml", bundle, clientSide); err != nil {
		return err
	}
	if err := f.addPostman(bundle); err != nil {
		return err
	}
	if err := f.addArazzo(dir, mobile); err != nil {
		return err
	}
	return f.addSDK(repo, bundle)
}

// addOperators adds what comes of the operators' contract: the document and the server's interfaces.
func (f Files) addOperators(repo string, catalog *yaml.Node) error {
	bundle, err := Bundle(filepath.Join(repo, "openapi"), opsRootFile)
	if err != nil {
		return err
	}
	set(bundle, catalogKey, clone(catalog))
	if err := f.addDocument("creditpocket-ops", bundle); err != nil {
		return err
	}
	if f["gen/spec/ops-rules.json"], err = EncodeJSON(rulesOnly(bundle)); err != nil {
		return err
	}
	f["gen/opsapi/opsapi.gen.go"], err = generateGo(repo, "oapi-codegen-ops.yaml", bundle, serverSide)
	return err
}

// addDocument adds a document in both spellings, to the published folder and to the embedded one, after kin-openapi has
// read it back as valid OpenAPI.
func (f Files) addDocument(name string, root *yaml.Node) error {
	asYAML, err := EncodeYAML(root)
	if err != nil {
		return err
	}
	asJSON, err := EncodeJSON(root)
	if err != nil {
		return err
	}
	for _, raw := range [][]byte{asYAML, asJSON} {
		doc, err := openapi3.NewLoader().LoadFromData(raw)
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		if err := doc.Validate(context.Background(), openapi3.DisableExamplesValidation()); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
	for _, folder := range []string{"openapi/dist/", "gen/spec/"} {
		f[folder+name+".yaml"], f[folder+name+".json"] = asYAML, asJSON
	}
	return nil
}

// Write puts the files under root.
func (f Files) Write(root string) error {
	for name, content := range f {
		path := filepath.Join(root, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			return err
		}
		if old, err := os.ReadFile(path); err == nil && bytes.Equal(old, content) {
			continue
		}
		if err := os.WriteFile(path, content, 0o644); err != nil {
			return err
		}
	}
	return nil
}

// Drift names every way in which the repository at root differs from the files: changed, missing, or in gen although
// nothing generates it.
func (f Files) Drift(root string) ([]string, error) {
	var drift []string
	for _, name := range slices.Sorted(maps.Keys(f)) {
		switch old, err := os.ReadFile(filepath.Join(root, filepath.FromSlash(name))); {
		case os.IsNotExist(err):
			drift = append(drift, name+": missing")
		case err != nil:
			return nil, err
		case !bytes.Equal(old, f[name]):
			drift = append(drift, name+": not what the sources generate")
		}
	}
	err := filepath.WalkDir(filepath.Join(root, "gen"), func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		rel, err := filepath.Rel(root, path)
		if name := filepath.ToSlash(rel); f[name] == nil && !strings.HasPrefix(d.Name(), ".") {
			drift = append(drift, name+": nothing generates it")
		}
		return err
	})
	return drift, err
}

const specSource = `// Code generated by internal/specgen. DO NOT EDIT.

// Package spec holds the contracts: the bundled OpenAPI document the server enforces, the mobile document, and the operators'.
package spec

import (
	_ "embed"
	"fmt"

	"github.com/getkin/kin-openapi/openapi3"
)

//go:embed creditpocket.yaml
var document []byte

//go:embed creditpocket.json
var documentJSON []byte

//go:embed rules.json
var rules []byte

//go:embed creditpocket-mobile.yaml
var mobile []byte

//go:embed creditpocket-mobile.json
var mobileJSON []byte

//go:embed creditpocket-ops.yaml
var ops []byte

//go:embed creditpocket-ops.json
var opsJSON []byte

//go:embed ops-rules.json
var opsRules []byte

// Bytes returns the whole document as YAML. The caller must not change it.
func Bytes() []byte { return document }

// JSON returns the whole document as JSON. The caller must not change it.
func JSON() []byte { return documentJSON }

// Mobile returns the mobile document as YAML. The caller must not change it.
func Mobile() []byte { return mobile }

// MobileJSON returns the mobile document as JSON. The caller must not change it.
func MobileJSON() []byte { return mobileJSON }

// Ops returns the operators' document as YAML. The caller must not change it.
func Ops() []byte { return ops }

// OpsJSON returns the operators' document as JSON. The caller must not change it.
func OpsJSON() []byte { return opsJSON }

// Load parses the whole document and resolves its references. Every call gives a document of its own.
func Load() (*openapi3.T, error) { return load("creditpocket", documentJSON) }

// LoadRules parses what of the whole document a validator needs: no prose, no examples, no extensions. It is much faster.
func LoadRules() (*openapi3.T, error) { return load("rules", rules) }

// LoadMobile parses the mobile document and resolves its references. Every call gives a document of its own.
func LoadMobile() (*openapi3.T, error) { return load("creditpocket-mobile", mobileJSON) }

// LoadOps parses the operators' document and resolves its references. Every call gives a document of its own.
func LoadOps() (*openapi3.T, error) { return load("creditpocket-ops", opsJSON) }

// LoadOpsRules is LoadRules of the operators' document.
func LoadOpsRules() (*openapi3.T, error) { return load("ops-rules", opsRules) }

func load(name string, raw []byte) (*openapi3.T, error) {
	doc, err := openapi3.NewLoader().LoadFromData(raw)
	if err != nil {
		return nil, fmt.Errorf("spec: %s: %w", name, err)
	}
	return doc, nil
}
`
