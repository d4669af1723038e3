package server

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
)

// problem is one place that breaks the contract, and the rule it breaks. Neither repeats the value.
type problem struct{ place, rule string }

// problemsOf flattens what kin-openapi found into places and rules in words, in the order of the document it walked.
func problemsOf(err error, place string) []problem {
	switch e := err.(type) {
	case openapi3.MultiError:
		var all []problem
		for _, inner := range e {
			for _, p := range problemsOf(inner, place) {
				if !slices.Contains(all, p) {
					all = append(all, p)
				}
			}
		}
		return all
	case *openapi3filter.RequestError:
		if e.Parameter != nil {
			place = e.Parameter.Name
		}
		switch {
		case errors.Is(e.Err, openapi3filter.ErrInvalidRequired):
			return []problem{{place, "is required"}}
		case errors.Is(e.Err, openapi3filter.ErrInvalidEmptyValue):
			return []problem{{place, "must not be empty"}}
		case e.Err == nil:
			return []problem{{place, "cannot be read"}}
		}
		if unreadable := (*openapi3filter.ParseError)(nil); errors.As(e.Err, &unreadable) && e.Parameter != nil && e.Parameter.Schema != nil {
			return []problem{{place, "must be " + typeName(e.Parameter.Schema.Value)}}
		}
		return problemsOf(e.Err, place)
	case *openapi3.SchemaError:
		return []problem{schemaProblem(e, place)}
	}
	return []problem{{place, "does not fit the contract"}}
}

// schemaProblem says where a value breaks its schema, and how. An error inside a union is told as the union's.
func schemaProblem(e *openapi3.SchemaError, place string) problem {
	for _, segment := range e.JSONPointer() {
		if _, err := strconv.Atoi(segment); err == nil {
			place += "[" + segment + "]"
			continue
		}
		place = child(place, segment)
	}
	if e.SchemaField == "properties" {
		return problem{child(place, unknownName(e.Reason)), "is not known here"}
	}
	return problem{place, rule(e)}
}

// unknownName is the name of an undeclared property, which kin-openapi tells only in its sentence.
func unknownName(reason string) string {
	if start := strings.IndexByte(reason, '"'); start >= 0 {
		if quoted, err := strconv.QuotedPrefix(reason[start:]); err == nil {
			if name, err := strconv.Unquote(quoted); err == nil {
				return name
			}
		}
	}
	return "?"
}

// rule puts the broken keyword of a schema into words a mobile developer can act on.
func rule(e *openapi3.SchemaError) string {
	s := e.Schema
	if s == nil {
		return "does not fit the contract"
	}
	switch e.SchemaField {
	case "required":
		return "is required"
	case "type":
		return "must be " + typeName(s)
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
	return "does not fit the contract"
}

func typeName(s *openapi3.Schema) string {
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
