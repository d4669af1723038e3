package runtime

import "testing"

type status int32

func TestStyleParam(t *testing.T) {
	id := "a b&c/ü"
	for _, c := range []struct {
		name     string
		style    string
		value    any
		location ParamLocation
		want     string
	}{
		{"query string", "form", id, ParamLocationQuery, "q=a+b%26c%2F%C3%BC"},
		{"query pointer", "form", &id, ParamLocationQuery, "q=a+b%26c%2F%C3%BC"},
		{"query integer", "form", int32(-7), ParamLocationQuery, "q=-7"},
		{"query named integer", "form", status(3), ParamLocationQuery, "q=3"},
		{"query float", "form", 6.52, ParamLocationQuery, "q=6.52"},
		{"query bool", "form", true, ParamLocationQuery, "q=true"},
		{"path", "simple", "../x y", ParamLocationPath, "..%2Fx%20y"},
		{"header", "simple", "k-1_2", ParamLocationHeader, "k-1_2"},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := StyleParamWithOptions(c.style, true, "q", c.value, StyleParamOptions{ParamLocation: c.location})
			if err != nil || got != c.want {
				t.Fatalf("got %q, %v; want %q", got, err, c.want)
			}
		})
	}
	for name, value := range map[string]any{"list": []string{"a"}, "map": map[string]string{}, "nil": nil, "nil pointer": (*string)(nil)} {
		if got, err := StyleParamWithOptions("form", true, "q", value, StyleParamOptions{ParamLocation: ParamLocationQuery}); err == nil {
			t.Errorf("%s was written as %q", name, got)
		}
	}
	if got, err := StyleParamWithOptions("deepObject", true, "q", "x", StyleParamOptions{ParamLocation: ParamLocationQuery}); err == nil {
		t.Errorf("an unused style was written as %q", got)
	}
}
