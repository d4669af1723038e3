package creditpocket

import (
	"bytes"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"net/textproto"
	"os"
	"sync/atomic"
)

// File is a photograph to upload. It is streamed: never is the whole of it in memory. Open is called once for every attempt.
type File struct {
	// Name is the file's name as the server sees it; it has no meaning.
	Name string
	// ContentType is image/jpeg or image/png.
	ContentType string
	// Open starts reading from the beginning.
	Open func() (io.ReadCloser, error)

	once bool
}

// FileFromBytes is a file in memory.
func FileFromBytes(name, contentType string, content []byte) File {
	return File{Name: name, ContentType: contentType, Open: func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(content)), nil }}
}

// FileFromPath is a file on disk, opened again for every attempt.
func FileFromPath(path, contentType string) File {
	return File{Name: "photo", ContentType: contentType, Open: func() (io.ReadCloser, error) { return os.Open(path) }} // #nosec G304 -- the caller names the file to send
}

var errReadTwice = errors.New("the file can be read once only")

// FileFromReader is a stream that can be read once: a request with it is never repeated.
func FileFromReader(name, contentType string, r io.Reader) File {
	var used atomic.Bool
	return File{Name: name, ContentType: contentType, once: true, Open: func() (io.ReadCloser, error) {
		if used.Swap(true) {
			return nil, errReadTwice
		}
		return io.NopCloser(r), nil
	}}
}

// fileError is a file of the caller's that cannot be opened or read. It is not the connection's fault, so nothing is repeated.
type fileError struct {
	name string
	err  error
}

func (e *fileError) Error() string { return fmt.Sprintf("file %q: %v", e.name, e.err) }
func (e *fileError) Unwrap() error { return e.err }

// formBody is multipart/form-data: fields, then files, all parts of the same boundary in every attempt.
func formBody(fields [][2]string, name string, files []File) payload {
	var random [16]byte
	_, _ = rand.Read(random[:])
	boundary := hex.EncodeToString(random[:])
	p := payload{contentType: mime.FormatMediaType("multipart/form-data", map[string]string{"boundary": boundary})}
	for _, f := range files {
		p.once = p.once || f.once
		if f.Open == nil {
			p.err = &fileError{f.Name, errors.New("has no Open")}
		}
	}
	p.open = func() io.ReadCloser {
		r, w := io.Pipe()
		// The goroutine ends with the reader: whoever stops reading closes the pipe, and then every write fails.
		go func() { w.CloseWithError(writeForm(w, boundary, fields, name, files)) }()
		return r
	}
	return p
}

func writeForm(w io.Writer, boundary string, fields [][2]string, name string, files []File) error {
	form := multipart.NewWriter(w)
	if err := form.SetBoundary(boundary); err != nil {
		return err
	}
	for _, f := range fields {
		if err := form.WriteField(f[0], f[1]); err != nil {
			return err
		}
	}
	for _, f := range files {
		header := textproto.MIMEHeader{"Content-Type": {f.ContentType}}
		header.Set("Content-Disposition", mime.FormatMediaType("form-data", map[string]string{"name": name, "filename": plainName(f.Name)}))
		part, err := form.CreatePart(header)
		if err != nil {
			return err
		}
		if err := f.writeTo(part); err != nil {
			return err
		}
	}
	return form.Close()
}

// plainName keeps a file's name to characters that need no encoding anywhere.
func plainName(name string) string {
	out := []byte(name)
	for i, c := range out {
		if !(c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '.' || c == '-' || c == '_') {
			out[i] = '_'
		}
	}
	if len(out) == 0 {
		return "photo"
	}
	return string(out[:min(len(out), 100)])
}

func (f File) writeTo(w io.Writer) error {
	r, err := f.Open()
	if err != nil {
		return &fileError{f.Name, err}
	}
	defer r.Close()
	if _, err := io.Copy(w, source{r, f.Name}); err != nil {
		return err
	}
	return nil
}

// source marks what goes wrong while a file is read, as opposed to while it is sent.
type source struct {
	r    io.Reader
	name string
}

func (s source) Read(p []byte) (int, error) {
	n, err := s.r.Read(p)
	if err != nil && err != io.EOF {
		err = &fileError{s.name, err}
	}
	return n, err
}
