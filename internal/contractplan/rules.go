package contractplan

import (
	"math"
	"math/bits"
	"unicode/utf8"

	"github.com/getkin/kin-openapi/openapi3"
)

// broken is a set of keywords that a scalar breaks. Its bits stand in the order in which kin-openapi tells them.
type broken uint16

const (
	brokenType broken = 1 << iota
	brokenMinLength
	brokenMaxLength
	brokenPattern
	brokenFormat
	brokenExclusiveMinimum
	brokenExclusiveMaximum
	brokenMinimum
	brokenMaximum
	brokenMultipleOf
)

// keyword is the first keyword of a set that is not empty.
func (b broken) keyword() string {
	return [...]string{"type", "minLength", "maxLength", "pattern", "format", "exclusiveMinimum", "exclusiveMaximum", "minimum",
		"maximum", "multipleOf"}[bits.TrailingZeros16(uint16(b))]
}

// textRules are the keywords of texts. Lengths are in characters.
type textRules struct {
	least, most int // most is -1 without a bound
	pattern     *pattern
	format      Format
}

func (r *textRules) check(text []byte, length int) (b broken) {
	if length < r.least {
		b |= brokenMinLength
	}
	if r.most >= 0 && length > r.most {
		b |= brokenMaxLength
	}
	if r.pattern != nil && !r.pattern.match(text) {
		b |= brokenPattern
	}
	if r.format != nil && !r.format(text) {
		b |= brokenFormat
	}
	return b
}

func length(text []byte) int { return utf8.RuneCount(text) }

// numberRules are the keywords of numbers. As in kin-openapi a number is a double, and a whole one may be written 1.0.
type numberRules struct {
	whole                   bool
	least, most             *float64
	aboveLeast, belowMost   bool // the bounds themselves do not hold
	multipleOf              *openapi3.Schema
	intFormat               openapi3.IntegerFormatValidator
	floatFormat             openapi3.NumberFormatValidator
	formatLeast, formatMost float64 // of int32 and int64
	formatRange             bool
}

func (r *numberRules) check(v float64) (b broken) {
	if r.whole && v != math.Trunc(v) {
		b |= brokenType
	}
	switch {
	case r.formatRange:
		if t := math.Trunc(v); t < r.formatLeast || t > r.formatMost {
			b |= brokenFormat
		}
	case r.intFormat != nil:
		if !keepsFormat(r.intFormat, v) {
			b |= brokenFormat
		}
	case r.floatFormat != nil:
		if r.floatFormat.Validate(v) != nil {
			b |= brokenFormat
		}
	}
	if r.least != nil {
		if r.aboveLeast && v <= *r.least {
			b |= brokenExclusiveMinimum
		}
		if v < *r.least {
			b |= brokenMinimum
		}
	}
	if r.most != nil {
		if r.belowMost && v >= *r.most {
			b |= brokenExclusiveMaximum
		}
		if v > *r.most {
			b |= brokenMaximum
		}
	}
	// A double is seldom a multiple to the last bit: how far off it may be is the referee's to say.
	if r.multipleOf != nil && r.multipleOf.VisitJSONNumber(v) != nil {
		b |= brokenMultipleOf
	}
	return b
}

// keepsFormat gives a validator of whole numbers the nearest int64; numbers beyond are of no such format.
func keepsFormat(f openapi3.IntegerFormatValidator, v float64) bool {
	switch {
	case v == math.MaxInt64: // 2^63, as near as a double comes
		return f.Validate(math.MaxInt64) == nil
	case v >= math.MinInt64 && v < math.MaxInt64:
		return f.Validate(int64(v)) == nil
	}
	return false
}
