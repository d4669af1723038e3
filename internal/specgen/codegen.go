package specgen

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"

	"gopkg.in/yaml.v3"
)

// side is what Go code is generated for; it decides which response headers the generated types carry.
type side int

const (
	serverSide side = iota
	clientSide
)

// handlerHeaders are the response headers a handler sets itself. All others (request id, limits, Retry-After) belong to the
// server's middleware: a generated field for them would let a handler overwrite them with nothing.
var handlerHeaders = []string{"Idempotency-Replayed"}

// codegenInput is the document that oapi-codegen reads: the bundle without what Go code must not see.
//   - Only the 2xx answers: a handler says everything else with an error, and the SDK reads every error in one place.
//   - Only the headers that a handler sets, and none for the SDK.
//   - A union becomes any: its generated accessors would pull a JSON merger into the SDK.
//   - No examples and no catalog, which generate nothing.
func codegenInput(bundle *yaml.Node, s side) *yaml.Node {
	root := clone(bundle)
	components := lookup(root, "components")
	inline := func(n *yaml.Node) *yaml.Node {
		for ref := lookup(n, "$ref"); ref != nil; ref = lookup(n, "$ref") {
			path := strings.Split(ref.Value, "/")
			n = lookup(lookup(components, path[2]), path[3])
		}
		return n
	}
	eachOperation(root, func(op *yaml.Node) {
		responses := lookup(op, "responses")
		remove(responses, func(status string, _ *yaml.Node) bool { return !strings.HasPrefix(status, "2") })
		for i := 1; i < len(responses.Content); i += 2 {
			response := clone(inline(responses.Content[i]))
			responses.Content[i] = response
			headers := lookup(response, "headers")
			remove(headers, func(name string, _ *yaml.Node) bool {
				return s == clientSide || !slices.Contains(handlerHeaders, name)
			})
			if headers != nil && len(headers.Content) == 0 {
				remove(response, func(key string, _ *yaml.Node) bool { return key == "headers" })
			}
		}
	})
	remove(components, func(section string, _ *yaml.Node) bool {
		return section == "responses" || section == "examples" || (section == "headers" && s == clientSide)
	})
	remove(root, func(key string, _ *yaml.Node) bool { return key == catalogKey })
	simplify(root)
	return root
}

// eachOperation visits every operation of a bundle.
func eachOperation(root *yaml.Node, visit func(op *yaml.Node)) {
	_ = pairs(lookup(root, "paths"), func(_, item *yaml.Node) error {
		return pairs(item, func(method, op *yaml.Node) error {
			if c, ok := childOf(kindPathItem, method.Value); ok && c.kind == kindOperation {
				visit(op)
			}
			return nil
		})
	})
}

func simplify(n *yaml.Node) {
	if lookup(n, "oneOf") != nil {
		remove(n, func(key string, _ *yaml.Node) bool { return key == "oneOf" })
		set(n, "x-go-type", text("any"))
		set(n, "x-go-type-skip-optional-pointer", &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!bool", Value: "true"})
	}
	remove(n, func(key string, value *yaml.Node) bool {
		return key == "example" || (key == "examples" && value.Kind == yaml.MappingNode) || key == catalogKey
	})
	for _, child := range n.Content {
		simplify(child)
	}
}

// generateGo runs the pinned oapi-codegen over the bundle with a configuration file of the repository.
func generateGo(repo, config string, bundle *yaml.Node, s side) ([]byte, error) {
	dir, err := os.MkdirTemp("", "specgen-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	input, err := EncodeYAML(codegenInput(bundle, s))
	if err != nil {
		return nil, err
	}
	in, out := filepath.Join(dir, "openapi.yaml"), filepath.Join(dir, "out.go")
	if err := os.WriteFile(in, input, 0o600); err != nil {
		return nil, err
	}
	cmd := exec.Command("go", "run", "github.com/oapi-codegen/oapi-codegen/v2/cmd/oapi-codegen", "-config", config, "-o", out, in)
	cmd.Dir = repo
	if report, err := cmd.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("oapi-codegen -config %s: %w\n%s", config, err, bytes.TrimSpace(report))
	}
	return os.ReadFile(out)
}
