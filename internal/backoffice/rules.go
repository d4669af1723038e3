package backoffice

import (
	"context"
	"errors"
	"fmt"

	"github.com/creditpocket/creditpocket/gen/catalog"
	"github.com/creditpocket/creditpocket/internal/fault"
	"github.com/creditpocket/creditpocket/internal/lending"
	"github.com/creditpocket/creditpocket/internal/store"
)

// RuleSets lists the versions of a brand's rules, newest first. It returns BRAND_FORBIDDEN.
func (s *Service) RuleSets(ctx context.Context, by Actor, p store.Page) ([]store.RuleSetVersion, error) {
	p, err := by.page(p)
	if err != nil {
		return nil, err
	}
	return s.store.RuleSets(ctx, p)
}

// ImportRuleSet adds the next version of a brand's rules, which decides from now on. It returns BRAND_FORBIDDEN, VALIDATION_FAILED for
// an unknown brand, and RULES_INVALID.
func (s *Service) ImportRuleSet(ctx context.Context, by Actor, key, brand string, set lending.RuleSet, reason string) (Done[store.RuleSetVersion], error) {
	if err := s.mayImport(ctx, by, brand); err != nil {
		return Done[store.RuleSetVersion]{}, err
	}
	if _, err := lending.CompileRules(set); err != nil {
		return Done[store.RuleSetVersion]{}, fault.New(catalog.RulesInvalid).WithField("rules", clip(err.Error(), 300)).WithCause(err)
	}
	return act(ctx, s, order{by, "importRuleSet", key, reason, []any{brand, set}}, func(ctx context.Context, tx *store.Tx, n *note) (store.RuleSetVersion, error) {
		var v store.RuleSetVersion
		latest, err := tx.LatestRuleSet(ctx, brand)
		if err != nil && !errors.Is(err, store.ErrNotFound) {
			return v, err
		}
		v = store.RuleSetVersion{RuleSet: store.RuleSet{Version: latest.Version + 1, Rules: set}, CreatedAt: tx.Now()}
		err = tx.PutRuleSet(ctx, brand, v.Version, set)
		if store.IsDuplicate(err, "rule_sets_pkey") {
			err = fault.New(catalog.StateConflict).WithCause(err)
		}
		n.about("ruleset", int64(v.Version), brand)
		n.change("version", fmt.Sprint(latest.Version), fmt.Sprint(v.Version))
		return v, err
	})
}

// clip shortens a text to so many bytes, at the end of a character.
func clip(text string, most int) string {
	for len(text) > most {
		runes := []rune(text)
		text = string(runes[:len(runes)-1])
	}
	return text
}
