//go:build integration

package integration

import (
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// docs/sdk.md links tests that exist, where they are, and names every operation.
func TestDocumentation(t *testing.T) {
	text, err := os.ReadFile("../../docs/sdk.md")
	if err != nil {
		t.Fatal(err)
	}
	links := regexp.MustCompile("\\[`(Test\\w+)`\\]\\(\\.\\./client/([\\w/]+\\.go)\\)").FindAllStringSubmatch(string(text), -1)
	if len(links) < 50 {
		t.Errorf("only %d links", len(links))
	}
	for _, link := range links {
		source, err := os.ReadFile(filepath.Join("..", filepath.FromSlash(link[2])))
		if err != nil || !strings.Contains(string(source), "func "+link[1]+"(t *testing.T)") {
			t.Errorf("%s is not in %s: %v", link[1], link[2], err)
		}
	}
	raw, err := os.ReadFile("../creditpockettest/contract.json")
	if err != nil {
		t.Fatal(err)
	}
	var d struct {
		Paths map[string]map[string]struct{ OperationID string }
	}
	if err := json.Unmarshal(raw, &d); err != nil {
		t.Fatal(err)
	}
	for _, methods := range d.Paths {
		for _, op := range methods {
			if !strings.Contains(string(text), "| `"+op.OperationID+"` |") {
				t.Errorf("docs/sdk.md does not name %s", op.OperationID)
			}
		}
	}
}
