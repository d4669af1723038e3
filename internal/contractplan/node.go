package contractplan

import (
	"math/bits"
	"slices"

	"github.com/getkin/kin-openapi/openapi3"
)

// node is a compiled schema.
type node struct {
	quick  quick
	schema *openapi3.Schema // what it was compiled from, for the words of a problem

	anything bool // the empty schema: it takes everything but null
	nullable bool
	types    jsonType

	oneOf, anyOf, allOf []*node
	not                 *node
	scalars             scalars

	enum   *enum
	text   textRules
	number numberRules
	array  arrayRules
	object objectRules
}

// quick is what the short way of a schema needs, in few bytes: a page of loans passes hundreds of them.
type quick struct {
	lane        lane
	empty       bool  // the empty text keeps all rules
	least, most int64 // bytes of a text, or bounds of a whole number
	shape       *shape
	runs        [][]run
}

// lane is a short way for a common kind of schema. A body that leaves it is not refused but walked by the long way.
type lane uint8

const (
	laneNone lane = iota
	// These are walked by quick alone.
	laneDigits // a text of digits
	laneShape  // a text of fixed length
	laneRuns   // a text of runs
	laneText   // a text of bounded length
	laneWhole  // a whole number within bounds
	// These are not.
	laneTable // a text of any other pattern
	laneArray
	laneObject
	laneScalars // one of scalars of different types
)

// scalars are the members of a oneOf of which the first byte of a value chooses one.
type scalars struct{ text, number, boolean *node }

// jsonType is a set of JSON types.
type jsonType uint8

const (
	typeNull jsonType = 1 << iota
	typeBoolean
	typeNumber
	typeText
	typeArray
	typeObject
)

// enum is the scalars of an `enum`.
type enum struct {
	texts               []string
	numbers             []float64
	null, truth, untrue bool
}

func (e *enum) hasText(text []byte) bool {
	for _, v := range e.texts {
		if v == string(text) {
			return true
		}
	}
	return false
}

func (e *enum) hasNumber(v float64) bool {
	for _, n := range e.numbers {
		if n == v {
			return true
		}
	}
	return false
}

type arrayRules struct {
	least, most int // most is -1 without a bound
	unique      bool
	items       *node // nil: anything
}

type objectRules struct {
	properties []property // by name
	slots      []uint16   // open addressing over the names: 1 + the index of a property
	closed     bool       // refuses names that are not among the properties
	alike      bool       // some of the properties differ only in case
	steps      []step     // of the properties, which are looked for in their places; none if some are alike
	additional *node      // of names that are not among the properties; nil: anything
	required   bits256
	names      []string // the required ones, in the order of the schema
	least      int      // members
	most       int      // -1 without a bound
}

// property is a name that a schema speaks of. Those that are only required, not declared, are additional in all else.
type property struct {
	token    token
	quick    quick // that of the node
	node     *node // nil: anything
	name     string
	fold     uint64 // see foldHash
	declared bool
}

// mostNames bounds the names of one schema.
const mostNames = 256

// bits256 is a set of properties.
type bits256 [mostNames / 64]uint64

func (b *bits256) set(i int)      { b[uint8(i)>>6] |= 1 << (i & 63) }
func (b *bits256) has(i int) bool { return b[uint8(i)>>6]&(1<<(i&63)) != 0 }
func (b *bits256) covers(other *bits256) bool {
	return other[0]&^b[0]|other[1]&^b[1]|other[2]&^b[2]|other[3]&^b[3] == 0
}

// add puts the numbers from run to next in, and tells whether none of them was there before.
func (b *bits256) add(run, next int) bool {
	for run < next {
		word := run >> 6
		end := min(next, (word+1)<<6)
		bits := ^uint64(0) >> (64 - (end - run)) << (run & 63)
		if b[word&3]&bits != 0 {
			return false
		}
		b[word&3] |= bits
		run = end
	}
	return true
}

func (b *bits256) size() int {
	return bits.OnesCount64(b[0]) + bits.OnesCount64(b[1]) + bits.OnesCount64(b[2]) + bits.OnesCount64(b[3])
}

// seenFold tells whether one of the undeclared names may be a property that was seen too, but for its case.
func (o *objectRules) seenFold(seen *bits256, undeclared []uint64) bool {
	for i := range o.properties {
		if seen.has(i) && slices.Contains(undeclared, o.properties[i].fold) {
			return true
		}
	}
	return false
}

// slot is where the search for a name begins.
func slot(name []byte) uint32 {
	h := uint32(2166136261)
	for _, c := range name {
		h = (h ^ uint32(c)) * 16777619
	}
	return h ^ h>>15
}

// find is the index of the property of that name, -1 if there is none.
func (o *objectRules) find(name []byte) int {
	if len(o.slots) == 0 {
		return -1
	}
	mask := uint32(len(o.slots) - 1)
	for at := slot(name) & mask; ; at = (at + 1) & mask {
		i := int(o.slots[at]) - 1
		if i < 0 || o.properties[i].name == string(name) {
			return i
		}
	}
}
