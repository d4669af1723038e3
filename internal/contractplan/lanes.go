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
			n.quick.lane = laneArray
		}
	case typeObject:
		n.quick.lane = laneObject
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
	n.scalars, n.quick.lane = s, laneScalars
	return true
}

func (n *node) textLane() {
	r, q := &n.text, &n.quick
	q.empty = r.check(nil, 0) == 0
	q.least, q.most = int64(r.least), math.MaxInt64
	if r.most >= 0 {
		q.most = int64(r.most)
	}
	switch p := r.pattern; {
	case r.format != nil:
	case p == nil:
		q.lane = laneText
	case p.digits != nil:
		q.least, q.most = max(q.least, int64(p.digits.least)), min(q.most, int64(p.digits.most))
		q.lane = laneDigits
	case p.shape != nil && q.least <= int64(p.shape.size) && int64(p.shape.size) <= q.most:
		q.least, q.most, q.shape = int64(p.shape.size), int64(p.shape.size), p.shape
		q.lane = laneShape
	case p.runs != nil:
		q.runs = p.runs
		q.lane = laneRuns
	case p.table != nil:
		q.lane = laneTable
	}
}

func (n *node) numberLane() {
	const reach = 999_999_999_999_999 // fifteen digits: exact in a double
	r := &n.number
	if r.intFormat != nil || r.floatFormat != nil || r.multipleOf != nil {
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
	n.quick.least, n.quick.most, n.quick.lane = int64(least), int64(most), laneWhole
}
