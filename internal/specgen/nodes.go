package specgen

import (
	"fmt"
	"slices"
	"strings"

	"gopkg.in/yaml.v3"
)

// pairs walks the keys of a mapping in source order.
func pairs(n *yaml.Node, visit func(key, value *yaml.Node) error) error {
	if n == nil || n.Kind != yaml.MappingNode {
		return nil
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		if err := visit(n.Content[i], n.Content[i+1]); err != nil {
			return err
		}
	}
	return nil
}

// lookup returns the value of a key of a mapping, or nil.
func lookup(n *yaml.Node, key string) *yaml.Node {
	if n == nil || n.Kind != yaml.MappingNode {
		return nil
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		if n.Content[i].Value == key {
			return n.Content[i+1]
		}
	}
	return nil
}

// set replaces the value of a key of a mapping, or adds the key at the end.
func set(n *yaml.Node, key string, value *yaml.Node) {
	for i := 0; i+1 < len(n.Content); i += 2 {
		if n.Content[i].Value == key {
			n.Content[i+1] = value
			return
		}
	}
	n.Content = append(n.Content, text(key), value)
}

// remove takes the keys for which drop answers true out of a mapping.
func remove(n *yaml.Node, drop func(key string, value *yaml.Node) bool) {
	if n == nil || n.Kind != yaml.MappingNode {
		return
	}
	kept := n.Content[:0]
	for i := 0; i+1 < len(n.Content); i += 2 {
		if !drop(n.Content[i].Value, n.Content[i+1]) {
			kept = append(kept, n.Content[i], n.Content[i+1])
		}
	}
	n.Content = kept
}

func mapping() *yaml.Node { return &yaml.Node{Kind: yaml.MappingNode, Tag: "!!map"} }

func text(s string) *yaml.Node { return &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Value: s} }

// clone copies a tree, so that a thing referenced from two files is never edited twice.
func clone(n *yaml.Node) *yaml.Node {
	if n == nil {
		return nil
	}
	c := *n
	c.Content = make([]*yaml.Node, len(n.Content))
	for i, child := range n.Content {
		c.Content[i] = clone(child)
	}
	return &c
}

// ambiguous are plain words that a YAML 1.1 reader takes for a boolean; the bundle quotes them.
var ambiguous = []string{"y", "n", "yes", "no", "on", "off"}

// normalise makes a parsed tree independent of how its source was typed: no comments, string keys (the status 200 is the
// key "200"), dates as strings, aliases expanded, no word that another YAML reader takes for something else. Duplicate keys
// are refused.
func normalise(n *yaml.Node) error {
	n.HeadComment, n.LineComment, n.FootComment = "", "", ""
	switch n.Kind {
	case yaml.MappingNode:
		seen := map[string]bool{}
		for i := 0; i+1 < len(n.Content); i += 2 {
			key := n.Content[i]
			if seen[key.Value] {
				return fmt.Errorf("line %d: duplicate key %q", key.Line, key.Value)
			}
			seen[key.Value] = true
			if key.Tag != "!!str" {
				key.Tag, key.Style = "!!str", yaml.SingleQuotedStyle
			}
		}
	case yaml.ScalarNode:
		plain := n.Style&(yaml.SingleQuotedStyle|yaml.DoubleQuotedStyle|yaml.LiteralStyle|yaml.FoldedStyle) == 0
		word := slices.Contains(ambiguous, strings.ToLower(n.Value))
		if n.Tag == "!!timestamp" || (n.Tag == "!!str" && plain && word) {
			n.Tag, n.Style = "!!str", yaml.SingleQuotedStyle
		}
	}
	n.Anchor = ""
	for i, child := range n.Content {
		if child.Kind == yaml.AliasNode {
			child = clone(child.Alias)
			n.Content[i] = child
		}
		if err := normalise(child); err != nil {
			return err
		}
	}
	return nil
}
