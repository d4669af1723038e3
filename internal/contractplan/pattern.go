package contractplan

import (
	"regexp"
	"regexp/syntax"
	"slices"
)

// pattern is a compiled `pattern` keyword. All its ways of matching give regexp's verdict; the faster ones know fewer
// patterns.
type pattern struct {
	digits *span      // ^[0-9]{1,19}$
	shape  *shape     // ^[0-9]{4}-[0-9]{2}-[0-9]{2}$
	runs   [][]run    // ^([A-Z]{2,4}[0-9]{12}|[0-9]{3})$: any of these sequences
	table  *automaton // most others
	regexp *regexp.Regexp
}

// span is a number of bytes.
type span struct{ least, most int }

// codePoints finds the escapes that Go's syntax spells in another way.
var codePoints = regexp.MustCompile(`\\u([0-9A-F]{4})`)

// compilePattern compiles as kin-openapi does: Go's syntax, and \uXXXX for a code point.
func compilePattern(text string) (*pattern, error) {
	source := codePoints.ReplaceAllString(text, `\x{$1}`)
	tree, err := syntax.Parse(source, syntax.Perl)
	if err != nil {
		return nil, err
	}
	p := &pattern{}
	p.runs = anchoredRuns(tree)
	if n := len(p.runs); n == 1 || n == 2 && p.runs[0] == nil { // the empty text is known to every short way
		p.digits, p.shape = asDigits(p.runs[n-1]), asShape(p.runs[n-1])
	}
	if p.table, err = newAutomaton(tree); err != nil {
		return nil, err
	}
	if p.table == nil {
		if p.regexp, err = regexp.Compile(source); err != nil {
			return nil, err
		}
	}
	return p, nil
}

// match tells whether the pattern is found in a text that is valid UTF-8.
func (p *pattern) match(text []byte) bool {
	if p.table != nil {
		return p.table.match(text)
	}
	return p.regexp.Match(text)
}

// run is a number of bytes of one kind.
type run struct {
	set         *[256]bool
	least, most int
	digits      bool // set is 0 to 9
}

func (r *run) fixed() bool { return r.least == r.most }

// is tells whether the run is made of the bytes from low to high.
func (r *run) is(low, high byte) bool {
	for c, in := range r.set {
		if in != (byte(c) >= low && byte(c) <= high) {
			return false
		}
	}
	return true
}

// isHex tells whether the run is made of lower-case hexadecimal digits.
func (r *run) isHex() bool {
	for c, in := range r.set {
		if in != (c >= '0' && c <= '9' || c >= 'a' && c <= 'f') {
			return false
		}
	}
	return true
}

// runsEnd reads the text at i as one of the sequences. It returns the place of the closing quote, or the end of raw if the text
// is none of them or needs a closer look.
func runsEnd(sequences [][]run, raw []byte, i int) int {
next:
	for _, sequence := range sequences {
		at := i
		for k := range sequence {
			r := &sequence[k]
			end, most := at, min(len(raw), at+r.most)
			if r.digits {
				end = min(digitsEnd(raw, at), most)
			} else {
				for end < most && r.set[raw[end]] {
					end++
				}
			}
			if end-at < r.least {
				continue next
			}
			at = end
		}
		if at < len(raw) && raw[at] == '"' {
			return at
		}
	}
	return len(raw)
}

// anchoredRuns takes a pattern apart that matches whole texts only, each of which is a sequence of runs of plain bytes that
// can be read without looking back. It returns nil for all others.
func anchoredRuns(tree *syntax.Regexp) [][]run {
	tree = inner(tree)
	if tree.Op != syntax.OpConcat || len(tree.Sub) < 2 || tree.Sub[0].Op != syntax.OpBeginText || tree.Sub[len(tree.Sub)-1].Op != syntax.OpEndText {
		return nil
	}
	parts := tree.Sub[1 : len(tree.Sub)-1]
	var sequences [][]run
	if len(parts) == 1 && inner(parts[0]).Op == syntax.OpQuest {
		parts = inner(parts[0]).Sub
		sequences = append(sequences, nil) // the empty text
	}
	choices := [][]*syntax.Regexp{parts}
	if len(parts) == 1 && inner(parts[0]).Op == syntax.OpAlternate {
		choices = nil
		for _, sub := range inner(parts[0]).Sub {
			choices = append(choices, []*syntax.Regexp{sub})
		}
	}
	for _, parts := range choices {
		var sequence []run
		for _, part := range parts {
			runs, ok := runsOf(part)
			if !ok {
				return nil
			}
			sequence = append(sequence, runs...)
		}
		for k := range sequence {
			if !sequence[k].fixed() && takesFrom(&sequence[k], sequence[k+1:]) {
				return nil
			}
		}
		for k := range sequence {
			sequence[k].digits = sequence[k].is('0', '9')
		}
		sequences = append(sequences, sequence)
	}
	return sequences
}

// runsOf are the runs of a part of a pattern.
func runsOf(s *syntax.Regexp) ([]run, bool) {
	s = inner(s)
	switch s.Op {
	case syntax.OpConcat:
		var all []run
		for _, sub := range s.Sub {
			runs, ok := runsOf(sub)
			if !ok {
				return nil, false
			}
			all = append(all, runs...)
		}
		return all, true
	case syntax.OpRepeat, syntax.OpStar, syntax.OpPlus, syntax.OpQuest:
		runs, ok := runsOf(s.Sub[0])
		if !ok || len(runs) != 1 || runs[0].least != 1 || runs[0].most != 1 {
			return nil, false
		}
		const endless = 1 << 40
		times := map[syntax.Op]span{syntax.OpRepeat: {s.Min, s.Max}, syntax.OpStar: {0, endless}, syntax.OpPlus: {1, endless}, syntax.OpQuest: {0, 1}}[s.Op]
		if times.most < 0 {
			times.most = endless
		}
		return []run{{set: runs[0].set, least: times.least, most: times.most}}, true
	case syntax.OpLiteral:
		var runs []run
		for _, r := range s.Rune {
			set, ok := plainSet([]rune{r, r})
			if !ok || s.Flags&syntax.FoldCase != 0 {
				return nil, false
			}
			runs = append(runs, run{set: set, least: 1, most: 1})
		}
		return runs, true
	case syntax.OpCharClass:
		set, ok := plainSet(s.Rune)
		return []run{{set: set, least: 1, most: 1}}, ok
	}
	return nil, false
}

// plainSet is a set of characters, if all of them are plain bytes in JSON.
func plainSet(ranges []rune) (*[256]bool, bool) {
	var set [256]bool
	for k := 0; k < len(ranges); k += 2 {
		for r := ranges[k]; r <= ranges[k+1]; r++ {
			if r < ' ' || r >= 0x7f || r == '"' || r == '\\' {
				return nil, false
			}
			set[r] = true
		}
	}
	return &set, true
}

// takesFrom tells whether a run of unknown length may read bytes that belong to one of those after it.
func takesFrom(r *run, after []run) bool {
	for k := range after {
		for c := range r.set {
			if r.set[c] && after[k].set[c] {
				return true
			}
		}
		if after[k].least > 0 {
			return false
		}
	}
	return false
}

// inner looks through groups.
func inner(s *syntax.Regexp) *syntax.Regexp {
	for s.Op == syntax.OpCapture {
		s = s.Sub[0]
	}
	return s
}

func asDigits(sequence []run) *span {
	if len(sequence) != 1 || !sequence[0].is('0', '9') {
		return nil
	}
	return &span{sequence[0].least, sequence[0].most}
}

func asShape(sequence []run) *shape {
	const most = 64
	var want []byte
	for k := range sequence {
		r := &sequence[k]
		c := byte(slices.Index(r.set[:], true))
		switch {
		case r.is('0', '9'):
			c = anyDigit
		case r.isHex():
			c = anyHex
		case !r.is(c, c):
			return nil
		}
		if !r.fixed() || len(want)+r.least > most {
			return nil
		}
		for range r.least {
			want = append(want, c)
		}
	}
	if len(want) == 0 {
		return nil
	}
	return newShape(want)
}
