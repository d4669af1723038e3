package contract

import (
	"net/http"
	"net/url"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
)

// query breaks what holds for every query, and for those of this operation.
func (m *mutator) query() {
	word := m.values.canary()
	if m.varied {
		name := m.values.runes(1 + m.values.IntN(30))
		m.bad(UnknownQuery, "", nil, func(r *Request) { r.RawQuery = join(r.RawQuery, url.QueryEscape("q"+name)+"="+url.QueryEscape(name)) })
		long := strings.Repeat("z", 1000+m.values.IntN(6000))
		m.bad(UnknownQuery, "", nil, func(r *Request) { r.RawQuery = join(r.RawQuery, "nope="+long) })
	}
	unknown := func(kind Kind, query, field string) {
		m.bad(kind, field, []string{word}, func(r *Request) { r.RawQuery = join(r.RawQuery, query) })
	}
	unknown(UnknownQuery, "nope="+word, "nope")
	unknown(UnknownQuery, "nope%00=1", "")
	unknown(UnknownQuery, "nope=%ff"+word, "nope")
	for _, broken := range []string{"a=%zz" + word, "%", "a=1;b=2"} {
		m.emit(BadQuery, broken, http.StatusBadRequest, invalid, "", []string{word}, func(r *Request) { r.RawQuery = join(r.RawQuery, broken) })
	}
}

func join(query, more string) string {
	if query == "" {
		return more
	}
	return query + "&" + more
}

// parameters breaks the rules of each query, path and header parameter.
func (m *mutator) parameters() {
	for _, p := range m.op.Params {
		switch p.In {
		case openapi3.ParameterInQuery:
			m.queryParameter(p)
		case openapi3.ParameterInPath:
			m.pathParameter(p)
		case openapi3.ParameterInHeader:
			m.headerParameter(p)
		}
	}
}

func (m *mutator) queryParameter(p *openapi3.Parameter) {
	for _, w := range m.wrongTexts(p) {
		m.bad(w.kind, p.Name, list(w.secret), func(r *Request) { r.SetQuery(p.Name, w.value.(string)) })
	}
	for _, text := range []string{"\x00", "\x1b[0m", "\xff\xfe"} {
		m.bad(ControlCharacter, p.Name, nil, func(r *Request) { r.SetQuery(p.Name, text) })
	}
	m.bad(TooShort, p.Name, nil, func(r *Request) { r.SetQuery(p.Name, "") })
	value := scalar(m.given(p))
	m.bad(QueryTwice, p.Name, nil, func(r *Request) {
		r.SetQuery(p.Name, value)
		r.RawQuery = join(r.RawQuery, p.Name+"="+url.QueryEscape(value))
	})
	other := strings.ToUpper(p.Name)
	m.emit(UnknownQuery, other, http.StatusBadRequest, strayed, other, nil, func(r *Request) { r.RawQuery = join(r.RawQuery, other+"="+url.QueryEscape(value)) })
	if p.Required {
		m.bad(MissingRequired, p.Name, nil, func(r *Request) {
			values, _ := url.ParseQuery(r.RawQuery)
			values.Del(p.Name)
			r.RawQuery = values.Encode()
		})
	}
}

func (m *mutator) pathParameter(p *openapi3.Parameter) {
	for _, w := range m.wrongTexts(p) {
		text := w.value.(string)
		if text == "" || strings.Contains(text, "/") { // another path, not a bad parameter of this one
			continue
		}
		m.bad(w.kind, p.Name, list(w.secret), func(r *Request) { r.Path[p.Name] = text })
	}
	m.bad(ControlCharacter, p.Name, nil, func(r *Request) { r.Path[p.Name] = "\x00" + r.Path[p.Name][1:] })
}

func (m *mutator) headerParameter(p *openapi3.Parameter) {
	for _, w := range m.wrongTexts(p) {
		text := w.value.(string)
		if strings.ContainsAny(text, "\n\r\x00") || strings.TrimSpace(text) != text { // no client can send it, or any cuts it
			continue
		}
		m.bad(w.kind, p.Name, list(w.secret), func(r *Request) { r.Header.Set(p.Name, text) })
	}
	m.bad(TooShort, p.Name, nil, func(r *Request) { r.Header.Set(p.Name, "") })
	m.bad(HeaderTwice, p.Name, nil, func(r *Request) {
		r.Header[p.Name] = []string{scalar(m.given(p)), scalar(m.given(p))}
	})
}

// wrongTexts are wrong values of a parameter, which is always text on the wire.
func (m *mutator) wrongTexts(p *openapi3.Parameter) []wrong {
	s := p.Schema.Value
	if s.Type.Is(openapi3.TypeString) {
		all := m.values.badStrings(s, m.given(p))
		if m.varied {
			all = append(all, m.values.moreStrings(s)...)
		}
		return all
	}
	word := m.values.canary()
	all := []wrong{{WrongType, word, word}, {WrongType, "1.5", ""}, {WrongType, "1e2", ""}, {WrongType, "0x10", ""}, {WrongType, "true", ""}, {WrongType, " 1", ""},
		{WrongType, "١", ""}, {WrongType, "[1]", ""}, {WrongType, "null", ""}}
	for _, w := range m.values.badNumbers(s) {
		if w.kind != NotFinite {
			all = append(all, wrong{w.kind, plain(w.value), w.secret})
		}
	}
	return append(all, wrong{TooLarge, "99999999999999999999", ""})
}

// given is the value of a parameter in the valid request; its example where it was left out.
func (m *mutator) given(p *openapi3.Parameter) any {
	value := ""
	switch p.In {
	case openapi3.ParameterInPath:
		value = m.valid.Path[p.Name]
	case openapi3.ParameterInHeader:
		value = m.valid.Header.Get(p.Name)
	case openapi3.ParameterInQuery:
		query, _ := url.ParseQuery(m.valid.RawQuery)
		value = query.Get(p.Name)
	}
	if value == "" {
		return exampleOf(p)
	}
	return value
}

func plain(v any) string {
	if r, ok := v.(raw); ok {
		return string(r)
	}
	return scalar(v)
}
