package store

import (
	"context"
	"database/sql"
	"fmt"
	"strings"

	"github.com/creditpocket/creditpocket/internal/lending"
)

// Seeding adds rows that are missing and leaves rows that are there as they are: an operator's edits stay. Each
// method says how many rows it added.

// inserted turns the result of an INSERT ... ON CONFLICT DO NOTHING into the number of rows it added.
func (t *Tx) inserted(result sql.Result, err error) (int, error) {
	if err != nil {
		return 0, fromTx(err)
	}
	n, err := result.RowsAffected()
	return int(n), err
}

// seed adds rows to a table in one statement; key are the columns that say which row is which.
func (t *Tx) seed(ctx context.Context, table, columns, key string, rows [][]any) (int, error) {
	if len(rows) == 0 {
		return 0, nil
	}
	places := "(?" + strings.Repeat(", ?", len(rows[0])-1) + ")"
	values := places + strings.Repeat(", "+places, len(rows)-1)
	var args []any
	for _, row := range rows {
		args = append(args, row...)
	}
	return t.inserted(t.idb.NewRaw(fmt.Sprintf("INSERT INTO %s (%s) VALUES %s ON CONFLICT (%s) DO NOTHING", table, columns, values, key), args...).Exec(ctx))
}

// rowsOf makes the rows of seed.
func rowsOf[T any](items []T, row func(T) []any) [][]any {
	rows := make([][]any, len(items))
	for i, item := range items {
		rows[i] = row(item)
	}
	return rows
}

// SeedBrand adds a brand.
func (t *Tx) SeedBrand(ctx context.Context, b Brand) (int, error) {
	return t.seed(ctx, "brands", "code, name, indent_prefix, created_at", "code", [][]any{{b.Code, b.Name, b.IndentPrefix, t.now}})
}

// SeedCities adds cities of the dictionary.
func (t *Tx) SeedCities(ctx context.Context, cities []City) (int, error) {
	return t.seed(ctx, "cities", "code, name, state_code, state_name, sort", "code", rowsOf(cities, func(c City) []any {
		return []any{c.Code, c.Name, c.StateCode, c.StateName, c.Sort}
	}))
}

// SeedIncomeBands adds bands of income.
func (t *Tx) SeedIncomeBands(ctx context.Context, bands []IncomeBand) (int, error) {
	return t.seed(ctx, "income_bands", "code, title, min_kobo, max_kobo, sort", "code", rowsOf(bands, func(b IncomeBand) []any {
		var highest *int64
		if !b.Open {
			kobo := int64(b.Max)
			highest = &kobo
		}
		return []any{b.Code, b.Title, int64(b.Min), highest, b.Sort}
	}))
}

// SeedBanks adds banks.
func (t *Tx) SeedBanks(ctx context.Context, banks []Bank) (int, error) {
	return t.seed(ctx, "banks", "code, name, sort, active", "code", rowsOf(banks, func(b Bank) []any {
		return []any{b.Code, b.Name, b.Sort, b.Active}
	}))
}

// SeedConsentPolicies adds versions of consent texts.
func (t *Tx) SeedConsentPolicies(ctx context.Context, policies []ConsentPolicy) (int, error) {
	return t.seed(ctx, "consent_policies", "brand, purpose, policy_version, title, content, required, effective_from", "brand, purpose, policy_version",
		rowsOf(policies, func(p ConsentPolicy) []any {
			return []any{p.Brand, p.Purpose, p.Version, p.Title, p.Text, p.Required, p.EffectiveFrom}
		}))
}

// SeedQuestions adds questions of a brand.
func (t *Tx) SeedQuestions(ctx context.Context, brand string, questions []Question) (int, error) {
	return t.seed(ctx, "questions", "id, brand, category, title, answer, sort", "id", rowsOf(questions, func(q Question) []any {
		return []any{q.ID, brand, q.Category, q.Title, q.Answer, q.Sort}
	}))
}

// SeedSupportPhones adds telephone numbers of a brand, shown by id.
func (t *Tx) SeedSupportPhones(ctx context.Context, brand string, phones []SupportPhone) (int, error) {
	return t.seed(ctx, "support_phones", "id, brand, title, phone, opening_hours, sort", "id", rowsOf(phones, func(p SupportPhone) []any {
		return []any{p.ID, brand, p.Title, p.Phone, p.OpeningHours, p.ID}
	}))
}

// SeedSupportEmail adds a brand's e-mail address unless it has one.
func (t *Tx) SeedSupportEmail(ctx context.Context, brand string, e SupportEmail) (int, error) {
	return t.seed(ctx, "support_emails", "brand, title, email", "brand", [][]any{{brand, e.Title, e.Email}})
}

// SeedTemplates adds message templates.
func (t *Tx) SeedTemplates(ctx context.Context, templates []MessageTemplate) (int, error) {
	return t.seed(ctx, "message_templates", "brand, event, language, type, title, content", "brand, event, language",
		rowsOf(templates, func(m MessageTemplate) []any {
			return []any{m.Brand, m.Event, m.Language, m.Type, m.Title, m.Content}
		}))
}

// SeedProduct adds a version of a product, with the reason why it is sold although it breaks policy (see PutProduct). A product
// that has any version is left alone.
func (t *Tx) SeedProduct(ctx context.Context, p lending.Product, override string) (int, error) {
	var known bool
	err := t.idb.NewRaw(`SELECT EXISTS (SELECT FROM products WHERE id = ?)`, p.ID).Scan(ctx, &known)
	if err != nil || known {
		return 0, fromTx(err)
	}
	return t.insertProduct(ctx, p, override)
}

// SeedRuleSet gives a brand its first decision rules; a brand that has any is left alone.
func (t *Tx) SeedRuleSet(ctx context.Context, brand string, set lending.RuleSet) (int, error) {
	var known bool
	err := t.idb.NewRaw(`SELECT EXISTS (SELECT FROM rule_sets WHERE brand = ?)`, brand).Scan(ctx, &known)
	if err != nil || known {
		return 0, fromTx(err)
	}
	return 1, t.PutRuleSet(ctx, brand, 1, set)
}
