package server

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"maps"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/creditpocket/creditpocket/gen/catalog"
	"github.com/creditpocket/creditpocket/internal/contractplan"
	"github.com/creditpocket/creditpocket/internal/fault"
	"github.com/labstack/echo/v4"
)

// limitBody bounds what can be read of a request's body. It returns BODY_TOO_LARGE at once for an announced length above the
// limit; a body that turns out to be longer ends in http.MaxBytesError when it is read.
func limitBody(w http.ResponseWriter, r *http.Request, most int64) error {
	if r.ContentLength > most {
		w.Header().Set("Connection", "close")
		return fault.New(catalog.BodyTooLarge)
	}
	r.Body = http.MaxBytesReader(w, r.Body, most)
	return nil
}

// readBody reads a whole JSON body. It returns BODY_TOO_LARGE, and MALFORMED_BODY when it breaks off.
func readBody(r *http.Request) ([]byte, error) {
	raw, err := readAll(r.Body, r.ContentLength)
	if err == nil {
		return raw, nil
	}
	if tooLarge := (*http.MaxBytesError)(nil); errors.As(err, &tooLarge) {
		return nil, fault.New(catalog.BodyTooLarge)
	}
	return nil, fault.New(catalog.MalformedBody).WithCause(err)
}

// readAll is io.ReadAll with room for the announced length from the start, -1 for none.
func readAll(body io.Reader, announced int64) ([]byte, error) {
	if announced < 0 {
		return io.ReadAll(body)
	}
	raw := bytes.NewBuffer(make([]byte, 0, announced+bytes.MinRead))
	_, err := raw.ReadFrom(body)
	return raw.Bytes(), err
}

// heldBody is a body that has been read and checked, for the handler.
type heldBody struct {
	bytes.Reader
	raw []byte
}

func holdBody(raw []byte) *heldBody {
	b := &heldBody{raw: raw}
	b.Reset(raw)
	return b
}

// Close does nothing: the body is in memory.
func (*heldBody) Close() error { return nil }

// bodies decodes JSON bodies for the generated binding. Those that are held it need not read once more.
type bodies struct{ echo.DefaultJSONSerializer }

// Deserialize decodes a request's body. Its errors name no value.
func (b bodies) Deserialize(c echo.Context, into any) error {
	held, ok := c.Request().Body.(*heldBody)
	if !ok {
		return b.DefaultJSONSerializer.Deserialize(c, into)
	}
	if err := json.Unmarshal(held.raw, into); err != nil {
		return echo.NewHTTPError(http.StatusBadRequest).SetInternal(err)
	}
	return nil
}

// checkContentType compares the announced type with those the operation takes. Bodies in another charset or compressed are
// refused too: a compressed body would be measured before it grows. It returns UNSUPPORTED_CONTENT_TYPE.
func checkContentType(op *operation, r *http.Request) error {
	refused := fault.New(catalog.UnsupportedContentType)
	if e := r.Header.Get("Content-Encoding"); e != "" && !strings.EqualFold(e, "identity") {
		return refused
	}
	announced := r.Header.Get("Content-Type")
	if !op.upload && slices.Contains(op.bodyTypes, announced) {
		return nil
	}
	mediaType, params, err := mime.ParseMediaType(announced)
	if err != nil || !slices.Contains(op.bodyTypes, mediaType) {
		return refused
	}
	if charset := params["charset"]; charset != "" && !strings.EqualFold(charset, "utf-8") {
		return refused
	}
	if op.upload && params["boundary"] == "" {
		return refused
	}
	return nil
}

// checkQuery refuses what the contract does not describe in a query: unknown names, names given twice, control characters
// and text that is not UTF-8. It returns the query, or VALIDATION_FAILED.
func checkQuery(op *operation, r *http.Request) (url.Values, error) {
	if r.URL.RawQuery == "" {
		return nil, nil
	}
	values, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		return nil, fault.Invalid("", "the query must be well formed")
	}
	good := true
	for name, v := range values {
		good = good && queryRule(op, name, v) == ""
	}
	if good {
		return values, nil
	}
	bad := fault.New(catalog.ValidationFailed)
	for _, name := range slices.Sorted(maps.Keys(values)) {
		if rule := queryRule(op, name, values[name]); rule != "" {
			bad = bad.WithField(contractplan.Shorten(strings.ToValidUTF8(name, "?")), rule)
		}
	}
	return nil, bad
}

// queryRule is the rule that a name of a query and its values break, or nothing.
func queryRule(op *operation, name string, v []string) string {
	switch {
	case !op.query[name]:
		return "is not a parameter of this operation"
	case len(v) > 1:
		return "must be given once"
	case v[0] == "":
		return "must not be empty"
	case !utf8.ValidString(v[0]):
		return "must be UTF-8"
	case contractplan.HasControls(v[0]):
		return "must not contain control characters"
	}
	return ""
}

// checkHeaders refuses a header parameter that is given twice: which one counts would be anybody's guess.
func checkHeaders(op *operation, r *http.Request) error {
	for _, name := range op.headers {
		if len(r.Header.Values(name)) > 1 {
			return fault.Invalid(name, "must be given once")
		}
	}
	return nil
}

// announcedType is the media type that headers announce, without its parameters; empty if there is none that can be read.
func announcedType(h http.Header) string {
	announced := h.Get("Content-Type")
	if announced == "application/json" {
		return announced
	}
	mediaType, _, err := mime.ParseMediaType(announced)
	if err != nil {
		return ""
	}
	return mediaType
}

// isJSON tells whether a media type is JSON.
func isJSON(mediaType string) bool {
	return mediaType == "application/json" || strings.HasSuffix(mediaType, "+json")
}
