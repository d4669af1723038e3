package backoffice

import (
	"context"
	"errors"
	"fmt"
	"reflect"

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

// Replay is a decision made again from its stored snapshot.
type Replay struct {
	Recorded store.Decision
	Version  int // of the rules that were used now
	Outcome  lending.Outcome
	Hits     []lending.Hit
	Agrees   bool // the same outcome for the same reasons
}

// ReplayDecision decides about a loan again, from the stored snapshot, with the rules of the time, or with another version of the
// brand's rules where version is not 0. It changes nothing. It returns LOAN_NOT_FOUND, and RECORD_NOT_FOUND where there is no decision,
// no such version, or no snapshot any more because the borrower was erased.
func (s *Service) ReplayDecision(ctx context.Context, by Actor, loan int64, version int) (Replay, error) {
	l, err := s.loan(ctx, by, loan)
	if err != nil {
		return Replay{}, err
	}
	recorded, err := s.store.Decision(ctx, l.BorrowerID, l.ID)
	if err == nil && recorded.Erased {
		err = store.ErrNotFound
	}
	if err != nil {
		return Replay{}, orFault(err, catalog.RecordNotFound)
	}
	if version == 0 {
		version = recorded.RuleSetVersion
	}
	set, err := s.store.RuleSet(ctx, l.Brand, version)
	if err != nil {
		return Replay{}, orFault(err, catalog.RecordNotFound)
	}
	engine, err := lending.CompileRules(set.Rules)
	if err != nil {
		return Replay{}, err
	}
	d, err := engine.Decide(recorded.Snapshot)
	return Replay{Recorded: recorded, Version: version, Outcome: d.Outcome, Hits: d.Hits,
		Agrees: d.Outcome == recorded.Outcome && reflect.DeepEqual(d.Hits, recorded.Hits)}, err
}
