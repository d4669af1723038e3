package contractplan

import "unicode/utf8"

// value is a JSON value of a body that did not pass at once.
type value struct {
	kind    jsonType
	truth   bool
	number  float64
	text    string // of a number: as it is written
	items   []value
	members []member
}

type member struct {
	name  string
	value value
}

// path is the way to a value from the outermost one.
type path struct {
	up    *path
	name  string // of a member
	index int    // of an entry; -1: a member
}

// place is the path as JSON problems tell it: members by name, entries by number.
func (p *path) place() string {
	if p == nil {
		return ""
	}
	if p.index < 0 {
		return Child(p.up.place(), p.name)
	}
	return Element(p.up.place(), p.index)
}

// parser reads a body into values. It finds the first thing in the text that makes it no JSON as this service takes it.
type parser struct {
	raw            []byte
	i              int
	refuseControls bool
	found          *Problem
}

// The words for texts that are not JSON as this service takes it.
const (
	RuleUTF8     = "must be UTF-8"
	RuleJSON     = "must be valid JSON"
	RuleEnd      = "must end after one JSON value"
	RuleTwice    = "must not be there twice, not even in other letters' case"
	RuleControls = "must not contain control characters"
	RuleDepth    = "must not be nested deeper than 32"
)

// parse returns the value of a body, or what is wrong with its text.
func parse(raw []byte, refuseControls bool) (v value, _ *Problem) {
	if !utf8.Valid(raw) {
		return v, &Problem{"", RuleUTF8}
	}
	p := parser{raw: raw, refuseControls: refuseControls}
	if !p.value(&v, nil, 0) {
		return v, p.found
	}
	if skipSpace(raw, p.i) < len(raw) {
		return v, &Problem{"", RuleEnd}
	}
	return v, nil
}

func (p *parser) fail(at *path, rule string) bool {
	place := ""
	if rule != RuleJSON {
		place = at.place()
	}
	p.found = &Problem{Fit(place), rule}
	return false
}

// peek is the next byte that is not white space, 0 at the end.
func (p *parser) peek() byte {
	if p.i = skipSpace(p.raw, p.i); p.i == len(p.raw) {
		return 0
	}
	return p.raw[p.i]
}

func (p *parser) value(v *value, at *path, depth int) bool {
	switch c := p.peek(); c {
	case '{', '[':
		if depth == maxDepth {
			return p.fail(at, RuleDepth)
		}
		p.i++
		if c == '{' {
			return p.object(v, at, depth+1)
		}
		return p.array(v, at, depth+1)
	case '"':
		text, end := appendText(nil, p.raw, p.i+1)
		if end < 0 {
			return p.fail(at, RuleJSON)
		}
		v.kind, v.text, p.i = typeText, string(text), end
		if p.refuseControls && HasControls(v.text) {
			return p.fail(at, RuleControls)
		}
		return true
	case 't':
		v.truth = true
		return p.word(v, at, typeBoolean, "true")
	case 'f':
		return p.word(v, at, typeBoolean, "false")
	case 'n':
		return p.word(v, at, typeNull, "null")
	}
	number, end := readNumber(p.raw, p.i)
	if end < 0 {
		return p.fail(at, RuleJSON)
	}
	v.kind, v.number, v.text, p.i = typeNumber, number, string(p.raw[p.i:end]), end
	return true
}

func (p *parser) word(v *value, at *path, kind jsonType, word string) bool {
	end := literal(p.raw, p.i, word)
	if end < 0 {
		return p.fail(at, RuleJSON)
	}
	v.kind, p.i = kind, end
	return true
}

func (p *parser) object(v *value, at *path, depth int) bool {
	v.kind = typeObject
	if p.peek() == '}' {
		p.i++
		return true
	}
	seen := map[string]bool{}
	for {
		if p.peek() != '"' {
			return p.fail(at, RuleJSON)
		}
		name, end := appendText(nil, p.raw, p.i+1)
		if end < 0 {
			return p.fail(at, RuleJSON)
		}
		p.i = end
		inner := &path{at, string(name), -1}
		if folded := fold(inner.name); seen[folded] {
			return p.fail(inner, RuleTwice)
		} else {
			seen[folded] = true
		}
		if p.peek() != ':' {
			return p.fail(at, RuleJSON)
		}
		p.i++
		v.members = append(v.members, member{name: inner.name})
		if !p.value(&v.members[len(v.members)-1].value, inner, depth) {
			return false
		}
		switch p.peek() {
		case ',':
			p.i++
		case '}':
			p.i++
			return true
		default:
			return p.fail(at, RuleJSON)
		}
	}
}

func (p *parser) array(v *value, at *path, depth int) bool {
	v.kind = typeArray
	if p.peek() == ']' {
		p.i++
		return true
	}
	for {
		v.items = append(v.items, value{})
		if !p.value(&v.items[len(v.items)-1], &path{up: at, index: len(v.items) - 1}, depth) {
			return false
		}
		switch p.peek() {
		case ',':
			p.i++
		case ']':
			p.i++
			return true
		default:
			return p.fail(at, RuleJSON)
		}
	}
}
