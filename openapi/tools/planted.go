package main

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

type object = map[string]any

// at walks into a document.
func at(tree object, path ...string) object {
	for _, key := range path {
		tree, _ = tree[key].(object)
	}
	return tree
}

// plants break each of our own rules once, in the mobile document.
var plants = map[string]func(doc object){
	"bodies-are-named": func(doc object) {
		at(doc, "paths", "/user/credit", "get", "responses", "200", "content", "application/json")["schema"] = object{"type": "object", "additionalProperties": true}
	},
	"no-all-of": func(doc object) {
		at(doc, "components", "schemas", "CreditInfo")["allOf"] = []any{object{"$ref": "#/components/schemas/Ack"}}
	},
	"one-type": func(doc object) {
		at(doc, "components", "schemas", "LoanVo", "properties")["mixed"] = object{"oneOf": []any{object{"type": "string"}, object{"type": "integer"}}}
	},
	"no-keywords": func(doc object) { at(doc, "components", "schemas", "ErrorCode")["enum"] = []any{"internal"} },
	"no-integer-enums": func(doc object) {
		at(doc, "components", "schemas", "LoanVo", "properties", "status")["enum"] = []any{1, 2}
	},
	"no-twins": func(doc object) {
		at(doc, "components", "schemas", "LoanVo", "properties")["shouldback_fee"] = object{"type": "string"}
	},
	"no-reserved-models": func(doc object) { at(doc, "components", "schemas")["Error"] = object{"type": "object"} },
	"every-operation-can-be-refused": func(doc object) {
		delete(at(doc, "paths", "/user/credit", "get", "responses"), "429")
	},
}

// plantedLint proves that each rule of our own can fail, and returns how many there are.
func (c *checkout) plantedLint(ctx context.Context) (int, error) {
	dir, err := os.MkdirTemp("", "creditpocket-planted-")
	if err != nil {
		return 0, err
	}
	defer os.RemoveAll(dir)
	for _, name := range []string{"redocly.yaml", "mobile-safe.js"} {
		raw, err := os.ReadFile(c.path("openapi", "tools", name))
		if err != nil {
			return 0, err
		}
		if err := os.WriteFile(filepath.Join(dir, name), raw, 0o600); err != nil {
			return 0, err
		}
	}
	var doc object
	raw, err := os.ReadFile(c.dist("creditpocket-mobile.json"))
	if err != nil {
		return 0, err
	}
	if err := json.Unmarshal(raw, &doc); err != nil {
		return 0, err
	}
	for _, plant := range plants {
		plant(doc)
	}
	if raw, err = json.Marshal(doc); err != nil {
		return 0, err
	}
	file := filepath.Join(dir, "planted.json")
	if err := os.WriteFile(file, raw, 0o600); err != nil {
		return 0, err
	}
	found, err := c.redoclyLint(ctx, dir, file)
	if err != nil {
		return 0, err
	}
	for _, rule := range slices.Sorted(maps.Keys(plants)) {
		if !slices.ContainsFunc(found, func(f string) bool { return strings.Contains(f, "mobile-safe/"+rule+":") }) {
			return 0, fmt.Errorf("the planted violation of %s was not found: this rule cannot fail", rule)
		}
	}
	return len(plants), nil
}
