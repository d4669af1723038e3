package contract

import (
	"iter"
	"maps"
	"slices"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
)

// Boundary is a request at the edge of what a schema allows.
type Boundary struct {
	*Request
	Place string
}

// Boundaries yields requests that keep the schema at its edges: the smallest and largest numbers, the shortest and longest
// texts and lists, each value of an enumeration. A server may refuse one for its meaning, but never with a fault of its own.
func (op *Operation) Boundaries() iter.Seq[Boundary] {
	return func(yield func(Boundary) bool) {
		b := &edges{op: op, yield: yield}
		for _, p := range op.Params {
			b.parameter(p)
		}
		if op.BodyType == JSONBody {
			b.object(op.Body, nil)
		}
	}
}

type edges struct {
	op    *Operation
	yield func(Boundary) bool
	done  bool
}

func (b *edges) emit(place string, change func(*Request)) {
	if b.done {
		return
	}
	r := b.op.Valid()
	change(r)
	b.done = !b.yield(Boundary{r, place})
}

func (b *edges) parameter(p *openapi3.Parameter) {
	for _, v := range edgeValues(p.Schema.Value, exampleOf(p)) {
		text := scalar(v)
		switch p.In {
		case openapi3.ParameterInQuery:
			if text != "" {
				b.emit(p.Name, func(r *Request) { r.SetQuery(p.Name, text) })
			}
		case openapi3.ParameterInHeader:
			b.emit(p.Name, func(r *Request) { r.Header.Set(p.Name, text) })
		case openapi3.ParameterInPath:
			b.emit(p.Name, func(r *Request) { r.Path[p.Name] = text })
		}
	}
}

func (b *edges) object(s *openapi3.Schema, place path) {
	for _, name := range slices.Sorted(maps.Keys(s.Properties)) {
		b.value(s.Properties[name].Value, place.child(name))
	}
}

func (b *edges) value(s *openapi3.Schema, place path) {
	base := b.op.base()
	sample, ok := at(base, place)
	if !ok {
		sample = treeOf(s.Example)
	}
	set := func(v any) {
		tree := put(base, place, v)
		b.emit(place.String(), func(r *Request) { r.setJSON(tree) })
	}
	switch {
	case s.Type.Is(openapi3.TypeObject):
		b.object(s, place)
	case s.Type.Is(openapi3.TypeArray):
		list, _ := sample.([]any)
		if len(list) == 0 {
			return
		}
		set(slices.Repeat(list[:1], int(s.MinItems)))
		if s.MaxItems != nil {
			set(slices.Repeat(list[:1], int(*s.MaxItems)))
		}
		if s.Items.Value.Type.Is(openapi3.TypeObject) {
			b.object(s.Items.Value, place.child(0))
		}
	default:
		for _, v := range edgeValues(s, sample) {
			set(v)
		}
	}
}

// edgeValues are the values at the edges of a scalar schema that keep it.
func edgeValues(s *openapi3.Schema, sample any) []any {
	var all []any
	switch {
	case len(s.Enum) > 0:
		return s.Enum
	case s.Type.Is(openapi3.TypeInteger), s.Type.Is(openapi3.TypeNumber):
		if s.Min != nil {
			all = append(all, *s.Min)
		}
		if s.Max != nil {
			all = append(all, *s.Max)
		}
	case s.Type.Is(openapi3.TypeString):
		text, _ := sample.(string)
		candidates := []string{"", "'\";--", "%s%n", "☃ Ọ̀ṣun 🦁", "../../etc/passwd", "<script>", "null"}
		if s.MaxLength != nil {
			n := int(*s.MaxLength)
			for _, unit := range []string{text, "9", "0", "a", "Ж", "🦁"} {
				if unit != "" {
					candidates = append(candidates, lengthen(unit, n), lengthen(unit, max(int(s.MinLength), 1)))
				}
			}
			candidates = append(candidates, strings.Repeat(" ", n))
		}
		for _, c := range candidates {
			if s.VisitJSONString(c) == nil {
				all = append(all, c)
			}
		}
	}
	return all
}
