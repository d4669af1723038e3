package backoffice

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/creditpocket/creditpocket/internal/fault"
	"github.com/creditpocket/creditpocket/internal/lending"
	"github.com/creditpocket/creditpocket/internal/store"
)

// Bounds of the reason why a product is sold although it breaks policy, in bytes; the contract's.
const (
	minOverride = 5
	maxOverride = 500
)

// ImportProducts adds the next version of each product, all or none, in the name of the command line: each is an entry of the audit
// trail, with the override where one was needed. A product that is the same as its newest version is left alone, and comes back with
// Imported false. The error names the product; it is VALIDATION_FAILED, PRODUCT_INVALID, POLICY_BREACH or STATE_CONFLICT.
func (s *Service) ImportProducts(ctx context.Context, products []lending.Product, override string) ([]ProductVersion, error) {
	override = strings.TrimSpace(override)
	if override != "" && (len(override) < minOverride || len(override) > maxOverride || strings.ContainsFunc(override, func(r rune) bool { return r < ' ' || r == 0x7f })) {
		return nil, fault.Invalid("override", fmt.Sprintf("must be a reason of %d to %d characters", minOverride, maxOverride))
	}
	var done []ProductVersion
	err := s.store.InTx(ctx, func(ctx context.Context, tx *store.Tx) error {
		done = nil
		for _, p := range products {
			v, err := importOne(ctx, tx, p.WithDefaults(), override)
			if err != nil {
				return fmt.Errorf("product %d: %w", p.ID, err)
			}
			done = append(done, v)
		}
		return nil
	})
	return done, err
}

func importOne(ctx context.Context, tx *store.Tx, p lending.Product, override string) (ProductVersion, error) {
	if err := knownBrand(ctx, tx, p.Brand); err != nil {
		return ProductVersion{}, err
	}
	if newest, err := tx.NewestProductVersion(ctx, p.ID); err != nil {
		return ProductVersion{}, err
	} else if newest > 0 {
		have, err := tx.Product(ctx, p.ID, newest)
		if err != nil {
			return ProductVersion{}, err
		}
		if p.Version = newest; have == p {
			return ProductVersion{ProductVersion: store.ProductVersion{Product: have}, Findings: lending.CheckPolicy(have)}, nil
		}
	}
	var n note
	v, err := addVersion(ctx, tx, &n, ProductImport{p, override})
	if err != nil {
		return v, err
	}
	return v, tx.AddTrail(ctx, store.TrailEntry{OperatorName: commandLine, Act: "importProduct", Subject: n.subject, Brand: n.brand, Changes: n.changes, Reason: v.Override})
}

// commandLine is who acts where nobody has a key.
const commandLine = "command line"

// brandReader reads the deployment's brands: the store, or a running transaction.
type brandReader interface {
	Brands(ctx context.Context) ([]store.Brand, error)
}

// knownBrand returns VALIDATION_FAILED for a brand that the deployment does not have.
func knownBrand(ctx context.Context, from brandReader, brand string) error {
	brands, err := from.Brands(ctx)
	if err != nil {
		return err
	}
	for _, b := range brands {
		if b.Code == brand {
			return nil
		}
	}
	return fault.Invalid("brand", "is not a brand of this deployment")
}

// Refusals lists what a fault of products says, as "field rule"; any other error as it is.
func Refusals(err error) []string {
	var f *fault.Error
	if !errors.As(err, &f) || len(f.Fields) == 0 {
		return []string{err.Error()}
	}
	var says []string
	for _, field := range f.Fields {
		says = append(says, strings.TrimSpace(field.Name+" "+field.Message))
	}
	return says
}
