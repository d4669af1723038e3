package app

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/creditpocket/creditpocket/internal/seed"
	"github.com/creditpocket/creditpocket/internal/store"
	"github.com/creditpocket/creditpocket/internal/testkit"
)

const productExample = "../../docs/products.example.yaml"

func file(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "products.yaml")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// example is the file of the documentation, changed.
func example(t *testing.T, old, text string) string {
	t.Helper()
	raw, err := os.ReadFile(productExample)
	if err != nil || !strings.Contains(string(raw), old) {
		t.Fatalf("%v, or %q is not in the example", err, old)
	}
	return file(t, strings.ReplaceAll(string(raw), old, text))
}

func TestProductCheckNamesEveryBrokenRule(t *testing.T) {
	check := func(path string) (string, error) {
		var out bytes.Buffer
		err := ProductCheck(path, &out)
		return out.String(), err
	}
	text, err := check(productExample)
	if err == nil || !strings.Contains(text, "term_under_61_days") || !strings.Contains(text, "breaks no policy") ||
		!strings.HasSuffix(text, "RESULT product-check products=2 invalid=0 breaches=1 warnings=0 notices=2\n") {
		t.Errorf("%v\n%s", err, text)
	}
	if text, err := check(example(t, "termDays: 14", "termDays: 61")); err != nil || !strings.Contains(text, "breaches=0") {
		t.Errorf("a product that breaks nothing: %v\n%s", err, text)
	}
	text, err = check(example(t, "termDays: 91\n    serviceFee: 60000", "termDays: 9999\n    serviceFee: -1"))
	if err == nil || !strings.Contains(text, "serviceFee must be from 0") || !strings.Contains(text, "termDays must be from 1 to 3650") || !strings.Contains(text, "invalid=1") {
		t.Errorf("two rules of one product: %v\n%s", err, text)
	}
	if _, err := check(file(t, "nothing")); err == nil {
		t.Error("a file without products passes")
	}
	if _, err := check("/no/such/file"); err == nil {
		t.Error("no file passes")
	}
}

func TestProductImportNeedsAReasonForWhatBreaksPolicy(t *testing.T) {
	environ, url := commandEnviron(t)
	if err := withDatabase(t.Context(), environ, func(ctx context.Context, d *deployment) error {
		_, err := seed.Base(ctx, d.store)
		return err
	}); err != nil {
		t.Fatal(err)
	}
	run := func(path, override string) (string, error) {
		var out bytes.Buffer
		err := ProductImport(t.Context(), environ, path, override, &out)
		return out.String(), err
	}
	before := testkit.Checksums(t, url)
	for name, c := range map[string]struct{ path, override, says string }{
		"a breach without a reason":       {productExample, "", "Google Play bars"},
		"a reason that says nothing":      {productExample, "x", "override must be"},
		"a negative fee":                  {example(t, "serviceFee: 60000", "serviceFee: -1"), "the test says so", "product.serviceFee must be from 0"},
		"an unknown brand":                {example(t, "CycleCash", "NoSuchBrand"), "the test says so", "brand is not a brand"},
		"an id of a product of the brand": {example(t, "id: 952", "id: 0"), "the test says so", "product.id must be above zero"},
	} {
		if text, err := run(c.path, c.override); err == nil || !strings.Contains(text, c.says) {
			t.Errorf("%s: %v\n%s", name, err, text)
		}
	}
	for table, sum := range testkit.Checksums(t, url) {
		if before[table] != sum {
			t.Errorf("a refused import changed %s", table)
		}
	}
	text, err := run(productExample, "the test says so")
	if err != nil || !strings.HasSuffix(text, "RESULT product-import products=2 imported=2 overridden=1\n") || !strings.Contains(text, "audit trail") {
		t.Fatalf("%v\n%s", err, text)
	}
	text, err = run(productExample, "")
	if err != nil || !strings.HasSuffix(text, "RESULT product-import products=2 imported=0 overridden=0\n") {
		t.Errorf("the same again: %v\n%s", err, text)
	}
	if text, err := run(example(t, "serviceFee: 60000", "serviceFee: 70000"), ""); err != nil || !strings.Contains(text, "version 2 is imported") || !strings.Contains(text, "imported=1 ") {
		t.Errorf("a new price: %v\n%s", err, text)
	}
	if err := withDatabase(t.Context(), environ, func(ctx context.Context, d *deployment) error {
		entries, err := d.store.Trail(ctx, store.TrailFilter{Subject: "product:952"}, store.Page{Limit: 10})
		if err != nil {
			return err
		}
		if len(entries) != 1 || entries[0].OperatorName != "command line" || entries[0].Act != "importProduct" || entries[0].Reason != "the test says so" {
			t.Errorf("the trail: %+v", entries)
		}
		entries, err = d.store.Trail(ctx, store.TrailFilter{Subject: "product:951"}, store.Page{Limit: 10})
		if err == nil && (len(entries) != 2 || entries[0].Reason != "") {
			t.Errorf("the trail: %+v", entries)
		}
		return err
	}); err != nil {
		t.Fatal(err)
	}
}
