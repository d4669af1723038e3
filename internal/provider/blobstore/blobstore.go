// Package blobstore keeps files (identity photographs, exports) in a directory, in memory or in an S3 bucket. It is a thin
// port over gocloud.dev/blob: whole objects under flat keys, no listing order, no locks.
//
// Keys are ours and random; nothing a borrower typed is ever part of one. It may import internal/provider.
package blobstore

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"time"

	"gocloud.dev/blob"
	"gocloud.dev/blob/fileblob"
	"gocloud.dev/blob/memblob"
	"gocloud.dev/blob/s3blob"
	"gocloud.dev/gcerrors"

	"github.com/creditpocket/creditpocket/internal/provider"
)

// ErrInvalidKey: the key is not of the alphabet of Put.
var ErrInvalidKey = errors.New("blobstore: invalid key")

// Object is what List knows of an object.
type Object struct {
	Key string
	// Size is in bytes.
	Size int64
	// ModTime is when it was last put.
	ModTime time.Time
}

// Store is one place for objects. Safe for concurrent use.
type Store struct {
	bucket *blob.Bucket
}

// Open opens a store by URL. It makes no network call; Check does.
//
//	file:///var/lib/creditpocket/blobs    a directory, made with mode 0700 if missing
//	mem://                                this process's memory, gone with it
//	s3://bucket?region=r&endpoint=url     a bucket; endpoint only for S3-compatible servers (path style is used then)
//
// S3 credentials are the SDK's: AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY first. They are never part of the URL.
func Open(ctx context.Context, rawURL string) (*Store, error) {
	u, err := url.Parse(rawURL)
	if err != nil || u.User != nil || u.Fragment != "" {
		return nil, errors.New("blobstore: URL must be one of file:///dir, mem:// and s3://bucket?region=NAME")
	}
	var bucket *blob.Bucket
	switch u.Scheme {
	case "file":
		bucket, err = openDir(u)
	case "mem":
		bucket = memblob.OpenBucket(nil)
	case "s3":
		bucket, err = openS3(ctx, u)
	default:
		err = errors.New("scheme must be file, mem or s3")
	}
	if err != nil {
		return nil, fmt.Errorf("blobstore: open %s store: %w", u.Scheme, err)
	}
	return &Store{bucket: bucket}, nil
}

// openDir keeps temporary files beside the final ones: a rename within one file system is atomic, one from /tmp need not be.
func openDir(u *url.URL) (*blob.Bucket, error) {
	if u.Host != "" || u.Path == "" || u.RawQuery != "" {
		return nil, errors.New("directory must be absolute, as in file:///dir, without a query")
	}
	dir := filepath.FromSlash(u.Path)
	if err := os.MkdirAll(dir, 0o700); err != nil { // #nosec G703 -- the directory of CP_BLOB_URL
		return nil, err
	}
	return fileblob.OpenBucket(dir, &fileblob.Options{DirFileMode: 0o700, NoTempDir: true})
}

// openS3 asks for checksums only where S3 requires them: S3-compatible servers know the older protocol only.
func openS3(ctx context.Context, u *url.URL) (*blob.Bucket, error) {
	query := u.Query()
	for key := range query {
		if key != "region" && key != "endpoint" {
			return nil, errors.New("the query may hold region and endpoint only")
		}
	}
	if u.Host == "" || strings.Trim(u.Path, "/") != "" || query.Get("region") == "" {
		return nil, errors.New("bucket and region are needed, as in s3://bucket?region=eu-west-1")
	}
	if query.Has("endpoint") {
		endpoint, err := url.Parse(query.Get("endpoint"))
		if err != nil || endpoint.Host == "" || (endpoint.Scheme != "https" && endpoint.Scheme != "http") {
			return nil, errors.New("endpoint must be an http(s) URL")
		}
		query.Set("use_path_style", "true")
		query.Set("request_checksum_calculation", "when_required")
		query.Set("response_checksum_validation", "when_required")
	}
	target := *u
	target.RawQuery = query.Encode()
	return new(s3blob.URLOpener).OpenBucketURL(ctx, &target)
}

// Close releases the store.
func (s *Store) Close() error { return s.bucket.Close() }

// Check reports whether the store can be reached now.
func (s *Store) Check(ctx context.Context) error {
	ok, err := s.bucket.IsAccessible(ctx)
	if err != nil {
		return fmt.Errorf("blobstore: check: %w", err)
	}
	if !ok {
		return errors.New("blobstore: check: there is no such store")
	}
	return nil
}

var validKey = regexp.MustCompile(`^[a-z0-9][a-z0-9_-]*(?:[./][a-z0-9][a-z0-9_-]*)*$`)

func checkKey(key string) error {
	if len(key) > 200 || !validKey.MatchString(key) || strings.HasSuffix(key, ".attrs") || strings.HasSuffix(key, ".tmp") {
		return ErrInvalidKey
	}
	return nil
}

// Put stores what r holds under key, replacing what was there, all or nothing: readers see the old object until Put
// returns nil. Keys are lower case letters, digits, '-', '_', and single '/' and '.' between them, at most 200; anything
// else is ErrInvalidKey. An error of r is returned and nothing is stored.
func (s *Store) Put(ctx context.Context, key, contentType string, r io.Reader) error {
	if err := checkKey(key); err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var file *os.File
	w, err := s.bucket.NewWriter(ctx, key, &blob.WriterOptions{
		ContentType: contentType, DisableContentTypeDetection: true,
		BeforeWrite: func(as func(any) bool) error {
			if as(&file) {
				return file.Chmod(0o600)
			}
			return nil
		},
	})
	if err != nil {
		return fmt.Errorf("blobstore: put: %w", err)
	}
	_, err = io.Copy(w, r)
	if err == nil && file != nil {
		// The rename is durable only if the bytes are.
		err = file.Sync()
	}
	if err != nil {
		cancel() // a cancelled write is dropped by Close
		_ = w.Close()
		return fmt.Errorf("blobstore: put: %w", err)
	}
	if err := w.Close(); err != nil {
		return fmt.Errorf("blobstore: put: %w", err)
	}
	return nil
}

// Get opens the object and returns its content type. provider.ErrNotFound if there is none. The caller closes the reader.
func (s *Store) Get(ctx context.Context, key string) (io.ReadCloser, string, error) {
	if err := checkKey(key); err != nil {
		return nil, "", err
	}
	r, err := s.bucket.NewReader(ctx, key, nil)
	if gcerrors.Code(err) == gcerrors.NotFound {
		return nil, "", fmt.Errorf("blobstore: get: %w", provider.ErrNotFound)
	}
	if err != nil {
		return nil, "", fmt.Errorf("blobstore: get: %w", err)
	}
	return r, r.ContentType(), nil
}

// Delete removes the object. Removing what is not there is no error: deletion is repeated after a crash.
func (s *Store) Delete(ctx context.Context, key string) error {
	if err := checkKey(key); err != nil {
		return err
	}
	if err := s.bucket.Delete(ctx, key); err != nil && gcerrors.Code(err) != gcerrors.NotFound {
		return fmt.Errorf("blobstore: delete: %w", err)
	}
	return nil
}

// List yields the objects whose key begins with prefix and that were last put before olderThan (the zero time for all).
// It stops after the first error. Half-written files of a directory store are left out.
func (s *Store) List(ctx context.Context, prefix string, olderThan time.Time) iter.Seq2[Object, error] {
	return func(yield func(Object, error) bool) {
		list := s.bucket.List(&blob.ListOptions{Prefix: prefix})
		for {
			o, err := list.Next(ctx)
			if errors.Is(err, io.EOF) {
				return
			}
			if err != nil {
				yield(Object{}, fmt.Errorf("blobstore: list: %w", err))
				return
			}
			if o.IsDir || checkKey(o.Key) != nil || (!olderThan.IsZero() && !o.ModTime.Before(olderThan)) {
				continue
			}
			if !yield(Object{Key: o.Key, Size: o.Size, ModTime: o.ModTime}, nil) {
				return
			}
		}
	}
}
