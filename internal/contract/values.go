package contract

import (
	"fmt"
	"regexp"
	"strings"
	"unicode/utf8"

	"github.com/getkin/kin-openapi/openapi3"
)

// values makes values that break a schema in one way.
type values struct{ chance }

// canary is a text that stands nowhere else, so that its echo is found.
func (v values) canary() string { return fmt.Sprintf("zq%08xzq", v.Uint32()) }

// number is a whole number that stands nowhere else.
func (v values) number() int { return 700_000_000 + v.IntN(99_999_999) }

// wrong is a value that breaks a schema.
type wrong struct {
	kind   Kind
	value  any
	secret string // what must not be echoed; ""
}

// otherTypes are values of each JSON type but the schema's.
func (v values) otherTypes(s *openapi3.Schema) []wrong {
	word, number := v.canary(), v.number()
	fraction := raw(fmt.Sprintf("%d.5", number))
	all := []wrong{{Null, nil, ""}}
	add := func(not bool, value any, secret string) {
		if !not {
			all = append(all, wrong{WrongType, value, secret})
		}
	}
	whole, broken := s.Type.Is(openapi3.TypeInteger), s.Type.Is(openapi3.TypeNumber)
	add(s.Type.Is(openapi3.TypeString), word, word)
	add(whole || broken, number, fmt.Sprint(number))
	add(broken, fraction, string(fraction))
	add(s.Type.Is(openapi3.TypeBoolean), true, "")
	add(s.Type.Is(openapi3.TypeArray), []any{word}, word)
	add(s.Type.Is(openapi3.TypeObject), members{{"x", word}}, word)
	if whole || broken {
		add(false, "1", "") // a number in quotes is a text
	}
	return all
}

// outside are values of the schema's type that break its bounds.
func (v values) outside(s *openapi3.Schema, example any) []wrong {
	switch {
	case s.Type.Is(openapi3.TypeString):
		return v.badStrings(s, example)
	case s.Type.Is(openapi3.TypeInteger), s.Type.Is(openapi3.TypeNumber):
		return v.badNumbers(s)
	}
	return nil
}

func (v values) badNumbers(s *openapi3.Schema) []wrong {
	var all []wrong
	if s.Min != nil {
		all = append(all, wrong{TooSmall, *s.Min - 1, ""}, wrong{TooSmall, *s.Min - float64(v.number()), ""})
	}
	if s.Max != nil {
		all = append(all, wrong{TooLarge, *s.Max + 1, ""}, wrong{TooLarge, *s.Max + float64(v.number()), ""})
	}
	return append(all,
		wrong{TooLarge, raw("9223372036854775808"), "9223372036854775808"},
		wrong{NotFinite, raw("1e400"), "1e400"},
	)
}

func (v values) badStrings(s *openapi3.Schema, example any) []wrong {
	sample, _ := example.(string)
	var all []wrong
	if len(s.Enum) > 0 {
		word := v.canary()
		all = append(all, wrong{NotInEnum, word, word}, wrong{NotInEnum, "", ""})
		if swapped := swapCase(sample); swapped != sample {
			all = append(all, wrong{NotInEnum, swapped, ""})
		}
		return all
	}
	if s.MaxLength != nil {
		long := lengthen(sample, int(*s.MaxLength)+1)
		all = append(all, wrong{TooLong, long, secretIfLong(long)}, wrong{TooLong, lengthen(sample, int(*s.MaxLength)+1000), ""})
	}
	if s.MinLength > 0 {
		short := string([]rune(lengthen(sample, int(s.MinLength)))[:s.MinLength-1])
		all = append(all, wrong{TooShort, short, ""})
	}
	if s.Pattern != "" {
		for _, bad := range v.against(s, sample) {
			all = append(all, wrong{BadPattern, bad, secretIfLong(bad)})
		}
	}
	if s.Format == "uuid" && sample != "" {
		bad := "z" + sample[1:]
		all = append(all, wrong{BadFormat, bad, bad})
	}
	return all
}

// against finds texts of an allowed length that break the pattern: the sample with one character replaced, or with a line
// break at its end, which a `$` that means "end of a line" would let pass.
func (v values) against(s *openapi3.Schema, sample string) []string {
	pattern := regexp.MustCompile(s.Pattern)
	var found []string
	try := func(text string) {
		n := uint64(utf8.RuneCountInString(text))
		if n < s.MinLength || (s.MaxLength != nil && n > *s.MaxLength) || pattern.MatchString(text) {
			return
		}
		found = append(found, text)
	}
	runes := []rune(sample)
	for _, bad := range []rune{'!', 'é', ' ', '٣', '\n', '\''} {
		if len(runes) == 0 {
			try(string(bad))
			continue
		}
		changed := append([]rune(nil), runes...)
		changed[v.IntN(len(changed))] = bad
		try(string(changed))
	}
	if len(runes) > 0 {
		try(string(append(append([]rune(nil), runes[:len(runes)-1]...), '\n')))
		try(strings.Repeat("x", len(runes)))
	}
	if s.MinLength == 0 {
		try("")
	}
	return found
}

// lengthen repeats a text up to n characters.
func lengthen(sample string, n int) string {
	if sample == "" {
		sample = "a"
	}
	runes := []rune(strings.Repeat(sample, n/utf8.RuneCountInString(sample)+1))
	return string(runes[:n])
}

func swapCase(s string) string {
	if lower := strings.ToLower(s); lower != s {
		return lower
	}
	return strings.ToUpper(s)
}

// secretIfLong is the text if its echo could be told from the words of a rule.
func secretIfLong(s string) string {
	if len(strings.TrimSpace(s)) < 8 {
		return ""
	}
	return s
}
