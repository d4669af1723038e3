package backoffice

import (
	"context"
	"fmt"
	"reflect"
	"time"

	"github.com/creditpocket/creditpocket/gen/catalog"
	"github.com/creditpocket/creditpocket/internal/lending"
	"github.com/creditpocket/creditpocket/internal/store"
)

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
	engine, err := s.engine(ctx, l.Brand, version)
	if err != nil {
		return Replay{}, orFault(err, catalog.RecordNotFound)
	}
	return again(engine, recorded, version)
}

func (s *Service) engine(ctx context.Context, brand string, version int) (*lending.Engine, error) {
	set, err := s.store.RuleSet(ctx, brand, version)
	if err != nil {
		return nil, err
	}
	return lending.CompileRules(set.Rules)
}

func again(engine *lending.Engine, recorded store.Decision, version int) (Replay, error) {
	d, err := engine.Decide(recorded.Snapshot)
	return Replay{Recorded: recorded, Version: version, Outcome: d.Outcome, Hits: d.Hits,
		Agrees: d.Outcome == recorded.Outcome && reflect.DeepEqual(d.Hits, recorded.Hits)}, err
}

// ReplayTally counts decisions that were made again.
type ReplayTally struct {
	Decisions int
	Differing int
	Erased    int // whose snapshot went with its borrower
}

// replayBatch decisions are read at once.
const replayBatch = 500

// ReplayAll makes every decision since an instant again, with the rules of its time, and hands each that differs to differs. It changes
// nothing.
func (s *Service) ReplayAll(ctx context.Context, since time.Time, differs func(Replay) error) (ReplayTally, error) {
	type key struct {
		brand   string
		version int
	}
	engines := map[key]*lending.Engine{}
	var tally ReplayTally
	for after := int64(0); ; {
		batch, err := s.store.DecisionsSince(ctx, since, after, replayBatch)
		if err != nil || len(batch) == 0 {
			return tally, err
		}
		for _, d := range batch {
			after = d.LoanID
			tally.Decisions++
			if d.Erased {
				tally.Erased++
				continue
			}
			k := key{d.Brand, d.RuleSetVersion}
			if engines[k] == nil {
				if engines[k], err = s.engine(ctx, d.Brand, d.RuleSetVersion); err != nil {
					return tally, fmt.Errorf("rules of %s version %d: %w", d.Brand, d.RuleSetVersion, err)
				}
			}
			r, err := again(engines[k], d.Decision, d.RuleSetVersion)
			if err != nil {
				return tally, err
			}
			if r.Agrees {
				continue
			}
			tally.Differing++
			if err := differs(r); err != nil {
				return tally, err
			}
		}
	}
}
