// Package productfile reads versions of products from a file that people write: YAML or JSON, with the names of the operators'
// contract. It judges the form alone; whether a product can be sold is lending's. It may import the pure packages.
package productfile

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"

	"github.com/creditpocket/creditpocket/internal/clock"
	"github.com/creditpocket/creditpocket/internal/lending"
	"github.com/creditpocket/creditpocket/internal/money"
)

// MaxProducts bounds one file.
const MaxProducts = 1000

// entry is one product as the file spells it.
type entry struct {
	ID               int64    `yaml:"id"`
	Brand            string   `yaml:"brand"`
	Name             string   `yaml:"name"`
	Principal        kobo     `yaml:"principal"`
	TermDays         int      `yaml:"termDays"`
	ServiceFee       kobo     `yaml:"serviceFee"`
	InterestDailyBps int      `yaml:"interestDailyBps"`
	UpfrontFee       kobo     `yaml:"upfrontFee"`
	PenaltyDailyBps  int      `yaml:"penaltyDailyBps"`
	PenaltyCapBps    int      `yaml:"penaltyCapBps"`
	GraceDays        int      `yaml:"graceDays"`
	GracePolicy      string   `yaml:"gracePolicy"`
	ExtensionFee     kobo     `yaml:"extensionFee"`
	ExtensionDays    int      `yaml:"extensionDays"`
	MaxExtensions    int      `yaml:"maxExtensions"`
	Allocation       []string `yaml:"allocation"`
	RebateInterest   bool     `yaml:"rebateInterest"`
	MinPriorLoans    int      `yaml:"minPriorLoans"`
	EffectiveFrom    instant  `yaml:"effectiveFrom"`
	EffectiveTo      instant  `yaml:"effectiveTo"`
}

// needed are the properties that a product must have, because a price or a rule that was forgotten is no zero.
var needed = []string{"id", "brand", "name", "principal", "termDays", "serviceFee", "interestDailyBps", "penaltyDailyBps", "penaltyCapBps", "effectiveFrom"}

// Parse reads the products of a file: one product, a list of them, or a mapping whose one member "products" is a list; several YAML
// documents follow each other. Versions are left at zero: who imports gives them. The error names the product and the property.
func Parse(raw []byte) ([]lending.Product, error) {
	var products []lending.Product
	decoder := yaml.NewDecoder(bytes.NewReader(raw))
	for {
		var document yaml.Node
		err := decoder.Decode(&document)
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, err
		}
		nodes, err := list(&document)
		if err != nil {
			return nil, err
		}
		for _, n := range nodes {
			p, err := product(n)
			if err != nil {
				return nil, fmt.Errorf("product %d of the file, in line %d: %w", len(products)+1, n.Line, err)
			}
			if products = append(products, p); len(products) > MaxProducts {
				return nil, fmt.Errorf("more than %d products", MaxProducts)
			}
		}
	}
	if len(products) == 0 {
		return nil, errors.New("there is no product in the file")
	}
	return products, nil
}

// list finds the products of a document.
func list(document *yaml.Node) ([]*yaml.Node, error) {
	root := document
	if root.Kind == yaml.DocumentNode && len(root.Content) == 1 {
		root = root.Content[0]
	}
	if root.Kind == yaml.MappingNode && len(root.Content) == 2 && root.Content[0].Value == "products" {
		root = root.Content[1]
	}
	switch root.Kind {
	case yaml.SequenceNode:
		return root.Content, nil
	case yaml.MappingNode:
		return []*yaml.Node{root}, nil
	}
	return nil, fmt.Errorf("line %d: must be a product, a list of products, or products: with a list", max(root.Line, 1))
}

func product(n *yaml.Node) (lending.Product, error) {
	if n.Kind != yaml.MappingNode {
		return lending.Product{}, errors.New("must have properties")
	}
	if missing := missing(n); len(missing) > 0 {
		return lending.Product{}, fmt.Errorf("%s must be there", strings.Join(missing, ", "))
	}
	text, err := yaml.Marshal(n) // only a decoder can refuse unknown properties
	if err != nil {
		return lending.Product{}, err
	}
	strict := yaml.NewDecoder(bytes.NewReader(text))
	strict.KnownFields(true)
	var e entry
	if err := strict.Decode(&e); err != nil {
		var many *yaml.TypeError
		if errors.As(err, &many) {
			for i, line := range many.Errors {
				if _, rest, ok := strings.Cut(line, ": "); ok {
					many.Errors[i] = strings.ReplaceAll(rest, " in type productfile.entry", "")
				}
			}
			return lending.Product{}, errors.New(strings.Join(many.Errors, "; "))
		}
		return lending.Product{}, err
	}
	p := lending.Product{ID: e.ID, Brand: e.Brand, Name: e.Name, Principal: money.Kobo(e.Principal), TermDays: e.TermDays, ServiceFee: money.Kobo(e.ServiceFee),
		InterestDailyBps: e.InterestDailyBps, UpfrontFee: money.Kobo(e.UpfrontFee), MinPriorLoans: e.MinPriorLoans,
		EffectiveFrom: time.Time(e.EffectiveFrom), EffectiveTo: time.Time(e.EffectiveTo),
		Conditions: lending.Conditions{PenaltyDailyBps: e.PenaltyDailyBps, PenaltyCapBps: e.PenaltyCapBps, GraceDays: e.GraceDays,
			GraceMode: lending.GraceMode(strings.ToLower(e.GracePolicy)), ExtensionFee: money.Kobo(e.ExtensionFee), ExtensionDays: e.ExtensionDays,
			MaxExtensions: e.MaxExtensions, RebateInterest: e.RebateInterest}}
	if len(e.Allocation) != 0 && len(e.Allocation) != len(p.Allocation) {
		return p, fmt.Errorf("allocation must name %d parts", len(p.Allocation))
	}
	for i, part := range e.Allocation {
		p.Allocation[i] = money.Component(strings.ToLower(part))
	}
	return p, nil
}

func missing(n *yaml.Node) (names []string) {
	there := map[string]bool{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		there[n.Content[i].Value] = true
	}
	for _, name := range needed {
		if !there[name] {
			names = append(names, name)
		}
	}
	return names
}

// kobo is an amount: a whole number, or the contract's string of digits.
type kobo money.Kobo

// UnmarshalYAML reads an amount. A fraction is refused: naira are not kobo.
func (k *kobo) UnmarshalYAML(n *yaml.Node) error {
	whole, err := strconv.ParseInt(n.Value, 10, 64)
	if n.Kind != yaml.ScalarNode || err != nil {
		return &yaml.TypeError{Errors: []string{fmt.Sprintf("line %d: %.40q is no amount in kobo: it must be a whole number", n.Line, n.Value)}}
	}
	*k = kobo(whole)
	return nil
}

// instant is a point in time: RFC 3339, or a date, which begins in Lagos.
type instant time.Time

// UnmarshalYAML reads a point in time; "" is none.
func (i *instant) UnmarshalYAML(n *yaml.Node) error {
	if n.Value == "" {
		return nil
	}
	if d, err := clock.ParseDate(n.Value); err == nil {
		*i = instant(d.Start().UTC())
		return nil
	}
	t, err := time.Parse(time.RFC3339, n.Value)
	if n.Kind != yaml.ScalarNode || err != nil {
		return &yaml.TypeError{Errors: []string{fmt.Sprintf("line %d: %.40q is no time: it must be a date, or as 2026-03-10T11:00:00Z", n.Line, n.Value)}}
	}
	*i = instant(t.UTC())
	return nil
}
