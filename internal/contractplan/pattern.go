package contractplan

import (
	"encoding/binary"
	"regexp"
	"regexp/syntax"
)

// pattern is a compiled `pattern` keyword. All its ways of matching give regexp's verdict; the faster ones know fewer
// patterns.
type pattern struct {
	digits *span      // ^[0-9]{1,19}$
	shape  *shape     // ^[0-9]{4}-[0-9]{2}-[0-9]{2}$
	table  *automaton // most others
	regexp *regexp.Regexp
}

// span is a number of bytes.
type span struct{ least, most int }

func (s *span) has(n int) bool { return n >= s.least && n <= s.most }

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
	if parts, ok := anchoredParts(tree); ok {
		p.digits, p.shape = asDigits(parts), asShape(parts)
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

// part is a run of digits, or one literal byte.
type part struct {
	literal     byte // 0: digits
	least, most int
}

// anchoredParts takes a pattern apart that matches whole texts made of digits and literal bytes, or such a text and the
// empty one.
func anchoredParts(tree *syntax.Regexp) ([]part, bool) {
	tree = inner(tree)
	if tree.Op != syntax.OpConcat || len(tree.Sub) < 2 || tree.Sub[0].Op != syntax.OpBeginText || tree.Sub[len(tree.Sub)-1].Op != syntax.OpEndText {
		return nil, false
	}
	subs := tree.Sub[1 : len(tree.Sub)-1]
	if len(subs) == 1 && subs[0].Op == syntax.OpQuest {
		subs = subs[0].Sub
	}
	if len(subs) == 1 {
		if only := inner(subs[0]); only.Op == syntax.OpConcat {
			subs = only.Sub
		}
	}
	var parts []part
	for _, s := range subs {
		s = inner(s)
		run := part{least: 1, most: 1}
		if s.Op == syntax.OpRepeat {
			run.least, run.most = s.Min, s.Max
			s = inner(s.Sub[0])
		}
		switch {
		case s.Op == syntax.OpCharClass && len(s.Rune) == 2 && s.Rune[0] == '0' && s.Rune[1] == '9' && run.most >= 0:
			parts = append(parts, run)
		case s.Op == syntax.OpLiteral && s.Flags&syntax.FoldCase == 0 && (len(s.Rune) == 1 || run.most == 1) && run.least == run.most:
			for _, r := range s.Rune {
				if r < ' ' || r >= 0x7f || r == '"' || r == '\\' {
					return nil, false
				}
				for range run.least {
					parts = append(parts, part{byte(r), 1, 1})
				}
			}
		default:
			return nil, false
		}
	}
	return parts, true
}

// inner looks through groups.
func inner(s *syntax.Regexp) *syntax.Regexp {
	for s.Op == syntax.OpCapture {
		s = s.Sub[0]
	}
	return s
}

func asDigits(parts []part) *span {
	if len(parts) != 1 || parts[0].literal != 0 {
		return nil
	}
	return &span{parts[0].least, parts[0].most}
}

// shape is a text of a fixed length in which every byte is a digit or one certain byte, such as 2006-01-02 15:04:05. It is
// compared eight bytes at a time.
type shape struct {
	size  int
	words []shapeWord
}

// shapeWord is eight bytes of a shape: want holds the literal bytes, and '0' for digits.
type shapeWord struct {
	at                          int
	want, literals, digits, add uint64
}

func asShape(parts []part) *shape {
	const most = 64
	var want []part
	for _, p := range parts {
		if p.least != p.most || len(want)+p.least > most {
			return nil
		}
		for range p.least {
			want = append(want, part{literal: p.literal})
		}
	}
	if len(want) == 0 {
		return nil
	}
	s := &shape{size: len(want)}
	for at := 0; at < len(want); at += 8 {
		w := shapeWord{at: at}
		if at+8 > len(want) && len(want) >= 8 {
			w.at = len(want) - 8 // overlaps the word before
		}
		for i := 0; i < 8 && w.at+i < len(want); i++ {
			shift := 8 * i
			if c := want[w.at+i].literal; c != 0 {
				w.want |= uint64(c) << shift
				w.literals |= 0xff << shift
			} else {
				w.want |= '0' << shift
				w.digits |= 0x80 << shift
				w.add |= (0x80 - 10) << shift
			}
		}
		s.words = append(s.words, w)
	}
	return s
}

// at tells whether the text at i has the shape. What is left of raw must hold the shape and seven more bytes.
func (s *shape) at(raw []byte, i int) bool {
	var bad uint64
	for k := range s.words {
		w := &s.words[k]
		d := binary.LittleEndian.Uint64(raw[i+w.at:]) ^ w.want
		bad |= d&w.literals | (d|(d&^tops+w.add))&w.digits
	}
	return bad == 0
}
