package opswire

import (
	"strings"

	"github.com/creditpocket/creditpocket/gen/opsapi"
	"github.com/creditpocket/creditpocket/internal/backoffice"
	"github.com/creditpocket/creditpocket/internal/lending"
	"github.com/creditpocket/creditpocket/internal/store"
	"github.com/creditpocket/creditpocket/internal/wire"
)

// RuleSet reads a version of rules; whether they compile is not judged here.
func RuleSet(in opsapi.RuleSetImport) lending.RuleSet {
	set := lending.RuleSet{Version: in.Name, Default: lending.Verdict{Outcome: outcome(in.Fallback.Outcome), Reason: in.Fallback.Reason,
		Internal: in.Fallback.StaffText, Borrower: wire.Text(in.Fallback.BorrowerText)}}
	for _, r := range in.Rules {
		set.Rules = append(set.Rules, lending.Rule{Name: r.Name, When: r.Condition, Verdict: lending.Verdict{Outcome: outcome(r.Outcome), Reason: r.Reason,
			Internal: r.StaffText, Borrower: wire.Text(r.BorrowerText)}})
	}
	return set
}

func outcome(o opsapi.RiskOutcome) lending.Outcome {
	return lending.Outcome(strings.ToLower(string(o)))
}

func riskOutcome(o lending.Outcome) opsapi.RiskOutcome { return opsapi.RiskOutcome(word(string(o))) }

// RuleSets is a page of versions of a brand's rules.
func RuleSets(brand string, rows []store.RuleSetVersion, p store.Page) opsapi.RuleSetVersionList {
	return opsapi.RuleSetVersionList{Next: next(rows, p, func(v store.RuleSetVersion) int64 { return int64(v.Version) }),
		List: each(rows, func(v store.RuleSetVersion) opsapi.RuleSetVersion { return RuleSetVersion(brand, v) })}
}

// RuleSetVersion is a version of a brand's rules.
func RuleSetVersion(brand string, v store.RuleSetVersion) opsapi.RuleSetVersion {
	d := v.Rules.Default
	return opsapi.RuleSetVersion{Brand: brand, Version: wire.Int32(v.Version), Name: v.Rules.Version, CreatedAt: instant(v.CreatedAt),
		Fallback: opsapi.VerdictText{Outcome: riskOutcome(d.Outcome), Reason: d.Reason, StaffText: d.Internal, BorrowerText: d.Borrower},
		Rules: each(v.Rules.Rules, func(r lending.Rule) opsapi.RuleText {
			return opsapi.RuleText{Name: r.Name, Condition: r.When, Outcome: riskOutcome(r.Outcome), Reason: r.Reason, StaffText: r.Internal, BorrowerText: r.Borrower}
		})}
}

func ruling(o lending.Outcome, version int, hits []lending.Hit, recorded store.Decision) opsapi.LoanRuling {
	return opsapi.LoanRuling{Outcome: riskOutcome(o), RuleSetVersion: wire.Int32(version), At: instant(recorded.CreatedAt),
		Hits: each(hits, func(h lending.Hit) opsapi.RuleHit {
			return opsapi.RuleHit{Rule: h.Rule, Outcome: riskOutcome(h.Outcome), Reason: h.Reason, StaffText: h.Internal, BorrowerText: h.Borrower}
		})}
}

// Replay is a decision made again, with the facts it was made from.
func Replay(loan int64, r backoffice.Replay) opsapi.DecisionReplay {
	return opsapi.DecisionReplay{LoanID: id(loan), Agrees: r.Agrees, RuleSetVersion: wire.Int32(r.Version),
		Recorded: ruling(r.Recorded.Outcome, r.Recorded.RuleSetVersion, r.Recorded.Hits, r.Recorded),
		Replayed: ruling(r.Outcome, r.Version, r.Hits, r.Recorded), Facts: facts(r.Recorded.Snapshot)}
}

// facts lists a snapshot by the names that rules use.
func facts(s lending.Snapshot) []opsapi.RiskFact {
	return each(s.Named(), func(f lending.NamedFact) opsapi.RiskFact { return opsapi.RiskFact{Name: f.Name, Fact: f.Value} })
}
