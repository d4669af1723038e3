package store

import (
	"context"
	"encoding/json"
	"time"

	"github.com/creditpocket/creditpocket/internal/lending"
)

// ProductVersion is a version of a product with what the import wrote down.
type ProductVersion struct {
	Product   lending.Product
	Override  string // why it is sold although it breaks policy; "" where it does not
	CreatedAt time.Time
}

// ProductVersions lists all versions by product, newest version first; the cursor is the number of rows to skip.
func (r reader) ProductVersions(ctx context.Context, p Page) ([]ProductVersion, error) {
	var rows []struct {
		productRow     `bun:",extend"`
		PolicyOverride string
		CreatedAt      time.Time
	}
	err := r.idb.NewRaw(`SELECT `+productColumns+`, policy_override, created_at FROM products WHERE (?0 = '' OR brand = ?0)
		ORDER BY brand, id, version DESC LIMIT ?1 OFFSET ?2`, p.Brand, p.Limit, p.Cursor).Scan(ctx, &rows)
	if err != nil {
		return nil, fromTx(err)
	}
	versions := make([]ProductVersion, len(rows))
	for i, row := range rows {
		product, err := row.product()
		if err != nil {
			return nil, err
		}
		versions[i] = ProductVersion{Product: product, Override: row.PolicyOverride, CreatedAt: row.CreatedAt.UTC()}
	}
	return versions, nil
}

// NewestProductVersion is the highest version of a product, 0 where there is none.
func (r reader) NewestProductVersion(ctx context.Context, id int64) (int, error) {
	var version int
	err := r.idb.NewRaw(`SELECT coalesce(max(version), 0) FROM products WHERE id = ?`, id).Scan(ctx, &version)
	return version, fromTx(err)
}

// RuleSetVersion is a version of a brand's rules with the time of its import.
type RuleSetVersion struct {
	RuleSet
	CreatedAt time.Time
}

// RuleSets lists a brand's versions, newest first; the cursor is the last version seen.
func (r reader) RuleSets(ctx context.Context, p Page) ([]RuleSetVersion, error) {
	var rows []struct {
		Version   int
		Rules     json.RawMessage
		CreatedAt time.Time
	}
	err := r.idb.NewRaw(`SELECT version, rules, created_at FROM rule_sets WHERE brand = ?0 AND (?1 = 0 OR version < ?1) ORDER BY version DESC LIMIT ?2`,
		p.Brand, p.Cursor, p.Limit).Scan(ctx, &rows)
	if err != nil {
		return nil, fromTx(err)
	}
	versions := make([]RuleSetVersion, len(rows))
	for i, row := range rows {
		set, err := ruleSetRow{Version: row.Version, Rules: row.Rules}.ruleSet(p.Brand)
		if err != nil {
			return nil, err
		}
		versions[i] = RuleSetVersion{set, row.CreatedAt.UTC()}
	}
	return versions, nil
}
