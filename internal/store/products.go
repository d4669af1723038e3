package store

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/creditpocket/creditpocket/gen/catalog"
	"github.com/creditpocket/creditpocket/internal/fault"
	"github.com/creditpocket/creditpocket/internal/lending"
)

// productRow is one version of a product. The columns beside the terms are the authority for what they hold.
type productRow struct {
	ID            int64
	Version       int
	Brand         string
	Terms         json.RawMessage
	EffectiveFrom time.Time
	EffectiveTo   *time.Time
}

const productColumns = `id, version, brand, terms, effective_from, effective_to`

// onSale tells by the instant ?2 whether a version is on sale.
const onSale = `effective_from <= ?2 AND (effective_to IS NULL OR effective_to > ?2)`

func (r productRow) product() (lending.Product, error) {
	var p lending.Product
	if err := json.Unmarshal(r.Terms, &p); err != nil {
		return p, fmt.Errorf("terms of product %d version %d: %w", r.ID, r.Version, err)
	}
	p.ID, p.Version, p.Brand = r.ID, r.Version, r.Brand
	p.EffectiveFrom, p.EffectiveTo = r.EffectiveFrom.UTC(), timeOut(r.EffectiveTo)
	return p, nil
}

// Product reads one version of a product, or ErrNotFound.
func (r reader) Product(ctx context.Context, id int64, version int) (lending.Product, error) {
	var row productRow
	err := r.prepared(`SELECT `+productColumns+` FROM products WHERE id = ? AND version = ?`, id, version).Scan(ctx, &row)
	if err != nil {
		return lending.Product{}, fromTx(err)
	}
	return row.product()
}

// ProductOnSale reads the version of a brand's product that is on sale at an instant, or ErrNotFound.
func (r reader) ProductOnSale(ctx context.Context, brand string, id int64, at time.Time) (lending.Product, error) {
	var row productRow
	err := r.prepared(`SELECT `+productColumns+` FROM products
		WHERE brand = ?0 AND id = ?1 AND `+onSale+` ORDER BY version DESC LIMIT 1`, brand, id, at).Scan(ctx, &row)
	if err != nil {
		return lending.Product{}, fromTx(err)
	}
	return row.product()
}

// ProductsOnSale lists what a brand sells at an instant, by id: of each product the newest version in force.
func (r reader) ProductsOnSale(ctx context.Context, brand string, at time.Time) ([]lending.Product, error) {
	var rows []productRow
	err := r.prepared(`SELECT DISTINCT ON (id) `+productColumns+` FROM products
		WHERE brand = ?0 AND effective_from <= ?1 AND (effective_to IS NULL OR effective_to > ?1) ORDER BY id, version DESC`,
		brand, at).Scan(ctx, &rows)
	if err != nil {
		return nil, fromTx(err)
	}
	products := make([]lending.Product, len(rows))
	for i, row := range rows {
		if products[i], err = row.product(); err != nil {
			return nil, err
		}
	}
	return products, nil
}

// HasProduct says whether a brand has, or had, a product with this id.
func (r reader) HasProduct(ctx context.Context, brand string, id int64) (bool, error) {
	var has bool
	err := r.prepared(`SELECT EXISTS (SELECT FROM products WHERE brand = ? AND id = ?)`, brand, id).Scan(ctx, &has)
	return has, fromTx(err)
}

// PutProduct adds a version of a product; it ends the sale of the versions before it at the instant it begins. Versions are
// never changed, because loans point at them. override is the reason why a product that breaks policy is sold all the same; it
// is ignored for one that does not. It returns *lending.InvalidProduct, the fault POLICY_REFUSED for a breach without a reason,
// STATE_CONFLICT for an id of another brand, and a *DuplicateError of products_pkey for a version that exists.
func (t *Tx) PutProduct(ctx context.Context, p lending.Product, override string) error {
	var others int
	err := t.prepared(`SELECT count(*) FROM products WHERE id = ? AND brand <> ?`, p.ID, p.Brand).Scan(ctx, &others)
	if err != nil {
		return fromTx(err)
	}
	if others > 0 {
		return fault.New(catalog.StateConflict).WithCause(fmt.Errorf("product %d belongs to another brand", p.ID))
	}
	added, err := t.insertProduct(ctx, p, override)
	if err != nil {
		return err
	}
	if added == 0 {
		return &DuplicateError{Constraint: "products_pkey"}
	}
	_, err = t.prepared(`UPDATE products SET effective_to = greatest(effective_from, ?0)
		WHERE id = ?1 AND version < ?2 AND (effective_to IS NULL OR effective_to > ?0)`, p.EffectiveFrom, p.ID, p.Version).Exec(ctx)
	return fromTx(err)
}

// insertProduct adds a version unless it exists, and says how many rows that made.
func (t *Tx) insertProduct(ctx context.Context, p lending.Product, override string) (int, error) {
	if err := p.Validate(); err != nil {
		return 0, err
	}
	if lending.Compliant(p) {
		override = ""
	} else if override == "" {
		return 0, fault.New(catalog.PolicyRefused).WithCause(fmt.Errorf("product %d breaks policy and no reason is given", p.ID))
	}
	terms, err := json.Marshal(p)
	if err != nil {
		return 0, err
	}
	return t.inserted(t.prepared(`INSERT INTO products (id, version, brand, terms, effective_from, effective_to, policy_override, created_at)
		VALUES (?, ?, ?, ?::jsonb, ?, ?, ?, ?) ON CONFLICT (id, version) DO NOTHING`,
		p.ID, p.Version, p.Brand, string(terms), p.EffectiveFrom, timeIn(p.EffectiveTo), override, t.now).Exec(ctx))
}
