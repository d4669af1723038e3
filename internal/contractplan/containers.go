package contractplan

import (
	"encoding/binary"
	"hash/maphash"
	"slices"
)

// object walks an object from the byte after its brace. Members usually come in the order of their names, as encoders of
// structs write them: the next name is guessed before it is read.
func (w *walker) object(o *objectRules, i int) int {
	raw := w.raw
	if w.depth >= maxDepth {
		return -1
	}
	w.depth++
	var seen bits256
	outer, members, guess := len(w.keys), 0, 0
	if i = skipSpace(raw, i); i < len(raw) && raw[i] == '}' {
		return w.leave(o, &seen, outer, members, i+1)
	}
	for {
		var p *property
		if guess < len(o.properties) {
			p = &o.properties[guess]
			if end := i + len(p.token); p.at(raw, i, end) {
				i = end
			} else {
				p = nil
			}
		}
		if p == nil {
			var fold uint64
			if guess, fold, i = w.name(o, i); i < 0 {
				return -1
			}
			if guess >= 0 {
				p = &o.properties[guess]
			} else if o.closed {
				return -1
			} else {
				w.keys = append(w.keys, fold)
				i = w.member(o.additional, i)
			}
		}
		if p != nil {
			if seen.has(guess) || o.closed && !p.declared {
				return -1
			}
			seen.set(guess)
			if o.alike {
				w.keys = append(w.keys, p.fold)
			}
			if i < len(raw) && raw[i] > ' ' && p.node != nil {
				i = w.value(p.node, i)
			} else {
				i = w.member(p.node, i)
			}
		}
		members++
		guess++
		if i < 0 || i >= len(raw) {
			return -1
		}
		if raw[i] != ',' {
			if i = skipSpace(raw, i); i >= len(raw) {
				return -1
			}
			if raw[i] == '}' {
				return w.leave(o, &seen, outer, members, i+1)
			}
			if raw[i] != ',' {
				return -1
			}
		}
		i++
	}
}

// at tells whether the token of a property stands from i to end.
func (p *property) at(raw []byte, i, end int) bool {
	if end > len(raw) {
		return false
	}
	if p.head != 0 {
		return binary.LittleEndian.Uint64(raw[i:]) == p.head && binary.LittleEndian.Uint64(raw[end-8:]) == p.tail
	}
	return string(raw[i:end]) == p.token
}

// name reads a name and its colon. index is -1 for one that the schema does not speak of; end is -1 if there is none.
func (w *walker) name(o *objectRules, i int) (index int, fold uint64, end int) {
	i = skipSpace(w.raw, i)
	if i >= len(w.raw) || w.raw[i] != '"' {
		return -1, 0, -1
	}
	start := i + 1
	end = plainEnd(w.raw, start)
	var name []byte
	if end < len(w.raw) && w.raw[end] == '"' {
		name, end = w.raw[start:end], end+1
	} else if w.text, end = appendText(w.text[:0], w.raw, start); end < 0 {
		return -1, 0, -1
	} else {
		name = w.text
	}
	if end = skipSpace(w.raw, end); end >= len(w.raw) || w.raw[end] != ':' {
		return -1, 0, -1
	}
	if index = o.find(name); index < 0 && !o.closed {
		fold = foldHash(name)
	}
	return index, fold, end + 1
}

// member walks the value of a member, white space before it included.
func (w *walker) member(n *node, i int) int {
	i = skipSpace(w.raw, i)
	if n == nil {
		return w.any(i)
	}
	return w.value(n, i)
}

// leave is the end of an object: what can only be said of it as a whole.
func (w *walker) leave(o *objectRules, seen *bits256, outer, members, end int) int {
	w.depth--
	if !seen.covers(&o.required) || members < o.least || o.most >= 0 && members > o.most {
		return -1
	}
	if len(w.keys) > outer {
		if twice(w.keys[outer:]) || !o.alike && o.seenFold(seen, w.keys[outer:]) {
			w.unsure = true
		}
		w.keys = w.keys[:outer]
	}
	return end
}

// twice tells whether a number is there twice. It leaves them in another order.
func twice(keys []uint64) bool {
	const few = 12
	if len(keys) > few {
		slices.Sort(keys)
		for i := 1; i < len(keys); i++ {
			if keys[i] == keys[i-1] {
				return true
			}
		}
		return false
	}
	for i := 1; i < len(keys); i++ {
		if slices.Contains(keys[:i], keys[i]) {
			return true
		}
	}
	return false
}

// array walks an array from the byte after its bracket.
func (w *walker) array(a *arrayRules, i int) int {
	raw := w.raw
	if w.depth >= maxDepth {
		return -1
	}
	w.depth++
	outer, count := len(w.keys), 0
	if i = skipSpace(raw, i); i < len(raw) && raw[i] == ']' {
		i++
	} else {
		for {
			start := skipSpace(raw, i)
			if i = w.member(a.items, start); i < 0 {
				return -1
			}
			if count++; a.unique {
				w.entry(raw[start:i])
			}
			if i = skipSpace(raw, i); i >= len(raw) {
				return -1
			}
			if raw[i] == ']' {
				i++
				break
			}
			if raw[i] != ',' {
				return -1
			}
			i++
		}
	}
	w.depth--
	if count < a.least || a.most >= 0 && count > a.most {
		return -1
	}
	if a.unique {
		if twice(w.keys[outer:]) {
			w.unsure = true
		}
		w.keys = w.keys[:outer]
	}
	return i
}

// entrySeed makes the numbers of entries unforeseeable.
var entrySeed = maphash.MakeSeed()

// entry notes an entry of an array that must not hold one twice. Bytes tell entries apart that are written in one way only.
func (w *walker) entry(raw []byte) {
	if raw[0] == '{' || raw[0] == '[' || slices.Contains(raw, '\\') {
		w.unsure = true
	}
	w.keys = append(w.keys, maphash.Bytes(entrySeed, raw))
}
