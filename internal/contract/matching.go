package contract

import (
	"math/rand/v2"
	"regexp/syntax"
	"strings"
)

// matching is a random text that an expression of the contract matches. The contract's expressions are short and anchored; an operator
// that none of them uses gives "".
func matching(random *rand.Rand, pattern string) string {
	re, err := syntax.Parse(pattern, syntax.Perl)
	if err != nil {
		return ""
	}
	var b strings.Builder
	match(&b, random, re)
	return b.String()
}

// unboundedMost is how often a part without an upper bound is repeated at most.
const unboundedMost = 20

func match(b *strings.Builder, random *rand.Rand, re *syntax.Regexp) {
	times := func(least, most int) {
		if most < 0 {
			most = least + unboundedMost
		}
		n := least + random.IntN(most-least+1)
		switch random.IntN(6) { // the edges are where mistakes are
		case 0:
			n = least
		case 1:
			n = most
		}
		for range n {
			match(b, random, re.Sub[0])
		}
	}
	switch re.Op {
	case syntax.OpLiteral:
		b.WriteString(string(re.Rune))
	case syntax.OpCharClass:
		b.WriteRune(within(random, re.Rune))
	case syntax.OpAnyChar, syntax.OpAnyCharNotNL:
		b.WriteRune(within(random, []rune{' ', '~'}))
	case syntax.OpConcat, syntax.OpCapture:
		for _, sub := range re.Sub {
			match(b, random, sub)
		}
	case syntax.OpAlternate:
		match(b, random, re.Sub[random.IntN(len(re.Sub))])
	case syntax.OpQuest:
		times(0, 1)
	case syntax.OpStar:
		times(0, -1)
	case syntax.OpPlus:
		times(1, -1)
	case syntax.OpRepeat:
		times(re.Min, re.Max)
	}
}

// within is a rune of one of the ranges; of a wide range, such as "everything but @", mostly one that can be typed. It is no control
// character, which texts of the contract must not have, whatever their expression says.
func within(random *rand.Rand, ranges []rune) rune {
	i := random.IntN(len(ranges)/2) * 2
	for ranges[i+1] < ' ' && i+2 < len(ranges) {
		i += 2
	}
	low, high := ranges[i], ranges[i+1]
	if low < '!' && high >= '~' || high-low > 500 && random.IntN(4) > 0 {
		low, high = max(low, '!'), min(max(low, '!')+90, high)
	}
	r := low + rune(random.IntN(int(min(high-low, 5000))+1))
	if r >= 0xd800 && r <= 0xdfff || r >= 0x7f && r <= 0xa0 {
		return max(low, '!')
	}
	return r
}
