package contractplan

import (
	"math"

	"github.com/getkin/kin-openapi/openapi3"
)

func (c *compiler) numbers(n *node, s *openapi3.Schema, _ string) *gap {
	r := &n.number
	r.whole = s.Type.Is(openapi3.TypeInteger)
	r.least, r.most = s.Min, s.Max
	r.aboveLeast, r.belowMost = s.ExclusiveMin.IsTrue() && s.Min != nil, s.ExclusiveMax.IsTrue() && s.Max != nil
	switch {
	case r.whole && s.Format == "int32":
		r.formatRange, r.formatLeast, r.formatMost = true, math.MinInt32, math.MaxInt32
	case r.whole && s.Format == "int64":
		r.formatRange, r.formatLeast, r.formatMost = true, math.MinInt64, math.MaxInt64
	case r.whole:
		r.intFormat = openapi3.SchemaIntegerFormats[s.Format]
	default:
		r.floatFormat = openapi3.SchemaNumberFormats[s.Format]
	}
	if s.MultipleOf != nil {
		r.multipleOf = &openapi3.Schema{MultipleOf: s.MultipleOf}
	}
	return nil
}

// chooseLane finds the short way of a schema, if it has one.
func (n *node) chooseLane() {
	if n.scalarLane() || n.enum != nil || n.not != nil || len(n.oneOf)+len(n.anyOf)+len(n.allOf) > 0 {
		return
	}
	switch n.types {
	case typeText:
		n.textLane()
	case typeNumber:
		n.numberLane()
	case typeArray:
		if !n.array.unique {
			n.lane = laneArray
		}
	case typeObject:
		n.lane = laneObject
	}
}

// scalarLane finds that at most one member of a oneOf can fit any value, and which.
func (n *node) scalarLane() bool {
	if n.enum != nil || n.not != nil || len(n.oneOf) == 0 || len(n.anyOf)+len(n.allOf) > 0 || n.schema.Type != nil {
		return false
	}
	var s scalars
	for _, m := range n.oneOf {
		at := map[jsonType]**node{typeText: &s.text, typeNumber: &s.number, typeBoolean: &s.boolean}[m.types]
		if at == nil || *at != nil || m.nullable || m.anything || m.not != nil || len(m.oneOf)+len(m.anyOf)+len(m.allOf) > 0 {
			return false
		}
		*at = m
	}
	if r := n.text; r.least > 0 || r.most >= 0 || r.pattern != nil || r.format != nil {
		return false
	}
	if r := n.number; r.least != nil || r.most != nil || r.multipleOf != nil || r.floatFormat != nil {
		return false
	}
	n.scalars, n.lane = s, laneScalars
	return true
}

func (n *node) textLane() {
	r := &n.text
	r.empty = r.check(nil, 0) == 0
	most := r.most
	if most < 0 {
		most = math.MaxInt
	}
	switch {
	case r.format != nil:
	case r.pattern == nil:
		r.lane = span{r.least, most}
		n.lane = laneText
	case r.pattern.digits != nil:
		r.lane = span{max(r.least, r.pattern.digits.least), min(most, r.pattern.digits.most)}
		n.lane = laneDigits
	case r.pattern.shape != nil && r.least <= r.pattern.shape.size && r.pattern.shape.size <= most:
		n.lane = laneShape
	case r.pattern.runs != nil:
		r.lane = span{r.least, most}
		n.lane = laneRuns
	case r.pattern.table != nil:
		r.lane = span{r.least, most}
		n.lane = laneTable
	}
}

func (n *node) numberLane() {
	const reach = 999_999_999_999_999 // fifteen digits: exact in a double
	r := &n.number
	if r.intFormat != nil || r.floatFormat != nil {
		return
	}
	least, most := float64(-reach), float64(reach)
	if r.formatRange {
		least, most = max(least, r.formatLeast), min(most, r.formatMost)
	}
	if r.least != nil {
		bound := math.Ceil(*r.least)
		if r.aboveLeast && bound == *r.least {
			bound++
		}
		least = max(least, bound)
	}
	if r.most != nil {
		bound := math.Floor(*r.most)
		if r.belowMost && bound == *r.most {
			bound--
		}
		most = min(most, bound)
	}
	if least > most {
		return
	}
	r.laneLeast, r.laneMost, r.every = int64(least), int64(most), 1
	if r.multipleOf != nil {
		m := *r.multipleOf.MultipleOf
		if m != math.Trunc(m) || m < 1 || m > reach {
			return
		}
		r.every = int64(m)
	}
	n.lane = laneWhole
}
