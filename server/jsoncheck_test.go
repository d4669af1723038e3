package server

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/creditpocket/creditpocket/internal/contractplan"
	"pgregory.net/rapid"
)

func TestCheckJSON(t *testing.T) {
	nest := func(n int) string { return strings.Repeat(`{"a":`, n) + "1" + strings.Repeat("}", n) }
	for _, c := range []struct{ name, text, place, rule string }{
		{"object", `{"a":[1,{"b":null}],"c":"x\ny"}`, "", ""},
		{"scalar", ` true `, "", ""},
		{"deepest allowed", nest(maxDepth), "", ""},
		{"same name in two objects", `[{"a":1},{"a":2}]`, "", ""},
		{"too deep", nest(maxDepth + 1), strings.Repeat(".a", maxDepth)[1:], "must not be nested deeper than 32"},
		{"inner duplicate", `{"a":[0,{"b":1,"B":2}]}`, "a[1].B", "must not be there twice, not even in other letters' case"},
		{"escaped duplicate", `{"ab":1,"\u0061b":2}`, "ab", "must not be there twice, not even in other letters' case"},
		{"Kelvin sign", "{\"kobo\":1,\"\u212aobo\":2}", "\u212aobo", "must not be there twice, not even in other letters' case"},
		{"long s", "{\"status\":1,\"\u017ftatus\":2}", "\u017ftatus", "must not be there twice, not even in other letters' case"},
		{"NUL", `{"a":["\u0000"]}`, "a[0]", "must not contain control characters"},
		{"DEL", "{\"a\":\"\x7f\"}", "a", "must not contain control characters"},
		{"cut", `{"a":`, "", "must be valid JSON"},
		{"comma", `{"a":1,}`, "", "must be valid JSON"},
		{"bad escape", `{"a":"\x41"}`, "", "must be valid JSON"},
		{"leading zero", `01`, "", "must end after one JSON value"},
		{"NaN", `NaN`, "", "must be valid JSON"},
		{"empty", ``, "", "must be valid JSON"},
		{"rest", `1 2`, "", "must end after one JSON value"},
		{"closing rest", `{}}`, "", "must end after one JSON value"},
		{"UTF-8", "\"\xc0\x80\"", "", "must be UTF-8"},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := checkJSON([]byte(c.text), true)
			switch {
			case c.rule == "" && p != nil:
				t.Fatalf("refused: %v", p)
			case c.rule != "" && (p == nil || p.place != c.place || p.rule != c.rule):
				t.Fatalf("got %v, want %q: %q", p, c.place, c.rule)
			}
		})
	}
	if p := checkJSON([]byte(`"\u0000"`), false); p != nil {
		t.Fatalf("control characters of a gateway's event: %v", p)
	}
}

// What is accepted is JSON for encoding/json too, and what encoding/json writes is accepted.
func TestCheckJSONAgainstEncodingJSON(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.StringOfN(rapid.RuneFrom([]rune(`{}[]",:0123456789.eE+-truefalsn \u00`)), 0, 24, -1).Draw(t, "text")
		if checkJSON([]byte(text), true) == nil && !json.Valid([]byte(text)) {
			t.Fatalf("accepted %q", text)
		}
	})
	rapid.Check(t, func(t *rapid.T) {
		value := rapid.MapOf(rapid.StringMatching(`[a-z]{1,8}`), rapid.SliceOf(rapid.Int64())).Draw(t, "value")
		raw, err := json.Marshal(value)
		if err != nil {
			t.Fatal(err)
		}
		if p := checkJSON(raw, true); p != nil {
			t.Fatalf("refused %s: %v", raw, p)
		}
	})
}

func TestShorten(t *testing.T) {
	if got := contractplan.Shorten(strings.Repeat("é", 100)); got != strings.Repeat("é", 64)+"…" {
		t.Errorf("got %q", got)
	}
	if got := contractplan.Shorten("a\x00b"); got != "a?b" {
		t.Errorf("got %q", got)
	}
}
