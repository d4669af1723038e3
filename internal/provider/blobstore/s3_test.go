package blobstore_test

import (
	"crypto/md5"
	"encoding/hex"
	"encoding/xml"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// s3Object is one object of the fake.
type s3Object struct {
	body        []byte
	contentType string
	at          time.Time
}

// s3Server answers the few calls the store makes, in path style, and only to the one access key.
type s3Server struct {
	t       *testing.T
	mu      sync.Mutex
	objects map[string]s3Object
}

// fakeS3 starts a fake bucket and returns its URL; the credentials are in the environment.
func fakeS3(t *testing.T) string {
	t.Setenv("AWS_ACCESS_KEY_ID", "AKIATEST")
	t.Setenv("AWS_SECRET_ACCESS_KEY", "secret")
	t.Setenv("AWS_EC2_METADATA_DISABLED", "true")
	t.Setenv("AWS_CONFIG_FILE", "/dev/null")
	t.Setenv("AWS_SHARED_CREDENTIALS_FILE", "/dev/null")
	t.Setenv("AWS_MAX_ATTEMPTS", "1")
	server := httptest.NewServer(&s3Server{t: t, objects: map[string]s3Object{}})
	t.Cleanup(server.Close)
	return "s3://blobs?region=eu-west-1&endpoint=" + url.QueryEscape(server.URL)
}

func (s *s3Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !strings.HasPrefix(r.Header.Get("Authorization"), "AWS4-HMAC-SHA256 Credential=AKIATEST/") {
		s.fail(w, http.StatusForbidden, "AccessDenied")
		return
	}
	path, inBucket := strings.CutPrefix(r.URL.Path, "/blobs")
	key := strings.TrimPrefix(path, "/")
	object, exists := s.objects[key]
	switch {
	case !inBucket:
		s.fail(w, http.StatusNotFound, "NoSuchBucket")
	case key == "" && r.Method == http.MethodHead:
		w.WriteHeader(http.StatusOK)
	case key == "" && r.Method == http.MethodGet:
		s.list(w, r.URL.Query())
	case r.Method == http.MethodPut:
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return // the upload was cut: keep nothing
		}
		if r.Header.Get("Content-Encoding") == "aws-chunked" {
			s.t.Error("S3-compatible servers need not know aws-chunked")
		}
		s.objects[key] = s3Object{body, r.Header.Get("Content-Type"), time.Now()}
		w.Header().Set("ETag", etag(body))
	case !exists && r.Method == http.MethodDelete:
		w.WriteHeader(http.StatusNoContent)
	case !exists:
		s.fail(w, http.StatusNotFound, "NoSuchKey")
	case r.Method == http.MethodDelete:
		delete(s.objects, key)
		w.WriteHeader(http.StatusNoContent)
	default:
		w.Header().Set("Content-Type", object.contentType)
		w.Header().Set("ETag", etag(object.body))
		w.Header().Set("Last-Modified", object.at.UTC().Format(http.TimeFormat))
		w.Header().Set("Content-Length", fmt.Sprint(len(object.body)))
		if r.Method == http.MethodGet {
			_, _ = w.Write(object.body)
		}
	}
}

func etag(body []byte) string {
	sum := md5.Sum(body)
	return `"` + hex.EncodeToString(sum[:]) + `"`
}

func (s *s3Server) fail(w http.ResponseWriter, status int, code string) {
	w.Header().Set("Content-Type", "application/xml")
	w.WriteHeader(status)
	_, _ = fmt.Fprintf(w, `<?xml version="1.0"?><Error><Code>%s</Code><Message>%s</Message></Error>`, code, code)
}

func (s *s3Server) list(w http.ResponseWriter, query url.Values) {
	type contents struct {
		Key          string
		LastModified string
		ETag         string
		Size         int
	}
	out := struct {
		XMLName     xml.Name `xml:"ListBucketResult"`
		Name        string
		KeyCount    int
		IsTruncated bool
		Contents    []contents
	}{Name: "blobs"}
	for key, o := range s.objects {
		if strings.HasPrefix(key, query.Get("prefix")) {
			out.Contents = append(out.Contents, contents{key, o.at.UTC().Format(time.RFC3339), etag(o.body), len(o.body)})
		}
	}
	slices.SortFunc(out.Contents, func(a, b contents) int { return strings.Compare(a.Key, b.Key) })
	out.KeyCount = len(out.Contents)
	w.Header().Set("Content-Type", "application/xml")
	_ = xml.NewEncoder(w).Encode(out)
}
