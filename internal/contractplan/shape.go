package contractplan

import "encoding/binary"

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

// newShape makes a shape of literal bytes, 0 for a digit.
func newShape(want []byte) *shape {
	s := &shape{size: len(want)}
	for at := 0; at < len(want); at += 8 {
		w := shapeWord{at: at}
		if at+8 > len(want) && len(want) >= 8 {
			w.at = len(want) - 8 // overlaps the word before
		}
		for i := 0; i < 8 && w.at+i < len(want); i++ {
			shift := 8 * i
			if c := want[w.at+i]; c != 0 {
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
