package contractplan

import (
	"fmt"
	"regexp/syntax"
	"slices"
	"sort"
	"unicode"
	"unicode/utf8"
)

// automaton is a pattern as one table: a row for each state, a column for each class of characters that the pattern does not
// tell apart. State 0 never matches any more, state 1 has matched whatever follows.
type automaton struct {
	bytes   [256]uint8 // class of a byte, classUnusual as in unusual
	ascii   [utf8.RuneSelf]uint8
	bounds  []rune  // where classes change, ascending
	classes []uint8 // class from bounds[i] to bounds[i+1]
	columns int
	next    []uint16
	start   uint16
	final   []bool // matches if the text ends in this state
}

// Sizes above which a pattern is left to regexp.
const (
	mostStates  = 1024
	mostEntries = 16 << 10
)

const (
	stateDead = 0
	stateDone = 1
)

const classUnusual = 0xff

func (a *automaton) match(text []byte) bool {
	state := a.start
	for i := 0; i < len(text); {
		if state <= stateDone {
			return state == stateDone
		}
		var class uint8
		if c := text[i]; c < utf8.RuneSelf {
			class, i = a.ascii[c], i+1
		} else {
			r, size := utf8.DecodeRune(text[i:])
			class, i = a.class(r), i+size
		}
		state = a.next[int(state)*a.columns+int(class)]
	}
	return a.final[state]
}

// plain reads the text at i up to its quote, or up to a byte that needs a closer look. It tells where that is and whether the
// text so far matches.
func (a *automaton) plain(raw []byte, i int) (end int, matches bool) {
	state := a.start
	for ; i < len(raw); i++ {
		class := a.bytes[raw[i]]
		if class == classUnusual {
			break
		}
		state = a.next[int(state)*a.columns+int(class)]
	}
	return i, a.final[state]
}

func (a *automaton) class(r rune) uint8 {
	i := sort.Search(len(a.bounds), func(i int) bool { return a.bounds[i] > r })
	return a.classes[i-1]
}

// newAutomaton returns nil without an error for a pattern that is not for a table: too many states, or word boundaries.
func newAutomaton(tree *syntax.Regexp) (*automaton, error) {
	prog, err := syntax.Compile(tree.Simplify())
	if err != nil {
		return nil, fmt.Errorf("pattern: %w", err)
	}
	b := builder{prog: prog, numbers: map[string]uint16{}}
	for i := range prog.Inst {
		if in := &prog.Inst[i]; in.Op == syntax.InstEmptyWidth && syntax.EmptyOp(in.Arg)&^(syntax.EmptyBeginText|syntax.EmptyEndText) != 0 {
			return nil, nil
		}
	}
	b.classify()
	if !b.build() {
		return nil, nil
	}
	return &b.out, nil
}

// builder makes an automaton by the subset construction.
type builder struct {
	prog    *syntax.Prog
	out     automaton
	samples []rune // one character of each class
	numbers map[string]uint16
	sets    [][]uint32
}

// classify splits all characters into classes that no instruction tells apart.
func (b *builder) classify() {
	bounds := []rune{0}
	for i := range b.prog.Inst {
		switch in := &b.prog.Inst[i]; in.Op {
		case syntax.InstRune, syntax.InstRune1:
			if len(in.Rune) == 1 {
				r := in.Rune[0]
				bounds = append(bounds, r, r+1)
				if syntax.Flags(in.Arg)&syntax.FoldCase != 0 {
					for f := unicode.SimpleFold(r); f != r; f = unicode.SimpleFold(f) {
						bounds = append(bounds, f, f+1)
					}
				}
				continue
			}
			for k := 0; k < len(in.Rune); k += 2 {
				bounds = append(bounds, in.Rune[k], in.Rune[k+1]+1)
			}
		case syntax.InstRuneAnyNotNL:
			bounds = append(bounds, '\n', '\n'+1)
		}
	}
	slices.Sort(bounds)
	bounds = slices.Compact(bounds)
	classes := map[string]uint8{}
	for _, r := range bounds {
		sign := make([]byte, 0, len(b.prog.Inst))
		for i := range b.prog.Inst {
			if in := &b.prog.Inst[i]; isRune(in.Op) && in.MatchRune(r) {
				sign = append(sign, byte(i), byte(i>>8))
			}
		}
		class, ok := classes[string(sign)]
		if !ok {
			class = uint8(len(classes))
			classes[string(sign)] = class
			b.samples = append(b.samples, r)
		}
		b.out.bounds, b.out.classes = append(b.out.bounds, r), append(b.out.classes, class)
	}
	b.out.columns = len(b.samples)
	for c := range b.out.bytes {
		b.out.bytes[c] = classUnusual
		if c < utf8.RuneSelf {
			b.out.ascii[c] = b.out.class(rune(c))
			if c >= ' ' && c != 0x7f && c != '"' && c != '\\' {
				b.out.bytes[c] = b.out.ascii[c]
			}
		}
	}
}

func isRune(op syntax.InstOp) bool {
	return op == syntax.InstRune || op == syntax.InstRune1 || op == syntax.InstRuneAny || op == syntax.InstRuneAnyNotNL
}

// build tells whether the table stayed within its bounds.
func (b *builder) build() bool {
	if b.out.columns > 64 || len(b.prog.Inst) > 4<<10 {
		return false
	}
	b.sets, b.out.final = [][]uint32{nil, nil}, []bool{false, true}
	b.out.next = make([]uint16, 2*b.out.columns)
	for c := range b.out.columns {
		b.out.next[b.out.columns+c] = stateDone
	}
	first := b.close(nil, uint32(b.prog.Start), true, false)
	b.out.start = b.state(first, true)
	for n := 2; n < len(b.sets); n++ {
		if len(b.sets) > mostStates || len(b.sets)*b.out.columns > mostEntries {
			return false
		}
		for _, sample := range b.samples {
			var set []uint32
			for _, pc := range b.sets[n] {
				if in := &b.prog.Inst[pc]; isRune(in.Op) && in.MatchRune(sample) {
					set = b.close(set, in.Out, false, false)
				}
			}
			set = b.close(set, uint32(b.prog.Start), false, false) // a match may begin anywhere
			b.out.next = append(b.out.next, b.state(set, false))
		}
	}
	return true
}

// close adds what can be reached from pc without a character: the instructions that take one, those that wait for the end
// of the text, and the match.
func (b *builder) close(set []uint32, pc uint32, atBegin, atEnd bool) []uint32 {
	if slices.Contains(set, pc) {
		return set
	}
	set = append(set, pc)
	switch in := &b.prog.Inst[pc]; in.Op {
	case syntax.InstAlt, syntax.InstAltMatch:
		set = b.close(set, in.Out, atBegin, atEnd)
		set = b.close(set, in.Arg, atBegin, atEnd)
	case syntax.InstCapture, syntax.InstNop:
		set = b.close(set, in.Out, atBegin, atEnd)
	case syntax.InstEmptyWidth:
		need := syntax.EmptyOp(in.Arg)
		if (need&syntax.EmptyBeginText == 0 || atBegin) && (need&syntax.EmptyEndText == 0 || atEnd) {
			set = b.close(set, in.Out, atBegin, atEnd)
		}
	}
	return set
}

// state is the number of a set; first marks the set before any character, which knows that it is at the beginning.
func (b *builder) state(set []uint32, first bool) uint16 {
	var kept []uint32
	for _, pc := range set {
		switch b.prog.Inst[pc].Op {
		case syntax.InstMatch:
			return stateDone
		case syntax.InstRune, syntax.InstRune1, syntax.InstRuneAny, syntax.InstRuneAnyNotNL, syntax.InstEmptyWidth:
			kept = append(kept, pc)
		}
	}
	slices.Sort(kept)
	key := make([]byte, 0, 2*len(kept)+1)
	alive := first
	for _, pc := range kept {
		key = append(key, byte(pc), byte(pc>>8))
		alive = alive || isRune(b.prog.Inst[pc].Op) || syntax.EmptyOp(b.prog.Inst[pc].Arg)&syntax.EmptyBeginText == 0
	}
	if !alive {
		return stateDead
	}
	if first {
		key = append(key, 0)
	}
	if n, ok := b.numbers[string(key)]; ok {
		return n
	}
	n := uint16(len(b.sets))
	b.numbers[string(key)] = n
	b.sets = append(b.sets, kept)
	var atEnd []uint32
	for _, pc := range kept {
		atEnd = b.close(atEnd, pc, first, true)
	}
	b.out.final = append(b.out.final, slices.ContainsFunc(atEnd, func(pc uint32) bool { return b.prog.Inst[pc].Op == syntax.InstMatch }))
	return n
}
