package lending_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"os"
	"reflect"
	"testing"
	"time"

	"github.com/creditpocket/creditpocket/internal/clock"
	"github.com/creditpocket/creditpocket/internal/lending"
	"github.com/creditpocket/creditpocket/internal/money"
)

var update = flag.Bool("update", false, "rewrite the generated cases of testdata/vectors.json from the oracle")

const vectorsFile = "testdata/vectors.json"

// The types below are the format of testdata/vectors.json, described in testdata/README.md.

type vectorFile struct {
	Format int          `json:"format"`
	Cases  []vectorCase `json:"cases"`
}

type vectorCase struct {
	Name        string        `json:"name"`
	Source      string        `json:"source"`
	Product     vectorProduct `json:"product"`
	Price       vectorTerms   `json:"price"`
	Sold        *vectorTerms  `json:"sold,omitempty"`
	Status      int           `json:"status,omitempty"`
	DisbursedAt string        `json:"disbursedAt,omitempty"`
	Steps       []vectorStep  `json:"steps"`
}

type vectorProduct struct {
	Principal        int64    `json:"principal"`
	TermDays         int      `json:"termDays"`
	ServiceFee       int64    `json:"serviceFee,omitempty"`
	InterestDailyBps int      `json:"interestDailyBps,omitempty"`
	UpfrontFee       int64    `json:"upfrontFee,omitempty"`
	PenaltyDailyBps  int      `json:"penaltyDailyBps,omitempty"`
	PenaltyCapBps    int      `json:"penaltyCapBps,omitempty"`
	GraceDays        int      `json:"graceDays,omitempty"`
	GraceMode        string   `json:"graceMode,omitempty"`
	ExtensionFee     int64    `json:"extensionFee,omitempty"`
	ExtensionDays    int      `json:"extensionDays,omitempty"`
	MaxExtensions    int      `json:"maxExtensions,omitempty"`
	Allocation       []string `json:"allocation,omitempty"`
	RebateInterest   bool     `json:"rebateInterest,omitempty"`
}

type vectorTerms struct {
	Principal  int64 `json:"principal"`
	Disbursed  int64 `json:"disbursed"`
	UpfrontFee int64 `json:"upfrontFee"`
	ServiceFee int64 `json:"serviceFee"`
	Interest   int64 `json:"interest"`
	SuffixFee  int64 `json:"suffixFee"`
	Due        int64 `json:"due"`
	TermDays   int   `json:"termDays"`
	APRBps     int64 `json:"aprBps"`
}

type vectorStep struct {
	At      string       `json:"at"`
	Op      string       `json:"op"`
	PaidAt  string       `json:"paidAt,omitempty"`
	Amount  int64        `json:"amount,omitempty"`
	Parts   *vectorParts `json:"parts,omitempty"`
	Status  int          `json:"status,omitempty"`
	Refused string       `json:"refused,omitempty"`
	Expect  vectorExpect `json:"expect"`
}

type vectorParts struct {
	Penalty    int64 `json:"penalty"`
	ServiceFee int64 `json:"serviceFee"`
	Interest   int64 `json:"interest"`
	Principal  int64 `json:"principal"`
}

type vectorExpect struct {
	Status          int         `json:"status"`
	ActualBalance   int64       `json:"actualBalance"`
	ShouldbackTime  string      `json:"shouldbackTime"`
	OverdueFee      int64       `json:"overdueFee"`
	CouponsFee      int64       `json:"couponsFee"`
	ReduceAmt       int64       `json:"reduceAmt"`
	ActualbackAmt   int64       `json:"actualbackAmt"`
	RemainingAmount int64       `json:"remainingAmount"`
	OverDays        int         `json:"overDays"`
	ExtensionStatus int         `json:"extensionStatus"`
	Credit          int64       `json:"credit"`
	Owed            vectorParts `json:"owed"`
}

func (p vectorProduct) product(t testing.TB) lending.Product {
	out := lending.Product{
		ID: 1, Brand: "CycleCash", Name: "vector", Principal: money.Kobo(p.Principal), TermDays: p.TermDays, ServiceFee: money.Kobo(p.ServiceFee),
		InterestDailyBps: p.InterestDailyBps, UpfrontFee: money.Kobo(p.UpfrontFee), EffectiveFrom: time.Unix(1, 0),
		Conditions: lending.Conditions{
			PenaltyDailyBps: p.PenaltyDailyBps, PenaltyCapBps: p.PenaltyCapBps, GraceDays: p.GraceDays, GraceMode: lending.GraceMode(p.GraceMode),
			ExtensionFee: money.Kobo(p.ExtensionFee), ExtensionDays: p.ExtensionDays, MaxExtensions: p.MaxExtensions, RebateInterest: p.RebateInterest,
		},
	}
	for i, part := range p.Allocation {
		out.Allocation[i] = money.Component(part)
	}
	out = out.WithDefaults()
	if err := out.Validate(); err != nil {
		t.Fatal(err)
	}
	return out
}

func termsOut(t lending.Terms) vectorTerms {
	return vectorTerms{
		int64(t.Principal), int64(t.Disbursed), int64(t.UpfrontFee), int64(t.ServiceFee), int64(t.Interest), int64(t.SuffixFee), int64(t.Due), t.TermDays, t.APRBps(),
	}
}

func (v vectorTerms) terms() lending.Terms {
	return lending.Terms{
		Principal: money.Kobo(v.Principal), Disbursed: money.Kobo(v.Disbursed), UpfrontFee: money.Kobo(v.UpfrontFee), ServiceFee: money.Kobo(v.ServiceFee),
		Interest: money.Kobo(v.Interest), SuffixFee: money.Kobo(v.SuffixFee), Due: money.Kobo(v.Due), TermDays: v.TermDays,
	}
}

func wireTime(t testing.TB, s string) time.Time {
	at, err := clock.ParseWire(s)
	if err != nil {
		t.Fatalf("%q: %v", s, err)
	}
	return at
}

func loadVectors(t testing.TB) vectorFile {
	raw, err := os.ReadFile(vectorsFile)
	if err != nil {
		t.Fatal(err)
	}
	var f vectorFile
	d := json.NewDecoder(bytes.NewReader(raw))
	d.DisallowUnknownFields()
	if err := d.Decode(&f); err != nil {
		t.Fatal(err)
	}
	return f
}

// saveVectors writes one case a line, so that a change shows as the cases it changes.
func saveVectors(t testing.TB, f vectorFile) {
	var b bytes.Buffer
	b.WriteString("{\"format\": 1, \"cases\": [\n")
	for i, c := range f.Cases {
		line, err := json.Marshal(c)
		if err != nil {
			t.Fatal(err)
		}
		b.Write(line)
		if i < len(f.Cases)-1 {
			b.WriteByte(',')
		}
		b.WriteByte('\n')
	}
	b.WriteString("]}\n")
	if err := os.WriteFile(vectorsFile, b.Bytes(), 0o644); err != nil {
		t.Fatal(err)
	}
}

// apply runs one step on the engine and returns the loan, what went to the borrower's credit, and the reason of a refusal.
func apply(t testing.TB, l lending.Loan, s vectorStep) (lending.Loan, lending.Effect, string) {
	at := wireTime(t, s.At)
	var e lending.Effect
	var err error
	switch s.Op {
	case "look":
		return l, lending.Effect{Loan: l}, ""
	case "run":
		day, added := lending.RunDay(l, clock.DateOf(at))
		return day, lending.Effect{Loan: day, Movement: money.Movement{PenaltyAfter: added}}, ""
	case "import":
		l.State, l.ClosedAt = lending.State(s.Status), at
		return l, lending.Effect{Loan: l}, ""
	case "pay":
		e, err = lending.ApplyPayment(l, money.Kobo(s.Amount), wireTime(t, s.PaidAt), at)
	case "waive":
		e, err = lending.Waive(l, s.Parts.components(), at)
	case "coupon":
		e, err = lending.RedeemCoupon(l, money.Kobo(s.Amount), at)
	case "extend":
		if s.PaidAt == "" {
			e, err = lending.Extend(l, at)
		} else {
			e, err = lending.ExtendPaid(l, wireTime(t, s.PaidAt), at)
		}
	case "write_off":
		e, err = lending.WriteOff(l, at)
	case "reverse":
		e, err = lending.ReversePayout(l, at)
	default:
		t.Fatalf("unknown op %q", s.Op)
	}
	if err != nil {
		var rule *lending.RuleError
		if !errors.As(err, &rule) {
			t.Fatalf("not a rule error: %v", err)
		}
		if !reflect.DeepEqual(e, lending.Effect{Loan: l}) {
			t.Fatalf("a refused %s changed something", s.Op)
		}
		return l, e, rule.Reason
	}
	return e.Loan, e, ""
}

func (p vectorParts) components() money.Components {
	return money.Components{Penalty: money.Kobo(p.Penalty), ServiceFee: money.Kobo(p.ServiceFee), Interest: money.Kobo(p.Interest), Principal: money.Kobo(p.Principal)}
}

func expectOf(l lending.Loan, at time.Time, credit money.Kobo) vectorExpect {
	p := lending.PositionAt(l, at)
	return vectorExpect{
		Status: int(p.State), ActualBalance: int64(p.Disbursed), ShouldbackTime: clock.FormatWire(l.DueAt), OverdueFee: int64(p.Penalty), CouponsFee: int64(p.Coupon),
		ReduceAmt: int64(p.Waived), ActualbackAmt: int64(p.Paid), RemainingAmount: int64(p.Remaining), OverDays: p.OverDays, ExtensionStatus: l.Extensions,
		Credit: int64(credit),
		Owed:   vectorParts{int64(p.Outstanding.Penalty), int64(p.Outstanding.ServiceFee), int64(p.Outstanding.Interest), int64(p.Outstanding.Principal)},
	}
}

// sell prices and pays out a case's loan on the engine.
func sell(t testing.TB, c vectorCase) lending.Loan {
	product := c.Product.product(t)
	terms, err := product.Price()
	if err != nil {
		t.Fatal(err)
	}
	if got := termsOut(terms); got != c.Price {
		t.Errorf("price\n got %+v\nwant %+v", got, c.Price)
	}
	if c.Sold != nil {
		terms = c.Sold.terms()
		if got := termsOut(terms); got != *c.Sold || !terms.Consistent() {
			t.Errorf("sold\n got %+v\nwant %+v", got, *c.Sold)
		}
	}
	l := lending.NewLoan(terms, product.Conditions)
	if c.DisbursedAt == "" {
		l.State = lending.State(c.Status)
		return l
	}
	l.State = lending.Disbursing
	l, err = lending.Disburse(l, wireTime(t, c.DisbursedAt))
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func TestGoldenVectors(t *testing.T) {
	if *update {
		regenerate(t)
	}
	f := loadVectors(t)
	bySource := map[string]int{}
	names := map[string]bool{}
	for _, c := range f.Cases {
		if names[c.Name] {
			t.Errorf("two cases are named %q", c.Name)
		}
		names[c.Name] = true
		bySource[c.Source]++
		t.Run(c.Name, func(t *testing.T) {
			l := sell(t, c)
			var credit money.Kobo
			for i, s := range c.Steps {
				var e lending.Effect
				var refused string
				l, e, refused = apply(t, l, s)
				credit += e.Over
				if refused != s.Refused {
					t.Errorf("step %d %s: refused %q, want %q", i, s.Op, refused, s.Refused)
				}
				if got := expectOf(l, wireTime(t, s.At), credit); got != s.Expect {
					t.Errorf("step %d %s at %s\n got %+v\nwant %+v", i, s.Op, s.At, got, s.Expect)
				}
			}
			checkOracle(t, c)
		})
	}
	if bySource["seed"] != 10 || bySource["hand"] < 20 || bySource["generated"] < 300 {
		t.Errorf("cases by source: %v", bySource)
	}
}

// checkOracle asks the oracle for every step of a case, imported closings excepted: it knows no loan closed without a reason.
func checkOracle(t *testing.T, c vectorCase) {
	if c.DisbursedAt == "" {
		return
	}
	o := newOracle(t, c)
	for i, s := range c.Steps {
		if s.Op == "import" {
			return
		}
		want, refused := o.step(t, s)
		if want != s.Expect || refused != s.Refused {
			t.Errorf("oracle, step %d %s at %s: refused %q\n got %+v\nwant %+v", i, s.Op, s.At, refused, want, s.Expect)
		}
	}
}
