package contract

import (
	"fmt"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
)

// more are further values that break a schema, for requests that chance chooses.
func (m *mutator) more(s *openapi3.Schema) []wrong {
	if !m.varied {
		return nil
	}
	all := m.values.moreTypes(s)
	switch {
	case s.Type.Is(openapi3.TypeString):
		all = append(all, m.values.moreStrings(s)...)
	case s.Type.Is(openapi3.TypeInteger), s.Type.Is(openapi3.TypeNumber):
		all = append(all, m.values.moreNumbers(s)...)
	}
	return all
}

// moreTypes are values of other types than the schema's, nested ones too.
func (v values) moreTypes(s *openapi3.Schema) []wrong {
	var all []wrong
	for range 2 {
		switch kind := v.IntN(5); {
		case kind == 0 && !s.Type.Is(openapi3.TypeArray):
			all = append(all, wrong{WrongType, []any{v.anything(3), v.anything(3)}, ""})
		case kind == 1 && !s.Type.Is(openapi3.TypeObject):
			all = append(all, wrong{WrongType, members{{v.runes(5), v.anything(3)}}, ""})
		case kind == 2 && !s.Type.Is(openapi3.TypeBoolean):
			all = append(all, wrong{WrongType, v.IntN(2) == 0, ""})
		case kind == 3 && !s.Type.Is(openapi3.TypeString):
			all = append(all, wrong{WrongType, v.runes(v.IntN(20)), ""})
		case kind == 4 && !s.Type.Is(openapi3.TypeInteger) && !s.Type.Is(openapi3.TypeNumber):
			all = append(all, wrong{WrongType, raw(fmt.Sprintf("%d.%03de%d", v.IntN(2000)-1000, v.IntN(1000), v.IntN(20))), ""})
		}
	}
	return all
}

// anything is any JSON value, nested at most so deep.
func (v values) anything(depth int) any {
	switch v.IntN(6) {
	case 0:
		return nil
	case 1:
		return v.IntN(2) == 0
	case 2:
		return v.IntN(1 << 30)
	case 3:
		if depth > 0 {
			return []any{v.anything(depth - 1), v.anything(depth - 1)}
		}
	case 4:
		if depth > 0 {
			return members{{v.runes(4), v.anything(depth - 1)}, {"__proto__", v.anything(depth - 1)}}
		}
	}
	return v.runes(v.IntN(12))
}

// moreNumbers are far outside of the bounds, beyond 64 bits too, and broken where whole ones are wanted.
func (v values) moreNumbers(s *openapi3.Schema) []wrong {
	digits := "1" + strings.Repeat("0", 20+v.IntN(30))
	var all []wrong
	if s.Max != nil {
		all = append(all, wrong{TooLarge, raw(digits), digits})
	}
	if s.Min != nil {
		all = append(all, wrong{TooSmall, raw("-" + digits), digits}, wrong{TooSmall, raw("-9223372036854775809"), "9223372036854775809"})
	}
	if s.Type.Is(openapi3.TypeInteger) {
		all = append(all, wrong{WrongType, raw(fmt.Sprintf("%d.%d", v.IntN(3), 1+v.IntN(98))), ""}, wrong{WrongType, raw(fmt.Sprintf("%de-3", 1+2*v.IntN(400))), ""})
	}
	return append(all, wrong{NotFinite, raw(fmt.Sprintf("-1e%d", 400+v.IntN(9000))), ""})
}

// moreStrings are longer, shorter and other than the schema wants.
func (v values) moreStrings(s *openapi3.Schema) []wrong {
	if len(s.Enum) > 0 {
		return nil
	}
	var all []wrong
	if s.MaxLength != nil {
		word := v.canary()
		all = append(all, wrong{TooLong, lengthen(word+v.runes(10), int(*s.MaxLength)+1+v.IntN(3000)), word})
	}
	for range 8 {
		candidate := v.runes(v.IntN(int(s.MinLength) + 12))
		if s.Pattern == "" || s.VisitJSONString(candidate) == nil {
			continue
		}
		all = append(all, wrong{BadPattern, candidate, secretIfLong(candidate)})
		if len(all) > 2 {
			break
		}
	}
	return all
}
