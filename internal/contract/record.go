package contract

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"sync"
	"sync/atomic"
)

// RecordVariable names a folder in the environment. Transports write what they are asked to judge there, before they judge it, as lines
// of JSON (Record): another judge, in a module of its own, reads them.
const RecordVariable = "CP_CONTRACT_RECORD"

// Record is one answer as it came, and what was asked.
type Record struct {
	Document  string      `json:"document"` // such as creditpocket-ops
	Operation string      `json:"operation"`
	Method    string      `json:"method"`
	URL       string      `json:"url"` // path and query
	Status    int         `json:"status"`
	Header    http.Header `json:"header"`
	Body      []byte      `json:"body"`
}

// mostAlike bounds the records of answers that differ in digits and identifiers only.
const mostAlike = 20

// recorder writes records to a file of its own. It is safe for concurrent use.
type recorder struct {
	document string
	mu       sync.Mutex
	file     *os.File
	alike    map[string]int
}

var recorders atomic.Int64

// newRecorder is nil where the environment names no folder.
func newRecorder(document string) (*recorder, error) {
	dir := os.Getenv(RecordVariable)
	if dir == "" {
		return nil, nil
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, err
	}
	name := fmt.Sprintf("%s-%d-%d.jsonl", document, os.Getpid(), recorders.Add(1))
	file, err := os.OpenFile(filepath.Join(dir, name), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
	if err != nil {
		return nil, err
	}
	return &recorder{document: document, file: file, alike: map[string]int{}}, nil
}

var varying = regexp.MustCompile(`"requestId":"[^"]*"|[0-9]+`)

func (r *recorder) write(operation string, req *http.Request, resp *http.Response, body []byte) error {
	if r == nil {
		return nil
	}
	key := fmt.Sprintf("%s %d %s %s %s", operation, resp.StatusCode, resp.Header.Get("Content-Type"), resp.Header.Get("Idempotency-Replayed"), varying.ReplaceAll(body, []byte("0")))
	line, err := json.Marshal(Record{Document: r.document, Operation: operation, Method: req.Method, URL: req.URL.RequestURI(), Status: resp.StatusCode, Header: resp.Header, Body: body})
	if err != nil {
		return err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.alike[key]++; r.alike[key] > mostAlike {
		return nil
	}
	_, err = r.file.Write(append(line, '\n'))
	return err
}
