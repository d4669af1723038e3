package lending

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/expr-lang/expr"
	"github.com/expr-lang/expr/ast"
	"github.com/expr-lang/expr/parser"
	"github.com/expr-lang/expr/vm"
)

// Bounds of a rule set.
const (
	maxRules        = 200
	maxRuleText     = 1_000 // bytes of one expression
	maxRuleNodes    = 200
	maxVerdictText  = 300
	maxVersionBytes = 40
)

var (
	ruleName   = regexp.MustCompile(`^[a-z][a-z0-9_]{0,63}$`)
	reasonCode = regexp.MustCompile(`^[A-Z][A-Z0-9_]{0,63}$`)
)

// Engine is a compiled rule set. It is safe for concurrent use.
type Engine struct {
	set      RuleSet
	programs []*vm.Program
}

// CompileRules checks and compiles a rule set. The language is a small part of expr: facts, integers, true, false and texts,
// comparison, and, or, not, in, + - and *, parentheses and the conditional. There is no function, no division and no fraction, so a
// rule reads no clock and no chance and cannot run long. It returns an error that names the rule and what is wrong with it.
func CompileRules(set RuleSet) (*Engine, error) {
	if set.Version == "" || len(set.Version) > maxVersionBytes {
		return nil, fmt.Errorf("lending: a rule set needs a version of at most %d bytes", maxVersionBytes)
	}
	if len(set.Rules) > maxRules {
		return nil, fmt.Errorf("lending: a rule set has at most %d rules", maxRules)
	}
	if err := set.Default.validate(); err != nil {
		return nil, fmt.Errorf("lending: the default verdict %w", err)
	}
	e := &Engine{set: set}
	e.set.Rules = append([]Rule(nil), set.Rules...)
	names := map[string]bool{}
	for _, rule := range e.set.Rules {
		if !ruleName.MatchString(rule.Name) || names[rule.Name] {
			return nil, fmt.Errorf("lending: rule name %q must be lower_snake and stand once", rule.Name)
		}
		names[rule.Name] = true
		if err := rule.validate(); err != nil {
			return nil, fmt.Errorf("lending: rule %s %w", rule.Name, err)
		}
		program, err := compileRule(rule.When)
		if err != nil {
			return nil, fmt.Errorf("lending: rule %s: %w", rule.Name, err)
		}
		e.programs = append(e.programs, program)
	}
	return e, nil
}

func (v Verdict) validate() error {
	switch {
	case !v.Outcome.Known():
		return fmt.Errorf("has the unknown outcome %q", string(v.Outcome))
	case !reasonCode.MatchString(v.Reason):
		return fmt.Errorf("needs a reason in UPPER_SNAKE")
	case v.Internal == "" || len(v.Internal) > maxVerdictText || len(v.Borrower) > maxVerdictText:
		return fmt.Errorf("needs an internal text, and texts of at most %d bytes", maxVerdictText)
	case v.Outcome == Reject && v.Borrower == "":
		return fmt.Errorf("refuses a borrower without an explanation")
	}
	return nil
}

func compileRule(when string) (*vm.Program, error) {
	if strings.TrimSpace(when) == "" || len(when) > maxRuleText {
		return nil, fmt.Errorf("needs an expression of at most %d bytes", maxRuleText)
	}
	tree, err := parser.Parse(when)
	if err != nil {
		return nil, err
	}
	check := &languageCheck{facts: map[string]bool{}}
	for _, f := range Facts() {
		check.facts[f.Name] = true
	}
	ast.Walk(&tree.Node, check)
	if check.err != nil {
		return nil, check.err
	}
	return expr.Compile(when, expr.Env(Snapshot{}), expr.AsBool(), expr.DisableAllBuiltins(), expr.MaxNodes(maxRuleNodes))
}

// languageCheck refuses every construct outside the small language.
type languageCheck struct {
	facts map[string]bool
	err   error
}

// Visit is called by the expression library for each node.
func (c *languageCheck) Visit(node *ast.Node) {
	if c.err != nil {
		return
	}
	switch n := (*node).(type) {
	case *ast.IntegerNode, *ast.BoolNode, *ast.StringNode, *ast.ArrayNode, *ast.ConditionalNode:
	case *ast.IdentifierNode:
		if !c.facts[n.Value] {
			c.err = fmt.Errorf("knows no fact %q", n.Value)
		}
	case *ast.UnaryNode:
		c.operator(n.Operator, " ! not - + ")
	case *ast.BinaryNode:
		c.operator(n.Operator, " and && or || == != < <= > >= + - * in ")
	default:
		c.err = fmt.Errorf("uses a construct that rules may not use (%s)", strings.TrimSuffix(strings.TrimPrefix(fmt.Sprintf("%T", n), "*ast."), "Node"))
	}
}

func (c *languageCheck) operator(op, allowed string) {
	if !strings.Contains(allowed, " "+op+" ") {
		c.err = fmt.Errorf("uses the operator %q, which rules may not use", op)
	}
}

// Hit is a rule that applied.
type Hit struct {
	Rule string `json:"rule"` // "" for the rule set's default
	Verdict
}

// Decision is what a rule set says about a snapshot.
type Decision struct {
	Hit                   // the rule that decided
	Hits           []Hit  `json:"hits"` // every rule that applied, in order; the default alone when none did
	RuleSetVersion string `json:"ruleSetVersion"`
}

// Version is the version of the compiled rule set.
func (e *Engine) Version() string { return e.set.Version }

// Decide evaluates the rules over a snapshot. The same snapshot always gives the same decision. It returns an error only when the
// expression library fails, which a compiled rule does not do.
func (e *Engine) Decide(s Snapshot) (Decision, error) {
	d := Decision{RuleSetVersion: e.set.Version}
	for i, program := range e.programs {
		applies, err := expr.Run(program, s)
		if err != nil {
			return Decision{}, fmt.Errorf("lending: rule %s: %w", e.set.Rules[i].Name, err)
		}
		if applies == true {
			d.Hits = append(d.Hits, Hit{e.set.Rules[i].Name, e.set.Rules[i].Verdict})
		}
	}
	if len(d.Hits) == 0 {
		d.Hits = []Hit{{"", e.set.Default}}
	}
	d.Hit = d.Hits[0]
	return d, nil
}
