package backoffice

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/creditpocket/creditpocket/gen/catalog"
	"github.com/creditpocket/creditpocket/internal/fault"
	"github.com/creditpocket/creditpocket/internal/lending"
	"github.com/creditpocket/creditpocket/internal/store"
)

// ProductVersion is a version of a product and what the policy check says of it.
type ProductVersion struct {
	store.ProductVersion
	Findings []lending.Finding
	Imported bool // false for a check only
}

// Compliant says whether no finding is a breach.
func (v ProductVersion) Compliant() bool { return lending.Compliant(v.Product) }

// Products lists versions, by product, newest version first. It returns BRAND_FORBIDDEN.
func (s *Service) Products(ctx context.Context, by Actor, p store.Page) ([]ProductVersion, error) {
	p, err := by.page(p)
	if err != nil {
		return nil, err
	}
	rows, err := s.store.ProductVersions(ctx, p)
	if err != nil {
		return nil, err
	}
	versions := make([]ProductVersion, len(rows))
	for i, row := range rows {
		versions[i] = ProductVersion{row, lending.CheckPolicy(row.Product), true}
	}
	return versions, nil
}

// ProductImport is a version to be sold; its number is given here.
type ProductImport struct {
	Product  lending.Product
	Override string // why it is sold although it breaks policy; "" for no reason
}

// CheckProduct says what an import would say, and changes nothing. It returns BRAND_FORBIDDEN, VALIDATION_FAILED for an unknown brand
// and PRODUCT_INVALID.
func (s *Service) CheckProduct(ctx context.Context, by Actor, in ProductImport) (ProductVersion, error) {
	var v ProductVersion
	if err := s.mayImport(ctx, by, in.Product.Brand); err != nil {
		return v, err
	}
	newest, err := s.store.NewestProductVersion(ctx, in.Product.ID)
	if err != nil {
		return v, err
	}
	v.Product = in.Product
	v.Product.Version = newest + 1
	if err := v.Product.Validate(); err != nil {
		return v, asProductFault(err)
	}
	v.Findings = lending.CheckPolicy(v.Product)
	return v, nil
}

// ImportProduct adds the next version of a product. A product that breaks policy needs a reason, which the audit trail keeps. It
// returns BRAND_FORBIDDEN, VALIDATION_FAILED for an unknown brand, PRODUCT_INVALID, POLICY_BREACH, and STATE_CONFLICT for an id of
// another brand.
func (s *Service) ImportProduct(ctx context.Context, by Actor, key string, in ProductImport) (Done[ProductVersion], error) {
	if err := s.mayImport(ctx, by, in.Product.Brand); err != nil {
		return Done[ProductVersion]{}, err
	}
	o := order{by, "importProduct", key, in.Override, in.Product}
	return act(ctx, s, o, func(ctx context.Context, tx *store.Tx, n *note) (ProductVersion, error) {
		return addVersion(ctx, tx, n, in)
	})
}

// addVersion writes the next version of a product and notes it. It returns PRODUCT_INVALID, POLICY_BREACH and STATE_CONFLICT.
func addVersion(ctx context.Context, tx *store.Tx, n *note, in ProductImport) (ProductVersion, error) {
	var v ProductVersion
	newest, err := tx.NewestProductVersion(ctx, in.Product.ID)
	if err != nil {
		return v, err
	}
	v = ProductVersion{store.ProductVersion{Product: in.Product, CreatedAt: tx.Now()}, nil, true}
	v.Product.Version = newest + 1
	if err := v.Product.Validate(); err != nil {
		return v, asProductFault(err)
	}
	v.Findings = lending.CheckPolicy(v.Product)
	err = tx.PutProduct(ctx, v.Product, in.Override)
	switch {
	case fault.Has(err, catalog.PolicyRefused):
		return v, breach(v.Findings)
	case store.IsDuplicate(err, "products_pkey"):
		return v, fault.New(catalog.StateConflict).WithCause(err)
	case err != nil:
		return v, err
	}
	n.about("product", v.Product.ID, v.Product.Brand)
	n.change("version", fmt.Sprint(newest), fmt.Sprint(v.Product.Version))
	if !v.Compliant() {
		v.Override = in.Override
		n.change("policyOverride", "", "used")
	}
	return v, nil
}

// mayImport tells whether the operator may bring something into a brand, which must exist.
func (s *Service) mayImport(ctx context.Context, by Actor, brand string) error {
	if !by.sees(brand) {
		return fault.New(catalog.BrandForbidden)
	}
	return knownBrand(ctx, s.store, brand)
}

// asProductFault names every rule that a product breaks, by the names of the contract.
func asProductFault(err error) error {
	var invalid *lending.InvalidProduct
	if !errors.As(err, &invalid) {
		return err
	}
	f := fault.New(catalog.ProductInvalid).WithCause(err)
	for _, v := range invalid.Violations {
		f = f.WithField("product."+ContractName(v.Field), v.Rule)
	}
	return f
}

// breach names what a product breaks.
func breach(findings []lending.Finding) error {
	f := fault.New(catalog.PolicyBreach)
	for _, found := range findings {
		if found.Severity == lending.Breach {
			f = f.WithField("product", found.Text)
		}
	}
	return f
}

// ContractName spells a field of lending.Product as the contract does.
func ContractName(field string) string {
	switch field {
	case "ID":
		return "id"
	case "GraceMode":
		return "gracePolicy"
	}
	return strings.ToLower(field[:1]) + field[1:]
}
