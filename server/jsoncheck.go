package server

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/creditpocket/creditpocket/internal/contractplan"
)

// maxDepth bounds the nesting of a JSON text.
const maxDepth = 32

// jsonProblem is a way in which a text is not JSON as this server understands it. Place is the path of the value or empty;
// Rule never repeats a value.
type jsonProblem struct{ place, rule string }

func (p *jsonProblem) Error() string { return p.place + ": " + p.rule }

// checkJSON tells whether raw is exactly one JSON text without what decoders disagree about: invalid UTF-8, bytes after the
// end, names that are equal or differ only in case, nesting deeper than maxDepth. encoding/json lets all of them pass.
// With refuseControls it also refuses strings that hold control characters other than tab and line breaks, which PostgreSQL
// or a terminal would stumble over.
//
// It goes before kin-openapi, which does not look for any of this. The compiled contract says the same by itself, in the same
// words; a test holds the two together.
func checkJSON(raw []byte, refuseControls bool) *jsonProblem {
	if !utf8.Valid(raw) {
		return &jsonProblem{rule: "must be UTF-8"}
	}
	c := jsonChecker{dec: json.NewDecoder(bytes.NewReader(raw)), refuseControls: refuseControls}
	if p := c.value("", 0); p != nil {
		return p
	}
	if rest := bytes.TrimLeft(raw[c.dec.InputOffset():], " \t\r\n"); len(rest) > 0 {
		return &jsonProblem{rule: "must end after one JSON value"}
	}
	return nil
}

type jsonChecker struct {
	dec            *json.Decoder
	refuseControls bool
}

func (c *jsonChecker) value(place string, depth int) *jsonProblem {
	t, err := c.dec.Token()
	if err != nil {
		return &jsonProblem{rule: "must be valid JSON"}
	}
	switch t := t.(type) {
	case json.Delim:
		if depth == maxDepth {
			return &jsonProblem{place, fmt.Sprintf("must not be nested deeper than %d", maxDepth)}
		}
		if t == '{' {
			return c.object(place, depth+1)
		}
		return c.array(place, depth+1)
	case string:
		return c.text(place, t)
	}
	return nil
}

func (c *jsonChecker) object(place string, depth int) *jsonProblem {
	seen := map[string]bool{}
	for c.dec.More() {
		t, err := c.dec.Token()
		if err != nil {
			return &jsonProblem{rule: "must be valid JSON"}
		}
		name := t.(string)
		inner := contractplan.Child(place, name)
		if folded := fold(name); seen[folded] {
			return &jsonProblem{inner, "must not be there twice, not even in other letters' case"}
		} else {
			seen[folded] = true
		}
		if p := c.value(inner, depth); p != nil {
			return p
		}
	}
	if _, err := c.dec.Token(); err != nil {
		return &jsonProblem{rule: "must be valid JSON"}
	}
	return nil
}

func (c *jsonChecker) array(place string, depth int) *jsonProblem {
	for i := 0; c.dec.More(); i++ {
		if p := c.value(contractplan.Element(place, i), depth); p != nil {
			return p
		}
	}
	if _, err := c.dec.Token(); err != nil {
		return &jsonProblem{rule: "must be valid JSON"}
	}
	return nil
}

func (c *jsonChecker) text(place, s string) *jsonProblem {
	if c.refuseControls && contractplan.HasControls(s) {
		return &jsonProblem{place, "must not contain control characters"}
	}
	return nil
}

// fold gives names that encoding/json binds to one field one form: the least rune of each case-folding orbit.
func fold(name string) string {
	return strings.Map(func(r rune) rune {
		least := r
		for next := unicode.SimpleFold(r); next != r; next = unicode.SimpleFold(next) {
			least = min(least, next)
		}
		return least
	}, name)
}
