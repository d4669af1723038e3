package contractplan

import (
	"hash/maphash"
	"slices"
)

// object walks an object from the byte after its brace. Members usually come in the order of their names, as encoders of
// structs write them: the next one is expected before it is read.
func (w *walker) object(o *objectRules, i int) int {
	if w.depth >= maxDepth {
		return -1
	}
	w.depth++
	raw := w.raw
	var seen bits256
	// The properties from run to next came one after the other and are not among the seen yet.
	run, next, outer, undeclared := 0, 0, len(w.keys), 0
	first := true
	if len(o.steps) > 0 && o.properties[0].token.opens(raw[i:]) {
		if i = w.member(o.properties[0].node, i+len(o.properties[0].token.text)-1); i < 0 {
			return -1
		}
		first, next = false, 1
	}
	for ; ; first = false {
		if !first {
			for next < len(o.steps) {
				if i, next = inPlace(raw, o.steps, &w.guesses, i, next); next == len(o.steps) {
					break
				}
				p := &o.properties[next]
				value := i + len(p.token.text)
				if !p.token.at(raw, i, value) {
					break
				}
				if end := p.quick.end(raw, value); end > 0 {
					i = end
				} else if i = w.member(p.node, value); i < 0 {
					return -1
				}
				next++
			}
		}
		if i = skipSpace(raw, i); i >= len(raw) {
			return -1
		}
		if raw[i] == '}' {
			break
		}
		if !first {
			if raw[i] != ',' {
				return -1
			}
			i++
		}
		index, fold, value := w.name(o, i)
		if value < 0 || !seen.add(run, next) {
			return -1
		}
		if index < 0 {
			if o.closed {
				return -1
			}
			undeclared++
			w.keys = append(w.keys, fold)
			if i = w.member(o.additional, value); i < 0 {
				return -1
			}
			run = next
			continue
		}
		p := &o.properties[index]
		if o.closed && !p.declared {
			return -1
		}
		if o.alike {
			w.keys = append(w.keys, p.fold)
		}
		if i = w.member(p.node, value); i < 0 {
			return -1
		}
		run, next = index, index+1
	}
	w.depth--
	if !seen.add(run, next) || !seen.covers(&o.required) {
		return -1
	}
	if o.least > 0 || o.most >= 0 {
		if members := seen.size() + undeclared; members < o.least || o.most >= 0 && members > o.most {
			return -1
		}
	}
	if len(w.keys) > outer {
		if twice(w.keys[outer:]) || !o.alike && o.seenFold(&seen, w.keys[outer:]) {
			w.unsure = true
		}
		w.keys = w.keys[:outer]
	}
	return i + 1
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
