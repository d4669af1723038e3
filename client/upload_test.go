package creditpocket_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	creditpocket "github.com/creditpocket/creditpocket/client"
	"github.com/creditpocket/creditpocket/client/creditpockettest"
)

// A file is opened again for every attempt, and every attempt has the same bytes, boundary and all.
func TestUploadReplays(t *testing.T) {
	srv := creditpockettest.New(t)
	c := srv.Client(srv.ReadyBorrower())
	var opened, closed atomic.Int32
	content := creditpockettest.Photo()
	file := creditpocket.File{Name: "selfie.jpg", ContentType: "image/jpeg", Open: func() (io.ReadCloser, error) {
		opened.Add(1)
		return closer{bytes.NewReader(content), &closed}, nil
	}}
	srv.Script("applyLoan", creditpockettest.Unavailable(0), creditpockettest.Cut())
	page, err := c.Loans.Apply(context.Background(), creditpocket.Application{ProductID: "301", Terminal: creditpocket.TerminalWeb, Photos: []creditpocket.File{file}})
	if err != nil {
		t.Fatal(err)
	}
	calls := srv.Calls("applyLoan")
	if opened.Load() != 3 || closed.Load() != 3 || len(calls) != 3 {
		t.Errorf("opened %d times, closed %d times in %d requests", opened.Load(), closed.Load(), len(calls))
	}
	for _, call := range calls[1:] {
		if !bytes.Equal(call.Body, calls[0].Body) || !bytes.Contains(call.Body, content) {
			t.Error("a repeat has another body")
		}
	}
	img, err := c.Images.Get(context.Background(), page.Items[0].PortraitCode)
	if err != nil || img.ContentType != "image/jpeg" || !bytes.Equal(img.Bytes, content) {
		t.Errorf("%s of %d bytes: %v", img.ContentType, len(img.Bytes), err)
	}
}

type closer struct {
	io.Reader
	n *atomic.Int32
}

func (c closer) Close() error {
	c.n.Add(1)
	return nil
}

// 256 MiB go through with a small heap: the file is streamed.
func TestUploadStreams(t *testing.T) {
	const size = 256 << 20
	var received atomic.Int64
	c, err := creditpocket.New("http://upload.example.com", creditpocket.WithToken("x"), creditpocket.WithMaxRetries(0),
		creditpocket.WithHTTPClient(doer(func(r *http.Request) (*http.Response, error) {
			n, err := io.Copy(io.Discard, r.Body)
			received.Add(n)
			return nil, errors.Join(errors.New("that was all"), err)
		})))
	if err != nil {
		t.Fatal(err)
	}
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	file := creditpocket.FileFromReader("big.jpg", "image/jpeg", io.LimitReader(zeros{}, size))
	if _, err := c.Loans.Apply(context.Background(), creditpocket.Application{ProductID: "1", Terminal: 1, Photos: []creditpocket.File{file}}); err == nil {
		t.Fatal("no error")
	}
	runtime.ReadMemStats(&after)
	if received.Load() < size {
		t.Errorf("%d bytes arrived", received.Load())
	}
	if used := after.TotalAlloc - before.TotalAlloc; used > 4<<20 {
		t.Errorf("%d bytes were allocated", used)
	}
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) {
	clear(p)
	return len(p), nil
}

// A file that cannot be opened or read is the caller's to mend: nothing is repeated, and the cause is told.
func TestUploadFileTrouble(t *testing.T) {
	srv := creditpockettest.New(t)
	c := srv.Client(srv.ReadyBorrower(), creditpocket.WithRetryWait(time.Minute, time.Minute))
	broken := errors.New("the disk is broken")
	for name, file := range map[string]creditpocket.File{
		"gone": creditpocket.FileFromPath(filepath.Join(t.TempDir(), "gone.jpg"), "image/jpeg"),
		"broken": {Name: "x", ContentType: "image/jpeg", Open: func() (io.ReadCloser, error) {
			return io.NopCloser(io.MultiReader(strings.NewReader("abc"), failing{broken})), nil
		}},
		"empty": {Name: "x", ContentType: "image/jpeg"},
	} {
		started := time.Now()
		_, err := c.Loans.Apply(context.Background(), creditpocket.Application{ProductID: "301", Terminal: 1, Photos: []creditpocket.File{photo("a"), file}})
		var e *creditpocket.CallError
		if !errors.As(err, &e) || e.Attempts > 1 || time.Since(started) > 20*time.Second {
			t.Errorf("%s: %v", name, err)
		}
		if name == "gone" && !errors.Is(err, os.ErrNotExist) || name == "broken" && !errors.Is(err, broken) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

type failing struct{ err error }

func (f failing) Read([]byte) (int, error) { return 0, f.err }

// No goroutine stays behind when the request is not read to its end.
func TestUploadLeavesNothingBehind(t *testing.T) {
	srv := creditpockettest.New(t)
	c := srv.Client(srv.ReadyBorrower(), creditpocket.WithMaxRetries(0))
	refuse := func(*http.Request, func(*http.Request) (*http.Response, error)) (*http.Response, error) {
		return nil, errors.New("not today")
	}
	before := runtime.NumGoroutine()
	for range 50 {
		_, _ = c.Loans.Apply(context.Background(), application(), creditpocket.WithMiddleware(refuse))
	}
	for deadline := time.Now().Add(20 * time.Second); runtime.NumGoroutine() > before+5; time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("%d goroutines before, %d after", before, runtime.NumGoroutine())
		}
	}
}

func TestUploadNamesAreHarmless(t *testing.T) {
	srv := creditpockettest.New(t)
	c := srv.Client(srv.ReadyBorrower())
	file := photo("my \"self\"\r\nX-Evil: 1; é.jpg")
	if _, err := c.Loans.Apply(context.Background(), creditpocket.Application{ProductID: "301", Terminal: 1, Photos: []creditpocket.File{file}}); err != nil {
		t.Fatal(err)
	}
	if body := srv.Calls("applyLoan")[0].Body; bytes.Contains(body, []byte("X-Evil:")) || !bytes.Contains(body, []byte(`filename=my__self___X-Evil`)) {
		t.Errorf("%.300s", body)
	}
}
