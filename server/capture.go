package server

import (
	"bytes"
	"net/http"
	"sync"
)

// buffers keeps the memory of JSON answers between requests.
var buffers = sync.Pool{New: func() any { return new(bytes.Buffer) }}

// capture stands between a handler and the connection. A JSON answer is held back until it has been checked, so that a
// failure half-way is a clean error; anything else, such as an image, streams through once its status and content type are
// known to be good.
type capture struct {
	http.ResponseWriter
	// admit is asked before a stream starts; an error keeps the stream from the connection.
	admit func(status int, h http.Header) error

	status    int
	buffer    *bytes.Buffer
	streaming bool
	refused   error // why a stream was not let through
}

func newCapture(w http.ResponseWriter, admit func(int, http.Header) error) *capture {
	return &capture{ResponseWriter: w, admit: admit}
}

// WriteHeader decides, by the content type, whether the answer is held back.
func (c *capture) WriteHeader(status int) {
	if c.status != 0 {
		return
	}
	c.status = status
	if mediaType := announcedType(c.Header()); mediaType == "" || isJSON(mediaType) {
		c.buffer = buffers.Get().(*bytes.Buffer)
		c.buffer.Reset()
		return
	}
	if c.refused = c.admit(status, c.Header()); c.refused == nil {
		c.streaming = true
		c.ResponseWriter.WriteHeader(status)
	}
}

// Write holds the bytes back or passes them on. Those of a refused stream are dropped.
func (c *capture) Write(b []byte) (int, error) {
	if c.status == 0 {
		c.WriteHeader(http.StatusOK)
	}
	switch {
	case c.refused != nil:
		return 0, c.refused
	case c.streaming:
		return c.ResponseWriter.Write(b)
	}
	return c.buffer.Write(b)
}

// Flush passes a stream's flush on; what is held back stays.
func (c *capture) Flush() {
	if c.streaming {
		_ = http.NewResponseController(c.ResponseWriter).Flush()
	}
}

// Unwrap gives http.ResponseController the connection.
func (c *capture) Unwrap() http.ResponseWriter { return c.ResponseWriter }

// body is what was held back.
func (c *capture) body() []byte {
	if c.buffer == nil {
		return nil
	}
	return c.buffer.Bytes()
}

// discard forgets what was held back, so that another answer can be written. It must not be called on a stream.
func (c *capture) discard() {
	c.release()
	c.status, c.refused = 0, nil
	for _, name := range []string{"Content-Type", "Content-Length", "Content-Disposition", "Idempotency-Replayed", "ETag", "Last-Modified"} {
		c.Header().Del(name)
	}
}

// release gives the buffer back.
func (c *capture) release() {
	const keep = 1 << 20 // a larger one is left to the garbage collector
	if c.buffer != nil && c.buffer.Cap() <= keep {
		buffers.Put(c.buffer)
	}
	c.buffer = nil
}
