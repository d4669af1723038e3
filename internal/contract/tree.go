package contract

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
)

// members are a JSON object that keeps its order and can hold a name twice, which a Go map cannot. A tree of this package is
// members for objects, []any for arrays, and for everything else what encoding/json makes of it.
type members []member

type member struct {
	name  string
	value any
}

// raw is JSON text that is written as it is.
type raw string

// treeOf copies a decoded JSON value, members in the order of their names.
func treeOf(v any) any {
	switch v := v.(type) {
	case map[string]any:
		m := members{}
		for _, name := range slices.Sorted(maps.Keys(v)) {
			m = append(m, member{name, treeOf(v[name])})
		}
		return m
	case []any:
		list := make([]any, len(v))
		for i, item := range v {
			list[i] = treeOf(item)
		}
		return list
	}
	return v
}

// text writes the tree as JSON.
func text(v any) []byte {
	var b bytes.Buffer
	write(&b, v)
	return b.Bytes()
}

func write(b *bytes.Buffer, v any) {
	switch v := v.(type) {
	case raw:
		b.WriteString(string(v))
	case members:
		b.WriteByte('{')
		for i, m := range v {
			if i > 0 {
				b.WriteByte(',')
			}
			write(b, m.name)
			b.WriteByte(':')
			write(b, m.value)
		}
		b.WriteByte('}')
	case []any:
		b.WriteByte('[')
		for i, item := range v {
			if i > 0 {
				b.WriteByte(',')
			}
			write(b, item)
		}
		b.WriteByte(']')
	default:
		out, err := json.Marshal(v)
		if err != nil {
			panic(fmt.Sprintf("contract: a made-up value is not JSON: %T", v)) // only values of this package come here
		}
		b.Write(out)
	}
}

// get returns a member.
func (m members) get(name string) (any, bool) {
	for _, one := range m {
		if one.name == name {
			return one.value, true
		}
	}
	return nil, false
}

// with returns a copy in which the member has the value.
func (m members) with(name string, value any) members {
	c := slices.Clone(m)
	for i := range c {
		if c[i].name == name {
			c[i].value = value
			return c
		}
	}
	return append(c, member{name, value})
}

// without returns a copy that lacks the member.
func (m members) without(name string) members {
	return slices.DeleteFunc(slices.Clone(m), func(one member) bool { return one.name == name })
}

// path is a place in a tree: names of members and, as numbers, indices of arrays.
type path []any

func (p path) child(step any) path { return append(slices.Clone(p), step) }

// String writes the place as the server's answers do: contacts[0].name.
func (p path) String() string {
	var b bytes.Buffer
	for _, step := range p {
		switch s := step.(type) {
		case string:
			if b.Len() > 0 {
				b.WriteByte('.')
			}
			b.WriteString(s)
		case int:
			b.WriteString("[" + strconv.Itoa(s) + "]")
		}
	}
	return b.String()
}

// put returns a copy of the tree in which the value at the path is another one. Members on the way that are missing are
// made.
func put(tree any, at path, value any) any {
	if len(at) == 0 {
		return value
	}
	switch step := at[0].(type) {
	case string:
		m, _ := tree.(members)
		old, _ := m.get(step)
		return m.with(step, put(old, at[1:], value))
	case int:
		list := slices.Clone(tree.([]any))
		list[step] = put(list[step], at[1:], value)
		return list
	}
	return tree
}

// at returns the value at a path.
func at(tree any, p path) (any, bool) {
	for _, step := range p {
		switch s := step.(type) {
		case string:
			m, ok := tree.(members)
			if !ok {
				return nil, false
			}
			if tree, ok = m.get(s); !ok {
				return nil, false
			}
		case int:
			list, ok := tree.([]any)
			if !ok || s >= len(list) {
				return nil, false
			}
			tree = list[s]
		}
	}
	return tree, true
}
