package specgen

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestArazzoRefuses writes journeys that name what the contract has not: none of them is generated.
func TestArazzoRefuses(t *testing.T) {
	document, err := Bundle(filepath.Join("..", "..", "openapi"), rootFile)
	if err != nil {
		t.Fatal(err)
	}
	const head = "info: {title: t}\ninputs: {mobile: {type: string}}\nworkflows:\n  - id: w\n    summary: W\n    inputs: [mobile]\n    steps:\n      - "
	for step, want := range map[string]string{
		"{id: s, operation: sendCode, with: {mobile: $inputs.mobile}}":                        "",
		"{id: s, operation: sendCodes}":                                                       `no operation "sendCodes"`,
		"{id: s, operation: sendCode, with: {number: 1}}":                                     `no field "number"`,
		"{id: s, operation: sendCode, query: {mobile: 1}}":                                    `no query parameter "mobile"`,
		"{id: s, operation: register, outputs: {token: sessionToken}}":                        "no field data/sessionToken",
		"{id: s, operation: getLatestLoan, wait: {field: state, value: 5}}":                   "no field data/state",
		"{id: s, operation: listConsents, expect: {list/0/needed: 1}}":                        "no field data/list/0/needed",
		"{id: s, operation: sendCode, refused: {status: 404, reason: LOAN_NOT_FOUND}}":        "never answers 404",
		"{id: s, operation: getLatestOpenLoan, refused: {status: 404, reason: OPEN_NOTHING}}": `never refuses with "OPEN_NOTHING"`,
		"{id: s, operation: register, with: {mobile: $inputs.phone}}":                         "$inputs.phone",
		"{id: s, operation: register, headers: {Idempotency-Key: 'k-{$steps.x.outputs.y}'}}":  "$steps.x.outputs.y",
	} {
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, journeysFile), []byte(head+step+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		files := Files{}
		err := files.addArazzo(dir, document)
		if got := strings.TrimSpace(message(err)); (want == "") != (err == nil) || !strings.Contains(got, want) {
			t.Errorf("%s: %q, expected %q", step, got, want)
		}
		if err == nil && !strings.Contains(string(files[arazzoFile]), "mobile: $inputs.mobile") {
			t.Errorf("%s gives %s", step, files[arazzoFile])
		}
	}
}

func message(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}
