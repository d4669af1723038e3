package specgen

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func TestSDKContractKeepsExamplesAndDropsProse(t *testing.T) {
	got := print(t, sdkContract(tree(t, bundled)))
	if !strings.Contains(got, `"examples":{"x":{"value":{}}}`) || !strings.Contains(got, `"properties":{"description":{"type":"string"}`) {
		t.Errorf("an example or a property is gone: %s", got)
	}
	for _, gone := range []string{"ofanS", "x-error-catalog", "x-roles", "long"} {
		if strings.Contains(got, gone) {
			t.Errorf("%s is still there: %s", gone, got)
		}
	}
}

func TestSDKTablesOfTheRealContract(t *testing.T) {
	bundle, err := Bundle(filepath.Join("..", "..", "openapi"), rootFile)
	if err != nil {
		t.Fatal(err)
	}
	operations, err := sdkOperations(bundle)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []sdkOperation{
		{"applyLoan", "ApplyLoan", "POST", "/loan/record/apply", "required", true},
		{"getHomeProducts", "GetHomeProducts", "GET", "/home/product", "optional", false},
		{"login", "Login", "POST", "/user/login", "none", false},
	} {
		if !slices.Contains(operations, want) {
			t.Errorf("%+v is not in the table", want)
		}
	}
	names := sensitiveNames(bundle)
	for _, want := range []string{"token", "dentityCard", "bankAccNo", "bankCardNo", "password", "code", "files"} {
		if !slices.Contains(names, want) {
			t.Errorf("%s is not sensitive in %v", want, names)
		}
	}
}
