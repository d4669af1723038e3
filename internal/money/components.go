package money

import "fmt"

// Component is one kind of debt inside a loan. The text is stable: it is stored in products and in the ledger.
type Component string

// The four components of a loan's debt.
const (
	Penalty    Component = "penalty"
	ServiceFee Component = "service_fee"
	Interest   Component = "interest"
	Principal  Component = "principal"
)

// Components is an amount in kobo split over the four components. The zero value is nothing of each.
type Components struct {
	Principal  Kobo
	ServiceFee Kobo
	Interest   Kobo
	Penalty    Kobo
}

// Total is the sum of the four parts, in kobo.
func (c Components) Total() Kobo { return c.Principal + c.ServiceFee + c.Interest + c.Penalty }

// IsZero says that every part is zero.
func (c Components) IsZero() bool { return c == Components{} }

// NonNegative says that no part is below zero.
func (c Components) NonNegative() bool {
	return c.Principal >= 0 && c.ServiceFee >= 0 && c.Interest >= 0 && c.Penalty >= 0
}

// Plus adds part by part.
func (c Components) Plus(o Components) Components {
	return Components{c.Principal + o.Principal, c.ServiceFee + o.ServiceFee, c.Interest + o.Interest, c.Penalty + o.Penalty}
}

// Minus subtracts part by part.
func (c Components) Minus(o Components) Components {
	return Components{c.Principal - o.Principal, c.ServiceFee - o.ServiceFee, c.Interest - o.Interest, c.Penalty - o.Penalty}
}

// Of returns one part; an unknown component gives zero.
func (c Components) Of(part Component) Kobo {
	switch part {
	case Principal:
		return c.Principal
	case ServiceFee:
		return c.ServiceFee
	case Interest:
		return c.Interest
	case Penalty:
		return c.Penalty
	}
	return 0
}

// With returns a copy with one part replaced; an unknown component changes nothing.
func (c Components) With(part Component, amount Kobo) Components {
	switch part {
	case Principal:
		c.Principal = amount
	case ServiceFee:
		c.ServiceFee = amount
	case Interest:
		c.Interest = amount
	case Penalty:
		c.Penalty = amount
	}
	return c
}

// Order is the order in which a payment pays the components. A product chooses it.
type Order [4]Component

// DefaultOrder is penalty, service fee, interest, principal.
func DefaultOrder() Order { return Order{Penalty, ServiceFee, Interest, Principal} }

// Validate says whether the order names each of the four components exactly once.
func (o Order) Validate() error {
	seen := map[Component]bool{}
	for _, part := range o {
		switch part {
		case Principal, ServiceFee, Interest, Penalty:
		default:
			return fmt.Errorf("money: unknown component %q in an allocation order", string(part))
		}
		if seen[part] {
			return fmt.Errorf("money: component %q stands twice in an allocation order", string(part))
		}
		seen[part] = true
	}
	return nil
}

// Allocate spends amount on what is outstanding, component after component in the given order, and returns what each received
// and what was left over. Law: paid.Total() + over == amount, and no part receives more than is outstanding on it. A part that is
// not outstanding, or is not named by the order, receives nothing; an amount below zero is treated as zero paid and zero over.
func Allocate(outstanding Components, order Order, amount Kobo) (paid Components, over Kobo) {
	left := max(amount, 0)
	for _, part := range order {
		take := min(left, max(outstanding.Of(part)-paid.Of(part), 0))
		paid = paid.With(part, paid.Of(part)+take)
		left -= take
	}
	return paid, left
}
