package contractplan

import "slices"

// maxDepth bounds the nesting of a JSON text.
const maxDepth = 32

// walker walks one body. Its memory is used again for the next.
type walker struct {
	raw            []byte
	refuseControls bool
	unsure         bool // the short look is not enough, whatever comes out
	depth          int
	keys           []uint64         // the names of the objects around, see foldHash
	text           []byte           // the last text that had to be unescaped
	guesses        [mostNames]uint8 // see follow: no verdict depends on them
}

func (w *walker) fits(n *node, raw []byte, refuseControls bool) bool {
	w.raw, w.refuseControls, w.unsure, w.depth, w.keys = raw, refuseControls, false, 0, w.keys[:0]
	end := w.value(n, skipSpace(raw, 0))
	w.raw = nil
	return end >= 0 && skipSpace(raw, end) == len(raw) && !w.unsure
}

// value returns the place after the value at i if it fits, otherwise -1.
func (w *walker) value(n *node, i int) int {
	if i >= len(w.raw) {
		return -1
	}
	switch c := w.raw[i]; n.quick.lane {
	case laneNone:
	case laneObject:
		if c == '{' {
			return w.object(&n.object, i+1)
		}
	case laneArray:
		if c == '[' {
			return w.array(&n.array, i+1)
		}
	case laneTable:
		if c == '"' {
			end, matches := n.text.pattern.table.plain(w.raw, i+1)
			if size := int64(end - i - 1); matches && end < len(w.raw) && w.raw[end] == '"' && size >= n.quick.least && size <= n.quick.most {
				return end + 1
			}
		}
	case laneScalars:
		member := n.scalars.number
		switch c {
		case '"':
			member = n.scalars.text
		case 't', 'f':
			member = n.scalars.boolean
		case 'n', '{', '[':
			member = nil
		}
		if member != nil {
			return w.value(member, i)
		}
	default:
		if end := n.quick.end(w.raw, i); end > 0 {
			return end
		}
	}
	return w.long(n, i)
}

// end is the short way of texts and whole numbers: the place after the value at i, or 0 for one that must go the long way.
func (q *quick) end(raw []byte, i int) int {
	if i >= len(raw) {
		return 0
	}
	if q.lane == laneWhole {
		return q.whole(raw, i)
	}
	if raw[i] != '"' {
		return 0
	}
	i++
	if q.empty && i < len(raw) && raw[i] == '"' {
		return i + 1
	}
	end := 0
	switch q.lane {
	case laneDigits:
		end = digitsEnd(raw, i)
	case laneText:
		end = plainEnd(raw, i)
	case laneShape:
		if end = i + q.shape.size; len(raw)-end < 8 || !q.shape.at(raw, i) {
			end = i // or the empty text
		}
	case laneRuns:
		end = runsEnd(q.runs, raw, i)
	default:
		return 0
	}
	if end >= len(raw) || raw[end] != '"' {
		return 0
	}
	if size := int64(end - i); size < q.least || size > q.most {
		return 0
	}
	return end + 1
}

// whole is the short way of whole numbers.
func (q *quick) whole(raw []byte, i int) int {
	negative := raw[i] == '-'
	if negative {
		i++
	}
	start, v := i, int64(0)
	for ; i < len(raw) && raw[i]-'0' <= 9; i++ {
		v = v*10 + int64(raw[i]-'0')
	}
	if size := i - start; size == 0 || size > 15 || size > 1 && raw[start] == '0' || i == len(raw) {
		return 0
	}
	if c := raw[i]; c == '.' || c|0x20 == 'e' {
		return 0
	}
	if negative {
		v = -v
	}
	if v < q.least || v > q.most {
		return 0
	}
	return i
}

// long is the way of every schema and every value.
func (w *walker) long(n *node, i int) int {
	if w.raw[i] == 'n' {
		return w.null(n, i)
	}
	if n.anything {
		return w.any(i)
	}
	if !w.unions(n, i) {
		return -1
	}
	switch c := w.raw[i]; {
	case c == '"':
		text, end := w.string(i + 1)
		if end < 0 || n.types&typeText == 0 || n.enum != nil && !n.enum.hasText(text) || n.text.check(text, length(text)) != 0 {
			return -1
		}
		return end
	case c == '{':
		if n.types&typeObject == 0 || n.enum != nil {
			return -1
		}
		return w.object(&n.object, i+1)
	case c == '[':
		if n.types&typeArray == 0 || n.enum != nil {
			return -1
		}
		return w.array(&n.array, i+1)
	case c == 't':
		if n.types&typeBoolean == 0 || n.enum != nil && !n.enum.truth {
			return -1
		}
		return literal(w.raw, i, "true")
	case c == 'f':
		if n.types&typeBoolean == 0 || n.enum != nil && !n.enum.untrue {
			return -1
		}
		return literal(w.raw, i, "false")
	}
	v, end := readNumber(w.raw, i)
	if end < 0 || n.types&typeNumber == 0 || n.enum != nil && !n.enum.hasNumber(v) || n.number.check(v) != 0 {
		return -1
	}
	return end
}

func (w *walker) null(n *node, i int) int {
	end := literal(w.raw, i, "null")
	if end < 0 || n.nullable {
		return end
	}
	// A union may take what its schema would not.
	if len(n.oneOf)+len(n.anyOf)+len(n.allOf) > 0 && w.unions(n, i) {
		return end
	}
	return -1
}

// unions holds the value at i to the schemas that are combined with its own. Each walks it anew.
func (w *walker) unions(n *node, i int) bool {
	if n.not != nil && w.try(n.not, i) {
		return false
	}
	if len(n.oneOf) > 0 {
		fit := 0
		for _, member := range n.oneOf {
			if w.try(member, i) {
				fit++
			}
		}
		if fit != 1 {
			return false
		}
	}
	if len(n.anyOf) > 0 && !slices.ContainsFunc(n.anyOf, func(member *node) bool { return w.try(member, i) }) {
		return false
	}
	for _, member := range n.allOf {
		if !w.try(member, i) {
			return false
		}
	}
	return true
}

func (w *walker) try(n *node, i int) bool {
	depth, keys := w.depth, len(w.keys)
	end := w.value(n, i)
	w.depth, w.keys = depth, w.keys[:keys]
	return end >= 0
}

// string reads the text whose first byte after the quote is at i. The text lasts until the next one is read.
func (w *walker) string(i int) (text []byte, end int) {
	end = plainEnd(w.raw, i)
	if end < len(w.raw) && w.raw[end] == '"' {
		return w.raw[i:end], end + 1
	}
	w.text, end = appendText(w.text[:0], w.raw, i)
	if w.refuseControls && end >= 0 {
		for _, c := range w.text {
			if isControl(rune(c)) {
				return nil, -1
			}
		}
	}
	return w.text, end
}

// any walks a value of any kind: grammar alone.
func (w *walker) any(i int) int {
	if i >= len(w.raw) {
		return -1
	}
	switch w.raw[i] {
	case '"':
		_, end := w.string(i + 1)
		return end
	case '{':
		return w.object(&anyObject, i+1)
	case '[':
		return w.array(&anyArray, i+1)
	case 't':
		return literal(w.raw, i, "true")
	case 'f':
		return literal(w.raw, i, "false")
	case 'n':
		return literal(w.raw, i, "null")
	}
	_, end := readNumber(w.raw, i)
	return end
}

var (
	anyObject = objectRules{most: -1}
	anyArray  = arrayRules{most: -1}
)
