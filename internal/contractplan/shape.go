package contractplan

import "encoding/binary"

// shape is a text of a fixed length in which every byte is a digit, a lower-case hexadecimal digit or one certain byte, such as
// 2006-01-02 15:04:05. It is compared eight bytes at a time.
type shape struct {
	size  int
	hex   bool // there are hexadecimal digits in it
	words []shapeWord
	want  []byte // see newShape
}

// shapeWord is eight bytes of a shape: want holds the literal bytes, and '0' for digits of either kind.
type shapeWord struct {
	at                          int
	want, literals, digits, hex uint64
}

// What newShape takes for a digit, and for a hexadecimal one.
const (
	anyDigit = 0
	anyHex   = 1
)

// newShape makes a shape of literal bytes, anyDigit and anyHex.
func newShape(want []byte) *shape {
	s := &shape{size: len(want), want: want}
	for at := 0; at < len(want); at += 8 {
		w := shapeWord{at: at}
		if at+8 > len(want) && len(want) >= 8 {
			w.at = len(want) - 8 // overlaps the word before
		}
		for i := 0; i < 8 && w.at+i < len(want); i++ {
			shift := 8 * i
			switch c := want[w.at+i]; c {
			case anyDigit:
				w.want |= '0' << shift
				w.digits |= 0x80 << shift
			case anyHex:
				w.want |= '0' << shift
				w.hex |= 0x80 << shift
				s.hex = true
			default:
				w.want |= uint64(c) << shift
				w.literals |= 0xff << shift
			}
		}
		s.words = append(s.words, w)
	}
	return s
}

// bounds are the least and the most that the byte at i may be, in a shape without hexadecimal digits.
func (s *shape) bounds(i int) (least, most byte) {
	if c := s.want[i]; c != anyDigit {
		return c, c
	}
	return '0', '9'
}

// at tells whether the text at i has the shape. What is left of raw must hold the shape and seven more bytes.
func (s *shape) at(raw []byte, i int) bool {
	var bad uint64
	for k := range s.words {
		w := &s.words[k]
		x := binary.LittleEndian.Uint64(raw[i+w.at:])
		d := x ^ w.want
		notDigit := d | (d&^tops + ones*(0x80-10))
		bad |= d&w.literals | notDigit&w.digits
		if s.hex {
			// a to f are 1 to 6 above 0x60; of all else this is more, nothing, or beyond ASCII.
			l := x ^ ones*0x60
			letter := (l&^tops + ones*(0x80-1)) &^ (l&^tops + ones*(0x80-7)) &^ l
			bad |= notDigit &^ letter & w.hex
		}
	}
	return bad == 0
}
