package store_test

import (
	"context"
	"errors"
	"reflect"
	"testing"
	"time"

	"github.com/creditpocket/creditpocket/gen/catalog"
	"github.com/creditpocket/creditpocket/internal/fault"
	"github.com/creditpocket/creditpocket/internal/lending"
	"github.com/creditpocket/creditpocket/internal/store"
	"github.com/creditpocket/creditpocket/internal/testkit"
)

// put adds a product version and returns what the store says.
func put(t *testing.T, st *store.Store, p lending.Product, override string) error {
	t.Helper()
	return st.InTx(t.Context(), func(ctx context.Context, tx *store.Tx) error { return tx.PutProduct(ctx, p, override) })
}

func compliant(id int64, version int, from time.Time) lending.Product {
	return lending.Product{ID: id, Version: version, Brand: brand, Name: "Steady", Principal: 1_000_000, TermDays: 91, ServiceFee: 50_000,
		InterestDailyBps: 10, UpfrontFee: 7, MinPriorLoans: 1, EffectiveFrom: from,
		Conditions: lending.Conditions{PenaltyDailyBps: 20, PenaltyCapBps: 2_000, GraceDays: 3, GraceMode: lending.GraceClawback, ExtensionFee: 100,
			ExtensionDays: 30, MaxExtensions: 1, RebateInterest: true}}.WithDefaults()
}

func TestProductSurvivesTheStore(t *testing.T) {
	st := seeded(t)
	want := compliant(900, 1, testkit.Noon())
	want.EffectiveTo = testkit.Noon().Add(time.Hour)
	if err := put(t, st, want, ""); err != nil {
		t.Fatal(err)
	}
	got, err := st.Product(t.Context(), 900, 1)
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v, %v\nwant %+v", got, err, want)
	}
	if _, err := st.Product(t.Context(), 900, 2); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("no version 2: %v", err)
	}
}

func TestProductVersionsFollowEachOther(t *testing.T) {
	st := seeded(t)
	noon := testkit.Noon()
	if err := put(t, st, compliant(900, 1, noon), ""); err != nil {
		t.Fatal(err)
	}
	second := compliant(900, 2, noon.Add(24*time.Hour))
	second.EffectiveTo = noon.Add(48 * time.Hour)
	if err := put(t, st, second, ""); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		after time.Duration
		want  int // 0: not on sale
	}{{-time.Second, 0}, {0, 1}, {24*time.Hour - time.Second, 1}, {24 * time.Hour, 2}, {48 * time.Hour, 0}} {
		// The first version does not come back when the second one ends.
		at := noon.Add(c.after)
		got, err := st.ProductOnSale(t.Context(), brand, 900, at)
		if (c.want == 0) != errors.Is(err, store.ErrNotFound) || (c.want != 0 && err != nil) || got.Version != c.want {
			t.Errorf("after %s: version %d, %v", c.after, got.Version, err)
		}
		list, err := st.ProductsOnSale(t.Context(), brand, at)
		if err != nil {
			t.Fatal(err)
		}
		found := 0
		for _, p := range list {
			if p.ID == 900 {
				found = p.Version
			}
			if !p.EffectiveAt(at) {
				t.Errorf("after %s: %d is listed and not on sale", c.after, p.ID)
			}
		}
		if found != c.want || len(list) != len(lending.DemoProducts())+min(c.want, 1) {
			t.Errorf("after %s: version %d in a list of %d", c.after, found, len(list))
		}
	}
	for id, want := range map[int64]bool{900: true, 301: true, 77: false} {
		if has, err := st.HasProduct(t.Context(), brand, id); err != nil || has != want {
			t.Errorf("has %d: %t, %v", id, has, err)
		}
	}
	if has, err := st.HasProduct(t.Context(), "Other", 301); err != nil || has {
		t.Errorf("another brand's: %t, %v", has, err)
	}
}

func TestProductIsRefused(t *testing.T) {
	st := seeded(t)
	noon := testkit.Noon()
	if err := put(t, st, compliant(900, 1, noon), ""); err != nil {
		t.Fatal(err)
	}
	var dup *store.DuplicateError
	if err := put(t, st, compliant(900, 1, noon), ""); !errors.As(err, &dup) || dup.Constraint != "products_pkey" {
		t.Errorf("the same version: %v", err)
	}
	short := compliant(901, 1, noon)
	short.TermDays = 7
	if err := put(t, st, short, ""); !fault.Has(err, catalog.PolicyRefused) {
		t.Errorf("a breach without a reason: %v", err)
	}
	if err := put(t, st, short, "agreed with the regulator"); err != nil {
		t.Errorf("a breach with a reason: %v", err)
	}
	wrong := compliant(902, 1, noon)
	wrong.Principal = -1
	var invalid *lending.InvalidProduct
	if err := put(t, st, wrong, ""); !errors.As(err, &invalid) {
		t.Errorf("an invalid one: %v", err)
	}
	write(t, st, func(ctx context.Context, tx *store.Tx) error {
		_, err := tx.SeedBrand(ctx, store.Brand{Code: "Other", Name: "Other", IndentPrefix: "OT"})
		return err
	})
	stolen := compliant(900, 2, noon)
	stolen.Brand = "Other"
	if err := put(t, st, stolen, ""); !fault.Has(err, catalog.StateConflict) {
		t.Errorf("another brand's id: %v", err)
	}
}

func TestRuleSetsAreVersioned(t *testing.T) {
	st := seeded(t)
	first, err := st.LatestRuleSet(t.Context(), brand)
	if err != nil || first.Version != 1 || !reflect.DeepEqual(first.Rules, lending.DefaultRuleSet()) {
		t.Fatalf("first: %+v, %v", first, err)
	}
	set := lending.DefaultRuleSet()
	set.Version, set.Rules = "none", set.Rules[:1]
	putRules := func(version int, set lending.RuleSet) error {
		return st.InTx(t.Context(), func(ctx context.Context, tx *store.Tx) error { return tx.PutRuleSet(ctx, brand, version, set) })
	}
	if err := putRules(2, set); err != nil {
		t.Fatal(err)
	}
	latest, err := st.LatestRuleSet(t.Context(), brand)
	if err != nil || latest.Version != 2 || !reflect.DeepEqual(latest.Rules, set) {
		t.Errorf("latest: %+v, %v", latest, err)
	}
	if old, err := st.RuleSet(t.Context(), brand, 1); err != nil || !reflect.DeepEqual(old, first) {
		t.Errorf("old: %+v, %v", old, err)
	}
	if err := putRules(2, set); !store.IsDuplicate(err, "rule_sets_pkey") {
		t.Errorf("the same version: %v", err)
	}
	set.Rules = []lending.Rule{{Name: "bad", When: "noSuchFact", Verdict: lending.Verdict{Outcome: lending.Review, Reason: "X", Internal: "x"}}}
	if err := putRules(3, set); err == nil {
		t.Error("rules that do not compile were stored")
	}
	if _, err := st.LatestRuleSet(t.Context(), "Other"); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("another brand's: %v", err)
	}
}
