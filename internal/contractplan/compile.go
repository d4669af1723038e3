package contractplan

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"sync"

	"github.com/getkin/kin-openapi/openapi3"
)

// compiler compiles the schemas of one document for one direction.
type compiler struct {
	formats  map[string]Format
	whole    string // why nothing of the document can be compiled
	patterns map[string]*pattern
	nodes    map[*openapi3.Schema]*node
	pool     *sync.Pool

	refuseDefaults bool
}

// gap is the place and the reason of what cannot be compiled.
type gap struct{ place, reason string }

func newCompiler(formats map[string]Format) *compiler {
	return &compiler{
		formats:  formats,
		patterns: map[string]*pattern{}, nodes: map[*openapi3.Schema]*node{},
		pool: &sync.Pool{New: func() any { return &walker{text: make([]byte, 0, 256), keys: make([]uint64, 0, 64)} }},
	}
}

func (c *compiler) schema(s *openapi3.Schema) (*Schema, *gap) {
	n, gap := c.compile(s, "")
	if gap != nil {
		clear(c.nodes) // they may lead to the unfinished one
		return nil, gap
	}
	return &Schema{n, c.pool}, nil
}

// compile returns the node of a schema. That of a recursive schema is not finished yet when it is met within itself.
func (c *compiler) compile(s *openapi3.Schema, place string) (*node, *gap) {
	if c.whole != "" {
		return nil, &gap{"", c.whole}
	}
	if s == nil {
		return nil, &gap{place, "a reference is not resolved"}
	}
	if n := c.nodes[s]; n != nil {
		return n, nil
	}
	if gap := c.strange(s, place); gap != nil {
		return nil, gap
	}
	n := &node{schema: s, nullable: s.Nullable}
	c.nodes[s] = n
	if s.IsEmpty() {
		n.anything = true
		return n, nil
	}
	for _, part := range []func(*node, *openapi3.Schema, string) *gap{c.types, c.unionsOf, c.enum, c.texts, c.numbers, c.arrays, c.objects} {
		if gap := part(n, s, place); gap != nil {
			return nil, gap
		}
	}
	n.chooseLane()
	return n, nil
}

// strange finds keywords that mean something to kin-openapi but nothing here.
func (c *compiler) strange(s *openapi3.Schema, place string) *gap {
	members := slices.Concat(s.OneOf, s.AnyOf, s.AllOf, openapi3.SchemaRefs{s.Not})
	switch {
	case s.Always != nil, len(s.PrefixItems) > 0, s.ExclusiveMin.Value != nil, s.ExclusiveMax.Value != nil:
		return &gap{place, "a keyword of OpenAPI 3.1"}
	case s.Discriminator != nil:
		return &gap{place, "discriminator"}
	case s.ReadOnly || s.WriteOnly:
		return &gap{place, "readOnly or writeOnly"}
	case c.refuseDefaults && s.Default != nil:
		return &gap{place, "a default value"}
	case slices.ContainsFunc(members, leadsTo(s)):
		// Each level of a value would multiply the walks of the one below.
		return &gap{place, "a union leads back to itself"}
	case endless(s, map[*openapi3.Schema]bool{}):
		return &gap{place, "a schema without a type contains itself"}
	}
	return nil
}

func (c *compiler) types(n *node, s *openapi3.Schema, place string) *gap {
	if s.Type == nil {
		n.types = typeBoolean | typeNumber | typeText | typeArray | typeObject
		return nil
	}
	bits := map[string]jsonType{openapi3.TypeBoolean: typeBoolean, openapi3.TypeInteger: typeNumber, openapi3.TypeNumber: typeNumber,
		openapi3.TypeString: typeText, openapi3.TypeArray: typeArray, openapi3.TypeObject: typeObject}
	if len(*s.Type) == 1 {
		n.types = bits[(*s.Type)[0]]
	}
	if n.types == 0 {
		return &gap{place, "its type"}
	}
	return nil
}

func (c *compiler) unionsOf(n *node, s *openapi3.Schema, place string) *gap {
	compile := func(refs openapi3.SchemaRefs) (nodes []*node, _ *gap) {
		for _, ref := range refs {
			member, gap := c.compile(ref.Value, place)
			if gap != nil {
				return nil, gap
			}
			nodes = append(nodes, member)
		}
		return nodes, nil
	}
	var gap *gap
	if n.oneOf, gap = compile(s.OneOf); gap != nil {
		return gap
	}
	if n.anyOf, gap = compile(s.AnyOf); gap != nil {
		return gap
	}
	if n.allOf, gap = compile(s.AllOf); gap != nil {
		return gap
	}
	if s.Not != nil {
		not, gap := compile(openapi3.SchemaRefs{s.Not})
		if gap != nil {
			return gap
		}
		n.not = not[0]
	}
	return nil
}

// parts are the schemas within a schema.
func parts(s *openapi3.Schema) openapi3.SchemaRefs {
	refs := slices.Concat(slices.Collect(maps.Values(s.Properties)), s.OneOf, s.AnyOf, s.AllOf)
	return append(refs, s.Not, s.Items, s.AdditionalProperties.Schema)
}

// endless tells whether kin-openapi would look for the end of a schema without end: it does so where there is no type.
func endless(s *openapi3.Schema, open map[*openapi3.Schema]bool) bool {
	if s.Type != nil || open[s] {
		return s.Type == nil
	}
	open[s] = true
	defer delete(open, s)
	return slices.ContainsFunc(parts(s), func(ref *openapi3.SchemaRef) bool { return ref != nil && ref.Value != nil && endless(ref.Value, open) })
}

// leadsTo tells of a schema whether it is another one or holds it somewhere.
func leadsTo(goal *openapi3.Schema) func(*openapi3.SchemaRef) bool {
	seen := map[*openapi3.Schema]bool{}
	var leads func(ref *openapi3.SchemaRef) bool
	leads = func(ref *openapi3.SchemaRef) bool {
		if ref == nil || ref.Value == nil || seen[ref.Value] {
			return false
		}
		seen[ref.Value] = true
		return ref.Value == goal || slices.ContainsFunc(parts(ref.Value), leads)
	}
	return leads
}

func (c *compiler) enum(n *node, s *openapi3.Schema, place string) *gap {
	if len(s.Enum) == 0 {
		return nil
	}
	e := &enum{}
	for _, v := range s.Enum {
		switch v := v.(type) {
		case nil:
			e.null = true
		case bool:
			e.truth, e.untrue = e.truth || v, e.untrue || !v
		case string:
			e.texts = append(e.texts, v)
		case []any, map[string]any, map[any]any:
			return &gap{place, "an enum of lists or objects"}
		default:
			f, err := strconv.ParseFloat(asNumber(v), 64)
			if err != nil {
				return &gap{place, fmt.Sprintf("an enum of %T", v)}
			}
			e.numbers = append(e.numbers, f)
		}
	}
	n.enum = e
	return nil
}

func asNumber(v any) string {
	switch v := v.(type) {
	case json.Number:
		return v.String()
	case float64:
		return strconv.FormatFloat(v, 'g', -1, 64)
	}
	return fmt.Sprint(v)
}

func (c *compiler) texts(n *node, s *openapi3.Schema, place string) *gap {
	n.text.least, n.text.most = int(s.MinLength), bound(s.MaxLength)
	if s.Pattern != "" {
		p := c.patterns[s.Pattern]
		if p == nil {
			var err error
			if p, err = compilePattern(s.Pattern); err != nil {
				return &gap{place, "its pattern"}
			}
			c.patterns[s.Pattern] = p
		}
		n.text.pattern = p
	}
	if s.Format != "" {
		if n.text.format = c.formats[s.Format]; n.text.format == nil {
			if f := openapi3.SchemaStringFormats[s.Format]; f != nil {
				n.text.format = func(text []byte) bool { return f.Validate(string(text)) == nil }
			}
		}
	}
	return nil
}

// bound is an optional upper bound, -1 if there is none.
func bound(v *uint64) int {
	if v == nil || *v > 1<<40 {
		return -1
	}
	return int(*v)
}

func (c *compiler) arrays(n *node, s *openapi3.Schema, place string) (gap *gap) {
	n.array = arrayRules{least: int(s.MinItems), most: bound(s.MaxItems), unique: s.UniqueItems}
	if s.Items != nil {
		n.array.items, gap = c.compile(s.Items.Value, place+"[]")
	}
	return gap
}

func (c *compiler) objects(n *node, s *openapi3.Schema, place string) *gap {
	o := &n.object
	o.least, o.most, o.names = int(s.MinProps), bound(s.MaxProps), s.Required
	o.closed = s.AdditionalProperties.Has != nil && !*s.AdditionalProperties.Has
	if ref := s.AdditionalProperties.Schema; ref != nil && !o.closed {
		var gap *gap
		if o.additional, gap = c.compile(ref.Value, Child(place, "*")); gap != nil {
			return gap
		}
	}
	declared := slices.Sorted(maps.Keys(s.Properties))
	names := slices.Clone(declared)
	for _, name := range s.Required {
		if _, ok := s.Properties[name]; !ok {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	if names = slices.Compact(names); len(names) > mostNames {
		return &gap{place, fmt.Sprintf("more than %d properties", mostNames)}
	}
	folds := map[string]bool{}
	for i, name := range names {
		p := property{name: name, token: newToken(name), fold: foldHash([]byte(name)), node: o.additional}
		if ref, ok := s.Properties[name]; ok {
			var gap *gap
			p.declared = true
			if p.node, gap = c.compile(ref.Value, Child(place, name)); gap != nil {
				return gap
			}
		}
		if slices.Contains(s.Required, name) {
			o.required.set(i)
		}
		o.alike = o.alike || folds[fold(name)]
		folds[fold(name)] = true
		if o.closed && !p.declared {
			p.token = noToken // nothing may be there
		}
		if p.node != nil && p.node.quick.lane <= laneWhole {
			p.quick = p.node.quick // that of a recursive schema is none
		}
		o.properties = append(o.properties, p)
	}
	if !o.alike {
		o.steps = make([]step, len(o.properties))
		for i := range o.steps {
			o.steps[i] = newStep(&o.properties[i])
		}
	}
	o.index()
	return nil
}

// index fills the slots, at most half of them.
func (o *objectRules) index() {
	size := 2
	for size < 2*len(o.properties) {
		size *= 2
	}
	o.slots = make([]uint16, size)
	for i, p := range o.properties {
		at := slot([]byte(p.name)) & uint32(size-1)
		for o.slots[at] != 0 {
			at = (at + 1) & uint32(size-1)
		}
		o.slots[at] = uint16(i + 1)
	}
}
