package contractplan

import (
	"encoding/binary"
	"math/bits"
)

// step is a property where its turn is: its name with the quote of a text, compared a word at a time, and beside it what the common
// kinds of values need. It fills one line of a processor's cache.
type step struct {
	head, second, tail, mask uint64  // of `,"name":`, or of `,"name":"` where the value is a text; mask is the bytes that count
	low                      uint64  // the lengths of a text of digits, a bit each; the least of a number or of a text's length
	high                     int64   // the most of a number or of a text's length
	ranges                   *ranges // of shapes, runs, and long names
	lane                     lane
	size                     uint8 // of the name with all that is compared
	secondAt, tailAt         uint8
	sure                     uint8 // numbers of no more digits are within the bounds
	long                     bool  // the name has a word between the second and the tail
	empty                    bool  // the empty text keeps all rules
}

// stepReach is what must be left of a body for a step: the name, three words of the value, and some more, for then no place in it
// needs a look at the end of the body.
const (
	stepReach = 80
	stepMost  = 31 // bytes of the longest name, with all that is compared
)

// newStep makes the step of a property. Its token and its quick are there already. A step without a lane is never taken.
func newStep(p *property) (s step) {
	text, q := p.token.text, &p.quick
	switch q.lane {
	case laneDigits:
		for n := max(q.least, 0); n <= min(q.most, 23); n++ {
			s.low |= 1 << n
		}
		if q.empty {
			s.low |= 1
		}
	case laneText:
		s.low, s.high = uint64(q.least), q.most
	case laneShape:
		if s.ranges = newRanges(q.shape); s.ranges == nil {
			return step{}
		}
		s.empty = q.empty
	case laneRuns:
		s.low, s.high = uint64(q.least), q.most
		s.ranges, s.empty = &ranges{runs: q.runs}, q.empty
	case laneWhole:
		s.low, s.high = uint64(q.least), q.most
		for most := int64(9); q.least <= 0 && most <= q.most && s.sure < 8; most = most*10 + 9 {
			s.sure++
		}
	default:
		return step{}
	}
	if q.lane != laneWhole {
		text += `"`
	}
	if p.token == noToken || len(text) > stepMost {
		return step{}
	}
	s.lane, s.size, s.long = q.lane, uint8(len(text)), len(text) > 24
	s.mask = ^uint64(0)
	if len(text) < 8 {
		s.mask >>= 8 * (8 - len(text))
	} else {
		s.tailAt = uint8(len(text) - 8)
		s.secondAt = min(8, s.tailAt)
	}
	word := func(at uint8) uint64 {
		var eight [8]byte
		copy(eight[:], text[min(int(at), len(text)):])
		return binary.LittleEndian.Uint64(eight[:])
	}
	s.head, s.second, s.tail = word(0), word(s.secondAt), word(s.tailAt)
	if s.long {
		if s.ranges == nil {
			s.ranges = &ranges{}
		}
		s.ranges.third = word(16)
	}
	return s
}

// inPlace walks members while they come in the order of their names and by the short ways. It returns the place where it
// stopped and the property whose turn it would have been. guesses are of follow, one for each property.
func inPlace(raw []byte, steps []step, guesses *[mostNames]uint8, i, next int) (stopped, turn int) {
	for ; uint(next) < uint(len(steps)); next++ {
		if uint(i) > uint(len(raw)) || len(raw)-i < stepReach {
			break
		}
		s, b := &steps[next], (*[stepReach]byte)(raw[i:])
		differs := (binary.LittleEndian.Uint64(b[:]) ^ s.head) |
			(binary.LittleEndian.Uint64(b[s.secondAt&15:]) ^ s.second) |
			(binary.LittleEndian.Uint64(b[s.tailAt&31:]) ^ s.tail)
		if differs&s.mask != 0 || s.long && binary.LittleEndian.Uint64(b[16:]) != s.ranges.third {
			break
		}
		at := int(s.size & 31)
		x := binary.LittleEndian.Uint64(b[at:])
		switch s.lane {
		case laneDigits:
			m := notDigits(x)
			if m == 0 {
				at += 8
				if m = notDigits(binary.LittleEndian.Uint64(b[at:])); m == 0 {
					at += 8
					m = notDigits(binary.LittleEndian.Uint64(b[at:]))
				}
			}
			at += bits.TrailingZeros64(m) >> 3
			if at >= stepReach || b[at] != '"' || s.low>>((at-int(s.size))&63)&1 == 0 {
				return i, next
			}
			at++
			i = follow(i, at, &guesses[next&(mostNames-1)])
		case laneWhole:
			size := bits.TrailingZeros64(notDigits(x)) >> 3
			if c := b[at+size]; c != ',' && c != '}' || size == 0 || size > 1 && byte(x) == '0' {
				return i, next
			}
			if size > int(s.sure) {
				x <<= 64 - 8*size // zeros before the number
				x &= ones * 0x0f
				x = (x*10 + x>>8) & 0x00ff00ff00ff00ff
				x = (x*100 + x>>16) & 0x0000ffff0000ffff
				if v := int64((x*10000 + x>>32) & 0xffffffff); v < int64(s.low) || v > s.high {
					return i, next
				}
			}
			at += size
			i = follow(i, at, &guesses[next&(mostNames-1)])
		case laneText:
			start := i + at
			end := start
			m := unusual(x)
			for m == 0 {
				if end += 8; len(raw)-end < 8 {
					return i, next
				}
				m = unusual(binary.LittleEndian.Uint64(raw[end:]))
			}
			end += bits.TrailingZeros64(m) >> 3
			if size := int64(end - start); raw[end] != '"' || size < int64(s.low) || size > s.high {
				return i, next
			}
			at = end + 1 - i
			i = follow(i, at, &guesses[next&(mostNames-1)])
		case laneShape:
			if byte(x) == '"' && s.empty {
				i += at + 1
				continue
			}
			r := s.ranges
			if r.hex != nil {
				if !r.hex.at(raw, i+at) || b[at+int(r.size&63)] != '"' {
					return i, next
				}
				i += at + int(r.size) + 1
				continue
			}
			y, z := binary.LittleEndian.Uint64(b[at+int(r.middle&15):]), binary.LittleEndian.Uint64(b[at+int(r.last&31):])
			beyond := x | y | z
			x, y, z = x&^tops, y&^tops, z&^tops // no byte carries into the next one
			above := (x + r.most[0]) | (y + r.most[1]) | (z + r.most[2])
			within := (x + r.least[0]) & (y + r.least[1]) & (z + r.least[2])
			if (beyond|above|^within)&r.counts != 0 || b[at+int(r.size&31)] != '"' {
				return i, next
			}
			i += at + int(r.size) + 1
		case laneRuns:
			if byte(x) == '"' && s.empty {
				i += at + 1
				continue
			}
			end := runsEnd(s.ranges.runs, raw, i+at)
			if size := int64(end - i - at); end >= len(raw) || size < int64(s.low) || size > s.high {
				return i, next
			}
			at = end + 1 - i
			i = follow(i, at, &guesses[next&(mostNames-1)])
		default:
			return i, next
		}
	}
	return i, next
}

// follow is i + size. Where a member ends is known late, after instructions that wait for each other. A property is mostly as
// long as it was the last time: a processor goes on with that length meanwhile, and begins anew if it was another.
func follow(i, size int, guess *uint8) int {
	if int(*guess) == size {
		return i + int(*guess)
	}
	*guess = uint8(size)
	return i + size
}

// ranges is a shape of at most three words without hexadecimal digits, as what the bytes are at least and at most; or one with such
// digits; or runs.
type ranges struct {
	least, most  [3]uint64 // what takes a byte at the least, or above the most, to its highest bit
	counts       uint64    // the bytes that count: not all, of a text shorter than a word
	size         uint8
	middle, last uint8 // where the second and the third word begin
	hex          *shape
	third        uint64 // of a long name
	runs         [][]run
}

func newRanges(s *shape) *ranges {
	r := &ranges{size: uint8(s.size), counts: tops}
	switch {
	case s.hex && s.size <= stepReach-stepMost-8:
		r.hex = s
		return r
	case s.hex || s.size > 24:
		return nil
	}
	if s.size < 8 {
		r.counts >>= 8 * (8 - s.size)
	} else {
		r.last = uint8(s.size - 8)
		r.middle = min(8, r.last)
	}
	for k, at := range [3]uint8{0, r.middle, r.last} {
		for n := range 8 {
			low, high := byte(0), byte(0x7f)
			if int(at)+n < s.size {
				low, high = s.bounds(int(at) + n)
			}
			r.least[k] |= uint64(0x80-low) << (8 * n)
			r.most[k] |= uint64(0x7f-high) << (8 * n)
		}
	}
	return r
}
