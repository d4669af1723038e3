package store

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/creditpocket/creditpocket/internal/lending"
)

// RuleSet is a version of a brand's decision rules. Version counts from 1 a brand and is what a decision is stored with; the
// set's own Version is a name for people.
type RuleSet struct {
	Version int
	Rules   lending.RuleSet
}

type ruleSetRow struct {
	Version int
	Rules   json.RawMessage
}

func (r ruleSetRow) ruleSet(brand string) (RuleSet, error) {
	set := RuleSet{Version: r.Version}
	if err := json.Unmarshal(r.Rules, &set.Rules); err != nil {
		return set, fmt.Errorf("rules of %s version %d: %w", brand, r.Version, err)
	}
	return set, nil
}

// LatestRuleSet reads the rules a brand decides by now, or ErrNotFound.
func (r reader) LatestRuleSet(ctx context.Context, brand string) (RuleSet, error) {
	var row ruleSetRow
	err := r.idb.NewRaw(`SELECT version, rules FROM rule_sets WHERE brand = ? ORDER BY version DESC LIMIT 1`, brand).Scan(ctx, &row)
	if err != nil {
		return RuleSet{}, fromTx(err)
	}
	return row.ruleSet(brand)
}

// RuleSet reads one version of a brand's rules, or ErrNotFound.
func (r reader) RuleSet(ctx context.Context, brand string, version int) (RuleSet, error) {
	var row ruleSetRow
	err := r.idb.NewRaw(`SELECT version, rules FROM rule_sets WHERE brand = ? AND version = ?`, brand, version).Scan(ctx, &row)
	if err != nil {
		return RuleSet{}, fromTx(err)
	}
	return row.ruleSet(brand)
}

// PutRuleSet adds a version of a brand's rules, which decides from now on. Versions are never changed, because decisions point
// at them. It returns the compiler's error for rules that do not compile, and a *DuplicateError of rule_sets_pkey for a version
// that exists.
func (t *Tx) PutRuleSet(ctx context.Context, brand string, version int, set lending.RuleSet) error {
	if _, err := lending.CompileRules(set); err != nil {
		return err
	}
	rules, err := json.Marshal(set)
	if err != nil {
		return err
	}
	_, err = t.idb.NewRaw(`INSERT INTO rule_sets (brand, version, rules, created_at) VALUES (?, ?, ?::jsonb, ?)`,
		brand, version, string(rules), t.now).Exec(ctx)
	return fromTx(err)
}
