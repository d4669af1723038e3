package specgen

import (
	"slices"
	"strings"

	"gopkg.in/yaml.v3"
)

// prose are the keys of OpenAPI objects that say nothing to a validator.
var prose = []string{"description", "summary", "example", "examples", "externalDocs", "tags", "deprecated", "title"}

// named are the keys whose members have names of the contract's own: what stands there is never prose.
var named = []string{
	"paths", "properties", "responses", "headers", "content", "schemas", "parameters", "requestBodies", "securitySchemes",
	"encoding", "links", "callbacks",
}

// obeyed are the extensions that the server acts on.
var obeyed = []string{"x-roles"}

// rulesOnly is the bundle without prose, examples and the extensions that nobody acts on: a third of the size, so that a server starts in less than
// half the time.
func rulesOnly(bundle *yaml.Node) *yaml.Node {
	root := clone(bundle)
	info := clone(lookup(root, "info"))
	stripProse(root, false)
	remove(lookup(root, "components"), func(section string, _ *yaml.Node) bool { return section == "examples" })
	set(root, "info", mapping())
	for _, key := range []string{"title", "version"} {
		set(lookup(root, "info"), key, lookup(info, key))
	}
	return root
}

func stripProse(n *yaml.Node, names bool) {
	if !names {
		remove(n, func(key string, _ *yaml.Node) bool {
			return slices.Contains(prose, key) || (strings.HasPrefix(key, "x-") && !slices.Contains(obeyed, key))
		})
	}
	if n.Kind != yaml.MappingNode {
		for _, item := range n.Content {
			stripProse(item, false)
		}
		return
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		value := n.Content[i+1]
		stripProse(value, !names && value.Kind == yaml.MappingNode && slices.Contains(named, n.Content[i].Value))
	}
}
