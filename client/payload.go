package creditpocket

import (
	"bytes"
	"io"
	"net/http"
)

// payload is the body of a request, made anew for every attempt.
type payload struct {
	contentType string
	open        func() io.ReadCloser
	once        bool   // it cannot be sent a second time
	json        []byte // for the log
	err         error
}

// noBody is for requests without one.
var noBody = payload{open: func() io.ReadCloser { return nil }}

// jsonBody encodes a request once for all attempts.
func jsonBody(v any) payload {
	raw, err := encode(v)
	return payload{contentType: "application/json", json: raw, err: err, open: func() io.ReadCloser { return io.NopCloser(bytes.NewReader(raw)) }}
}

// attach puts a fresh body on a request that was built without one. There is no GetBody on purpose: with it, net/http would send a
// request again on its own, uncounted, when a kept connection turns out to be closed.
func (p payload) attach(req *http.Request) {
	if p.contentType == "" {
		return
	}
	req.Body = p.open()
	req.ContentLength = -1
	if p.json != nil {
		req.ContentLength = int64(len(p.json))
	}
}
