package contractplan

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
)

// Rule puts a broken keyword of a schema into words a mobile developer can act on. The words never hold the value.
func Rule(s *openapi3.Schema, keyword string) string {
	const none = "does not fit the contract"
	if s == nil {
		return none
	}
	switch keyword {
	case "required":
		return "is required"
	case "type":
		return "must be " + TypeName(s)
	case "nullable":
		return "must not be null"
	case "enum":
		return "must be one of " + list(s.Enum)
	case "minLength":
		if s.MinLength == 1 {
			return "must not be empty"
		}
		return fmt.Sprintf("must have at least %d characters", s.MinLength)
	case "maxLength":
		return fmt.Sprintf("must have at most %d characters", *s.MaxLength)
	case "pattern":
		return "must match " + s.Pattern
	case "format":
		return "must be " + formatName(s.Format)
	case "minimum":
		return "must be at least " + number(*s.Min)
	case "maximum":
		return "must be at most " + number(*s.Max)
	case "exclusiveMinimum":
		if s.Min != nil {
			return "must be more than " + number(*s.Min)
		}
	case "exclusiveMaximum":
		if s.Max != nil {
			return "must be less than " + number(*s.Max)
		}
	case "minItems":
		return fmt.Sprintf("must have at least %d entries", s.MinItems)
	case "maxItems":
		return fmt.Sprintf("must have at most %d entries", *s.MaxItems)
	case "uniqueItems":
		return "must not have an entry twice"
	case "minProperties":
		return fmt.Sprintf("must have at least %d members", s.MinProps)
	case "maxProperties":
		return fmt.Sprintf("must have at most %d members", *s.MaxProps)
	case "multipleOf":
		return "must be a multiple of " + number(*s.MultipleOf)
	}
	return none
}

// TypeName is the type of a schema in words, such as "a whole number".
func TypeName(s *openapi3.Schema) string {
	switch {
	case s.Type.Is(openapi3.TypeString):
		return "a string"
	case s.Type.Is(openapi3.TypeInteger):
		return "a whole number"
	case s.Type.Is(openapi3.TypeNumber):
		return "a number"
	case s.Type.Is(openapi3.TypeBoolean):
		return "true or false"
	case s.Type.Is(openapi3.TypeArray):
		return "a list"
	case s.Type.Is(openapi3.TypeObject):
		return "an object"
	}
	return "of another type"
}

func formatName(format string) string {
	switch format {
	case "date":
		return "a date, YYYY-MM-DD"
	case "date-time":
		return "a time, YYYY-MM-DDTHH:MM:SSZ"
	case "email":
		return "an e-mail address"
	case "uuid":
		return "a UUID"
	case "int32":
		return "a 32-bit number"
	case "int64":
		return "a 64-bit number"
	}
	return "of the format " + format
}

func list(enum []any) string {
	words := make([]string, 0, len(enum))
	for _, v := range enum {
		raw, err := json.Marshal(v)
		if err != nil {
			continue
		}
		words = append(words, string(raw))
	}
	return strings.Join(words, ", ")
}

func number(v float64) string { return strconv.FormatFloat(v, 'f', -1, 64) }
