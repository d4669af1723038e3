package contractplan

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"
)

// explain looks at a body once more, in kin-openapi's order: members by name, what is missing after what is there. It
// returns nil for a body that is good after all.
func (s *Schema) explain(raw []byte, refuseControls bool) *Violation {
	v, wrong := parse(raw, refuseControls)
	if wrong != nil {
		return &Violation{Text: true, Problems: Problems{*wrong}}
	}
	var x explainer
	x.value(s.root, &v, nil)
	if len(x.problems) == 0 {
		return nil
	}
	return &Violation{Problems: x.problems}
}

// explainer holds a value to its schema and collects the problems. All its methods tell whether the value fits; with full
// problems, or silent, they may stop at the first sign that it does not.
type explainer struct {
	silent   bool // a member of a union: only the verdict counts
	problems Problems
}

func (x *explainer) stop() bool { return x.silent || len(x.problems) >= MostProblems }

func (x *explainer) tell(n *node, at *path, keyword string) bool {
	if !x.silent {
		x.problems.Add(at.step(), Rule(n.schema, keyword))
	}
	return false
}

// step is the place of a path as kin-openapi's problems are told, see Step.
func (p *path) step() string {
	if p == nil {
		return ""
	}
	if p.index < 0 {
		return Step(p.up.step(), p.name)
	}
	return Element(p.up.step(), p.index)
}

func (x *explainer) value(n *node, v *value, at *path) bool {
	if v.kind == typeNull && n.nullable {
		return true
	}
	if n.anything {
		return v.kind != typeNull || x.tell(n, at, "nullable")
	}
	combined, ok := x.unions(n, v, at)
	if !ok {
		return false
	}
	if v.kind == typeNull && combined {
		return true
	}
	if n.enum != nil && !n.enum.has(v) {
		return x.tell(n, at, "enum")
	}
	if v.kind == typeNull {
		return x.tell(n, at, "nullable")
	}
	if n.types&v.kind == 0 {
		return x.tell(n, at, "type")
	}
	switch v.kind {
	case typeText:
		return x.broken(n, at, n.text.check([]byte(v.text), length([]byte(v.text))))
	case typeNumber:
		return x.broken(n, at, n.number.check(v.number))
	case typeArray:
		return x.array(n, v, at)
	case typeObject:
		return x.object(n, v, at)
	}
	return true
}

func (e *enum) has(v *value) bool {
	switch v.kind {
	case typeNull:
		return e.null
	case typeBoolean:
		return v.truth && e.truth || !v.truth && e.untrue
	case typeNumber:
		return e.hasNumber(v.number)
	case typeText:
		return slices.Contains(e.texts, v.text)
	}
	return false
}

func (x *explainer) broken(n *node, at *path, b broken) bool {
	fits := b == 0
	for ; b != 0; b &= b - 1 {
		x.tell(n, at, b.keyword())
	}
	return fits
}

func (x *explainer) unions(n *node, v *value, at *path) (combined, ok bool) {
	fits := func(member *node) bool { return (&explainer{silent: true}).value(member, v, at) }
	if n.not != nil && fits(n.not) {
		return true, x.tell(n, at, "not")
	}
	if len(n.oneOf) > 0 {
		fit := 0
		for _, member := range n.oneOf {
			if fits(member) {
				fit++
			}
		}
		if fit != 1 {
			return true, x.tell(n, at, "oneOf")
		}
	}
	if len(n.anyOf) > 0 && !slices.ContainsFunc(n.anyOf, fits) {
		return true, x.tell(n, at, "anyOf")
	}
	for _, member := range n.allOf {
		if !fits(member) {
			return true, x.tell(n, at, "allOf")
		}
	}
	return len(n.oneOf)+len(n.anyOf)+len(n.allOf) > 0, true
}

func (x *explainer) array(n *node, v *value, at *path) bool {
	a, fits := &n.array, true
	if len(v.items) < a.least {
		fits = x.tell(n, at, "minItems")
	}
	if a.most >= 0 && len(v.items) > a.most {
		fits = x.tell(n, at, "maxItems")
	}
	if a.unique && !v.unique() {
		fits = x.tell(n, at, "uniqueItems")
	}
	for i := range v.items {
		if a.items == nil || !fits && x.stop() {
			break
		}
		if !x.value(a.items, &v.items[i], &path{up: at, index: i}) {
			fits = false
		}
	}
	return fits
}

func (x *explainer) object(n *node, v *value, at *path) bool {
	o, fits := &n.object, true
	if len(v.members) < o.least {
		fits = x.tell(n, at, "minProperties")
	}
	if o.most >= 0 && len(v.members) > o.most {
		fits = x.tell(n, at, "maxProperties")
	}
	var seen bits256
	slices.SortFunc(v.members, func(a, b member) int { return strings.Compare(a.name, b.name) })
	for i := range v.members {
		m := &v.members[i]
		index := o.find([]byte(m.name))
		inner := o.additional
		declared := index >= 0 && o.properties[index].declared
		if index >= 0 {
			inner = o.properties[index].node
			seen.set(index)
		}
		if !fits && x.stop() {
			return false
		}
		switch {
		case o.closed && !declared:
			if fits = false; !x.silent {
				x.problems.Add(Child(at.step(), m.name), "is not known here")
			}
		case inner != nil && !x.value(inner, &m.value, &path{at, m.name, -1}):
			fits = false
		}
	}
	for _, name := range o.names {
		if !fits && x.stop() {
			return false
		}
		if !seen.has(o.find([]byte(name))) {
			fits = x.tell(n, &path{at, name, -1}, "required")
		}
	}
	return fits
}

// unique tells whether no entry of a list is there twice. Numbers are as they are written: 1 is not 1.0.
func (v *value) unique() bool {
	seen := map[string]bool{}
	for i := range v.items {
		var b bytes.Buffer
		v.items[i].write(&b)
		if seen[b.String()] {
			return false
		}
		seen[b.String()] = true
	}
	return true
}

// write gives equal values equal bytes.
func (v *value) write(b *bytes.Buffer) {
	switch v.kind {
	case typeText:
		writeText(b, v.text)
	case typeNumber:
		b.WriteString(v.text)
	case typeBoolean:
		if v.truth {
			b.WriteString("true")
		} else {
			b.WriteString("false")
		}
	case typeArray:
		b.WriteByte('[')
		for i := range v.items {
			v.items[i].write(b)
			b.WriteByte(',')
		}
		b.WriteByte(']')
	case typeObject:
		members := slices.SortedFunc(slices.Values(v.members), func(a, b member) int { return strings.Compare(a.name, b.name) })
		b.WriteByte('{')
		for i := range members {
			writeText(b, members[i].name)
			members[i].value.write(b)
			b.WriteByte(',')
		}
		b.WriteByte('}')
	default:
		b.WriteString("null")
	}
}

func writeText(b *bytes.Buffer, s string) {
	raw, _ := json.Marshal(s) // a string always has JSON
	b.Write(raw)
}
