package contract

import (
	"bytes"
	"fmt"
	"net/http"
	"strings"
)

// jsonOver and formOver are sizes above every limit of the contract's bodies, bytes.
const (
	jsonOver = 600 << 10
	formOver = 27 << 20
)

// envelope breaks what holds for a body as a whole, whatever its schema.
func (m *mutator) envelope() {
	over := int64(jsonOver)
	if m.op.BodyType == UploadBody {
		over = formOver
	}
	refuse := func(place string, change func(*Request)) {
		m.emit(OverLimit, place, http.StatusRequestEntityTooLarge, tooLarge, "", nil, change)
	}
	if !m.varied {
		refuse("announced", func(r *Request) { r.Pad = over })
	}
	if m.op.BodyType == JSONBody && !m.varied {
		refuse("not announced", func(r *Request) { r.Pad, r.Chunked = over, true })
	}
	for _, kind := range m.otherContentTypes() {
		m.emit(WrongContentType, kind, http.StatusUnsupportedMediaType, unsupported, "", nil, func(r *Request) { r.ContentType = kind })
	}
	m.emit(WrongContentType, "gzip", http.StatusUnsupportedMediaType, unsupported, "", nil, func(r *Request) { r.Header.Set("Content-Encoding", "gzip") })
	if m.op.BodyNeeded {
		m.emit(EmptyBody, "with the content type", http.StatusBadRequest, unreadable, "", nil, func(r *Request) { r.Body = nil })
		if m.op.BodyType == JSONBody {
			m.emit(EmptyBody, "without a content type", http.StatusBadRequest, unreadable, "", nil, func(r *Request) { r.Body, r.ContentType = nil, "" })
			m.emit(EmptyBody, "blanks", http.StatusBadRequest, unreadable, "", nil, func(r *Request) { r.Body = []byte(" \n") })
		}
	}
	if m.op.BodyType == JSONBody {
		m.texts()
	}
}

func (m *mutator) otherContentTypes() []string {
	if m.op.BodyType == UploadBody {
		return []string{"", JSONBody, "image/jpeg", UploadBody, "application/x-www-form-urlencoded", "text/plain", "nonsense"}
	}
	return []string{"", "text/plain", "application/xml", "application/x-www-form-urlencoded", "text/json", "nonsense",
		JSONBody + "; charset=utf-16", "application/vnd.api+json", UploadBody + "; boundary=" + boundary}
}

// texts are bodies that are not one JSON object in UTF-8.
func (m *mutator) texts() {
	valid := bytes.TrimRight(m.valid.Body, " \t\r\n")
	send := func(kind Kind, place string, body []byte) {
		m.emit(kind, place, http.StatusBadRequest, unreadable, "", nil, func(r *Request) { r.Body = body })
	}
	for _, tail := range []string{"{}", "x", "]", ",", "\x00", "null", string(valid)} {
		send(TrailingBytes, fmt.Sprintf("%.4q", tail), append(bytes.Clone(valid), tail...))
	}
	for _, broken := range []string{"{", "{]", "hello", "'x'", `{"a"}`, `{a:1}`, `{"a":1,}`, "//\n{}", "\x00", "NaN", "\ufeff{}", "-", `"\x"`, "<a/>"} {
		send(NotJSON, fmt.Sprintf("%.8q", broken), []byte(broken))
	}
	send(NotJSON, "cut off", valid[:len(valid)-1])
	send(NotJSON, "a raw control character", bytes.Replace(addMember(valid, `"x":"y"`), []byte("y"), []byte("\x01"), 1))
	for _, root := range []string{"null", "[]", "1", `"x"`, "true", "[" + string(valid) + "]"} {
		m.emit(WrongType, "the whole body is "+root[:min(len(root), 8)], http.StatusBadRequest, unreadable, "", nil, func(r *Request) { r.Body = []byte(root) })
	}
	for _, bytes := range []string{"\xff", "\xc3\x28", "\xed\xa0\x80", "\xf5\x80\x80\x80"} {
		send(InvalidUTF8, fmt.Sprintf("%q", bytes), addMember(valid, `"x":"`+bytes+`"`))
	}
	depths := []int{40, 2_000, 10_000}
	if m.varied {
		depths = []int{40 + m.values.IntN(200)}
		at := 1 + m.values.IntN(len(valid)-1)
		send(NotJSON, "cut off somewhere", valid[:at])
	}
	for _, depth := range depths {
		send(DeepNesting, fmt.Sprintf("%d lists", depth), addMember(valid, `"x":`+strings.Repeat("[", depth)+strings.Repeat("]", depth)))
		send(DeepNesting, fmt.Sprintf("%d lists, open", depth), []byte(strings.Repeat("[", depth)))
	}
	if m.varied {
		return
	}
	send(DeepNesting, "2000 objects", addMember(valid, `"x":`+strings.Repeat(`{"x":`, 2000)+"1"+strings.Repeat("}", 2000)))
}

// addMember writes one more member into the text of an object.
func addMember(object []byte, member string) []byte {
	inside := bytes.TrimSuffix(object, []byte("}"))
	if len(inside) > 1 {
		member = "," + member
	}
	return []byte(string(inside) + member + "}")
}
