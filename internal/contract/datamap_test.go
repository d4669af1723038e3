package contract_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/creditpocket/creditpocket/gen/spec"
)

// kept says of each kind of personal value that the contract marks (`x-sensitive`) where it lies, how it is protected, and how long.
var kept = map[string]string{
	"account":  "`bank_accounts`, sealed; found by keyed hash | masked for the staff and in messages | until erasure",
	"address":  "`profiles`, `work_infos`, `more_infos`, sealed | shown to the borrower; to the staff after unmasking, which is traced | until erasure",
	"bvn":      "`profiles`, sealed; found by keyed hash | masked in every answer | until erasure",
	"code":     "`codes`, keyed hash only; the text sealed until it is sent | never shown | 7 days after its end",
	"device":   "`devices`, sealed; `sessions`, keyed hash; push tokens sealed in `push_topics` | not shown | until erasure; sessions 400 days after their end",
	"email":    "`profiles`, sealed | shown to the borrower; to the staff after unmasking | until erasure",
	"export":   "nowhere: made when it is asked for | shown to the borrower, and to an administrator for a reason; asking is traced | not kept",
	"image":    "blob store under random names, sealed; `images` | shown to the borrower; to the staff for a review, traced | until erasure",
	"location": "`device_locations`, sealed and coarse; wifi names as keyed hashes only | not shown | hours, see `device_locations.expires_at`",
	"mobile":   "`borrowers`, `emergency_contacts`, sealed; found by keyed hash | shown to the borrower; masked for the staff | until erasure",
	"name":     "`profiles`, `emergency_contacts`, `bank_accounts`, `loans` (as at application), sealed | shown to the borrower and the staff | until erasure",
	"pan":      "nowhere: refused (CARD_NUMBER_REFUSED). Of a bound card the masked digits, sealed, in `cards` | masked | until erasure",
	"password": "`borrowers`, argon2id | never shown | until erasure",
	"sms":      "nowhere: refused (POLICY_REFUSED) | not shown | not kept",
	"token":    "`sessions`, SHA-256 of 256 random bits | shown once | until the session is swept",
}

// marked lists the properties of a document that are marked, by kind.
func marked(t *testing.T, raw []byte, into map[string]map[string]bool) {
	t.Helper()
	var doc struct {
		Components struct {
			Schemas map[string]map[string]any
		}
	}
	if err := json.Unmarshal(raw, &doc); err != nil {
		t.Fatal(err)
	}
	var walk func(place string, schema map[string]any)
	walk = func(place string, schema map[string]any) {
		if kind, ok := schema["x-sensitive"].(string); ok {
			if into[kind] == nil {
				into[kind] = map[string]bool{}
			}
			into[kind][place] = true
		}
		properties, _ := schema["properties"].(map[string]any)
		for name, p := range properties {
			if inner, ok := p.(map[string]any); ok {
				walk(place+"."+name, inner)
			}
		}
		if items, ok := schema["items"].(map[string]any); ok {
			walk(place+"[]", items)
		}
	}
	for name, schema := range doc.Components.Schemas {
		walk(name, schema)
	}
}

// TestDataMap holds docs/data-map.md to the marks of both contracts. CP_TEST_UPDATE=1 writes it anew.
func TestDataMap(t *testing.T) {
	kinds := map[string]map[string]bool{}
	marked(t, spec.JSON(), kinds)
	marked(t, spec.OpsJSON(), kinds)
	var b strings.Builder
	b.WriteString("# Data map\n\nEvery personal value of the two contracts, by the marks `x-sensitive` of their properties, and what happens to it. Generated:\n" +
		"`CP_TEST_UPDATE=1 go test -run DataMap ./internal/contract`; a test fails when it is not current, and when a kind is marked that nobody has decided about.\n" +
		"Sealed means: encrypted with a key of the borrower's own, which is itself wrapped by a key outside the database. Erasing a borrower destroys that key.\n" +
		"What is kept for a time is in `creditpocket retention`; what an export tells and an erasure does, table by table, in `internal/store/personal.go`.\n\n" +
		"| kind | kept | shown | how long | properties |\n|---|---|---|---|---|\n")
	for _, kind := range slices.Sorted(maps.Keys(kinds)) {
		decided, ok := kept[kind]
		if !ok {
			t.Errorf("the contract marks %s: where is it kept, who sees it, for how long?", kind)
			continue
		}
		fmt.Fprintf(&b, "| %s | %s | %s |\n", kind, decided, strings.Join(slices.Sorted(maps.Keys(kinds[kind])), ", "))
	}
	const path = "../../docs/data-map.md"
	if os.Getenv("CP_TEST_UPDATE") != "" {
		if err := os.WriteFile(path, []byte(b.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	written, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if string(written) != b.String() {
		t.Error("docs/data-map.md is not current: CP_TEST_UPDATE=1 go test -run DataMap ./internal/contract")
	}
	if len(kinds) < 10 {
		t.Errorf("only %d kinds are marked", len(kinds))
	}
}
