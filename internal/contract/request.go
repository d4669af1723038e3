package contract

import (
	"bytes"
	"context"
	"io"
	"maps"
	"net/http"
	"net/url"
	"strings"
)

// Request is a request of one operation, without what says who asks. The zero query and header are none.
type Request struct {
	Operation *Operation
	Path      map[string]string // path parameters, not escaped
	RawQuery  string
	Header    http.Header // header parameters
	// ContentType is sent as it is; "" sends none.
	ContentType string
	Body        []byte
	// Pad is the number of spaces sent after Body, which are legal after JSON and after a form.
	Pad int64
	// Chunked sends the body without announcing its length.
	Chunked bool
}

// clone is a copy whose maps can be changed.
func (r *Request) clone() *Request {
	c := *r
	c.Path, c.Header = maps.Clone(r.Path), r.Header.Clone()
	return &c
}

// expectFrom is the size from which a body waits for the server's consent, so that a refusal arrives before the
// connection breaks.
const expectFrom = 256 << 10

// HTTP makes the request to send to the server at base.
func (r *Request) HTTP(ctx context.Context, base string) (*http.Request, error) {
	path := r.Operation.Path
	for name, value := range r.Path {
		path = strings.ReplaceAll(path, "{"+name+"}", url.PathEscape(value))
	}
	if r.RawQuery != "" {
		path += "?" + r.RawQuery
	}
	var body io.Reader
	length := int64(len(r.Body)) + r.Pad
	if length > 0 {
		body = io.MultiReader(bytes.NewReader(r.Body), io.LimitReader(spaces{}, r.Pad))
	}
	req, err := http.NewRequestWithContext(ctx, r.Operation.Method, base+path, body)
	if err != nil {
		return nil, err
	}
	for name, values := range r.Header {
		req.Header[http.CanonicalHeaderKey(name)] = values
	}
	if r.ContentType != "" {
		req.Header.Set("Content-Type", r.ContentType)
	}
	if length > 0 {
		req.ContentLength = length
		if r.Chunked {
			req.ContentLength = -1
		}
	}
	if length >= expectFrom {
		req.Header.Set("Expect", "100-continue")
	}
	return req, nil
}

// spaces is an endless blank.
type spaces struct{}

// Read fills p with spaces.
func (spaces) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = ' '
	}
	return len(p), nil
}

// SetQuery sets one query parameter and keeps the others.
func (r *Request) SetQuery(name, value string) {
	values, err := url.ParseQuery(r.RawQuery)
	if err != nil {
		values = url.Values{}
	}
	values.Set(name, value)
	r.RawQuery = values.Encode()
}
