package creditpockettest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"regexp"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	creditpocket "github.com/creditpocket/creditpocket/client"
)

// schema is the part of OpenAPI 3.0's schema that the contract uses.
type schema struct {
	Ref                  string             `json:"$ref"`
	Type                 string             `json:"type"`
	Format               string             `json:"format"`
	Pattern              string             `json:"pattern"`
	Enum                 []any              `json:"enum"`
	MinLength            int                `json:"minLength"`
	MaxLength            *int               `json:"maxLength"`
	Minimum              *float64           `json:"minimum"`
	Maximum              *float64           `json:"maximum"`
	Items                *schema            `json:"items"`
	MinItems             int                `json:"minItems"`
	MaxItems             *int               `json:"maxItems"`
	Properties           map[string]*schema `json:"properties"`
	Required             []string           `json:"required"`
	MinProperties        int                `json:"minProperties"`
	AdditionalProperties *bool              `json:"additionalProperties"`
	OneOf                []*schema          `json:"oneOf"`
}

// checker holds a value against a schema.
type checker struct {
	c *contract
	// closed refuses properties that the schema does not name, unless it says that it is open: answers are checked so.
	closed   bool
	problems []creditpocket.FieldError
}

func (k *checker) wrong(path, format string, args ...any) {
	k.problems = append(k.problems, creditpocket.FieldError{Name: path, Message: fmt.Sprintf(format, args...)})
}

var patterns sync.Map // of *regexp.Regexp by pattern

func pattern(p string) *regexp.Regexp {
	if re, ok := patterns.Load(p); ok {
		return re.(*regexp.Regexp)
	}
	re := regexp.MustCompile(p)
	patterns.Store(p, re)
	return re
}

// check takes a value as encoding/json decodes it with UseNumber.
func (k *checker) check(s *schema, v any, path string) {
	s = deref(k.c.Components.Schemas, s, s.Ref)
	if len(s.OneOf) > 0 {
		k.oneOf(s, v, path)
		return
	}
	switch s.Type {
	case "string":
		text, ok := v.(string)
		if !ok {
			k.wrong(path, "must be a string")
			return
		}
		k.text(s, text, path)
	case "integer", "number":
		n, ok := v.(json.Number)
		if !ok {
			k.wrong(path, "must be a number")
			return
		}
		k.number(s, n, path)
	case "boolean":
		if _, ok := v.(bool); !ok {
			k.wrong(path, "must be true or false")
		}
	case "array":
		list, ok := v.([]any)
		if !ok {
			k.wrong(path, "must be a list")
			return
		}
		if len(list) < s.MinItems || (s.MaxItems != nil && len(list) > *s.MaxItems) {
			k.wrong(path, "must have another number of items")
		}
		for i, item := range list {
			k.check(s.Items, item, fmt.Sprintf("%s[%d]", path, i))
		}
	case "object":
		object, ok := v.(map[string]any)
		if !ok {
			k.wrong(path, "must be an object")
			return
		}
		k.object(s, object, path)
	}
	if len(s.Enum) > 0 && !inEnum(s.Enum, v) {
		k.wrong(path, "must be one of the allowed values")
	}
}

func (k *checker) oneOf(s *schema, v any, path string) {
	fits := 0
	for _, one := range s.OneOf {
		trial := checker{c: k.c, closed: k.closed}
		if trial.check(one, v, path); len(trial.problems) == 0 {
			fits++
		}
	}
	if fits != 1 {
		k.wrong(path, "must be exactly one of the allowed kinds")
	}
}

func (k *checker) text(s *schema, text, path string) {
	if s.Format == "binary" {
		return
	}
	n := utf8.RuneCountInString(text)
	if n < s.MinLength || (s.MaxLength != nil && n > *s.MaxLength) {
		k.wrong(path, "must have another length")
	}
	switch {
	case s.Pattern != "" && !pattern(s.Pattern).MatchString(text):
		k.wrong(path, "must match %s", s.Pattern)
	case s.Format == "uuid" && !uuid.MatchString(text):
		k.wrong(path, "must be a UUID")
	case text != "" && !isReal(s.Pattern, text):
		k.wrong(path, "must be a date that exists")
	}
}

var uuid = regexp.MustCompile(`^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$`)

// isReal tells whether a text that the expression of a date or time matches is one that exists.
func isReal(pattern, text string) bool {
	layout := ""
	switch {
	case strings.Contains(pattern, "[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}:[0-9]{2}"):
		layout = time.DateTime
	case strings.Contains(pattern, "[0-9]{4}-[0-9]{2}-[0-9]{2}"):
		layout = time.DateOnly
	default:
		return true
	}
	_, err := time.Parse(layout, text)
	return err == nil
}

func (k *checker) number(s *schema, n json.Number, path string) {
	f, err := n.Float64()
	whole := err == nil && !strings.ContainsAny(n.String(), ".eE")
	switch {
	case err != nil, s.Type == "integer" && !whole, s.Format == "int32" && (f < math.MinInt32 || f > math.MaxInt32):
		k.wrong(path, "must be a %s", s.Type)
	case s.Minimum != nil && f < *s.Minimum, s.Maximum != nil && f > *s.Maximum:
		k.wrong(path, "must be in range")
	}
}

func (k *checker) object(s *schema, object map[string]any, path string) {
	if len(object) < s.MinProperties {
		k.wrong(path, "must have at least %d properties", s.MinProperties)
	}
	for _, name := range s.Required {
		if _, ok := object[name]; !ok {
			k.wrong(join(path, name), "must be there")
		}
	}
	for name, v := range object {
		property, known := s.Properties[name]
		switch {
		case known:
			k.check(property, v, join(path, name))
		case s.AdditionalProperties != nil && !*s.AdditionalProperties, s.AdditionalProperties == nil && k.closed:
			k.wrong(join(path, name), "must not be there")
		}
	}
}

func join(path, name string) string {
	if path == "" {
		return name
	}
	return path + "." + name
}

func inEnum(enum []any, v any) bool {
	if n, ok := v.(json.Number); ok {
		f, _ := n.Float64()
		v = f
	}
	for _, e := range enum {
		if e == v {
			return true
		}
	}
	return false
}

// parse reads exactly one JSON value.
func parse(raw []byte) (any, bool) {
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber()
	var v any
	if d.Decode(&v) != nil {
		return nil, false
	}
	_, err := d.Token()
	return v, err == io.EOF
}
