package creditpocket_test

import (
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// docs/sdk.md links tests that exist, where they are, in every row of its table of features, and names every operation.
func TestDocumentation(t *testing.T) {
	text, err := os.ReadFile("../docs/sdk.md")
	if errors.Is(err, fs.ErrNotExist) {
		t.Skip("the module stands alone, without the repository's docs")
	}
	if err != nil {
		t.Fatal(err)
	}
	link := regexp.MustCompile("\\[`(Test\\w+)`\\]\\(\\.\\./client/([\\w/]+\\.go)\\)")
	links := link.FindAllStringSubmatch(string(text), -1)
	if len(links) < 50 {
		t.Errorf("only %d links", len(links))
	}
	for _, l := range links {
		source, err := os.ReadFile(filepath.FromSlash(l[2]))
		if err != nil || !strings.Contains(string(source), "func "+l[1]+"(t *testing.T)") {
			t.Errorf("%s is not in %s: %v", l[1], l[2], err)
		}
	}
	_, table, _ := strings.Cut(string(text), "| feature | how | shown by |\n|---|---|---|\n")
	table, _, _ = strings.Cut(table, "\n\n")
	rows := strings.Split(table, "\n")
	for _, row := range rows {
		if !link.MatchString(row) {
			t.Errorf("no test shows it: %s", row)
		}
	}
	if len(rows) < 20 {
		t.Errorf("only %d features", len(rows))
	}
	raw, err := os.ReadFile("creditpockettest/contract.json")
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
