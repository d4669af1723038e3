package contractplan

import "encoding/binary"

// token is a name as encoders write it after another member: `,"name":`.
type token struct {
	head, tail uint64 // the first and the last eight bytes of one that has from eight to sixteen
	text       string
}

// noToken stands nowhere: the name is looked up.
var noToken = token{text: "\x00"}

// newToken makes the token of a name. That of a name which encoders may escape stands nowhere.
func newToken(name string) token {
	t := token{text: `,"` + name + `":`}
	if plainEnd([]byte(name), 0) < len(name) {
		return noToken
	}
	if size := len(t.text); size >= 8 && size <= 16 {
		t.head, t.tail = binary.LittleEndian.Uint64([]byte(t.text)), binary.LittleEndian.Uint64([]byte(t.text[size-8:]))
	}
	return t
}

// at tells whether the token stands from i to end.
func (t *token) at(raw []byte, i, end int) bool {
	if end > len(raw) {
		return false
	}
	if t.tail != 0 {
		return binary.LittleEndian.Uint64(raw[i:]) == t.head && binary.LittleEndian.Uint64(raw[end-8:]) == t.tail
	}
	return string(raw[i:end]) == t.text
}

// opens tells whether an object begins with the name of the token.
func (t *token) opens(raw []byte) bool {
	size := len(t.text) - 1 // no comma
	return size > 0 && len(raw) >= size && string(raw[:size]) == t.text[1:]
}
