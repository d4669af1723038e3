package blobstore_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/creditpocket/creditpocket/internal/provider"
	"github.com/creditpocket/creditpocket/internal/provider/blobstore"
)

func open(t *testing.T, url string) *blobstore.Store {
	t.Helper()
	s, err := blobstore.Open(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

func read(t *testing.T, s *blobstore.Store, key string) (string, string) {
	t.Helper()
	r, contentType, err := s.Get(t.Context(), key)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	body, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	return string(body), contentType
}

func keys(t *testing.T, s *blobstore.Store, prefix string, olderThan time.Time) []string {
	t.Helper()
	var out []string
	for o, err := range s.List(t.Context(), prefix, olderThan) {
		if err != nil {
			t.Fatal(err)
		}
		if o.Size <= 0 || o.ModTime.IsZero() {
			t.Errorf("object is %+v", o)
		}
		out = append(out, o.Key)
	}
	slices.Sort(out)
	return out
}

// TestStore runs one suite over every kind of store.
func TestStore(t *testing.T) {
	for name, url := range map[string]func(*testing.T) string{
		"mem":  func(*testing.T) string { return "mem://" },
		"file": func(t *testing.T) string { return "file://" + filepath.Join(t.TempDir(), "a", "b") },
		"s3":   fakeS3,
	} {
		t.Run(name, func(t *testing.T) {
			s := open(t, url(t))
			if err := s.Check(t.Context()); err != nil {
				t.Fatal(err)
			}
			put := func(key, contentType, body string) {
				if err := s.Put(t.Context(), key, contentType, strings.NewReader(body)); err != nil {
					t.Fatal(err)
				}
			}
			put("kyc/one.jpg", "image/jpeg", "first")
			put("kyc/two", "image/png", strings.Repeat("y", 300_000))
			put("export/three", "text/csv", "a,b")
			put("kyc/one.jpg", "image/webp", "replaced")
			if body, contentType := read(t, s, "kyc/one.jpg"); body != "replaced" || contentType != "image/webp" {
				t.Errorf("read %q as %q", body, contentType)
			}
			if body, contentType := read(t, s, "kyc/two"); len(body) != 300_000 || contentType != "image/png" {
				t.Errorf("read %d bytes as %q", len(body), contentType)
			}
			if got := keys(t, s, "kyc/", time.Time{}); !slices.Equal(got, []string{"kyc/one.jpg", "kyc/two"}) {
				t.Errorf("listed %q", got)
			}
			if got := keys(t, s, "", time.Now().Add(time.Hour)); len(got) != 3 {
				t.Errorf("older than the future: %q", got)
			}
			if got := keys(t, s, "", time.Now().Add(-time.Hour)); len(got) != 0 {
				t.Errorf("older than an hour: %q", got)
			}
			for range 2 {
				if err := s.Delete(t.Context(), "kyc/two"); err != nil {
					t.Errorf("delete: %v", err)
				}
			}
			if _, _, err := s.Get(t.Context(), "kyc/two"); !errors.Is(err, provider.ErrNotFound) {
				t.Errorf("get after delete: %v", err)
			}

			broken := errors.New("the upload broke")
			if err := s.Put(t.Context(), "kyc/one.jpg", "image/png", io.MultiReader(strings.NewReader("half"), iotest(broken))); !errors.Is(err, broken) {
				t.Errorf("put of a broken stream: %v", err)
			}
			if body, contentType := read(t, s, "kyc/one.jpg"); body != "replaced" || contentType != "image/webp" {
				t.Errorf("a broken put left %q as %q", body, contentType)
			}
			if err := s.Put(t.Context(), "kyc/new", "image/png", iotest(broken)); err == nil {
				t.Error("a broken put says nil")
			}
			if got := keys(t, s, "kyc/new", time.Time{}); len(got) != 0 {
				t.Errorf("a broken put left %q", got)
			}
			cancelled, cancel := context.WithCancel(t.Context())
			cancel()
			if err := s.Put(cancelled, "kyc/late", "image/png", strings.NewReader("x")); err == nil {
				t.Error("a cancelled put says nil")
			}
			for _, key := range []string{"", "/x", "x/", "a//b", "../x", "a/../b", "A", "a b", "a\x00", ".x", "x.attrs", "x.tmp", strings.Repeat("x", 201)} {
				if err := s.Put(t.Context(), key, "", strings.NewReader("x")); !errors.Is(err, blobstore.ErrInvalidKey) {
					t.Errorf("put %q: %v", key, err)
				}
				if _, _, err := s.Get(t.Context(), key); !errors.Is(err, blobstore.ErrInvalidKey) {
					t.Errorf("get %q: %v", key, err)
				}
				if err := s.Delete(t.Context(), key); !errors.Is(err, blobstore.ErrInvalidKey) {
					t.Errorf("delete %q: %v", key, err)
				}
			}
		})
	}
}

func iotest(err error) io.Reader { return failing{err} }

type failing struct{ err error }

func (f failing) Read([]byte) (int, error) { return 0, f.err }

// TestDirectory: nothing is readable by others, and nothing half-written is left or listed.
func TestDirectory(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "blobs")
	s := open(t, "file://"+dir)
	slow, feed := io.Pipe()
	done := make(chan error, 1)
	go func() { done <- s.Put(t.Context(), "kyc/one", "image/png", slow) }()
	if _, err := feed.Write([]byte("half")); err != nil {
		t.Fatal(err)
	}
	if got := keys(t, s, "", time.Time{}); len(got) != 0 {
		t.Errorf("a half-written object is listed: %q", got)
	}
	if _, _, err := s.Get(t.Context(), "kyc/one"); !errors.Is(err, provider.ErrNotFound) {
		t.Errorf("a half-written object is read: %v", err)
	}
	if err := feed.Close(); err != nil {
		t.Fatal(err)
	}
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	var names []string
	err := filepath.WalkDir(dir, func(path string, entry os.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := entry.Info()
		if err != nil {
			return err
		}
		if want := os.FileMode(0o700); entry.IsDir() && info.Mode().Perm() != want {
			t.Errorf("%s has mode %v", path, info.Mode())
		}
		if !entry.IsDir() {
			names = append(names, entry.Name())
			if entry.Name() == "one" && info.Mode().Perm() != 0o600 {
				t.Errorf("%s has mode %v", path, info.Mode())
			}
		}
		return nil
	})
	if err != nil || !slices.Equal(names, []string{"one", "one.attrs"}) {
		t.Errorf("the directory holds %q, %v", names, err)
	}
	again := open(t, "file://"+dir)
	if body, contentType := read(t, again, "kyc/one"); body != "half" || contentType != "image/png" {
		t.Errorf("opened again: %q as %q", body, contentType)
	}
}

func TestOpenRefuses(t *testing.T) {
	for _, url := range []string{
		"", "/var/blobs", "file://relative/dir", "file:///x?metadata=skip", "gs://bucket", "s3://bucket", "s3://?region=r",
		"s3://bucket/prefix?region=r", "s3://bucket?region=r&acl=public", "s3://key:secret@bucket?region=r", "s3://bucket?region=r&endpoint=ftp://x",
	} {
		if _, err := blobstore.Open(t.Context(), url); err == nil || bytes.Contains([]byte(err.Error()), []byte("secret")) {
			t.Errorf("%q: error is %v", url, err)
		}
	}
}
