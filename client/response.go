package creditpocket

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"mime"
	"net/http"
	"strconv"
	"time"
)

// Response is what came back, as it was: for WithResponseInto.
type Response struct {
	// Operation is the operation's id in the contract.
	Operation string
	// Status is the HTTP status; 0 when no answer came.
	Status int
	Header http.Header
	// Body is the whole answer.
	Body []byte
	// RequestID names the request in the server's log.
	RequestID string
	// IdempotencyKey is the key that all attempts carried; "" for operations without one.
	IdempotencyKey string
	// Replayed says that the answer is that of an earlier request with this key, and nothing was done again.
	Replayed bool
	// Attempts is how often the request was sent.
	Attempts int
	// Time is when the server made the answer; the zero time when it does not say.
	Time time.Time
}

// envelope is the shape of every JSON answer.
type envelope struct {
	Code    *int64          `json:"code"`
	Message *string         `json:"message"`
	Token   *string         `json:"token"`
	Data    json.RawMessage `json:"data"`
}

func isJSON(contentType string) bool {
	media, _, err := mime.ParseMediaType(contentType)
	return err == nil && media == "application/json"
}

// readEnvelope reads exactly one envelope; false for anything else.
func readEnvelope(contentType string, body []byte) (envelope, bool) {
	var e envelope
	if !isJSON(contentType) {
		return e, false
	}
	d := json.NewDecoder(bytes.NewReader(body))
	if d.Decode(&e) != nil || e.Code == nil || e.Message == nil || e.Token == nil || len(e.Data) == 0 {
		return e, false
	}
	_, err := d.Token()
	return e, err == io.EOF
}

// read takes the answer in and keeps what every caller may ask about it.
func (m *Response) read(resp *http.Response, limit int64) error {
	m.Status, m.Header, m.Body, m.Replayed, m.Time = resp.StatusCode, resp.Header, nil, resp.Header.Get("Idempotency-Replayed") == "true", time.Time{}
	if id := resp.Header.Get("X-Request-Id"); id != "" {
		m.RequestID = id
	}
	body, err := io.ReadAll(io.LimitReader(resp.Body, limit+1))
	if err != nil {
		return &lostError{fmt.Errorf("the answer was cut: %w", err)}
	}
	if int64(len(body)) > limit {
		return ErrAnswerTooLarge
	}
	m.Body = body
	return nil
}

// data is the payload of a success, or the error that the answer tells.
func (m *Response) data() (json.RawMessage, error) {
	contentType := m.Header.Get("Content-Type")
	e, ok := readEnvelope(contentType, m.Body)
	if !ok {
		return nil, m.failure(nil)
	}
	if ms, err := strconv.ParseInt(*e.Token, 10, 64); err == nil {
		m.Time = time.UnixMilli(ms).In(Lagos)
	}
	if m.Status == http.StatusOK && *e.Code == 1 {
		return e.Data, nil
	}
	return nil, m.failure(&e)
}

// failure is the answer as an error; e is nil when it is no envelope.
func (m *Response) failure(e *envelope) error {
	media, _, _ := mime.ParseMediaType(m.Header.Get("Content-Type"))
	out := &Error{Operation: m.Operation, HTTPStatus: m.Status, ContentType: media, RequestID: m.RequestID,
		RetryAfter: retryAfter(m.Header), IdempotencyKey: m.IdempotencyKey, Attempts: m.Attempts}
	if e == nil {
		out.Retryable = m.Status >= 500 || m.Status == http.StatusTooManyRequests
		return out
	}
	var problem struct {
		Reason    Reason       `json:"reason"`
		RequestID string       `json:"requestId"`
		Fields    []FieldError `json:"fields"`
		Retryable bool         `json:"retryable"`
	}
	if json.Unmarshal(e.Data, &problem) != nil || problem.Reason == "" || *e.Code == 1 {
		return out
	}
	out.Code, out.Message, out.Reason, out.Fields, out.Retryable = int(*e.Code), *e.Message, problem.Reason, problem.Fields, problem.Retryable
	if problem.RequestID != "" {
		out.RequestID = problem.RequestID
	}
	return out
}
