package contractplan

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
)

// sameAtFirstSight tells whether the short look says of a body what the slow one does. A walker that is used again has other guesses.
func sameAtFirstSight(t *testing.T, s *Schema, w *walker, raw []byte) {
	t.Helper()
	if slow := s.explain(raw, true); w.fits(s.root, raw, true) != (slow == nil) {
		t.Fatalf("the short look says %v, the slow one %+v of\n%s", slow != nil, slow, raw)
	}
}

// Names of all lengths before values of all kinds, near the end of the body and far from it.
func TestNamesAndValuesOfAllLengths(t *testing.T) {
	kinds := []struct{ schema, values string }{
		{`{"type":"string","pattern":"^[0-9]{1,19}$"}`, `"" "1" "1234567" "12345678" "123456789012345" "1234567890123456" "1234567890123456789" "12345678901234567890" "123456789012345678901234567890" "12a" "\u0031" 1 null`},
		{`{"type":"string","pattern":"^([0-9]{10})?$","nullable":true}`, `"" "123456789" "1234567890" "12345678901" "123456789é" null`},
		{`{"type":"string","minLength":2,"maxLength":20}`, `"" "a" "ab" "abcdefg" "abcdefgh" "abcdefghijklmnopqrst" "abcdefghijklmnopqrstu" "ééé" "a\nb" "a\u0000b" "\\" 7`},
		{`{"type":"string"}`, `"" "a" "` + strings.Repeat("long ", 40) + `" "` + strings.Repeat("long ", 40) + `é" []`},
		{`{"type":"string","pattern":"^([0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}:[0-9]{2})?$"}`, `"" "2026-11-26T02:40:01" "2026-11-26t02:40:01" "2026-11-26T02:40:0" "2026-11-26T02:40:011" "2026-11-26T02:40:0:" "2026/11/26T02:40:01" "2026-11-26T02:4é:01"`},
		{`{"type":"string","pattern":"^[0-9]{4}-[0-9]{2}-[0-9]{2}$"}`, `"" "2026-11-26" "2026-11-2/" "2026-11-2" "2026-11-261"`},
		{`{"type":"string","pattern":"^[0-9]{2}/[0-9]{2}$"}`, `"" "12/27" "12-27" "12/2" "12/271" "1//27"`},
		{`{"type":"string","pattern":"^[A-Z]{2,4}[0-9]{12}$","maxLength":15}`, `"" "CL220115817421" "C220115817421" "ABCD220115817421" "ABC220115817421" "CL22011581742" "CL2201158174211" "cl220115817421"`},
		{`{"type":"string","pattern":"^([0-9]{11}|[0-9]{3}\\*{4}[0-9]{4})?$"}`, `"" "22222222222" "222****2222" "222***22222" "2222222222" "222222222222"`},
		{`{"type":"integer","format":"int32"}`, `0 -0 1 -1 12345678 123456789 2147483647 2147483648 01 -01 1.0 1e3 1.5 "1" null`},
		{`{"type":"integer","minimum":-2,"maximum":99}`, `-3 -2 0 99 100 00 9.9e1`},
		{`{"type":"integer","minimum":10,"exclusiveMinimum":true,"maximum":99999999,"exclusiveMaximum":true}`, `10 11 99999998 99999999 100000000`},
		{`{"type":"boolean"}`, `true false 0`},
	}
	for length := 1; length <= 40; length++ {
		name := strings.Repeat("nameofaproperty", 3)[:length]
		for _, kind := range kinds {
			s := mustCompile(t, fmt.Sprintf(`{"type":"object","required":["a"],"properties":{"a":{"type":"integer"},%q:%s,"z":{"type":"string"}}}`, name, kind.schema))
			var w walker
			for _, value := range strings.Split(kind.values, " ") {
				value = strings.ReplaceAll(value, "T02", " 02")
				for _, after := range []string{`}`, ` }`, `,"z":""}`, `,"z":"` + strings.Repeat("z", 100) + `"}`, `] `, ``, strings.Repeat(" ", 100), `"` + strings.Repeat("z", 100)} {
					sameAtFirstSight(t, s, &w, []byte(fmt.Sprintf(`{"a":1,%q:%s%s`, name, value, after)))
				}
			}
		}
	}
}

// One byte of a page of loans is another, at every place in turn.
func TestPageWithAnotherByte(t *testing.T) {
	page := bodyNamed(t, "listLoans 200").plan
	var two map[string]any
	if err := json.Unmarshal(loanPage(t), &two); err != nil {
		t.Fatal(err)
	}
	data := two["data"].(map[string]any)
	data["list"] = data["list"].([]any)[:2]
	good, err := json.Marshal(two)
	if err != nil {
		t.Fatal(err)
	}
	r := rand.New(rand.NewPCG(1, 2))
	w := walker{}
	for i := range good {
		raw := bytes.Clone(good)
		for _, c := range []byte{'"', '0', ',', '\\', byte(r.Uint32())} {
			raw[i] = c
			sameAtFirstSight(t, page, &w, raw)
		}
		sameAtFirstSight(t, page, &w, good[:i])
		sameAtFirstSight(t, page, &w, append(bytes.Clone(good[:i]), good[i+1:]...))
	}
}

// A name that is required but not declared is refused where nothing undeclared may be, wherever it stands.
func TestRequiredButNotDeclared(t *testing.T) {
	s := mustCompile(t, `{"type":"object","required":["b"],"additionalProperties":false,"properties":{"a":{"type":"integer"}}}`)
	for _, body := range []string{`{"b":2}`, `{"a":1,"b":2}`, `{"b":2,"a":1}`, `{"a":1,"b":2}` + strings.Repeat(" ", 100)} {
		if v := s.Check([]byte(body), false); v == nil || v.Text {
			t.Errorf("%s: %+v", body, v)
		}
	}
}

// A property that is the empty text or a number has its turn among the others, and is held to kin-openapi's verdict with every kind of value.
func TestTheEmptyTextOrANumber(t *testing.T) {
	for _, nullable := range []string{"", `"nullable":true,`} {
		s := schemaOf(t, `{"type":"object","properties":{"a":{"type":"string"},"b":{`+nullable+`"oneOf":[{"type":"string","enum":[""]},{"type":"integer","format":"int32","enum":[1]}]},
			"c":{"type":"string","enum":[""]},"d":{"type":"integer"}}}`)
		plan, gap := compileOne(s)
		if gap != nil {
			t.Fatal(gap)
		}
		for _, b := range []string{`""`, `1`, `2`, `"1"`, `"x"`, `1.0`, `-1`, `null`, `true`, `[]`, `{}`, `"\u0041"`, `"é"`, `01`} {
			for _, c := range []string{`""`, `"c"`, `null`, `0`} {
				for _, end := range []string{`,"d":1}`, `,"d":1` + strings.Repeat(" ", 2*stepReach) + `}`, `}`} {
					holdToKin(t, s, plan, []byte(`{"a":"x","b":`+b+`,"c":`+c+end))
				}
			}
		}
	}
}
