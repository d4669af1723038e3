package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

// change is one change of the contract as oasdiff reports it.
type change struct {
	ID, Text, Operation, Path string
	Level                     int
}

func (c change) String() string {
	return fmt.Sprintf("%s %s: %s (%s)", c.Operation, c.Path, c.Text, c.ID)
}

// intended is a break that is meant.
type intended struct {
	ID        string `yaml:"id"`
	Operation string `yaml:"operation,omitempty"`
	Text      string `yaml:"text,omitempty"`
	Why       string `yaml:"why"`
	Instead   string `yaml:"instead,omitempty"`
}

func (i intended) covers(c change) bool {
	return i.ID == c.ID && strings.Contains(c.Text, i.Text) && (i.Operation == "" || i.Operation == c.Operation+" "+c.Path)
}

// permissions are the breaks that are meant: those the contract never ruled out, and those since the last release.
type permissions struct {
	Always []intended `yaml:"always"`
	Once   []intended `yaml:"once"`
}

func (c *checkout) permissions() (p permissions, err error) {
	raw, err := os.ReadFile(c.path("openapi", "intended-breaks.yaml"))
	if err != nil {
		return p, err
	}
	if err := yaml.Unmarshal(raw, &p); err != nil {
		return p, err
	}
	for _, i := range p.Once {
		if i.ID == "" || i.Operation == "" || i.Why == "" || i.Instead == "" {
			return p, fmt.Errorf("openapi/intended-breaks.yaml: an entry of once needs id, operation, why and instead: %+v", i)
		}
	}
	return p, nil
}

// oasdiff runs the module's pinned oasdiff.
func (c *checkout) oasdiff(ctx context.Context, args ...string) ([]byte, error) {
	return command{dir: c.path("openapi", "tools")}.output(ctx, "go", append([]string{"tool", "oasdiff"}, args...)...)
}

// breaks lists what would break a client of base that meets revision. Without --flatten-allof breaks inside an allOf pass as warnings.
func (c *checkout) breaks(ctx context.Context, base, revision string) (found []change, err error) {
	raw, err := c.oasdiff(ctx, "breaking", "--flatten-allof", "--format", "json", base, revision)
	if err != nil {
		return nil, err
	}
	if len(raw) == 0 {
		return nil, nil
	}
	return found, json.Unmarshal(raw, &found)
}

func (c *checkout) released(name string) string { return c.path("openapi", "released", name+".yaml") }

// breaking fails on every break of the released contract, warnings included, that is not meant.
func breaking(ctx context.Context, c *checkout, _ []string) error {
	proved, err := c.plantedBreaks(ctx)
	if err != nil {
		return err
	}
	allowed, err := c.permissions()
	if err != nil {
		return err
	}
	used := make([]bool, len(allowed.Once))
	refused, tolerated, changes := 0, 0, 0
	for _, name := range documents {
		found, err := c.breaks(ctx, c.released(name), c.dist(name+".yaml"))
		if err != nil {
			return err
		}
		for _, b := range found {
			once := false
			for i, entry := range allowed.Once {
				if entry.covers(b) {
					used[i], once = true, true
				}
			}
			if once || slices.ContainsFunc(allowed.Always, func(i intended) bool { return i.covers(b) }) {
				tolerated++
				continue
			}
			refused++
			fmt.Printf("breaks clients: %s %s\n", name, b)
		}
		text, err := c.oasdiff(ctx, "changelog", "--flatten-allof", "--format", "singleline", c.released(name), c.dist(name+".yaml"))
		if err != nil {
			return err
		}
		lines := strings.Split(strings.TrimSpace(string(text)), "\n")
		if len(text) == 0 || strings.HasPrefix(lines[0], "No changes") {
			lines = nil
		}
		changes += len(lines)
		fmt.Printf("%s has %d changes since its release\n", name, len(lines))
		for _, line := range lines[:min(len(lines), 40)] {
			fmt.Println("  " + strings.TrimSpace(line))
		}
	}
	var idle []string
	for i, entry := range allowed.Once {
		if !used[i] {
			idle = append(idle, entry.Operation+" "+entry.ID)
		}
	}
	result("spec-breaking", "breaks", refused, "intended", tolerated, "entries_without_break", len(idle), "changes_since_release", changes, "planted_breaks_caught", proved)
	if refused > 0 {
		return fmt.Errorf("%d breaks: undo them, or write into openapi/intended-breaks.yaml why they are meant and what clients must do", refused)
	}
	if len(idle) > 0 {
		return fmt.Errorf("openapi/intended-breaks.yaml has entries that match no break: %s", strings.Join(idle, ", "))
	}
	return nil
}

// breakers are breaks of the borrowers' contract, by what oasdiff must call them.
var breakers = map[string]func(doc object){
	"api-path-removed-without-deprecation": func(doc object) { delete(at(doc, "paths"), "/home/product") },
	"api-removed-without-deprecation":      func(doc object) { delete(at(doc, "paths", "/user/logout"), "post") },
	"request-property-became-required":     func(doc object) { require(at(doc, "components", "schemas", "LoginInfo"), "code") },
	"request-property-max-length-decreased": func(doc object) {
		at(doc, "components", "schemas", "LoginInfo", "properties", "password")["maxLength"] = 10
	},
	"request-property-max-decreased": func(doc object) {
		at(doc, "components", "schemas", "LoginInfo", "properties", "applyTerminal")["maximum"] = 2
	},
	"response-required-property-removed": func(doc object) {
		s := at(doc, "components", "schemas", "CreditInfo")
		delete(at(s, "properties"), "grade")
		s["required"] = slices.DeleteFunc(s["required"].([]any), func(v any) bool { return v == "grade" })
	},
	"response-property-type-changed": func(doc object) {
		doc["components"].(object)["schemas"].(object)["UserVo"].(object)["properties"].(object)["uid"] = object{"type": "integer", "description": "x", "example": 1}
	},
	"response-property-became-optional": func(doc object) {
		s := at(doc, "components", "schemas", "LoanPage")
		s["required"] = slices.DeleteFunc(s["required"].([]any), func(v any) bool { return v == "total" })
	},
	"response-success-status-removed": func(doc object) {
		responses := at(doc, "paths", "/support/email", "get", "responses")
		responses["201"] = responses["200"]
		delete(responses, "200")
	},
	"response-media-type-removed": func(doc object) {
		delete(at(doc, "paths", "/image/{code}", "get", "responses", "200", "content"), "image/png")
	},
}

func require(schema object, name string) {
	schema["required"] = append(schema["required"].([]any), name)
}

// plantedBreaks proves that the gate can fail: each break planted in a copy of the document is found.
func (c *checkout) plantedBreaks(ctx context.Context) (int, error) {
	var doc object
	raw, err := os.ReadFile(c.dist("creditpocket.json"))
	if err != nil {
		return 0, err
	}
	if err := json.Unmarshal(raw, &doc); err != nil {
		return 0, err
	}
	for _, plant := range breakers {
		plant(doc)
	}
	if raw, err = json.Marshal(doc); err != nil {
		return 0, err
	}
	dir, err := os.MkdirTemp("", "creditpocket-breaks-")
	if err != nil {
		return 0, err
	}
	defer os.RemoveAll(dir)
	file := filepath.Join(dir, "planted.json")
	if err := os.WriteFile(file, raw, 0o600); err != nil {
		return 0, err
	}
	found, err := c.breaks(ctx, c.dist("creditpocket.json"), file)
	if err != nil {
		return 0, err
	}
	allowed, err := c.permissions()
	if err != nil {
		return 0, err
	}
	for id := range breakers {
		i := slices.IndexFunc(found, func(b change) bool { return b.ID == id })
		if i < 0 {
			return 0, fmt.Errorf("the planted break %s was not found: %v", id, found)
		}
		if slices.ContainsFunc(append(allowed.Always, allowed.Once...), func(p intended) bool { return p.covers(found[i]) }) {
			return 0, fmt.Errorf("the planted break %s would be let pass", id)
		}
	}
	return len(breakers), nil
}
