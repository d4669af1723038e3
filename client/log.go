package creditpocket

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"
)

// loggedBytes bounds what of one body goes to the log.
const loggedBytes = 4096

// logAttempt writes one line. Bodies and headers are prepared only if somebody reads them.
func (s *settings) logAttempt(req *http.Request, p payload, m *Response, took time.Duration, err error) {
	if s.log == nil || !s.log.Enabled(req.Context(), slog.LevelDebug) {
		return
	}
	attrs := []slog.Attr{
		slog.String("operation", m.Operation), slog.Int("attempt", m.Attempts), slog.String("request_id", m.RequestID),
		slog.Duration("took", took), slog.Any("request_header", logHeader(req.Header)),
	}
	if p.contentType != "" {
		attrs = append(attrs, slog.String("request_body", logBody(p.contentType, p.json)))
	}
	if m.Status != 0 {
		attrs = append(attrs, slog.Int("status", m.Status), slog.Any("header", logHeader(m.Header)),
			slog.String("body", logBody(m.Header.Get("Content-Type"), m.Body)))
	}
	if err != nil {
		attrs = append(attrs, slog.String("error", err.Error()))
	}
	s.log.LogAttrs(req.Context(), slog.LevelDebug, "creditpocket call", attrs...)
}

// openHeaders are the ones whose values may be read by anybody. What else there is may hold a secret of the caller's own.
var openHeaders = []string{"Accept", "Content-Length", "Content-Type", "Date", "Idempotency-Key", "Idempotency-Replayed", "Ratelimit",
	"Ratelimit-Policy", "Retry-After", "User-Agent", "X-App-Code", "X-Request-Id"}

func logHeader(h http.Header) slog.Value {
	var attrs []slog.Attr
	for _, name := range slices.Sorted(maps.Keys(h)) {
		value := redacted
		if slices.Contains(openHeaders, name) {
			value = strings.Join(h[name], ", ")
		}
		attrs = append(attrs, slog.String(name, value))
	}
	return slog.GroupValue(attrs...)
}

func logBody(contentType string, body []byte) string {
	if !isJSON(contentType) {
		return fmt.Sprintf("(%d bytes of %s)", len(body), contentType)
	}
	clean := redactJSON(body)
	if len(clean) > loggedBytes {
		return fmt.Sprintf("%s… (%d bytes)", clean[:loggedBytes], len(clean))
	}
	return string(clean)
}

// redactJSON replaces the values of all properties that the contract marks as sensitive, wherever they stand. The business code
// has the name of a sensitive property, but is a number.
func redactJSON(raw []byte) []byte {
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber()
	var v any
	if d.Decode(&v) != nil {
		return []byte("(not JSON)")
	}
	out, err := json.Marshal(redact(v))
	if err != nil {
		return []byte("(not JSON)")
	}
	return out
}

func redact(v any) any {
	switch v := v.(type) {
	case map[string]any:
		for name, member := range v {
			_, number := member.(json.Number)
			switch {
			case member == "" || (name == "code" && number):
			case sensitiveProperty(name):
				v[name] = redacted
			default:
				v[name] = redact(member)
			}
		}
	case []any:
		for i := range v {
			v[i] = redact(v[i])
		}
	}
	return v
}
