package specgen

import (
	"fmt"

	"github.com/speakeasy-api/openapi-overlay/pkg/overlay"
	"gopkg.in/yaml.v3"
)

// Overlay returns a copy of the document with the overlay file applied. An action that matches nothing is an error: it
// means that the overlay and the document have drifted apart.
func Overlay(root *yaml.Node, path string) (*yaml.Node, error) {
	o, err := overlay.Parse(path)
	if err != nil {
		return nil, err
	}
	if err := o.Validate(); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	out := clone(root)
	err, warnings := o.ApplyToStrict(&yaml.Node{Kind: yaml.DocumentNode, Content: []*yaml.Node{out}})
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	if len(warnings) > 0 {
		return nil, fmt.Errorf("%s: %v", path, warnings)
	}
	return out, nil
}
