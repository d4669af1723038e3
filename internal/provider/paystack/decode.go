package paystack

import (
	"bytes"
	"encoding/json"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/creditpocket/creditpocket/internal/money"
)

// The types below read one value in every shape the real API has been seen to give it. They are strict about money
// (a wrong amount is an error) and lenient about everything else (an unknown shape is an absent value).

// flexText is a string, a number, a boolean or null.
type flexText string

func (t *flexText) UnmarshalJSON(b []byte) error {
	*t = ""
	var s string
	switch {
	case bytes.Equal(b, []byte("null")) || b[0] == '{' || b[0] == '[':
		return nil
	case b[0] == '"':
		if err := json.Unmarshal(b, &s); err != nil {
			return err
		}
		*t = flexText(s)
	default:
		*t = flexText(b)
	}
	return nil
}

// flexBool is a boolean, "true" or "false" as a string, or 0 and 1; set tells whether it was any of them.
type flexBool struct{ value, set bool }

func (f *flexBool) UnmarshalJSON(b []byte) error {
	*f = flexBool{}
	switch strings.ToLower(strings.Trim(string(b), `"`)) {
	case "true", "1":
		*f = flexBool{value: true, set: true}
	case "false", "0":
		*f = flexBool{set: true}
	}
	return nil
}

// flexKobo is an integer number of kobo as a number or a string; null and "" are 0. A fraction, a list and an object are errors.
type flexKobo money.Kobo

func (k *flexKobo) UnmarshalJSON(b []byte) error {
	if b[0] == '{' || b[0] == '[' {
		return errUnreadable
	}
	var text flexText
	if err := text.UnmarshalJSON(b); err != nil {
		return err
	}
	*k = 0
	s := strings.TrimSpace(string(text))
	if s == "" {
		return nil
	}
	if n, err := strconv.ParseInt(s, 10, 64); err == nil {
		*k = flexKobo(n)
		return nil
	}
	// "150.0" and 1.5e2 are whole numbers too; parsed only to refuse what is not. Go's other spellings of a number are no money.
	if strings.Trim(s, "0123456789+-.eE") != "" {
		return errUnreadable
	}
	f, err := strconv.ParseFloat(s, 64)
	if err != nil || f != math.Trunc(f) || math.Abs(f) > 1<<53 {
		return errUnreadable
	}
	*k = flexKobo(int64(f))
	return nil
}

// flexCurrency is a currency's code, in capital letters whatever it was written in.
type flexCurrency string

func (c *flexCurrency) UnmarshalJSON(b []byte) error {
	var text flexText
	err := text.UnmarshalJSON(b)
	*c = flexCurrency(strings.ToUpper(strings.TrimSpace(string(text))))
	return err
}

// flexTime is an RFC 3339 instant; anything else is the zero time.
type flexTime struct{ time.Time }

func (t *flexTime) UnmarshalJSON(b []byte) error {
	t.Time = time.Time{}
	var text flexText
	if err := text.UnmarshalJSON(b); err != nil {
		return err
	}
	if at, err := time.Parse(time.RFC3339Nano, string(text)); err == nil {
		t.Time = at
	}
	return nil
}

// firstTime returns the first instant that is set.
func firstTime(times ...flexTime) time.Time {
	for _, t := range times {
		if !t.IsZero() {
			return t.Time
		}
	}
	return time.Time{}
}

// flexMetadata is an object, an object written into a string, or 0, "", null for none. Nested values stay JSON text.
type flexMetadata map[string]string

func (m *flexMetadata) UnmarshalJSON(b []byte) error {
	*m = nil
	if len(b) > 0 && b[0] == '"' {
		var inner string
		if err := json.Unmarshal(b, &inner); err != nil {
			return err
		}
		b = []byte(strings.TrimSpace(inner))
	}
	if len(b) == 0 || b[0] != '{' {
		return nil
	}
	var object map[string]json.RawMessage
	if json.Unmarshal(b, &object) != nil || len(object) == 0 {
		return nil
	}
	out := make(flexMetadata, len(object))
	for key, raw := range object {
		var text flexText
		if raw[0] == '{' || raw[0] == '[' {
			text = flexText(raw)
		} else if text.UnmarshalJSON(raw) != nil {
			continue
		}
		out[key] = string(text)
	}
	*m = out
	return nil
}

// object decodes v only if the JSON is an object: where the API answers sometimes with a number and sometimes with
// the thing itself, the number goes to id.
func object(b []byte, v any, id *flexText) error {
	if len(b) > 0 && b[0] == '{' {
		return json.Unmarshal(b, v)
	}
	if len(b) == 0 {
		*id = ""
		return nil
	}
	return id.UnmarshalJSON(b)
}

// ambiguous tells whether a value, or a member of a list of them, is an object in which a name stands twice, also in other capitals: of two
// amounts the decoder would take the last without a word.
func ambiguous(raw json.RawMessage) bool {
	raw = bytes.TrimLeft(raw, " \t\r\n")
	if len(raw) == 0 {
		return false
	}
	dec := json.NewDecoder(bytes.NewReader(raw))
	switch raw[0] {
	case '[':
		var all []json.RawMessage
		if dec.Decode(&all) != nil {
			return false
		}
		for _, member := range all {
			if len(member) > 0 && member[0] == '{' && ambiguous(member) {
				return true
			}
		}
	case '{':
		seen := map[string]bool{}
		if _, err := dec.Token(); err != nil {
			return false
		}
		for dec.More() {
			name, err := dec.Token()
			if err != nil {
				return false
			}
			folded := strings.ToLower(name.(string)) // of an object of which the brace was read, the next token is a name
			if seen[folded] {
				return true
			}
			seen[folded] = true
			var value json.RawMessage
			if dec.Decode(&value) != nil {
				return false
			}
		}
	}
	return false
}
